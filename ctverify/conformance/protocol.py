"""What an implementation of consistency models offers to be checked: a few formulas around a
network.

    x_t = a(t) x_0 + b(t) z,   f(x, t) = c_skip(t) x + c_out(t) F(c_in(t) x, embedding(t)),
        f(x, e) = x.

An adapter implements what its subject has. What is missing is reported as not applicable, never as
passed. Tensors have shape (n, d); x and z come in one of the subject's `dtypes`; times are floats
in the subject's own convention.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch
    from hypothesis.strategies import SearchStrategy

    from ..model.convention import Convention

    Network = Callable[[torch.Tensor, Any], torch.Tensor]


class Implementation(Protocol):
    """The protocol. `convention` is required, everything else optional; see the module's docstring
    for shapes.
    """

    convention: Convention

    def configurations(self) -> SearchStrategy[Implementation]:
        """Adapters in all ADMISSIBLE settings of the subject; shrinking should end at its simplest.
        Missing: this one only.
        """
        ...

    def times(self, n: int) -> Sequence[float]:
        """The n times that its sampler visits, from the noise end (`ascending`: from the data
        end).
        """
        ...

    def curriculum(self, k: int, K: int) -> int:
        """N(k), the number of noise levels at training step k of K; `curriculum_law` declares
        which.
        """
        ...

    def scalings(self, t: float) -> tuple[float, float, float, float]:
        """(c_skip, c_out, c_in, embedding) at time t."""
        ...

    def add_noise(self, x0: torch.Tensor, t: float, seed: int) -> torch.Tensor:
        """a(t) x_0 + b(t) z, (n, d); the same seed gives the same z at every t."""
        ...

    def consistency(self, x: torch.Tensor, t: float, network: Network) -> torch.Tensor:
        """f(x, t) around network(x_in, embedding) -> raw output."""
        ...

    def sample(self, z: torch.Tensor, n: int, network: Network, seed: int) -> torch.Tensor:
        """n-step samples; z is unit normal, scaled here."""
        ...

    def training_pair(
        self, x0: torch.Tensor, network: Network, seed: int
    ) -> tuple[torch.Tensor, Any, torch.Tensor, Any]:
        """(x_t, t, x_s, s) with t and s numbers or (n,) tensors, s < t; continuous-time training
        returns (x_t, t, x_t, t).
        """
        ...

    def loss(self, x0: torch.Tensor, network: Network, seed: int) -> torch.Tensor:
        """The training loss, a scalar (the mean over rows) or (n,), with the pair that
        training_pair gives for this seed.
        """
        ...

    def time_law(self) -> Any:
        """The law of the training time t: (support, probabilities) or a frozen SciPy
        distribution.
        """
        ...


# Further methods and attributes that an adapter may have.
# name, version            what the report calls the subject                      [the class's name,
# ""]
# dtypes                   dtypes that it takes and keeps                         [float32 and
# float64]
#   injectable               False where consistency ignores `network`              [True]
#   initial_std              the standard deviation that its start is documented to have
#   curriculum_law           Doubling(s0, s1, K)
#   loss_law                 a Metric: the declared loss of a pair
#   shares_dropout           True where student and teacher are meant to see the same dropout mask
#   ema(average, value, decay)           the averaged parameters after one step, tensors
#   restored()               the adapter after the subject's own save and load
#   calls()                  (what, thunk) of documented calls that must not raise
# source(method)           lines of Python that build the subject and define `method`, for
# `reproduce`


@dataclass(frozen=True)
class Doubling:
    """N(k) = min(s0 2^floor(k/K'), s1) + 1, K' = floor(K/(log2 floor(s1/s0) + 1)) (Song and
    Dhariwal, arXiv 2310.14189, 3.4).

    `intervals`: the subject counts intervals, one fewer than points.
    """

    s0: int
    s1: int
    K: int
    intervals: bool = False


@dataclass(frozen=True)
class Metric:
    """A discrete loss: weight(t, s) (n,) times distance(f_t - f_s) (n, d) -> (n,), averaged over
    rows.
    """

    distance: Callable[[torch.Tensor], torch.Tensor]
    weight: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


METHODS = (
    "configurations",
    "times",
    "curriculum",
    "scalings",
    "add_noise",
    "consistency",
    "sample",
    "training_pair",
    "loss",
    "time_law",
)


def offers(subject: Any, name: str) -> bool:
    """Whether the subject has this method or attribute of its own, not merely the protocol's
    placeholder.
    """
    if name == "network":
        return offers(subject, "consistency") and getattr(subject, "injectable", True)
    if name not in METHODS:
        return getattr(subject, name, None) is not None
    return callable(getattr(subject, name, None)) and getattr(
        type(subject), name, None
    ) is not getattr(Implementation, name)


def missing(subject: Any, needs: Iterable[str]) -> list[str]:
    """Those of `needs` that the subject does not offer."""
    return [name for name in needs if not offers(subject, name)]
