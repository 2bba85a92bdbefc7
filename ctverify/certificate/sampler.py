"""Samplers of several steps, and samplers of any kind, beside exact twins that use the same noises.

Re-noising at levels T = tau_1 > ... > tau_n >= 1:

    U_1 = Z,   Y_k = f_{tau_k}(U_k),   U_{k+1} = r_k Y_k + q_k Z_k,
    r_k^2 = alpha_bar_{tau_{k+1}} / alpha_bar_1,   q_k^2 = 1 - r_k^2,

each Z_k independent of all before. The twin starts at a_T X_0 + b_T Z and has Phi in place of f:
r_k^2 alpha_bar_1 = alpha_bar_{tau_{k+1}} makes r_k X_1 + q_k Z_k of the law of X_{tau_{k+1}}
exactly, so each Y*_k has exactly the law of X_1 and W_1(Y_n, X_1) <= E|Y_n - Y*_n|.

Twins may be re-paired between steps (repairing.py), by a bijection chosen before Z_k is drawn;
noises belong to the slot. Re-noising as if f gave X_0, with sqrt(alpha_bar_tau) alone, is another
chain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float

from ..core.arguments import InputError, whole
from ..core.streams import normal, stream
from ..flow.flow_map import angle
from ..model.schedule import Schedule
from ..targets import Target
from .bracket import Bracket, batch_size, bracket, bracket_and_pairs, limits
from .checked_model import CALL, Centred, refuse_diverged
from .coupling import (
    PAIR_TOLERANCE,
    Coupling,
    Pairs,
    exact_ends,
    model_coupling,
    pair_error,
)
from .lower_end import fit_quickly
from .pilot import JUDGES, better_plan
from .repairing import repaired
from .starts import DrawStarts, Starts, noise_starts

EARLIER = 0.1  # of the flow's tolerance, for twins that later steps carry on
SEEDS = 2**31  # that a user's sampler may be called with
STEP_PAIRS = 6000  # behind the limits after each step

Sample = Callable[[Float[torch.Tensor, "n d"], int], Float[torch.Tensor, "n d"]]


def sampler_levels(schedule: Schedule, sampler_steps: Any, spread: float = 1.0) -> tuple[int, ...]:
    """The levels that a sampler steps through, T first.

    Arguments:
        schedule: the noise levels 1..T.
        sampler_steps: None for one step; n for n levels whose steps, the last one to level 1
            included, are even in the flow's angle; or the levels themselves, T first, decreasing.
        spread: s_0 of the angle, the target's standard deviation a coordinate.

    Returns:
        The levels, decreasing.

    Raises:
        InputError: more steps than levels above 1; levels that do not begin with T, do not
            decrease or leave 1..T.

    Example:
        >>> schedule = Schedule.li_huang_wei(64)
        >>> sampler_levels(schedule, None), sampler_levels(schedule, [64, 30])
        ((64,), (64, 30))
        >>> sampler_levels(schedule, [30])
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: sampler_steps must begin with T = 64, got [30]
    """
    T = schedule.T
    if sampler_steps is None:
        return (T,)
    if isinstance(sampler_steps, Sequence) and not isinstance(sampler_steps, str):
        return _explicit_levels(T, sampler_steps)
    count = whole("sampler_steps", sampler_steps)
    if count > T - 1:
        raise InputError(
            f"sampler_steps must be at most T - 1 = {T - 1}, a level a step, got {sampler_steps!r}"
        )
    return _even_levels(schedule, count, spread)


def _explicit_levels(T: int, sampler_steps: Sequence[Any]) -> tuple[int, ...]:
    """The levels as given, checked."""
    levels = tuple(whole("a level of sampler_steps", level) for level in sampler_steps)
    if not levels or levels[0] != T:
        raise InputError(f"sampler_steps must begin with T = {T}, got {list(sampler_steps)!r}")
    if any(after >= before for before, after in pairwise(levels)):
        raise InputError(f"sampler_steps must decrease, got {list(sampler_steps)!r}")
    return levels


def _even_levels(schedule: Schedule, count: int, spread: float) -> tuple[int, ...]:
    """T and the levels nearest to even steps of the angle, distinct and above 1."""
    T = schedule.T
    theta = [angle(schedule, t, spread)[0] for t in range(1, T + 1)]
    levels = [T]
    for k in range(1, count):
        wanted = theta[-1] - (theta[-1] - theta[0]) * k / count
        nearest = 1 + min(range(T), key=lambda i: abs(theta[i] - wanted))
        lowest = count - k + 1  # leaves a level above 1 for each step that follows
        levels.append(max(lowest, min(nearest, levels[-1] - 1)))
    return tuple(levels)


def renoising(schedule: Schedule, level: int, landing: int = 1) -> tuple[float, float]:
    """(r, q) that carry X_landing to X_level, as in the module's head.

    Arguments:
        schedule: the noise levels.
        level: in 1..T.
        landing: in 1..level.

    Returns:
        r and q, r^2 + q^2 = 1.

    Example:
        >>> r, q = renoising(Schedule.li_huang_wei(64), 1)
        >>> r, abs(q)
        (1.0, 0.0)
    """
    log_ratio = float(schedule.log_alpha_bar[level] - schedule.log_alpha_bar[landing])
    return math.exp(0.5 * log_ratio), math.sqrt(abs(math.expm1(log_ratio)))


def sampler_starts(
    f: Centred,
    levels: Sequence[int],
    repair: int | None = None,
    draw_first: DrawStarts | None = None,
) -> DrawStarts:
    """The starts of a sampler's last step, U_n beside U*_n, from the same noises.

    Arguments:
        f: the model.
        levels: tau_1 > ... > tau_n, T first.
        repair: None, or the rows of a batch within which twins are re-paired after each step but
            the last.
        draw_first: the starts at level T; None for noise_starts.

    Returns:
        A function of a number of rows and a generator.
    """
    first = draw_first or partial(noise_starts, f)

    def draw(n: int, generator: torch.Generator) -> Starts:
        starts = first(n, generator)
        for following in levels[1:]:
            ends = _ends(f, starts)
            starts = _renoised(f.schedule, following, ends, repair, generator)
        return starts

    return draw


def _ends(f: Centred, starts: Starts) -> Pairs:
    """Y_k and Y*_k of a step that others follow."""
    exact = exact_ends(f, starts, EARLIER * PAIR_TOLERANCE)
    return Pairs(starts.z, f(starts.model, starts.level), exact)


def _renoised(
    schedule: Schedule, level: int, ends: Pairs, repair: int | None, generator: torch.Generator
) -> Starts:
    """The starts of the next step; twins are re-paired before its noise is drawn."""
    exact = ends.exact
    if repair is not None:
        exact = repaired(ends.model, exact, repair)
    r, q = renoising(schedule, level)
    noise = normal(tuple(exact.shape), generator, exact)
    return Starts(
        level=level, z=ends.z, model=r * ends.model + q * noise, exact=r * exact + q * noise
    )


def few_step_bracket(
    f: Centred,
    levels: Sequence[int],
    pairs: int,
    alpha: float,
    seed: int,
    repair_batch: int | None = None,
    draw_first: DrawStarts | None = None,
) -> Bracket:
    """The bracket on W_1(Y_n, X_1) after the last of a sampler's steps.

    Arguments:
        f: the model.
        levels: tau_1 > ... > tau_n, T first; one for one step.
        pairs, alpha, seed, repair_batch: as in `bracket`.
        draw_first: the starts at level T; None for noise_starts.

    Returns:
        The bracket; a pilot chooses where its twins are re-paired.

    Raises:
        InputError: repair_batch leaves fewer than 30 batches.
    """
    draw = sampler_starts(f, levels, None, draw_first)
    between = None
    if len(levels) > 1:

        def between(batch: int) -> DrawStarts:
            return sampler_starts(f, levels, batch, draw_first)

    return bracket(f, draw, pairs, alpha, seed, repair_batch, between)


def step_brackets(
    f: Centred,
    levels: Sequence[int],
    pairs: int,
    alpha: float,
    seed: int,
    repair_batch: int | None = None,
    draw_first: DrawStarts | None = None,
) -> tuple[Bracket, ...]:
    """Limits of W_1 after each step of a sampler, at the cost of one walk through its levels: twins
    are re-paired at a step's end alone, and the potential is a quick one.

    Arguments:
        f: the model.
        levels: tau_1 > ... > tau_n, T first.
        pairs: how many pairs, at least 30; 6,000 of them at most are used.
        alpha: with which each limit of each step may fail.
        seed, repair_batch, draw_first: as in few_step_bracket.

    Returns:
        A bracket a step.

    Raises:
        InputError: repair_batch leaves fewer than 30 batches.
    """
    count = min(pairs, STEP_PAIRS)
    batch = batch_size(count, None)
    if repair_batch is not None:
        batch = min(batch, batch_size(pairs, repair_batch))
    batches = count // batch
    first = draw_first or partial(noise_starts, f)
    judged = list(_walk(f, levels, first, batch, JUDGES, stream("certificate/steps-pilot", seed)))
    drawn = list(_walk(f, levels, first, batch, batches, stream("certificate/steps", seed)))
    solver = pair_error(f.target)
    steps = []
    for trial, ends in zip(judged, drawn, strict=True):
        plan = better_plan(trial, batch, batches, alpha)
        steps.append(limits(ends, plan, batch, alpha, seed, solver, fit_quickly))
    return tuple(steps)


def _walk(
    f: Centred,
    levels: Sequence[int],
    first: DrawStarts,
    batch: int,
    batches: int,
    generator: torch.Generator,
) -> Iterator[Pairs]:
    """Y_k and Y*_k after each step, in whole batches."""
    coupling = model_coupling(f, first)
    starts = coupling.starts(batch * batches, batch, generator, mended=False)
    for following in (*levels[1:], None):
        ends = _ends(f, starts)
        yield ends
        if following is not None:
            starts = _renoised(f.schedule, following, ends, None, generator)


def sampler_bracket(
    sample: Sample,
    target: Target,
    schedule: Schedule,
    pairs: int,
    alpha: float,
    seed: int,
    repair_batch: int | None = None,
) -> Bracket:
    """The bracket of any generator: its samples beside Phi_T(a_T X_0 + b_T z) for the same z.

    A generator that starts from z as a sampler of this schedule does is well coupled so; for any
    other the coupling is loose, and re-pairing is what tightens it.

    Arguments:
        sample: sample(z, seed) for z ~ N(0, I), (n, d) float64, returns as many samples of X_1,
            (n, d), in the data's coordinates; whatever else it draws comes from the seed, a whole
            number in 0..2^31 - 1, and no row depends on another.
        target: the law of X_0.
        schedule: the noise levels.
        pairs, alpha, seed, repair_batch: as in `bracket`.

    Returns:
        The bracket.

    Raises:
        InputError: a sampler that raises or returns another shape; repair_batch leaves fewer than
            30 batches.
        NotFinite: the sampler returned NaN, infinity, or numbers so large that nothing can be
            measured.
    """
    f = Centred(_no_model, target, schedule)
    coupling = Coupling(
        dim=target.dim,
        draw=partial(noise_starts, f),
        between=None,
        run=partial(_sampled, sample, f),
        flow=partial(exact_ends, f),
        turns_at=schedule.T,
        start_std=1.0,
        solver=pair_error(target),
    )
    return bracket_and_pairs(coupling, pairs, alpha, seed, repair_batch)[0]


def _no_model(x: torch.Tensor, _: Any) -> torch.Tensor:
    """A sampler is not asked for f."""
    raise NotImplementedError


def _sampled(
    sample: Sample, f: Centred, starts: Starts, generator: torch.Generator
) -> Float[torch.Tensor, "n d"]:
    """The user's samples, centred, a call and a seed a block of rows."""
    first = f.schedule.scales(1)[0] * f.target.mean
    parts = []
    for z in starts.z.split(CALL):
        seed = int(torch.randint(SEEDS, (1,), generator=generator))
        values = _checked(sample, z, seed) - first
        refuse_diverged(values, z, f.target.spread, f"sample(z, {seed})", "z", z)
        parts.append(values)
    return torch.cat(parts)


def _checked(sample: Sample, z: torch.Tensor, seed: int) -> torch.Tensor:
    """sample(z, seed), of z's shape and dtype."""
    shape = tuple(z.shape)
    try:
        y = sample(z, seed)
    except Exception as error:  # a user's sampler may raise anything
        raise InputError(
            f"sample(z, seed) must accept z of shape {shape}, got {type(error).__name__}: {error}"
        ) from error
    if not isinstance(y, torch.Tensor) or y.shape != z.shape or not y.is_floating_point():
        what = f"{tuple(y.shape)} of {y.dtype}" if isinstance(y, torch.Tensor) else type(y).__name__
        raise InputError(f"sample must return a float tensor of shape {shape}, got {what}")
    return y.detach().to(z)
