"""The sampler: x = f(b_T z, T), then for each further time t: x = f((a_t/a_e) x + noise, t). What
is returned is the last f.

Song et al. (arXiv 2303.01469) Algorithm 1, for a boundary e in any convention. x_e has the noise
b_e already: fresh noise has

    variance (b_t^2 - (a_t/a_e)^2 b_e^2) z_std^2        (VE: t^2 - e^2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from ...model.convention import Convention
from ..cases import laws, line_gaussians, seeds, several, steps
from ..oracle.exact import Exact
from ..oracle.network import Recorder
from ..oracle.probe import Probe, Uncounted
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
from .granted import EXACT, READ, STEPS, TIMES
from .pair import zero

MOST_BLUR = 0.3  # standard deviations by which roundings may move a draw that is still tested
ALGORITHM = "Song et al. (arXiv 2303.01469), Algorithm 1"


def _n(probe: Probe, n: int) -> int:
    return at_most(probe.subject, n)


@dataclass(frozen=True)
class Run:
    """One run of the sampler, as its network saw it."""

    z: torch.Tensor
    times: list[float]
    out: torch.Tensor
    seen: Recorder
    replay: Replay

    def x(self, probe: Probe, k: int) -> torch.Tensor:
        """The point at which f was evaluated in step k: the network's input, unscaled; (n, d)
        float64.
        """
        return self.seen.calls[k].x_in.double() / probe.scales(self.times[k]).scale_in

    def f(self, probe: Probe, k: int) -> torch.Tensor:
        """What f gave in step k."""
        s, clip = probe.scales(self.times[k]), probe.convention.clipping
        f = s.skip * self.x(probe, k) + s.out * self.seen.calls[k].raw.double()
        return f if clip is None else f.clamp(-clip, clip)

    def blur(self, probe: Probe, k: int) -> tuple[torch.Tensor, torch.Tensor]:
        """How far the roundings of a body of few digits may have moved x and f of step k, each (n,
        d); 0 for others.
        """
        if not probe.short:
            none = torch.zeros_like(self.z, dtype=torch.float64)
            return none, none
        s, allowed, x = probe.scales(self.times[k]), ROUNDINGS * probe.body_eps, self.x(probe, k)
        raw = self.seen.calls[k].raw.double()
        return allowed / 2 * x.abs(), allowed * (abs(s.skip) * x.abs() + abs(s.out) * raw.abs())

    def size(self, probe: Probe, k: int) -> torch.Tensor:
        """What is added up in step k, in absolute values."""
        s = probe.scales(self.times[k])
        return (1 + abs(s.skip)) * self.x(probe, k).abs() + abs(s.out) * self.seen.calls[
            k
        ].raw.double().abs()


def _run(probe: Probe, z: torch.Tensor, n: int, network: Any, seed: int) -> Run:
    """A run with as many calls as times: else the checks of single steps have nothing to look at
    (see sampler.calls).
    """
    seen, times = Recorder(network), probe.times(n)
    out = probe.sample(z, n, seen, seed)
    run = Run(
        z,
        times,
        out,
        seen,
        Replay("sample", {"z": z.to(probe.dtype), "n": n, "seed": seed}, tuple(seen.calls)),
    )
    if len(seen.calls) != len(times):
        raise Uncounted(len(seen.calls), len(times))
    return run


def start(probe: Probe, n: int) -> float:
    """The factor by which the sampler scales z: by least squares, which averages roundings."""
    z = 1 + torch.arange(128 if probe.short else 1)[:, None] / 128
    x = _run(probe, z, n, zero, 0).x(probe, 0)
    return float((x * z).sum() / (z.double() * z).sum())


@check(
    "sampler.finite",
    "samples are finite",
    ALGORITHM,
    "sample",
    rests_on=("times.finite", "scalings.finite"),
    n=steps,
    seed=seeds,
)
def finite_samples(probe: Probe, n: int, seed: int) -> None:
    """Whatever the steps, with the zero network."""
    n, z, seen = _n(probe, n), randn(probe, 4, 1, seed), Recorder(zero)
    out = probe.call("sample", z, n, seen, seed)
    bad = int((~out.isfinite()).any(1).sum())
    replay = Replay("sample", {"z": z, "n": n, "seed": seed}, tuple(seen.calls))
    require(f"{bad} of 4 samples are not finite after {n} steps", bad, 0, replay)


@check(
    "sampler.calls",
    "the network is called once for each of times(n), in that order, with that time's embedding",
    ALGORITHM,
    "sample",
    "times",
    "network",
    rests_on=(*READ, *TIMES),
    n=steps,
    seed=seeds,
)
def calls(probe: Probe, n: int, seed: int) -> None:
    """What the sampler shows the network is what f shows it."""
    n, z, seen = _n(probe, n), randn(probe, 2, 1, seed), Recorder(zero)
    probe.sample(z, n, seen, seed)
    replay, times = (
        Replay("sample", {"z": z, "n": n, "seed": seed}, tuple(seen.calls)),
        probe.times(n),
    )
    short = len(seen.calls) - len(times)
    cause = f": {-short} of the times are not visited" if short < 0 else ""
    require(
        f"the network was called {len(seen.calls)} times where {len(times)}, once for each of"
        f" times({n}), is right{cause}",
        abs(len(seen.calls) - len(times)),
        0,
        replay,
    )
    for k, (call, t) in enumerate(zip(seen.calls, times, strict=True)):
        right = probe.scales(t).embedding
        require_equal(
            f"the embedding in step {k + 1}, at t = {t:.6g},",
            call.embedding,
            torch.tensor(right, dtype=torch.float64),
            probe.sizes(t).embedding,
            replay,
            body=probe.body_eps * abs(right),
        )


@check(
    "sampler.prior",
    "the start is z times the standard deviation of the noise end: b_T z_std, with that of data of"
    " up to unit scale at most",
    ALGORITHM,
    "sample",
    "times",
    "network",
    rests_on=(*READ, *STEPS),
    n=steps,
    seed=seeds,
)
def prior(probe: Probe, n: int, seed: int) -> None:
    """`initial_std`, where the subject documents one, is what it scales by, and is judged like
    it.
    """
    c, z = probe.convention, randn(probe, 4, 2, seed)
    run = _run(probe, z, _n(probe, n), zero, seed)
    x = run.x(probe, 0)
    noise, data = (c.b(c.t_max) * c.z_std) ** 2, c.a(c.t_max) ** 2 * max(1.0, c.sigma_data**2)
    factor = float((x * z).sum() / (z.double() * z).sum())
    require_equal(
        "the start against its own multiple of z",
        x,
        factor * z.double(),
        x.abs(),
        run.replay,
        body=probe.body_eps * x.abs(),
    )
    stds = {"the start's factor": (factor, run.replay)}
    if probe.offers("initial_std"):
        stds["the documented initial_std"] = (
            float(probe.subject.initial_std),
            Replay("initial_std", {}),
        )
    b_T = c.b(c.t_max)
    others = {"1 (z is not scaled)": 1.0, "b_T without z_std": b_T, "z_std alone": c.z_std}
    others |= {"b_T^2 z_std": b_T**2 * c.z_std, "sqrt(b_T) z_std": math.sqrt(b_T) * c.z_std}
    for name, (std, replay) in stds.items():
        off = max(noise - std**2, std**2 - noise - data)
        made = [other for other, value in others.items() if abs(std - value) <= 1e-4 * value]
        cause = f", it is {made[0]}" if made else ""
        shown = (
            f"{name} is {std:.6g} where the noise end's standard deviation {math.sqrt(noise):.6g}"
            f" is right{cause}: difference of variances"
        )
        require(shown, off, ROUNDINGS * probe.body_eps * (noise + data), replay)


@check(
    "sampler.renoise",
    "between steps x_t = (a_t/a_e) f + fresh normal noise of variance (b_t^2 - (a_t/a_e)^2 b_e^2)"
    " z_std^2",
    ALGORITHM,
    "sample",
    "times",
    "network",
    rests_on=(*READ, *STEPS),
    statistical=True,
    examples=20,
    n=several,
    target=line_gaussians,
    seed=seeds,
)
def renoise(probe: Probe, n: int, target: Any, seed: int) -> None:
    """Variance, and no correlation between rows, with f, with z or with any noise before; radicands
    are known to ROUNDINGS EPS b_t^2.
    """
    exact, c = target.exact(probe.convention), probe.convention
    z = randn(probe, ROWS, 1, seed)
    run = _run(probe, z, _n(probe, n), probe.oracle(exact), seed)
    a_e, b_e = c.a(c.boundary), c.b(c.boundary)
    before: dict[int, torch.Tensor] = {}
    for k in range(1, len(run.times)):
        t, ratio = run.times[k], c.a(run.times[k]) / a_e
        noise = run.x(probe, k) - ratio * run.f(probe, k - 1)
        variance, radicand = (
            (c.b(t) ** 2 - ratio**2 * b_e**2) * c.z_std**2,
            ROUNDINGS * EPS * (c.b(t) * c.z_std) ** 2,
        )
        rounding = ROUNDINGS * EPS * float((run.size(probe, k - 1) + run.size(probe, k)).max())
        body = run.blur(probe, k)[0] + ratio * run.blur(probe, k - 1)[1]
        blur = float(body.square().mean().sqrt()) / math.sqrt(max(variance, 1e-300))
        place = f"noise before step {k + 1}, at t = {t:.6g}"
        if variance < 1e4 * max(radicand, rounding**2) or blur > MOST_BLUR:
            allowed = 8 * math.sqrt(max(variance, 0.0) + radicand) + rounding + float(body.max())
            shown = (
                f"{place}: the largest, where the standard deviation should be"
                f" {math.sqrt(max(variance, 0.0)):.4g}"
            )
            require(shown, noise.abs().max(), allowed, run.replay)
            continue
        wrong = _wrong_noises(c, run.times, k)
        require_variance(place, noise, variance, run.replay, blur=blur, candidates=wrong)
        half = ROWS // 2
        pairs = [("that of another row", noise[:half], noise[half:])]
        pairs += [("f before it", noise, run.f(probe, k - 1)), ("the start", noise, z)]
        pairs += [(f"the noise before step {j + 1}", noise, other) for j, other in before.items()]
        for what, one, other in pairs:
            require_uncorrelated(f"{place}, with {what}", one, other, run.replay, blur=blur)
        before[k] = noise


def _wrong_noises(c: Convention, times: list[float], k: int) -> dict[str, float]:
    """Standard deviations of the noise before step k + 1 by formulas that are wrong, by what they
    are.
    """
    t, a_e, b_e = times[k], c.a(c.boundary), c.b(c.boundary)
    fresh = [
        math.sqrt(max(c.b(time) ** 2 - (c.a(time) / a_e) ** 2 * b_e**2, 0.0)) for time in times
    ]
    later = {"the time after": fresh[k + 1] * c.z_std} if k + 1 < len(times) else {}
    return {
        "b_t, as if x_e had no noise": c.b(t) * c.z_std,
        "b_t - b_e, the root of a difference of squares for a difference": (c.b(t) - b_e) * c.z_std,
        "the time before": fresh[k - 1] * c.z_std,
        **later,
        "noise of variance 1": fresh[k],
        "a variance for a standard deviation": (fresh[k] * c.z_std) ** 2,
        "a root of the standard deviation": math.sqrt(fresh[k] * c.z_std),
    }


@check(
    "sampler.last",
    "what is returned is the last f, without noise",
    ALGORITHM,
    "sample",
    "times",
    "network",
    rests_on=(*READ, *STEPS),
    n=steps,
    target=line_gaussians,
    seed=seeds,
)
def last(probe: Probe, n: int, target: Any, seed: int) -> None:
    """c_skip x + c_out F of the last call, to rounding; samples live on the scale of sigma_data."""
    z = randn(probe, 4, 1, seed)
    run = _run(probe, z, _n(probe, n), probe.oracle(target.exact(probe.convention)), seed)
    k = len(run.times) - 1
    require_equal(
        "a sample against the last f",
        run.out,
        run.f(probe, k),
        (run.size(probe, k) + probe.convention.sigma_data) * probe.eps / EPS,
        run.replay,
        body=run.blur(probe, k)[1] / ROUNDINGS,
    )


@check(
    "sampler.pushforward",
    "with the exact oracle, started from x_T, samples of n steps have the law of x_e",
    "Li, Huang and Wei (arXiv 2402.07802), Section 2",
    "sample",
    "times",
    "network",
    rests_on=(*EXACT, *STEPS, "sampler.prior", "sampler.renoise", "sampler.last"),
    statistical=True,
    examples=25,
    n=steps.filter(lambda n: n <= 8),
    target=laws,
    seed=seeds,
)
def pushforward(probe: Probe, n: int, target: Any, seed: int) -> None:
    """Along a random direction: Kolmogorov's test of the ranks, and chi^2 of the variance for a
    Gaussian. Samples: the last f.
    """
    exact, n = target.exact(probe.convention), _n(probe, n)
    z = exact.draw(ROWS, probe.times(n)[0], seed) / start(probe, n)
    run = _run(probe, z, n, probe.oracle(exact), seed)
    v = torch.randn(exact.target.dim, generator=generator(seed), dtype=torch.float64)
    v = v / v.norm()
    a, b = (
        probe.convention.a(probe.convention.boundary),
        probe.convention.b(probe.convention.boundary) * probe.convention.z_std,
    )
    k = len(run.times) - 1
    out, moved = run.f(probe, k), _moved(probe, exact, run)
    line = out @ v - a * float(exact.target.mean @ v)
    replay = run.replay
    if exact.target.normal_form() is not None:
        variance = float(a * a * v @ exact.target.covariance @ v) + b * b
        require_variance(
            f"samples of {n} steps about their right mean {a * float(exact.target.mean @ v):.6g}",
            line,
            variance,
            replay,
            blur=float(moved.square().mean().sqrt()) / math.sqrt(variance),
        )
    ranks, shift = exact.ranks(out, v), moved[:, None] * v
    blur = max(float(abs(exact.ranks(out + sign * shift, v) - ranks).max()) for sign in (-1, 1))
    require_uniform(f"ranks of samples of {n} steps", ranks, replay, blur=blur)


def _moved(probe: Probe, exact: Exact, run: Run) -> torch.Tensor:
    """How far each sample (n,) may have been moved by the roundings of a body of few digits: in the
    last step, and at most as far in all before, whose shifts later steps do not enlarge.
    """
    total = torch.zeros(len(run.out), dtype=torch.float64)
    for k, t in enumerate(run.times if probe.short else []):
        x = run.x(probe, k)
        skipped = ROUNDINGS * probe.body_eps * abs(probe.scales(t).skip) * x.abs()
        here = (probe.through(exact, x, t) + skipped).norm(dim=1)
        total = total + (here if k == len(run.times) - 1 else here.max())
    return total


@check(
    "sampler.seed",
    "the same seed gives the same samples, and where there is noise another seed gives others",
    ALGORITHM,
    "sample",
    "times",
    rests_on=("sampler.finite",),
    n=steps,
    seed=seeds,
)
def seeded(probe: Probe, n: int, seed: int) -> None:
    """Bit for bit."""
    n, z = _n(probe, n), randn(probe, 4, 1, seed)
    one, again, other = (probe.sample(z, n, _bent, s) for s in (seed, seed, seed + 1))
    replay = Replay("sample", {"z": z, "n": n, "seed": seed})
    gap = float((one - again).abs().max())
    require(
        f"samples of one seed, drawn twice, differ by {gap:.4g}: noise that does not come from"
        " the seed",
        bool(gap > 0),
        0,
        replay,
    )
    noisy = n > 1 and probe.times(n)[1] > probe.convention.boundary * 1.01
    if probe.offers("flow_map"):
        noisy = noisy and bool(setting(probe.subject, "gamma"))
    if noisy and probe.convention.clipping is None:
        require(
            f"samples of the seeds {seed} and {seed + 1} are the same after {n} steps, where there"
            " is noise: the seed is not used",
            (one == other).all(),
            0,
            replay,
        )


def _bent(x: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    """A network whose output depends on its input."""
    return torch.tanh(x)
