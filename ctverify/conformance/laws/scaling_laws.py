"""The scalings of f and its time embedding, as an adapter can declare them (laws.py).

f(x, t) = c_skip(t) x + c_out(t) F(c_in(t) x, embedding(t))
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from ...core.arguments import InputError, real
from ...core.signatures import checked
from ...model.convention import Convention


@checked
class Embedding(ABC):
    """The number that tells the network the time."""

    @abstractmethod
    def at(self, t: float) -> float:
        """The embedding.

        Arguments:
            t: a time of the convention, above the boundary.

        Returns:
            What the network is shown.
        """


@checked
@dataclass(frozen=True)
class LogTime(Embedding):
    """factor log t (Karras et al., arXiv 2206.00364, Table 1: c_noise = log(sigma)/4).

    Attributes:
        factor: any finite number; 250 where that is in thousandths, as in the code of Song et al.
            (arXiv 2303.01469).

    Example:
        >>> LogTime(250.0).at(1.0)
        0.0
    """

    factor: float = 0.25

    def __post_init__(self) -> None:
        real("factor", self.factor)

    def at(self, t: float) -> float:
        """See Embedding."""
        return self.factor * math.log(real("t", t, 0))


@checked
@dataclass(frozen=True)
class PlainTime(Embedding):
    """factor t.

    Attributes:
        factor: any finite number; 1000 where times in [0, 1] are told in thousandths.

    Example:
        >>> PlainTime(1000.0).at(0.5)
        500.0
    """

    factor: float = 1.0

    def __post_init__(self) -> None:
        real("factor", self.factor)

    def at(self, t: float) -> float:
        """See Embedding."""
        return self.factor * t


@checked
class ScalingsLaw(ABC):
    """c_skip, c_out, c_in and the embedding as functions of the time."""

    embedding: Embedding

    @abstractmethod
    def at(self, t: float, convention: Convention) -> tuple[float, float, float, float]:
        """The scalings.

        Arguments:
            t: a time of the convention, above the boundary.
            convention: of the subject.

        Returns:
            (c_skip, c_out, c_in, embedding); c_in is 1 where the convention's input is not scaled.

        Raises:
            InputError: the law is of another convention.
        """


@checked
@dataclass(frozen=True)
class KarrasScalings(ScalingsLaw):
    """Song et al.'s, in the time t = sigma of the convention VE.

        c_skip = sd^2/((t - e)^2 + sd^2),  c_out = sd (t - e)/sqrt(t^2 + sd^2),
            c_in = 1/sqrt(t^2 + sd^2)

    (arXiv 2303.01469, Appendix C; after Karras et al., arXiv 2206.00364, Table 1), sd the
    convention's sigma_data, e its boundary.

    Attributes:
        embedding: LogTime(), log(t)/4, in both papers.

    Example:
        >>> KarrasScalings().at(1.0, Convention.ve(0.0, sigma_data=1.0))[0]
        0.5
    """

    embedding: Embedding = LogTime()

    def at(self, t: float, convention: Convention) -> tuple[float, float, float, float]:
        """See ScalingsLaw."""
        _of("KarrasScalings", "ve", convention)
        sd, gap = convention.sigma_data, t - convention.boundary
        scale_in = 1 / math.hypot(t, sd)
        return (
            sd**2 / (gap**2 + sd**2),
            sd * gap * scale_in,
            scale_in if convention.scaled_input else 1.0,
            self.embedding.at(t),
        )


@checked
@dataclass(frozen=True)
class TrigFlowScalings(ScalingsLaw):
    """Lu and Song's, in the angle t: c_skip = cos t, c_out = -sd sin t, c_in = 1/sd.

    (arXiv 2410.11081, Section 3), sd the convention's sigma_data.

    Attributes:
        embedding: PlainTime(), the angle itself.

    Example:
        >>> TrigFlowScalings().at(0.0, Convention.trigflow(0.5))
        (1.0, -0.0, 2.0, 0.0)
    """

    embedding: Embedding = PlainTime()

    def at(self, t: float, convention: Convention) -> tuple[float, float, float, float]:
        """See ScalingsLaw."""
        _of("TrigFlowScalings", "trigflow", convention)
        sd = convention.sigma_data
        scale_in = 1 / sd if convention.scaled_input else 1.0
        return math.cos(t), -sd * math.sin(t), scale_in, self.embedding.at(t)


def _of(law: str, kind: str, convention: Convention) -> None:
    if convention.kind != kind:
        raise InputError(f"{law} are of Convention.{kind}, got a {convention.kind} convention")
