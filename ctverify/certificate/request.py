"""What a certificate is asked for, checked once: whatever is wrong is one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..core import arguments, limits
from ..core.arguments import InputError
from ..core.confidence import FEWEST_DRAWS
from ..model.schedule import Schedule, refuse_long
from ..targets import handed_in
from .bracket import batch_size
from .checked_model import Centred
from .counts import counts
from .flow_walk import FlowWalk, flow_steps, flow_walk
from .precision import AUTO, call_dtype
from .sampler import sampler_levels


@dataclass(frozen=True, kw_only=True)
class Request:
    """The checked arguments of `certify` or `certify_sampler`.

    Attributes:
        f: the model, or the sampler, in centred coordinates, on the target's device, in its own
            dtype.
        samples: paths of the budget.
        pairs: coupled pairs of the bracket.
        confidence: with which all limits hold together.
        device: where the target's tensors are.
        seed: of all random streams.
        max_w1: a threshold for W_1, or None.
        keep_samples: how many pairs are kept.
        levels: T = tau_1 > tau_2 > .., where the steps of the sampler start; T alone for one step.
        several: whether a sampler's steps were asked for.
        repair_batch: rows of a batch that is paired anew.
        lipschitz: L as given for Theorem A, or None.
        gamma: of a two-time map's sampler.
        walk: that sampler; None for a one-time model.
    """

    f: Centred
    samples: int
    pairs: int
    confidence: float
    device: torch.device
    seed: int
    max_w1: float | None
    keep_samples: int
    levels: tuple[int, ...]
    several: bool
    repair_batch: int
    lipschitz: float | None
    gamma: float
    walk: FlowWalk | None


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
    lipschitz: float | None = None,
    dtype: str | torch.dtype = AUTO,
    times: int = 1,
    gamma: float = 0.0,
    name: str = "f",
) -> Request:
    """Check the arguments of `certify` or `certify_sampler`, and replace those that are None.

    Arguments:
        f, target, schedule: as `certify` takes them; anything at all.
        samples, pairs: numbers of draws; None for what the target's cost allows (counts.py).
        confidence, device, seed, max_w1, keep_samples, dtype: as `certify` takes them.
        sampler_steps, repair_batch, lipschitz, times, gamma: as `certify` takes them.
        name: what a refusal calls f.

    Returns:
        The checked arguments.

    Raises:
        InputError: one of them is outside what is allowed, or of another type.
    """
    if times not in (1, 2) or isinstance(times, bool):
        raise InputError(f"times must be 1 or 2, got {times!r}")
    if times == 2:
        arguments.function("F", f, "x, t, s")
    else:
        arguments.function(name, f)
    target = handed_in(target)
    if not isinstance(schedule, Schedule):
        raise InputError(
            f"schedule must be a ctverify.Schedule, got {type(schedule).__name__}: "
            "Schedule.li_huang_wei(64) for example"
        )
    refuse_long(schedule)
    _ = schedule.sigma  # refuses a schedule beyond float64 before any work
    torch_device = arguments.device(device)
    draws = counts(target, samples, pairs)
    pairs = _draws("pairs", draws["pairs"], 2 * FEWEST_DRAWS, target.dim)
    levels = sampler_levels(schedule, sampler_steps, target.spread)
    gamma = arguments.real("gamma", gamma, -1e-300, 1 + 1e-12)
    if times == 1 and gamma > 0:
        raise InputError(f"gamma is for maps of two times, times=2, got {gamma:g} with times=1")
    if times == 2 and lipschitz is not None:
        raise InputError(
            f"lipschitz is for Theorem A, which is about one-time models, got {lipschitz!r}"
        )
    if lipschitz is not None:
        lipschitz = arguments.real("lipschitz", lipschitz, 0)
        if len(levels) > 1:
            raise InputError(
                f"lipschitz is for Theorem A, which is about one step, got {len(levels)} steps"
            )
    law = target.to(torch_device, torch.float64)
    called_in = call_dtype(f, dtype)
    walk = None
    if times == 2:
        steps = flow_steps(schedule, levels, gamma)
        walk = flow_walk(f, law, schedule, steps, called_in)
    return Request(
        f=Centred(f, law, schedule, dtype=called_in) if walk is None else walk.f,
        samples=_draws("samples", draws["samples"], FEWEST_DRAWS, target.dim),
        pairs=pairs,
        confidence=arguments.real("confidence", confidence, 0, 1),
        device=torch_device,
        seed=arguments.whole("seed", seed, 0),
        max_w1=None if max_w1 is None else arguments.real("max_w1", max_w1, 0),
        keep_samples=_draws("keep_samples", keep_samples, 0, target.dim),
        levels=levels,
        several=sampler_steps is not None,
        repair_batch=batch_size(pairs, repair_batch),
        lipschitz=lipschitz,
        gamma=gamma,
        walk=walk,
    )


def _draws(name: str, number: Any, least: int, dim: int) -> int:
    """A number of draws of which there are two arrays at least: starts, and where they end."""
    draws = arguments.whole(name, number, least)
    limits.memory(name, 2 * draws * dim * limits.FLOAT)
    return draws
