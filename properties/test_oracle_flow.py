"""The probability-flow map: a semigroup with inverses that carries each level's law to the next,
increasing in d = 1.

Rounding |d Phi|, by route (flow.py):
  closed form  16 d u (cond V) (|x - a m| + |a m|) sup sqrt(v_k/v_t) + 4 u |a_k m|
  quantiles    the smaller tail p is off by 16 u (1 + |log p|) + 4 u |x| f_t/p of itself, the end by p/f_k times that; f densities
  solver       at most 30 steps of 1e-10 (scale + |w|) each, times the local expansion, measured by differences from the start
               and from a level between
"""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2

from ctverify import Gaussian, Schedule, flow_map
from ctverify.laws.strategies import datasets, gaussians, mixtures, points, schedules, seeds

from .decide import uniform
from .law import law
from .reference import TINY, U, plain
from .test_oracle_denoiser import LINES, moved, product
from .test_oracle_draws import KOLMOGOROV, noised

DATA = datasets(dims=(2, 3), points=(2, 8), bandwidths=(0.2, 2.0), offset=5)
CLOUDS = mixtures(
    dims=(2, 3), components=(2, 3), condition=100, separation=4, smallest_weight=1e-3, offset=5
)
NORMALS = gaussians(dims=(1, 4), condition=1e4)
TARGETS = st.one_of(
    NORMALS,
    LINES,
    CLOUDS,
    DATA,
    datasets(dims=(1, 1), points=(2, 8), bandwidths=(0.2, 2.0), offset=5),
)
LEVELS = schedules(steps=(2, 256))
ROUNDING = "the rounding |d Phi| of each map involved, by route, as in this file's head"
STEPS, TOLERANCE = 30, 1e-10
# of the spread: draws whose error bound is beyond it are passed over, as first order no longer
# tells
JUDGED = 1e-3


def flow_error(target, schedule, x, start, stop):
    """|d Phi_{start->stop}| at rows x, (n,): this file's head."""
    if target.normal_form() is not None:
        return _closed_form_error(target, schedule, x, start, stop)
    if target.dim == 1:
        return _quantile_error(target, schedule, x, start, stop)
    (a, b), middle = schedule.scales(start), (start + stop) // 2
    rho = (
        math.hypot(a, b / target.spread),
        math.hypot(*np.array(schedule.scales(stop)) / [1, target.spread]),
    )
    expansion = _expansion(target, schedule, x, start, stop)
    if middle not in (start, stop):
        late = _expansion(
            target, schedule, flow_map(target, schedule, x, start, middle), middle, stop
        )
        expansion = np.maximum(expansion, late)
    size = (
        target.spread * math.sqrt(target.dim) * rho[0] + (x - a * target.mean).norm(dim=1).numpy()
    )
    return STEPS * TOLERANCE * size * (rho[1] / rho[0] + expansion)


def _expansion(target, schedule, x, start, stop):
    """|D Phi_{start->stop}| at rows x in Frobenius's norm, by forward differences, (n,)."""
    d, h = (
        target.dim,
        1e-5 * target.spread * math.hypot(*np.array(schedule.scales(start)) / [1, target.spread]),
    )
    shifts = torch.cat([torch.zeros(1, d, dtype=x.dtype), h * torch.eye(d, dtype=x.dtype)])
    pushed = flow_map(target, schedule, (x[:, None] + shifts).reshape(-1, d), start, stop).reshape(
        -1, d + 1, d
    )
    return (pushed[:, 1:] - pushed[:, :1]).norm(dim=(1, 2)).numpy() / h


def _closed_form_error(target, schedule, x, start, stop):
    (a, b), (a1, b1) = schedule.scales(start), schedule.scales(stop)
    lam = np.linalg.eigvalsh(target.covariance.numpy()).clip(0)
    here, there = a * a * lam + b * b, a1 * a1 * lam + b1 * b1
    arm = (x - a * target.mean).norm(dim=1).numpy() + a * float(target.mean.norm())
    conditioning = here.max() / here.min() + there.max() / there.min()
    return (
        16
        * target.dim
        * U
        * (conditioning * np.sqrt((there / here).max()) * arm + a1 * float(target.mean.norm()))
        + TINY
    )


def _quantile_error(target, schedule, x, start, stop):
    one, same = np.ones(1), plain(target)
    here, there = (same.along(one, *schedule.scales(t)) for t in (start, stop))
    x, end = x[:, 0].numpy(), flow_map(target, schedule, x, start, stop)[:, 0].numpy()
    log_p = here.log_smaller_tail(x)
    mean = [abs(schedule.scales(t)[0] * float(target.mean)) for t in (start, stop)]
    relative = 16 * U * (1 + np.abs(log_p)) + 4 * U * (np.abs(x) + mean[0]) * np.exp(
        here.log_density(x) - log_p
    )
    slope = np.exp(np.minimum(there.log_smaller_tail(end) - there.log_density(end), 700))
    return relative * slope + 16 * U * (np.abs(end) + mean[1])


def levels_of(schedule, shares):
    """Levels in 1..T at these shares of the way."""
    return [1 + round(share * (schedule.T - 1)) for share in shares]


SHARES = st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@law(
    "oracle.semigroup",
    "Phi_{s->k} o Phi_{t->s} = Phi_{t->k} for t >= s >= k, and Phi_{t->t} = id",
    "flows compose",
    tolerance=ROUNDING + "; the middle point's error carried on by differences",
    examples=40,
)
@given(target=TARGETS, schedule=LEVELS, shares=SHARES, data=st.data())
def test_semigroup(target, schedule, shares, data):
    k, s, t = sorted(levels_of(schedule, shares))
    x = points_of(data, target, schedule, t)
    _composed(target, schedule, x, t, s, k)
    assert torch.equal(flow_map(target, schedule, x, t, t), x), "Phi_{t->t} is not the identity"


@law(
    "oracle.inverse",
    "Phi_{t->s} o Phi_{s->t} = id for s <= t",
    "flows are invertible",
    tolerance=ROUNDING + "; the middle point's error carried back by differences",
    examples=40,
)
@given(target=TARGETS, schedule=LEVELS, shares=SHARES, data=st.data())
def test_inverse(target, schedule, shares, data):
    s, t = sorted(levels_of(schedule, shares[:2]))
    _composed(target, schedule, points_of(data, target, schedule, s), s, t, s)


def points_of(data, target, schedule, t):
    """A few points at level t, up to 3 times its law's width from its mean."""
    at = data.draw(points(target, schedule, rows=4, stretch=3.0))
    (a, b), (a1, b1) = schedule.scales(at.t), schedule.scales(t)
    scale = math.hypot(a1, b1 / target.spread) / math.hypot(a, b / target.spread)
    return a1 * target.mean + scale * (at.x - a * target.mean)


def _composed(target, schedule, x, t, s, k):
    middle = flow_map(target, schedule, x, t, s)
    end = flow_map(target, schedule, middle, s, k)
    slip = flow_error(target, schedule, x, t, s)
    direct = flow_map(target, schedule, x, t, k)
    # the slip at the middle, carried on: both neighbours of the middle at that distance, and twice
    # for curvature
    one = torch.from_numpy(np.maximum(slip, 1e-7 * target.spread))[:, None] / math.sqrt(target.dim)
    near = [flow_map(target, schedule, middle + side * one, s, k) for side in (1, -1)]
    carried = (
        2
        * torch.stack([(n - end).norm(dim=1) for n in near]).amax(0).numpy()
        * slip
        / one[:, 0].numpy()
    )
    error = (
        flow_error(target, schedule, middle, s, k) + flow_error(target, schedule, x, t, k) + carried
    )
    assume((error <= JUDGED * target.spread).all())
    gap = (end - direct).norm(dim=1).numpy()
    assert (gap <= error).all(), (
        f"{t} -> {s} -> {k}: off by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )


@law(
    "oracle.equivariance",
    "c Q X_0 + s with sigma scaled by c: y -> c Q y + s carries one flow to the other, y = x/sqrt(alpha_bar)",
    "change of variables in dy/dsigma = (y - D)/sigma",
    tolerance=ROUNDING,
    examples=20,
)
@given(
    target=TARGETS,
    schedule=LEVELS,
    shares=SHARES,
    log_c=st.floats(-2, 2),
    length=st.floats(0, 5),
    seed=seeds,
    data=st.data(),
)
def test_equivariance(target, schedule, shares, log_c, length, seed, data):
    k, t = sorted(levels_of(schedule, shares[:2]))
    assume(k < t)
    c, d = 10**log_c, target.dim
    rng = np.random.default_rng(seed)
    q = torch.from_numpy(np.linalg.qr(rng.normal(size=(d, d)))[0])
    s = torch.from_numpy(rng.normal(size=d)) * length * c * target.spread
    other = moved(target, q, s, c)
    levels = Schedule.karras(2, c * float(schedule.sigma[k]), c * float(schedule.sigma[t]))
    x = points_of(data, target, schedule, t)
    y = levels.scales(2)[0] * (c * (x / schedule.scales(t)[0]) @ q.T + s)
    end, end_of_other = flow_map(target, schedule, x, t, k), flow_map(other, levels, y, 2, 1)
    back = levels.scales(1)[0] * (c * (end / schedule.scales(k)[0]) @ q.T + s)
    stretch = levels.scales(1)[0] * c / schedule.scales(k)[0]
    error = stretch * flow_error(target, schedule, x, t, k) + flow_error(other, levels, y, 2, 1)
    assume((error <= JUDGED * other.spread * levels.scales(1)[0]).all())
    gap = (back - end_of_other).norm(dim=1).numpy()
    assert (gap <= error).all(), (
        f"{t} -> {k}: off by {gap.max():.3g}, rounding allows {error[gap.argmax()]:.3g}"
    )


@law(
    "oracle.pushforward_gaussian",
    "|V_k^{-1/2} (Phi_{t->k}(X_t) - a_k m)|^2 has the law chi^2_d, V_k = a_k^2 S + b_k^2 I by Cholesky",
    "Phi_{t->k}(X_t) has the law of X_k",
    tolerance=KOLMOGOROV,
    examples=20,
    statistical=True,
)
@given(target=NORMALS, schedule=LEVELS, shares=SHARES, seed=seeds)
def test_pushforward_gaussian(target, schedule, shares, seed):
    t, k = levels_of(schedule, shares[:2])
    a, b = schedule.scales(k)
    factor = np.linalg.cholesky(a * a * target.covariance.numpy() + b * b * np.eye(target.dim))

    def draw(n, stage):
        end = (
            flow_map(target, schedule, noised(target, schedule, t, n, seed, stage), t, k)
            - a * target.mean
        )
        return chi2.cdf((np.linalg.solve(factor, end.numpy().T) ** 2).sum(0), target.dim)

    uniform(draw)


@law(
    "oracle.pushforward_line",
    "F_k(Phi_{t->k}(X_t)) is uniform in d = 1",
    "Phi_{t->k}(X_t) has the law of X_k",
    tolerance=KOLMOGOROV,
    examples=20,
    statistical=True,
)
@given(target=LINES, schedule=LEVELS, shares=SHARES, seed=seeds)
def test_pushforward_line(target, schedule, shares, seed):
    t, k = levels_of(schedule, shares[:2])
    end_law = plain(target).along(np.ones(1), *schedule.scales(k))
    uniform(
        lambda n, stage: end_law.cdf(
            flow_map(target, schedule, noised(target, schedule, t, n, seed, stage), t, k)[
                :, 0
            ].numpy()
        )
    )


@law(
    "oracle.change_of_variables",
    "log p_t(x) = log p_k(Phi_{t->k}(x)) + log |det D Phi_{t->k}(x)|",
    "change of variables",
    tolerance="det by central differences: 4 times its change when the step is halved, d |d Phi|/(h smallest singular value), "
    "and the slope of log p_k times |d Phi|",
    examples=30,
)
@given(
    target=st.one_of(CLOUDS, DATA, gaussians(dims=(2, 3), condition=100)),
    schedule=LEVELS,
    shares=SHARES,
    data=st.data(),
)
def test_change_of_variables(target, schedule, shares, data):
    t, k = levels_of(schedule, shares[:2])
    x = points_of(data, target, schedule, t)[:2]
    (a, b), d = schedule.scales(t), target.dim
    h = 1e-4 * min(
        target.spread * math.hypot(a, b / target.spread), math.hypot(a * _narrowest(target), b)
    )
    log_det, smallest = _log_det(target, schedule, x, t, k, h)
    coarse, _ = _log_det(target, schedule, x, t, k, 2 * h)
    end, slip = flow_map(target, schedule, x, t, k), flow_error(target, schedule, x, t, k)
    steep = _log_p(target, schedule, end + torch.from_numpy(slip)[:, None], k) - _log_p(
        target, schedule, end, k
    )
    error = (
        4 * np.abs(log_det - coarse) + 4 * d * slip / (h * smallest) + 2 * d * np.abs(steep) + 1e-9
    )
    assume((error <= 0.1).all())
    gap = np.abs(_log_p(target, schedule, x, t) - _log_p(target, schedule, end, k) - log_det)
    assert (gap <= error).all(), (
        f"{t} -> {k}: off by {gap.max():.3g}, allowed {error[gap.argmax()]:.3g}"
    )


def _narrowest(target):
    return math.sqrt(np.linalg.eigvalsh(plain(target).covariances).min())


def _log_p(target, schedule, x, t):
    """log density of X_t."""
    a = schedule.scales(t)[0]
    return (target.log_density(x / a, float(schedule.sigma[t])) - target.dim * math.log(a)).numpy()


def _log_det(target, schedule, x, t, k, h):
    """log |det D Phi| by central differences, and the smallest singular value."""
    d = target.dim
    shifts = torch.cat([h * torch.eye(d, dtype=x.dtype), -h * torch.eye(d, dtype=x.dtype)])
    pushed = flow_map(target, schedule, (x[:, None] + shifts).reshape(-1, d), t, k).reshape(
        -1, 2, d, d
    )
    singular = torch.linalg.svdvals((pushed[:, 0] - pushed[:, 1]) / (2 * h))
    return singular.log().sum(1).numpy(), singular[:, -1].numpy()


@law(
    "oracle.products_flow",
    "the flow of a product law factorises: the solver in d = 2 against quantiles in d = 1",
    "independence; Phi_{t->k} = Q_k o F_t in d = 1",
    tolerance=ROUNDING,
    examples=25,
)
@given(one=LINES, two=LINES, schedule=LEVELS, shares=SHARES, data=st.data())
def test_products_flow(one, two, schedule, shares, data):
    both = product(one, two)
    t, k = levels_of(schedule, shares[:2])
    x = points_of(data, both, schedule, t)
    whole, error = flow_map(both, schedule, x, t, k), flow_error(both, schedule, x, t, k)
    for i, single in enumerate((one, two)):
        part = x[:, i : i + 1]
        gap = (whole[:, i : i + 1] - flow_map(single, schedule, part, t, k))[:, 0].abs().numpy()
        allowed = error + flow_error(single, schedule, part, t, k)
        assume((allowed <= JUDGED * both.spread).all())
        assert (gap <= allowed).all(), (
            f"{t} -> {k}, axis {i}: off by {gap.max():.3g}, allowed {allowed[gap.argmax()]:.3g}"
        )


@law(
    "oracle.increasing",
    "Phi_{t->k} is strictly increasing in d = 1, out to 30 standard deviations",
    "Phi_{t->k} = Q_k o F_t",
    tolerance=ROUNDING + "; strict wherever the exact rise, dx f_t/f_k, exceeds it",
    examples=30,
)
@given(target=st.one_of(LINES, gaussians(dims=(1, 1))), schedule=LEVELS, shares=SHARES)
def test_increasing(target, schedule, shares):
    t, k = levels_of(schedule, shares[:2])
    here, there = (plain(target).along(np.ones(1), *schedule.scales(level)) for level in (t, k))
    wide = math.hypot(schedule.scales(t)[0] * target.spread, schedule.scales(t)[1])
    x = (
        schedule.scales(t)[0] * target.mean
        + torch.linspace(-30, 30, 601, dtype=torch.float64)[:, None] * wide
    )
    y, error = (
        flow_map(target, schedule, x, t, k)[:, 0].numpy(),
        flow_error(target, schedule, x, t, k),
    )
    rise, allowed = np.diff(y), error[1:] + error[:-1]
    slopes = np.exp(here.log_density(x[:, 0].numpy()) - there.log_density(y))
    exact = (
        np.diff(x[:, 0].numpy()) * np.minimum(slopes[1:], slopes[:-1]) / 100
    )  # slopes change by less within a step's middle
    assert np.isfinite(y).all(), "not finite on the tails"
    assert (rise >= -allowed).all(), "the flow decreases"
    assert (rise[exact > allowed] > 0).all(), "the flow is not strictly increasing"
