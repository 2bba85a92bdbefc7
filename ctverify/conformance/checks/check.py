"""A check: a law of consistency models, the methods it needs, and the cases that Hypothesis draws
for it.

A check's function gets a configured subject (probe.py) and one case; it raises Deviation where the
law is broken. Exact laws allow ROUNDINGS roundings of float32, in which an implementation may
compute its times and scalings whatever the dtype of x. Statistical laws have a null law that is
exact at every sample size, and a false-alarm rate of RATE an example.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray
from scipy.special import chdtri, stdtrit
from scipy.stats import kstwo

from ...core.streams import stream
from ..network import Call
from ..probe import Probe

EPS = 2.0**-23
ROUNDINGS = 64
RATE = 1e-9
ROWS = 8192  # of a statistical example
GROUPS = ("times", "scalings", "pair", "loss", "sampler", "interface")


@dataclass(frozen=True)
class Replay:
    """What shows a deviation again: a method of the subject, its arguments, and what the network
    answered, call by call.

    `lines`, where there are any, show it instead of a call of the method.
    """

    method: str
    arguments: Mapping[str, Any]
    calls: tuple[Call, ...] = ()
    lines: tuple[str, ...] = ()


class Deviation(AssertionError):
    """A law is broken: observed > limit, or not a number."""

    def __init__(self, detail: str, observed: float, limit: float, replay: Replay | None) -> None:
        super().__init__(detail)
        self.detail, self.observed, self.limit, self.replay = (
            detail,
            float(observed),
            float(limit),
            replay,
        )


@dataclass(frozen=True)
class Check:
    """One check. `statistical` ones have a false-alarm rate, exact ones none.

    rests_on: checks whose failure makes this one fail too; where one of them failed, a failure of
    this one is folded under the first of them and is no defect of its own.
    """

    id: str
    statement: str
    reference: str
    needs: tuple[str, ...]
    cases: Mapping[str, SearchStrategy[Any]]
    examples: int
    statistical: bool
    run: Callable[..., None] = field(repr=False)
    rests_on: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The cause: times, scalings, pair, loss, sampler or interface."""
        return self.id.partition(".")[0]


CHECKS: dict[str, Check] = {}


def check(
    id: str,
    statement: str,
    reference: str,
    *needs: str,
    examples: int = 50,
    statistical: bool = False,
    rests_on: tuple[str, ...] = (),
    **cases: SearchStrategy[Any],
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function of (probe, **case) as the check `id`."""

    def register(run: Callable[..., None]) -> Callable[..., None]:
        CHECKS[id] = Check(
            id, statement, reference, needs, cases, examples, statistical, run, rests_on
        )
        return run

    return register


def require(
    detail: str, observed: float | torch.Tensor, limit: float, replay: Replay | None = None
) -> None:
    """Deviation unless observed <= limit."""
    if not float(observed) <= limit:
        raise Deviation(detail, float(observed), limit, replay)


def require_equal(
    detail: str,
    observed: torch.Tensor,
    expected: torch.Tensor,
    size: float | torch.Tensor,
    replay: Replay | None = None,
) -> None:
    """Deviation unless |observed - expected| <= ROUNDINGS EPS size everywhere."""
    gap = (observed.double() - expected.double()).abs() - ROUNDINGS * EPS * torch.as_tensor(
        size, dtype=torch.float64
    )
    if not bool((gap <= 0).all()):
        flat = int(torch.nan_to_num(gap, nan=math.inf).argmax())
        shown, right = (
            float(v.double().expand_as(gap).reshape(-1)[flat]) for v in (observed, expected)
        )
        error, allowed = (
            abs(shown - right),
            ROUNDINGS
            * EPS
            * float(torch.as_tensor(size).double().expand_as(gap).reshape(-1)[flat]),
        )
        raise Deviation(f"{detail}: {shown:.9g} where {right:.9g} is right", error, allowed, replay)


def require_uniform(detail: str, ranks: NDArray[np.float64], replay: Replay | None = None) -> None:
    """Kolmogorov's exact test that the ranks are independent and uniform."""
    ordered, n = np.sort(ranks.ravel()), ranks.size
    steps = np.arange(n + 1) / n
    gap = max(float((steps[1:] - ordered).max()), float((ordered - steps[:-1]).max()))
    require(f"{detail}: Kolmogorov's distance of {n} draws", gap, float(kstwo.isf(RATE, n)), replay)


def require_variance(
    detail: str, draws: torch.Tensor, expected: float, replay: Replay | None = None
) -> None:
    """The exact chi^2 test that independent centred normal draws have this variance."""
    n = draws.numel()
    ratio = float((draws.double() ** 2).mean()) / expected
    low, high = (float(chdtri(n, tail)) / n for tail in (1 - RATE / 2, RATE / 2))
    seen = (
        f"{detail}: standard deviation {math.sqrt(ratio * expected):.6g} where"
        f" {math.sqrt(expected):.6g} is right"
    )
    require(
        seen,
        abs(math.log(ratio)) if ratio > 0 else math.inf,
        math.log(high) if ratio > 1 else -math.log(low),
        replay,
    )


def require_uncorrelated(
    detail: str, one: torch.Tensor, other: torch.Tensor, replay: Replay | None = None
) -> None:
    """Student's exact test of the correlation of two vectors, one of which is normal and
    independent of the other.
    """
    one, other = one.double().flatten(), other.double().flatten()
    n = len(one)
    r = float(torch.corrcoef(torch.stack([one, other]))[0, 1])
    t = abs(r) * math.sqrt((n - 2) / max(1 - r * r, 1e-300))
    require(
        f"{detail}: correlation {r:.4g} of {n} draws, Student's t",
        t,
        -float(stdtrit(n - 2, RATE / 2)),
        replay,
    )


def require_centred(detail: str, draws: torch.Tensor, replay: Replay | None = None) -> None:
    """The self-normalised bound of independent symmetric draws, P(|sum x| > t sqrt(sum x^2)) <= 2
    exp(-t^2/2) (Efron 1969).
    """
    draws = draws.double().flatten()
    size = float((draws * draws).sum().sqrt())
    t = abs(float(draws.sum())) / size if size > 0 else 0.0
    require(
        f"{detail}: sum over root of the sum of squares, {len(draws)} draws",
        t,
        math.sqrt(2 * math.log(2 / RATE)),
        replay,
    )


def generator(seed: int) -> torch.Generator:
    """A generator for the check's own draws, other than what the subject makes of the same seed."""
    return stream("conformance/check", seed)


def randn(probe: Probe, n: int, d: int, seed: int) -> torch.Tensor:
    """Standard normal numbers in the probe's dtype."""
    return torch.randn(n, d, generator=generator(seed), dtype=torch.float64).to(probe.dtype)
