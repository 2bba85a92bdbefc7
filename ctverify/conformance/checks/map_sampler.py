"""Samplers of a flow map: deterministic in n steps, with noise between them (gamma), by a list of
times of the user's.

A step that is to end at t' lands at s, where the noise is sqrt(1 - gamma^2) times that of t', and
what is missing is added: x = (a_t'/a_s) x_s + sqrt(b_t'^2 - (a_t'/a_s)^2 b_s^2) z. Around the exact
network started from x_T every such sampler has the law of x_e, and at gamma = 0 it is the flow.
Kim et al. (arXiv 2310.02279), Algorithm 3.
"""

from __future__ import annotations

import math

import torch
from hypothesis import strategies as st

from ..cases import Case, line_gaussians, seeds
from ..map_run import MapRun, added_noise, landed, landing, run_map
from ..oracle.exact import Exact
from ..oracle.exact_maps import ExactMaps
from ..oracle.probe import NotApplicable, Probe
from ..oracle.two_times import TwoTimes, smooth
from ..protocol import at_most, setting
from .check import (
    EPS,
    ROUNDINGS,
    ROWS,
    Replay,
    check,
    generator,
    randn,
    require,
    require_equal,
    require_uncorrelated,
    require_uniform,
    require_variance,
)
from .granted import TIMES
from .maps import exact_of, normals, stretch

ALGORITHM = "Kim et al. (arXiv 2310.02279), Algorithm 3"
MAPS = ("map.finite", "map.noop", "map.exact")
NEEDED = ("flow_map", "sample", "times")
STEPS = (*TIMES, "sampler.finite", "sampler.steps")
counts = st.sampled_from([1, 2, 3, 8, 17])


@check(
    "sampler.steps",
    "an n-step sampler of a flow map asks its network once a step, from each of its times to where"
    " that step has to land",
    ALGORITHM,
    *NEEDED,
    rests_on=(*TIMES, *MAPS, "sampler.finite"),
    examples=20,
    n=counts,
    seed=seeds,
)
def steps_taken(probe: Probe, n: int, seed: int) -> None:
    """The next time, or as declared by gamma; the last on the boundary."""
    two, n = TwoTimes(probe), at_most(probe.subject, n)
    z = randn(probe, 2, 1, seed)
    run = run_map(two, z, None, n, smooth, seed, counted=False)
    _require_steps(two, run, f"{n} steps", Replay("sample", {"z": z, "n": n, "seed": seed}))


def _require_steps(two: TwoTimes, run: MapRun, of: str, replay: Replay | None) -> None:
    """Each step from its time to its landing."""
    seen, right = len(run.steps), len(run.times)
    shown = f"the network was called {seen} times in {of} where {right}, once a step, is right"
    require(shown, abs(seen - right), 0, replay)
    c = two.probe.convention
    ends = [*run.times[1:], c.boundary]
    for k, (step, t, end) in enumerate(zip(run.steps, run.times, ends, strict=True)):
        place = f"of step {k + 1} of {of}"
        size = c.t_max if two.direction < 0 or "t - s" in two.shown else max(t, 1e-300)
        _require_time(f"the start {place}", step.t, t, size, replay)
        lands = landing(two, end)
        if lands is None:
            continue
        cause = " (it is the step's own start: the velocity at t, not the map?)"
        cause = cause if abs(step.s - step.t) <= 1e-6 * size and lands < step.t else ""
        _require_time(f"where step {k + 1} of {of} lands{cause}", step.s, lands, size, replay)


def _require_time(
    detail: str, seen: float, right: float, size: float, replay: Replay | None
) -> None:
    one, other = (torch.tensor(v, dtype=torch.float64) for v in (seen, right))
    require_equal(detail, one, other, size, replay)


@check(
    "sampler.start",
    "a sampler of a flow map starts from z as it is given, times the standard deviation of the"
    " noise end",
    ALGORITHM,
    *NEEDED,
    rests_on=(*TIMES, *MAPS, "sampler.finite"),
    examples=20,
    n=counts,
    seed=seeds,
)
def started(probe: Probe, n: int, seed: int) -> None:
    """b_T z_std, with that of data of up to unit scale at most."""
    two, n, c = TwoTimes(probe), at_most(probe.subject, n), probe.convention
    z = randn(probe, 8, 1, seed)
    run = run_map(two, z, None, n, smooth, seed, counted=False)
    replay = Replay("sample", {"z": z, "n": n, "seed": seed})
    if not run.steps:
        raise NotApplicable("the sampler asks its network for nothing")
    first = run.steps[0].x
    factor = (first * z).sum() / (z.double() ** 2).sum()
    require_equal(
        f"the network's first x in {n} steps, against {float(factor):.6g} z (is z used?)",
        first,
        factor * z,
        (factor.abs() * z.abs() + c.b(c.t_max) * c.z_std * z.abs()) * probe.body_eps / EPS,
        replay,
    )
    noise = (c.b(c.t_max) * c.z_std) ** 2
    data = (c.a(c.t_max) * c.sigma_data) ** 2
    off = max(noise - float(factor) ** 2, float(factor) ** 2 - noise - data)
    require(
        f"the start is {float(factor):.6g} z where the noise end's standard deviation"
        f" {math.sqrt(noise):.6g} is right: difference of variances",
        off,
        2 * ROUNDINGS * probe.body_eps * (noise + data),
        replay,
    )


@check(
    "sampler.flow",
    "around the exact network a deterministic sampler of n steps is the exact flow from the noise"
    " end to the boundary, for every n",
    ALGORITHM,
    *NEEDED,
    rests_on=(*MAPS, *STEPS, "sampler.start"),
    examples=15,
    n=counts,
    target=normals,
    seed=seeds,
)
def flow(probe: Probe, n: int, target: Case, seed: int) -> None:
    """Point by point: n = 1, 2, 3 and many."""
    two, exact, n = TwoTimes(probe), exact_of(target, probe), at_most(probe.subject, n)
    if setting(probe.subject, "gamma") != 0:
        raise NotApplicable("the sampler is not declared deterministic (gamma = 0)")
    z = randn(probe, 4, exact.target.dim, seed)
    run = run_map(two, z, None, n, two.oracle(exact), seed, counted=False)
    _require_flow(two, exact, run, f"{n} steps")


def _require_flow(two: TwoTimes, exact: ExactMaps, run: MapRun, of: str) -> None:
    """The end is where the flow takes the beginning; each step's roundings are carried on."""
    c, first = two.probe.convention, run.steps[0]
    start, end = (torch.full((len(first.x),), v, dtype=torch.float64) for v in (0.0, c.boundary))
    start = start + run.times[0]
    x = first.x  # as its network was shown it
    shown = ROUNDINGS * two.probe.body_eps * x.norm(dim=1, keepdim=True)
    allowed = stretch(exact, start, end) * shown
    for t, s in zip(run.times, [*run.times[1:], c.boundary], strict=True):
        late, early = torch.full_like(end, t), torch.full_like(end, s)
        here = two.allowed(exact, x, late, early).norm(dim=1, keepdim=True)
        allowed = allowed + stretch(exact, early, end) * here
        x = exact.map(x, late, early)
    require_equal(
        f"samples of {of}, against the exact flow of their start",
        run.out,
        exact.map(first.x, start, end),
        allowed / (ROUNDINGS * EPS),
    )


@check(
    "sampler.noise",
    "between the steps of a flow map's sampler the noise that is added is fresh and normal, and"
    " takes x_s to the law of the next time",
    ALGORITHM,
    *NEEDED,
    rests_on=(*MAPS, *STEPS, "sampler.start"),
    statistical=True,
    examples=10,
    n=st.sampled_from([2, 3, 5]),
    target=line_gaussians,
    seed=seeds,
)
def noise(probe: Probe, n: int, target: Case, seed: int) -> None:
    """Variance, and no correlation with where the step landed, or with the noise before; none at
    all where it lands on the next time.
    """
    two, exact, n = TwoTimes(probe), exact_of(target, probe), at_most(probe.subject, n)
    z = randn(probe, ROWS, 1, seed)
    run = run_map(two, z, None, n, two.oracle(exact), seed)
    replay = Replay("sample", {"z": z, "n": n, "seed": seed})
    before: torch.Tensor | None = None
    for k, (step, after) in enumerate(zip(run.steps, run.steps[1:], strict=False)):
        ratio, std = added_noise(two, step.s, after.t)
        there = landed(exact, step)
        added = after.x - ratio * there
        times = torch.full((2, len(there)), step.t, dtype=torch.float64)
        times[1] = step.s
        shown = ratio * stretch(exact, *times) * step.x.abs() + after.x.abs()
        rounding = two.allowed(exact, step.x, *times) + ROUNDINGS * probe.body_eps * shown
        place = f"noise before step {k + 2}, at t = {after.t:.6g}"
        if std < 1e3 * float(rounding.max()):
            require_equal(
                f"x before step {k + 2}, where the step before landed",
                after.x,
                ratio * there,
                (rounding + 8 * std) / (ROUNDINGS * EPS),
                replay,
            )
            before = None
            continue
        blur = float(rounding.max()) / std
        require_variance(place, added, std**2, replay, blur=blur)
        others = {"where the step landed": there, "z": z}
        if before is not None:
            others["the noise before"] = before
        for name, other in others.items():
            require_uncorrelated(f"{place}, with {name}", added, other, replay, blur=blur)
        before = added


@check(
    "sampler.law",
    "around the exact network, started from x_T, samples of n steps with noise between them have"
    " the law of x_e",
    ALGORITHM,
    *NEEDED,
    rests_on=(*MAPS, *STEPS, "sampler.start", "sampler.flow", "sampler.noise"),
    statistical=True,
    examples=8,
    n=st.sampled_from([2, 1, 3, 8]),
    target=line_gaussians,
    seed=seeds,
)
def law(probe: Probe, n: int, target: Case, seed: int) -> None:
    """Kolmogorov's test of the ranks, whatever gamma is."""
    two, exact, n = TwoTimes(probe), exact_of(target, probe), at_most(probe.subject, n)
    c = probe.convention
    unit = run_map(two, randn(probe, 1, 1, seed), None, n, smooth, seed, counted=False)
    z = randn(probe, 1, 1, seed)
    factor = float(unit.steps[0].x / z)
    drawn = Exact(exact.target, c).draw(ROWS, probe.times(n)[0], seed)
    run = run_map(two, drawn / factor, None, n, two.oracle(exact), seed)
    v = torch.ones(1, dtype=torch.float64)
    ranks = Exact(exact.target, c).ranks(run.out, v)
    end = torch.full((ROWS,), c.boundary, dtype=torch.float64)
    last = run.steps[-1]
    moved = two.allowed(exact, last.x, torch.full_like(end, last.t), end)
    blur = max(
        float(abs(Exact(exact.target, c).ranks(run.out + sign * n * moved, v) - ranks).max())
        for sign in (-1, 1)
    )
    require_uniform(f"ranks of samples of {n} steps", ranks, blur=blur)


@check(
    "sampler.lists",
    "a sampler of a flow map goes through the times that the user lists, from each to the next, the"
    " last to the boundary",
    "the subject's documentation",
    "flow_map",
    "sample_at",
    rests_on=(*MAPS, "sampler.steps"),
    examples=15,
    n=st.integers(1, 5),
    seed=seeds,
)
def lists(probe: Probe, n: int, seed: int) -> None:
    """Times anywhere below the noise end."""
    two = TwoTimes(probe)
    times = _listed(two, n, seed)
    run = run_map(two, randn(probe, 2, 1, seed), times, n, smooth, seed, counted=False)
    _require_steps(two, run, f"a list of {n} times", None)


def _listed(two: TwoTimes, n: int, seed: int) -> list[float]:
    """The noise end, and n - 1 times below it, apart."""
    drawn = torch.rand(n, generator=generator(seed), dtype=torch.float64)
    shares = ((torch.arange(1, n + 1) - 0.8 * drawn) / n).flip(0)
    shares[0] = 1.0
    found: list[float] = two.times(shares).tolist()
    return found


@check(
    "times.fixed",
    "a sampler that is handed its own times visits them: they are a fixed point",
    "the subject's documentation",
    "flow_map",
    "visited",
    "times",
    rests_on=TIMES,
    examples=20,
    n=counts,
)
def fixed(probe: Probe, n: int) -> None:
    """Its own list, handed back."""
    two, n = TwoTimes(probe), at_most(probe.subject, n)
    times = probe.times(n)
    own = [float(two.own(torch.tensor(t, dtype=torch.float64))) for t in times]
    found: list[float] = probe.call("visited", own)
    shown = f"{len(found)} times are visited where the {n} of times({n}) are handed back"
    require(shown, abs(len(found) - len(times)), 0)
    one, other = (torch.tensor(part, dtype=torch.float64) for part in (found, times))
    size = probe.convention.t_max if two.direction < 0 else other.abs()
    replay = Replay("visited", {"times": own})
    require_equal(f"times({n}), handed back to the sampler", one, other, size, replay)
