"""Certify a model f_1..f_T on a known target: ask of it all that a certificate says.

Every limit (on W_1 from both sides and on W_2, the totals of the budget, the scale, the terms of
the explicit bounds, and those after a sampler's earlier steps) is given the same part of 1 -
confidence, so that all hold together with probability `confidence` under Student's approximation of
means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from ..core.confidence import resolution
from ..core.normal import norm_mean
from ..core.signatures import checked
from ..core.streams import stream
from ..core.verdict import Verdict, at_most, quality, spread_over_draws, threshold
from ..flow.one_dim import NormalMixture1D
from ..model.protocols import FlowMap, Model
from ..model.schedule import Schedule
from ..targets import Target
from .bracket import Bracket, bracket
from .bracket_1d import bracket_1d
from .budget import Budget
from .certificate import Certificate, SamplerPart, StepLimits, ToData
from .checked_model import Centred, NotFinite
from .coupling import PAIR_TOLERANCE, exact_ends
from .explicit import ExplicitBounds, Terms, explicit_bounds
from .flow_shares import FlowMapPart, flow_map_part
from .flow_walk import FlowWalk
from .identity import description, digest, versions
from .request import Request, checked_arguments
from .sampler import (
    Sample,
    few_step_bracket,
    sampler_bracket,
    sampler_starts,
    step_brackets,
)
from .sanity import sanity_verdicts
from .shares import Shares
from .starts import DrawStarts, noise_starts
from .strata import stratified_starts
from .theorem1 import Theorem, theorem_1
from .trajectory import measure_trajectory
from .trajectory_1d import measure_trajectory_1d

# lower, upper, w2_upper, the budget's two totals, the scale's two, and the explicit bounds' three
LIMITS = 10
LIMITS_OF_A_STEP = 2  # lower and upper after a step that others follow
GRID_EDGE = 3.0  # a grid of starts is kept beside samples in d = 1 and d = 2: how far it reaches
GRID_POINTS = (201, 25)  # an axis, in d = 1 and in d = 2


@checked
def certify(
    f: Model | FlowMap,
    target: Target,
    schedule: Schedule,
    *,
    samples: int | None = None,
    pairs: int | None = None,
    confidence: float = 0.999999,
    device: str = "auto",
    seed: int = 0,
    max_w1: float | None = None,
    keep_samples: int = 0,
    sampler_steps: int | Sequence[int] | None = None,
    repair_batch: int | None = None,
    lipschitz: float | None = None,
    dtype: str | torch.dtype = "auto",
    times: int = 1,
    gamma: float = 0.0,
    progress: Callable[..., Any] = lambda: None,
) -> Certificate:
    """Certify a consistency model, or a flow map of two times, on a known target.

    Arguments:
        f: any deterministic callable f(x, t) on x (n, d) and t in 1..T that returns floats (n, d);
            with times=2, F(x, t, s) with s <= t, which lands on level s; called without gradients.
        target: the law of X_0.
        schedule: the noise levels t = 1..T.
        samples: paths behind the budget and the shares, at least 16; None for a number that fits
            the target's cost.
        pairs: coupled pairs behind the bracket, at least 32; None for a number that fits.
        confidence: with which all limits hold together, between 0 and 1.
        device: auto, cpu, cuda or cuda:N.
        seed: of all random streams, at least 0.
        max_w1: a threshold to judge W_1 by, above 0.
        keep_samples: how many pairs to keep in the certificate's `samples`; in d <= 2 also a grid
            of starts within 3, and where f_T and Phi_T carry it.
        sampler_steps: None for one step; n for n steps, or their levels, T first, decreasing: the
            sampler that adds noise anew between steps (sampler.py), with times=2 the deterministic
            one (flow_walk.py).
        repair_batch: rows of a batch in which pairs are re-paired, so few that there are 30
            batches; None for min(500, pairs // 30).
        lipschitz: L, where you know that every f_1..f_{T-1} is L-Lipschitz in the paper's
            coordinates, for Theorem A (one step), above 0; affine models' own is known.
        dtype: of the x that f is called with; auto for that of f's parameters, where it has some,
            else float64.
        times: 1 for f(x, t); 2 for F(x, t, s).
        gamma: with times=2 how much noise is added anew between steps, in [0, 1]: 0 for none, 1
            for the one-time sampler of F(x, t, 1).
        progress: called after each level.

    Returns:
        The certificate; a model that is not finite fails, and has no numbers.

    Raises:
        InputError: an argument outside what is allowed, or an f that cannot be called so.

    Example:
        >>> from ctverify import Schedule, certify, population_model
        >>> from ctverify.targets import load
        >>> target, schedule = load("mild"), Schedule.li_huang_wei(16, 1, 2)
        >>> found = certify(population_model(target, schedule), target, schedule, samples=16)
        >>> found.failed
        False
    """
    request = checked_arguments(
        f,
        target,
        schedule,
        samples=samples,
        pairs=pairs,
        confidence=confidence,
        device=device,
        seed=seed,
        max_w1=max_w1,
        keep_samples=keep_samples,
        sampler_steps=sampler_steps,
        repair_batch=repair_batch,
        lipschitz=lipschitz,
        dtype=dtype,
        times=times,
        gamma=gamma,
    )
    with torch.no_grad():
        try:
            if request.walk is None:
                findings = _measure(request, progress)
            else:
                findings = _measure_flow_map(request, request.walk, progress)
        except NotFinite as error:
            findings = _not_finite(str(error))
    return _certificate(findings, request, target, description(f), digest(f))


@checked
def certify_sampler(
    sample: Sample,
    target: Target,
    schedule: Schedule,
    *,
    pairs: int | None = None,
    confidence: float = 0.999999,
    device: str = "auto",
    seed: int = 0,
    max_w1: float | None = None,
    repair_batch: int | None = None,
) -> Certificate:
    """Certify any generator of samples on a known target: a bracket on W_1, from nothing but them.

    Arguments:
        sample: sample(z, seed) for z ~ N(0, I), (n, d) float64, returns as many samples (n, d);
            what else it draws comes from the seed, and no row depends on another.
        target: the law of X_0.
        schedule: the noise levels t = 1..T; samples are compared with X_1, and z with X_T.
        pairs, confidence, device, seed, max_w1, repair_batch: as in `certify`.

    Returns:
        A certificate without budget, shares and theorem.

    Raises:
        InputError: an argument outside what is allowed, or a sampler that cannot be called so.

    Example:
        >>> from ctverify import Gaussian, Schedule, certify_sampler
        >>> target, schedule = Gaussian([0.0, 0.0], torch.eye(2)), Schedule.li_huang_wei(16)
        >>> found = certify_sampler(lambda z, seed: z, target, schedule, pairs=600)
        >>> found.budget is None and found.w1.upper < 0.05
        True
    """
    request = checked_arguments(
        sample,
        target,
        schedule,
        samples=None,
        pairs=pairs,
        confidence=confidence,
        device=device,
        seed=seed,
        max_w1=max_w1,
        keep_samples=0,
        repair_batch=repair_batch,
        name="sample",
    )
    with torch.no_grad():
        try:
            findings = _measure_sampler(request, sample)
        except NotFinite as error:
            findings = _not_finite(str(error))
    return _certificate(findings, request, target, description(sample))


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """The measured part of a certificate."""

    verdicts: tuple[Verdict, ...]
    budget: Budget | None = None
    shares: Shares | None = None
    w1: Bracket | None = None
    resolution: float | None = None
    to_data: ToData | None = None
    sampler: SamplerPart | None = None
    theorem: Theorem | None = None
    explicit: ExplicitBounds | None = None
    flow_map: FlowMapPart | None = None
    samples: dict[str, Any] = field(default_factory=dict)


def _certificate(
    findings: Findings,
    request: Request,
    target: Target,
    model: Any,
    model_sha256: str | None = None,
) -> Certificate:
    """The record of what was asked and what was found."""
    return Certificate(
        target=target.spec,
        dim=target.dim,
        schedule=request.f.schedule.spec,
        model=model,
        model_sha256=model_sha256,
        steps=request.f.schedule.T,
        seed=request.seed,
        device=str(request.device),
        versions=versions(),
        confidence=request.confidence,
        counts={"samples": request.samples, "pairs": request.pairs},
        **vars(findings),
    )


def _measure(request: Request, progress: Callable[..., Any]) -> Findings:
    """The measured part of a certificate."""
    f = request.f
    levels = request.levels
    seed = request.seed
    alpha = _alpha(request)
    sanity = sanity_verdicts(f, seed)
    form = f.target.one_dimensional_form()
    first = _first_starts(f, form)
    draw_starts = sampler_starts(f, levels, None, first)
    budget, shares, terms = _trajectory(request, draw_starts, alpha, progress)
    w1 = _bracket(request, form, first, alpha)
    theorem = None
    explicit = None
    if len(levels) == 1:
        explicit = explicit_bounds(f, terms, request.lipschitz)
        theorem = theorem_1(f.target, f.schedule, budget.eps_sum, budget.start, w1.lower, seed)
    return Findings(
        budget=budget,
        shares=shares,
        w1=w1,
        resolution=_resolution(w1, alpha),
        to_data=_to_data(w1, f.target, f.schedule),
        sampler=_sampler(request, w1, first, alpha) if request.several else None,
        theorem=theorem,
        explicit=explicit,
        verdicts=_verdicts(request, w1, budget, sanity),
        samples=_kept(request) if request.keep_samples else {},
    )


def _measure_flow_map(request: Request, walk: FlowWalk, progress: Callable[..., Any]) -> Findings:
    """The measured part of a two-time map's certificate: its steps without noise are a one-time
    model, so that all but whose the error is is asked of that.
    """
    f = walk.f
    seed = request.seed
    alpha = _alpha(request)
    sanity = sanity_verdicts(f, seed)
    form = f.target.one_dimensional_form()
    first = _first_starts(f, form)
    draw = walk.starts(first)
    budget, _, _ = _trajectory(request, draw, alpha, progress)
    batch = request.repair_batch
    if form is None:
        between = partial(walk.starts, first) if walk.noisy else None
        w1 = bracket(f, draw, request.pairs, alpha, seed, batch, between)
    else:
        w1 = bracket_1d(f, form, walk.starts(first, batch), request.pairs, alpha, seed, batch)
    return Findings(
        budget=budget,
        w1=w1,
        resolution=_resolution(w1, alpha),
        to_data=_to_data(w1, f.target, f.schedule),
        flow_map=flow_map_part(walk, first, request.samples, request.gamma, seed),
        verdicts=_verdicts(request, w1, budget, sanity),
        samples=_kept(request) if request.keep_samples else {},
    )


def _first_starts(f: Centred, form: NormalMixture1D | None) -> DrawStarts:
    """Starts at level T: in d = 1 from strata."""
    if form is None:
        return partial(noise_starts, f)
    return partial(stratified_starts, f, form)


def _measure_sampler(request: Request, sample: Sample) -> Findings:
    """The measured part of a certificate of a generator."""
    target = request.f.target
    schedule = request.f.schedule
    alpha = _alpha(request)
    w1 = sampler_bracket(
        sample, target, schedule, request.pairs, alpha, request.seed, request.repair_batch
    )
    return Findings(
        w1=w1,
        resolution=_resolution(w1, alpha),
        to_data=_to_data(w1, target, schedule),
        verdicts=_verdicts(request, w1, None, []),
    )


def _alpha(request: Request) -> float:
    """With which each limit may fail."""
    earlier = len(request.levels) - 1 if request.walk is None else 0
    return (1 - request.confidence) / (LIMITS + LIMITS_OF_A_STEP * earlier)


def _trajectory(
    request: Request, draw_starts: DrawStarts, alpha: float, progress: Callable[..., Any]
) -> tuple[Budget, Shares | None, Terms]:
    """The budget, the shares and the explicit bounds' terms, in d = 1 without a solver and without
    draws of X_{t-1}.
    """
    f = request.f
    form = f.target.quadrature_form()
    rest = (draw_starts, request.samples, alpha, request.seed, progress)
    if form is None:
        return measure_trajectory(f, *rest)
    return measure_trajectory_1d(f, form, *rest)


def _bracket(
    request: Request, form: NormalMixture1D | None, first: DrawStarts, alpha: float
) -> Bracket:
    """The bracket after the last step."""
    f = request.f
    levels = request.levels
    batch = request.repair_batch
    if form is None:
        return few_step_bracket(f, levels, request.pairs, alpha, request.seed, batch, first)
    starts = sampler_starts(f, levels, batch, first)
    return bracket_1d(f, form, starts, request.pairs, alpha, request.seed, batch)


def _sampler(request: Request, w1: Bracket, first: DrawStarts, alpha: float) -> SamplerPart:
    """The limits after each step; the last step's are the certificate's."""
    levels = request.levels
    steps = [w1]
    if len(levels) > 1:
        earlier = step_brackets(
            request.f,
            levels[:-1],
            request.pairs,
            alpha,
            request.seed,
            request.repair_batch,
            first,
        )
        steps = [*earlier, w1]
    return SamplerPart(levels=list(levels), w1=tuple(map(_step_limits, steps)))


def _step_limits(w1: Bracket) -> StepLimits:
    """A bracket without what a step does not say."""
    return StepLimits(
        lower=w1.lower,
        upper=w1.upper,
        lower_estimate=w1.lower_estimate,
        upper_estimate=w1.upper_estimate,
    )


def _resolution(w1: Bracket, alpha: float) -> float | None:
    """p* of the draws behind the upper end."""
    return None if w1.draws is None else resolution(w1.draws, alpha)


def _to_data(w1: Bracket, target: Target, schedule: Schedule) -> ToData:
    """The limits for X_0, E|X_0| by its root mean square."""
    a, b = schedule.scales(1)
    size = math.sqrt(float(target.mean.square().sum() + target.covariance.trace()))
    extra = (1 - a) * size + b * norm_mean(target.dim)
    return ToData(lower=max(0.0, w1.lower - extra), upper=w1.upper + extra, extra=extra)


def _verdicts(
    request: Request, w1: Bracket, budget: Budget | None, sanity: Sequence[Verdict]
) -> tuple[Verdict, ...]:
    """All verdicts, in the order in which they are shown."""
    spread = spread_over_draws(w1.concentration)
    verdicts = [
        at_most("f is finite", "(14)", 0.0, 0.0),
        *sanity,
        at_most("bracket is ordered", "duality and coupling", w1.lower, w1.upper),
    ]
    if budget is not None:
        spread = spread_over_draws(max(budget.concentration, w1.concentration))
        verdicts.append(
            at_most(
                "W_1 within the trajectory budget",
                "trajectory certificate",
                w1.lower,
                budget.total_upper,
            )
        )
    verdicts.append(spread)
    if w1.scale is not None and w1.scale_upper is not None:
        scale = (2 * w1.scale - w1.scale_upper, w1.scale_upper)  # Student's are symmetric
        verdicts.append(quality(w1.lower, w1.upper, scale, spread.status))
    if request.max_w1 is not None:
        verdicts.append(threshold(w1.lower, w1.upper, request.max_w1, spread.status))
    return tuple(verdicts)


def _not_finite(detail: str) -> Findings:
    """What is known of a model that returned NaN or infinity."""
    verdict = Verdict(
        law="f is finite",
        equation="(14)",
        status="fail",
        observed=None,
        limit=None,
        detail=detail,
    )
    return Findings(verdicts=(verdict,))


def _kept(request: Request) -> dict[str, Any]:
    """Pairs and, of one step, a grid of starts, in the paper's coordinates."""
    f = request.f
    levels = request.levels
    shift = f.schedule.scales(1)[0] * f.target.mean
    generator = stream("certificate/kept", request.seed)
    draw = sampler_starts(f, levels)
    if request.walk is not None:
        draw = request.walk.starts(partial(noise_starts, f))
    starts = draw(request.keep_samples, generator)
    kept = {
        "z": starts.z.cpu().numpy(),
        "model": (f(starts.model, starts.level) + shift).cpu().numpy(),
        "exact": (exact_ends(f, starts) + shift).cpu().numpy(),
    }
    return kept | _grid(f) if starts.level == f.schedule.T else kept


def _grid(f: Centred) -> dict[str, Any]:
    """A grid of starts x within 3, f_T(x) and Phi_T(x), x_1 varying slowest. Empty in d > 2, or
    where f_T is not finite on it.
    """
    d = f.target.dim
    if d > 2:
        return {}
    T = f.schedule.T
    a, _ = f.schedule.scales(T)
    first, _ = f.schedule.scales(1)
    axis = torch.linspace(-GRID_EDGE, GRID_EDGE, GRID_POINTS[d - 1]).to(f.target.mean)
    x = torch.cartesian_prod(*[axis] * d).reshape(-1, d)
    start = x - a * f.target.mean
    shift = first * f.target.mean
    try:
        model = f(start, T) + shift
    except NotFinite:  # seen on the grid alone: the verdict is on the law of X_t
        return {}
    exact = f.target.centred_flow(f.schedule, start[None], [T], 1, PAIR_TOLERANCE)[0] + shift
    return {
        "grid_z": x.cpu().numpy(),
        "grid_model": model.cpu().numpy(),
        "grid_exact": exact.cpu().numpy(),
    }
