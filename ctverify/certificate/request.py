"""What a certificate is asked for, checked once: whatever is wrong is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch

from ..core import arguments
from ..core.arguments import InputError
from ..core.confidence import FEWEST_DRAWS
from ..model.schedule import Schedule
from ..targets import handed_in
from .checked_model import Centred
from .counts import counts
from .precision import AUTO, call_dtype

FEWEST_BATCHES = 30  # of re-paired rows: their means are the draws of a limit
LARGEST_BATCH = 500


@dataclass(frozen=True, kw_only=True)
class Request:
    """The checked arguments of `certify`.

    Attributes:
        f: the model in centred coordinates, on the target's device, in its own dtype.
        samples: paths of the budget.
        pairs: coupled pairs of the bracket.
        confidence: with which all limits hold together.
        device: where the target's tensors are.
        seed: of all random streams.
        max_w1: a threshold for W_1, or None.
        keep_samples: how many pairs are kept.
        sampler_levels: T = tau_1 > tau_2 > .. of a sampler of several steps; empty for one step.
        repair_batch: rows of a batch that is paired anew.
    """

    f: Centred
    samples: int
    pairs: int
    confidence: float
    device: torch.device
    seed: int
    max_w1: float | None
    keep_samples: int
    sampler_levels: tuple[int, ...]
    repair_batch: int


def checked_arguments(
    f: Any,
    target: Any,
    schedule: Any,
    *,
    samples: int | None,
    pairs: int | None,
    confidence: float,
    device: str,
    seed: int,
    max_w1: float | None,
    keep_samples: int,
    sampler_steps: int | Sequence[int] | None = None,
    repair_batch: int | None = None,
    dtype: str | torch.dtype = AUTO,
) -> Request:
    """Check the arguments of `certify`, and replace those that are None.

    Arguments:
        f, target, schedule: as `certify` takes them; anything at all.
        samples, pairs: numbers of draws; None for what the target's cost allows (counts.py).
        confidence, device, seed, max_w1, keep_samples, dtype: as `certify` takes them.
        sampler_steps: how many steps, in equal parts of 1..T, or their levels from T on; None for
            one.
        repair_batch: rows of a batch; None for what gives 30 batches, at most 500.

    Returns:
        The checked arguments.

    Raises:
        InputError: one of them is outside what is allowed, or of another type.
    """
    arguments.function("f", f)
    target = handed_in(target)
    if not isinstance(schedule, Schedule):
        raise InputError(
            f"schedule must be a ctverify.Schedule, got {type(schedule).__name__}: "
            "Schedule.li_huang_wei(64) for example"
        )
    _ = schedule.sigma  # refuses a schedule beyond float64 before any work
    torch_device = arguments.device(device)
    draws = counts(target, samples, pairs)
    pairs = arguments.whole("pairs", draws["pairs"], 2 * FEWEST_DRAWS)
    return Request(
        f=Centred(
            f,
            target.to(torch_device, torch.float64),
            schedule,
            dtype=call_dtype(f, dtype),
        ),
        samples=arguments.whole("samples", draws["samples"], FEWEST_DRAWS),
        pairs=pairs,
        confidence=arguments.real("confidence", confidence, 0, 1),
        device=torch_device,
        seed=arguments.whole("seed", seed, 0),
        max_w1=None if max_w1 is None else arguments.real("max_w1", max_w1, 0),
        keep_samples=arguments.whole("keep_samples", keep_samples, 0),
        sampler_levels=sampler_levels(sampler_steps, schedule.T),
        repair_batch=_batch(repair_batch, pairs),
    )


def sampler_levels(steps: int | Sequence[int] | None, T: int) -> tuple[int, ...]:
    """The levels of a sampler.

    Arguments:
        steps: how many, 1..T - 1, in equal parts of 1..T; or the levels themselves, from T down,
            each at least 2; None for one step.
        T: the number of noise levels.

    Returns:
        T = tau_1 > tau_2 > ..; empty where there is one step only.

    Raises:
        InputError: they are not such.

    Example:
        >>> sampler_levels(4, 64), sampler_levels([64, 30], 64), sampler_levels(None, 64)
        ((64, 48, 32, 17), (64, 30), ())
    """
    if steps is None:
        return ()
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        number = arguments.whole("sampler_steps", steps)
        if number >= T:
            raise InputError(f"sampler_steps must be below T = {T}, got {number}")
        steps = [round(T - k * (T - 1) / number) for k in range(number)]
    levels = [arguments.level("sampler_steps", t, T) for t in steps]
    falling = all(after < before for before, after in pairwise(levels))
    if not levels or levels[0] != T or levels[-1] < 2 or not falling:
        raise InputError(
            f"sampler_steps must be a number of steps, or levels that fall from T = {T} and are "
            f"at least 2, got {list(steps)}"
        )
    return tuple(levels) if len(levels) > 1 else ()


def _batch(size: int | None, pairs: int) -> int:
    """Rows of a batch that is paired anew; 1 pairs nothing."""
    if size is None:
        return max(1, min(LARGEST_BATCH, pairs // FEWEST_BATCHES))
    size = arguments.whole("repair_batch", size)
    if pairs // size < FEWEST_BATCHES:
        raise InputError(
            f"repair_batch must leave at least {FEWEST_BATCHES} batches of the {pairs} pairs, "
            f"got {size}"
        )
    return size
