"""A flow map seen as the consistency model that it is where s is the boundary: f(x, t) =
F(x, t, e).

Its network is shown t alone. Samplers that land on the boundary and noise again (gamma = 1) are
its samplers too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..model.convention import Convention
from .protocol import offers, setting


@dataclass(frozen=True)
class AtBoundary:
    """The adapter of one time that an adapter with a flow_map makes."""

    subject: Any

    @property
    def convention(self) -> Convention:
        """The subject's."""
        convention: Convention = self.subject.convention
        return convention

    @property
    def dtypes(self) -> tuple[torch.dtype, ...]:
        """The subject's."""
        return tuple(setting(self.subject, "dtypes"))

    @property
    def body_dtype(self) -> torch.dtype | None:
        """The subject's."""
        dtype: torch.dtype | None = setting(self.subject, "body_dtype")
        return dtype

    @property
    def configurations(self) -> Callable[[], Any] | None:
        """Those of the subject."""
        if not offers(self.subject, "configurations"):
            return None
        return lambda: self.subject.configurations().map(AtBoundary)

    @property
    def times(self) -> Callable[[int], Sequence[float]] | None:
        """The subject's, where its sampler is one of consistency models."""
        return self._sampler("times")

    @property
    def sample(self) -> Callable[..., torch.Tensor] | None:
        """The subject's, likewise; the network is shown the time that it starts from."""
        sampler = self._sampler("sample")
        if sampler is None:
            return None
        return lambda z, n, network, seed: sampler(z, n, self._of_start(network), seed)

    def consistency(self, x: torch.Tensor, t: float, network: Any) -> torch.Tensor:
        """F(x, t, e)."""
        late = torch.full((len(x),), t, dtype=x.dtype)
        end = torch.full((len(x),), self.convention.boundary, dtype=x.dtype)
        found: torch.Tensor = self.subject.flow_map(x, late, end, self._of_start(network))
        return found

    def _sampler(self, name: str) -> Any:
        if setting(self.subject, "gamma") != 1 or not offers(self.subject, name):
            return None
        return getattr(self.subject, name)

    def _of_start(self, network: Any) -> Any:
        """A network of t as one of both times."""
        first, second = setting(self.subject, "network_times")

        def shown(x: Any, one: Any, other: Any) -> Any:
            known = {first: one, second: other}
            return network(x, known["t"] if "t" in known else known["s"] + known["t - s"])

        return shown


def judged_as(subject: Any, needs: Sequence[str]) -> Any:
    """The subject, or, where it is a flow map that claims to be a consistency model and a check is
    about those, what it is at the boundary.
    """
    about = {"network", "consistency"} & set(needs)
    claims = about and offers(subject, "flow_map") and not offers(subject, "consistency")
    return AtBoundary(subject) if claims and setting(subject, "one_time") else subject
