"""Which mistake a trainer makes: known wrong pairs, and how well each explains what was trained.

A model trained on wrong pairs (X'_t, Y') fails the normal equations of LHW (14) on the right ones,
and obeys those of the wrong ones: rho (trainer_residuals.py) is large there and small here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from ctverify import Schedule
from ctverify.targets import Target

from .trainer_claims import Claims
from .trainer_residuals import Draws, Model, Residuals, residuals, rho

Scales = tuple[float, float]


@dataclass(frozen=True)
class Level:
    """One level of a trained model with the draws that it is judged on.

    Arguments:
        f: the model, called on the CPU's float64 points.
        schedule: of the levels.
        t: the level, 2..T.
        draws: what pairs are made of.
    """

    f: Model
    schedule: Schedule
    t: int
    draws: Draws

    def point(self, t: int) -> torch.Tensor:
        """X_t, with the shared noise."""
        a, b = self.schedule.scales(t)
        return a * self.draws.x0 + b * self.draws.z

    def before(self, steps: int = 1) -> int:
        """The level so many below, at least 1."""
        return max(1, self.t - steps)


@dataclass(frozen=True)
class Wrong:
    """What a mistake trains f_t on: points with their scales, and the values to be met.

    Arguments:
        scales: a and b of x.
        x: (n, d).
        values: (n, d).
        level: that f is asked for, mostly t.
    """

    scales: Scales
    x: torch.Tensor
    values: torch.Tensor
    level: int


def _fresh_noise(at: Level) -> torch.Tensor:
    a, b = at.schedule.scales(at.t - 1)
    return at.f(a * at.draws.x0 + b * at.draws.other_z, at.t - 1)


def _fresh_data(at: Level) -> torch.Tensor:
    a, b = at.schedule.scales(at.t - 1)
    return at.f(a * at.draws.other_x0 + b * at.draws.z, at.t - 1)


def _chain(at: Level) -> torch.Tensor:
    """X_{t-1} given X_0 and X_t under (5): its noise is corr Z + sqrt(1 - corr^2) W."""
    a, b = at.schedule.scales(at.t)
    a1, b1 = at.schedule.scales(at.t - 1)
    kept = a * b1 / (a1 * b)
    noise = kept * at.draws.z + math.sqrt(max(0.0, 1 - kept**2)) * at.draws.other_z
    return at.f(a1 * at.draws.x0 + b1 * noise, at.t - 1)


VALUES: dict[str, Callable[[Level], torch.Tensor]] = {
    "the noise at t - 1 is drawn anew, not that of t": _fresh_noise,
    "X_{t-1} is X_t's predecessor in the forward chain (5), not its shared-noise partner": _chain,
    "X_0 at t - 1 is drawn anew, not that of t": _fresh_data,
    "f_{t-1} is evaluated at X_t instead of X_{t-1}, or level t is not trained": (
        lambda at: at.f(at.point(at.t), at.t - 1)
    ),
    "the teacher is f_{t-2} at X_{t-1} instead of f_{t-1}": (
        lambda at: at.f(at.point(at.t - 1), at.before(2))
    ),
    "the teacher is f_{t-2} at X_{t-2}: pairs two levels apart": (
        lambda at: at.f(at.point(at.before(2)), at.before(2))
    ),
    "f_{t-1} is evaluated at X_{t-2}": lambda at: at.f(at.point(at.before(2)), at.t - 1),
    "the teacher is the student itself, not the finished f_{t-1}": (
        lambda at: at.f(at.point(at.t - 1), at.t)
    ),
    "the values to meet are X_{t-1}, not f_{t-1}(X_{t-1})": lambda at: at.point(at.t - 1),
    "the values to meet are X_1, not f_{t-1}(X_{t-1})": lambda at: at.point(1),
    "the values to meet are X_0, not f_{t-1}(X_{t-1}): a denoiser": lambda at: at.draws.x0,
}
SCALES: dict[str, Callable[[float, float], Scales]] = {
    "noise has the scale b^2 = 1 - alpha_bar instead of b": lambda a, b: (a, b * b),
    "noise has the scale sqrt(b) instead of b": lambda a, b: (a, math.sqrt(b)),
    "noise has the scale sigma = b/a instead of b": lambda a, b: (a, b / a),
    "X_0 has the scale a^2 = alpha_bar instead of a": lambda a, b: (a * a, b),
    "X_0 has the scale 1 instead of a": lambda a, b: (1.0, b),
}
CONSTANT_ALONE = "the constant alone is wrong: a mean is lost, or no bias is trained"
LINEAR_ALONE = "the slope alone is wrong, not the mean"
PARTS = {CONSTANT_ALONE, LINEAR_ALONE}
EXPLAINED = 0.1  # rho of an explanation: training and draws have their errors
ALIKE = 0.03  # of rho: mistakes that explain a model as well as each other
MOST = 3  # mistakes named at most


def mistakes(at: Level) -> Iterator[tuple[str, Wrong]]:
    """Every known mistake at a level.

    Arguments:
        at: the level.

    Returns:
        Its sentence, and what it would have trained on.
    """
    scales = at.schedule.scales(at.t)
    x = at.point(at.t)
    for name, values in VALUES.items():
        yield name, Wrong(scales, x, values(at), at.t)
    for name, changed in SCALES.items():
        a, b = changed(*scales)
        a1, b1 = changed(*at.schedule.scales(at.t - 1))
        before = a1 * at.draws.x0 + b1 * at.draws.z
        moved = a * at.draws.x0 + b * at.draws.z
        yield name, Wrong((a, b), moved, at.f(before, at.t - 1), at.t)
    if at.t < at.schedule.T:
        values = at.f(at.point(at.t - 1), at.t)
        yield (
            "levels are off by one: f(x, t + 1) is what f_t should be",
            Wrong(scales, x, values, at.t + 1),
        )


def likely_cause(
    target: Target, levels: Sequence[Level], failed: Sequence[int], claims: Claims, allowed: float
) -> str:
    """The mistake that explains the failed levels best.

    Arguments:
        target: the law of X_0.
        levels: of the model, all that were judged.
        failed: the t of those that failed, at least one.
        claims: what is owed.
        allowed: the tolerance of rho.

    Returns:
        A sentence: of the mistakes whose normal equations hold where the right ones failed, within
        half the tolerance or EXPLAINED, the best there and, of those as good, at all levels (a
        teacher along the chain (5) and a denoiser have one minimiser); else which part is wrong, or
        that no known mistake explains it.
    """
    explained: dict[str, dict[int, float]] = {}
    for at in levels:
        for name, wrong in mistakes(at):
            fitted = at.f(wrong.x, wrong.level)
            part = residuals(target, wrong.scales, wrong.x, fitted, wrong.values, claims)
            explained.setdefault(name, {})[at.t] = rho([part])
        right = at.f(at.point(at.t), at.t)
        values = at.f(at.point(at.t - 1), at.t - 1)
        part = residuals(target, at.schedule.scales(at.t), at.point(at.t), right, values, claims)
        for name, h in ((CONSTANT_ALONE, part.h[:, 1:]), (LINEAR_ALONE, part.h[:, :1])):
            if h.shape[1]:
                explained.setdefault(name, {})[at.t] = rho([Residuals(part.r, h, part.size)])
    for names in (set(explained) - PARTS, PARTS):
        ranked = [_rank(explained[name], failed, name) for name in names & set(explained)]
        good = [row for row in ranked if row[1] <= max(EXPLAINED, allowed / 2)]
        if good:
            best = min(at_failed for _, at_failed, _ in good)
            near = sorted(row for row in good if row[1] <= best + ALIKE)
            alike = [name for on_all, _, name in near if on_all <= near[0][0] + ALIKE]
            return f"likely cause: {'; or: '.join(alike[:MOST])} (correlation under it {best:.2f})"
    return "likely cause: none of the known mistakes explains it"


def _rank(found: dict[int, float], failed: Sequence[int], name: str) -> tuple[float, float, str]:
    """The mean of rho over all levels, its largest at those that failed, and the name."""
    at_failed = max(found.get(t, math.inf) for t in failed)
    return sum(found.values()) / len(found), at_failed, name
