"""What a broken law raises, and the comparisons that raise it: exact ones to ROUNDINGS roundings,
statistical ones whose null law is exact at every sample size.

Each sentence names the quantity, what is seen, what is right and what the one is to the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri, stdtrit
from scipy.stats import kstwo

from ..explaining.likely import ratio, relation
from ..oracle.network import Call
from ..oracle.rounding import EPS as EPS
from ..oracle.rounding import ROUNDINGS as ROUNDINGS

RATE = 1e-9


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


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers seen, the right ones, and how far apart they may be: float64, of one shape."""

    seen: torch.Tensor
    right: torch.Tensor
    allowed: torch.Tensor

    def cause(self, known: Mapping[str, float]) -> str:
        """What the seen ones are to the right ones, as the end of a sentence."""
        found = relation(self.seen, self.right, self.allowed, known)
        wrong = ~((self.seen - self.right).abs() <= self.allowed)
        some, n = int(wrong.sum()), wrong.numel()
        if not found and some < n:  # of those that are wrong
            found = relation(self.seen[wrong], self.right[wrong], self.allowed[wrong], known)
        where = f" in {some} of {n} places" if some < n else ""
        return f"{where}: it is {found}" if found else where


class Deviation(AssertionError):
    """A law is broken: observed > limit, or not a number.

    `detail` is the sentence; `values`, where single numbers were compared, what they were.
    """

    def __init__(
        self,
        detail: str,
        observed: float,
        limit: float,
        replay: Replay | None,
        values: Values | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.observed, self.limit = float(observed), float(limit)
        self.replay = replay
        self.values = values

    def sentence(self, known: Mapping[str, float] | None = None) -> str:
        """The detail, and what the numbers are to each other, the setting's names known."""
        return self.detail + (self.values.cause(known or {}) if self.values else "")


def require(
    detail: str, observed: float | torch.Tensor, limit: float, replay: Replay | None = None
) -> None:
    """Deviation unless observed <= limit. The sentence ends with both numbers; where the limit is 0
    and `observed` a whole number, a count or a truth, the detail has to tell it.
    """
    observed = float(observed)
    if not observed <= limit:
        told = f": {observed:.4g} where at most {limit:.4g} is right" if limit else ""
        told_already = observed.is_integer() or f"{observed:.4g}" in detail
        if not limit and math.isfinite(observed) and not told_already:
            told = f": {observed:.4g} where 0 is right"
        raise Deviation(detail + told, observed, limit, replay)


def require_equal(
    detail: str,
    observed: torch.Tensor,
    expected: torch.Tensor,
    size: float | torch.Tensor,
    replay: Replay | None = None,
    *,
    body: float | torch.Tensor | None = None,
) -> None:
    """Deviation unless |observed - expected| <= ROUNDINGS (EPS size + body) everywhere.

    Arguments:
        detail: names the quantity, so that "DETAIL: 3 where 4 is right" is a sentence.
        observed, expected: tensors that broadcast.
        size: the size of what is added up, to which roundings of float32 are relative.
        replay: what shows it again.
        body: one rounding of what passes through the network, absolute: probe.body_eps times the
            size of those terms. None where all rounds as float32 does.
    """
    allowed = EPS * torch.as_tensor(size, dtype=torch.float64).detach()
    if body is not None:
        allowed = allowed + torch.as_tensor(body, dtype=torch.float64).detach()
    seen, right, allowed = torch.broadcast_tensors(
        observed.detach().double(), expected.detach().double(), ROUNDINGS * allowed
    )
    gap = (seen - right).abs() - allowed
    if not bool((gap <= 0).all()):
        worst = int(torch.nan_to_num(gap, nan=math.inf).argmax())
        shown, wanted, most = (float(v.reshape(-1)[worst]) for v in (seen, right, allowed))
        raise Deviation(
            f"{detail}: {apart(shown, wanted, most)}",
            abs(shown - wanted),
            most,
            replay,
            Values(seen, right, allowed),
        )


def apart(seen: float, right: float, allowed: float) -> str:
    """The two numbers in as many digits as tell them apart, and how far apart they may be."""
    digits = next((d for d in range(6, 18) if f"{seen:.{d}g}" != f"{right:.{d}g}"), 17)
    off = abs(seen - right)
    said = f"{seen:.{digits}g} where {right:.{digits}g} is right"
    if not math.isfinite(off) or off > 1e-2 * abs(right):
        return said
    return f"{said} (off by {off / abs(right):.2g} of it, {allowed / abs(right):.2g} allowed)"


def require_uniform(
    detail: str,
    ranks: NDArray[np.float64],
    replay: Replay | None = None,
    *,
    blur: float = 0.0,
) -> None:
    """Kolmogorov's exact test that the ranks are independent and uniform, but for roundings that
    move none by more than `blur`: nor do they move his distance by more.
    """
    ordered, n = np.sort(ranks.ravel()), ranks.size
    steps = np.arange(n + 1) / n
    gap = max(float((steps[1:] - ordered).max()), float((ordered - steps[:-1]).max()))
    require(
        f"{detail}: {_pile(ordered)}Kolmogorov's distance of {n} draws",
        gap,
        float(kstwo.isf(RATE, n)) + blur,
        replay,
    )


def _pile(ordered: NDArray[np.float64]) -> str:
    """Where sorted ranks are not uniform, as normal scores."""
    scores = ndtri(np.clip(ordered, 1e-12, 1 - 1e-12))
    mean, spread = float(scores.mean()), float(scores.std())
    if not (math.isfinite(mean) and math.isfinite(spread)):
        return ""
    found = ratio(spread, 1.0, 1 / math.sqrt(2 * len(ordered))) if abs(mean) < 0.1 else ""
    cause = f" ({found})" if found else ""
    return (
        f"as normal scores they have mean {mean:.3g} and standard deviation {spread:.3g} where 0"
        f" and 1 are right{cause}; "
    )


def require_variance(
    detail: str,
    draws: torch.Tensor,
    expected: float,
    replay: Replay | None = None,
    *,
    candidates: Mapping[str, float] | None = None,
    blur: float = 0.0,
) -> None:
    """The exact chi^2 test that independent centred normal draws have this variance.

    Roundings move no draw by more than `blur` standard deviations, so the root of the mean square
    by no more either.
    `candidates` are standard deviations that a wrong formula would give, by its name.
    """
    n = draws.numel()
    mean_square = float((draws.detach().double() ** 2).mean())
    relative = mean_square / expected
    low, high = (float(chdtri(n, tail)) / n for tail in (1 - RATE / 2, RATE / 2))
    low, high = (
        low * max(1 - blur / math.sqrt(low), 0) ** 2,
        high * (1 + blur / math.sqrt(high)) ** 2,
    )
    if low <= relative <= high:
        return
    seen, right, error = math.sqrt(mean_square), math.sqrt(expected), 1 / math.sqrt(2 * n)
    found = [
        f"it is that of {name}, {value:.6g}"
        for name, value in (candidates or {}).items()
        if abs(seen - value) <= 3 * error * value and abs(value / right - 1) > 6 * error
    ]
    found = found[:2] or [f"it is {named}" for named in [ratio(seen, right, error)] if named]
    cause = f": {'; '.join(found)}" if found else ""
    raise Deviation(
        f"{detail}: standard deviation {seen:.6g} where {right:.6g} is right{cause}",
        abs(math.log(relative)) if relative > 0 else math.inf,
        math.log(high) if relative > 1 else -math.log(low),
        replay,
    )


def require_uncorrelated(
    detail: str,
    one: torch.Tensor,
    other: torch.Tensor,
    replay: Replay | None = None,
    *,
    blur: float = 0.0,
) -> None:
    """Student's exact test of the correlation of two vectors, one of which is normal and
    independent of the other; roundings move it by no more than `blur` standard deviations, and the
    correlation by 2 blur.
    """
    one, other = one.detach().double().flatten(), other.detach().double().flatten()
    n = len(one)
    r = float(torch.corrcoef(torch.stack([one, other]))[0, 1])
    beyond = max(abs(r) - 2 * blur, 0.0)
    t = beyond * math.sqrt((n - 2) / max(1 - beyond**2, 1e-300))
    require(
        f"{detail}: correlation {r:.4g} of {n} draws where 0 is right, Student's t",
        t,
        -float(stdtrit(n - 2, RATE / 2)),
        replay,
    )


def require_centred(detail: str, draws: torch.Tensor, replay: Replay | None = None) -> None:
    """The self-normalised bound of independent symmetric draws, P(|sum x| > t sqrt(sum x^2)) <= 2
    exp(-t^2/2) (Efron 1969).
    """
    draws = draws.detach().double().flatten()
    n, size = len(draws), float((draws * draws).sum().sqrt())
    t = abs(float(draws.sum())) / size if size > 0 else 0.0
    require(
        f"{detail}: {float(draws.mean()):.4g} where 0 is right, of {n} draws with root mean square"
        f" {size / math.sqrt(n):.4g}; their sum over the root of the sum of squares",
        t,
        math.sqrt(2 * math.log(2 / RATE)),
        replay,
    )
