"""The probability-flow map: a semigroup with inverses that carries each level's law to the next,
increasing in d = 1.

Rounding |d Phi|, by route (flow.py):
  closed form  16 d u (cond V) (|x - a m| + |a m|) sup sqrt(v_k/v_t) + 4 u |a_k m|
  quantiles    the smaller tail p is off by 16 u (1 + |log p|) + 4 u |x| f_t/p of itself, the end by
               p/f_k times that; f densities
  solver       at most 30 steps of 1e-10 (scale + |w|) each, times the local expansion, measured by
               differences from the start and from a level between
"""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2

from ctverify import Schedule, flow_map, oracles
from ctverify.laws.strategies import datasets, gaussians, mixtures, points, schedules, seeds
from ctverify.targets.oracle_catalogue import CATALOGUE

from .compare import condition, deviation, law_at, lengths, numbers, within
from .decide import uniform
from .law import law
from .reference import TINY, U, plain, unscaled, variance
from .test_oracle_denoiser import LINES, moved, product
from .test_oracle_draws import KOLMOGOROV, noised

DATA = datasets(
    dims=(2, 3),
    points=(2, 8),
    bandwidths=(0.2, 2.0),
    offset=5,
)
CLOUDS = mixtures(
    dims=(2, 3), components=(2, 3), condition=100, separation=4, smallest_weight=1e-3, offset=5
)
# in the plane the laws on which models are compared; all of them: tests/targets
CATALOGUED = st.sampled_from([entry.name for entry in CATALOGUE.values() if entry.dim == 2]).map(
    oracles
)
NORMALS = gaussians(dims=(1, 4), condition=1e4)
TARGETS = st.one_of(
    NORMALS,
    LINES,
    CLOUDS,
    DATA,
    datasets(dims=(1, 1), points=(2, 8), bandwidths=(0.2, 2.0), offset=5),
    CATALOGUED,
)
LEVELS = schedules(steps=(2, 256))
ROUNDING = "the rounding |d Phi| of each map involved, by route, as in this file's head"
STEPS = 30
TOLERANCE = 1e-10
LARGEST_EXPONENT = 700  # e^709 is the largest power of e in float64
# of the spread: draws whose error bound is beyond it are passed over, as first order no longer
# tells
JUDGED = 1e-3


def flow_error(target, schedule, x, start, stop):
    """|d Phi_{start->stop}| by this file's head.

    Arguments:
        target: the law of X_0.
        schedule: of the levels.
        x: (n, d), points of level `start`.
        start, stop: levels in 1..T.

    Returns:
        (n,), a bound at each row.
    """
    if target.normal_form() is not None:
        return _closed_form_error(target, schedule, x, start, stop)
    if target.dim == 1:
        return _quantile_error(target, schedule, x, start, stop)
    return _solver_error(target, schedule, x, start, stop)


def _solver_error(target, schedule, x, start, stop):
    """STEPS steps of TOLERANCE, carried on by the expansion from the start and from the middle."""
    middle = (start + stop) // 2
    width = _width(target, schedule, start)
    growth = _width(target, schedule, stop) / width
    expansion = _expansion(target, schedule, x, start, stop)
    if middle not in (start, stop):
        at_middle = flow_map(target, schedule, x, start, middle)
        late = _expansion(target, schedule, at_middle, middle, stop)
        expansion = np.maximum(expansion, late)
    arm = lengths(deviation(target, schedule, start, x))
    spread = target.spread * math.sqrt(target.dim)
    size = spread * width + arm
    return STEPS * TOLERANCE * size * (growth + expansion)


def _width(target, schedule, t):
    """The spread of X_t in units of the target's: hypot(a_t, b_t/spread)."""
    a, b = schedule.scales(t)
    return math.hypot(a, b / target.spread)


def _expansion(target, schedule, x, start, stop):
    """|D Phi_{start->stop}| at rows x in Frobenius's norm, by forward differences, (n,)."""
    d = target.dim
    h = 1e-5 * target.spread * _width(target, schedule, start)
    at_x = torch.zeros(1, d, dtype=x.dtype)
    shifts = torch.cat([at_x, h * torch.eye(d, dtype=x.dtype)])
    pushed = _pushed(target, schedule, x, shifts, start, stop)
    rises = pushed[:, 1:] - pushed[:, :1]
    return rises.norm(dim=(1, 2)).numpy() / h


def _pushed(target, schedule, x, shifts, start, stop):
    """Phi_{start->stop} at every row x (n, d) plus every shift (m, d): (n, m, d)."""
    shifted = x[:, None] + shifts
    end = flow_map(target, schedule, shifted.flatten(0, 1), start, stop)
    return end.reshape(shifted.shape)


def _closed_form_error(target, schedule, x, start, stop):
    """The closed form of this file's head, cond V taken at both levels."""
    a, b = schedule.scales(start)
    a1, b1 = schedule.scales(stop)
    lam = np.linalg.eigvalsh(target.covariance.numpy()).clip(0)
    before = variance(lam, a, b)
    after = variance(lam, a1, b1)
    mean = float(target.mean.norm())
    arm = lengths(deviation(target, schedule, start, x)) + a * mean
    conditioning = condition(before) + condition(after)
    steepest = np.sqrt((after / before).max())
    size = conditioning * steepest * arm + a1 * mean
    return 16 * target.dim * U * size + TINY


def _quantile_error(target, schedule, x, start, stop):
    """The quantiles' route of this file's head."""
    before = law_at(target, schedule, start)
    after = law_at(target, schedule, stop)
    end = numbers(flow_map(target, schedule, x, start, stop))
    x = numbers(x)
    a, _ = schedule.scales(start)
    a1, _ = schedule.scales(stop)
    mean_before = abs(a * float(target.mean))
    mean_after = abs(a1 * float(target.mean))
    log_p = before.log_smaller_tail(x)
    hazard = np.exp(before.log_density(x) - log_p)
    of_tail = 16 * U * (1 + np.abs(log_p))
    of_x = 4 * U * (np.abs(x) + mean_before)
    relative = of_tail + of_x * hazard
    log_slope = after.log_smaller_tail(end) - after.log_density(end)
    slope = np.exp(np.minimum(log_slope, LARGEST_EXPONENT))
    of_end = 16 * U * (np.abs(end) + mean_after)
    return relative * slope + of_end


def levels_of(schedule, shares):
    """Levels at these shares of the way.

    Arguments:
        schedule: of the levels.
        shares: numbers in 0..1.

    Returns:
        As many levels in 1..T.

    Example:
        >>> levels_of(Schedule.karras(9, 0.1, 1.0), (0, 0.5, 1))
        [1, 5, 9]
    """
    last = schedule.T - 1
    return [1 + round(share * last) for share in shares]


SHARES = st.tuples(*[st.floats(0, 1)] * 3)


@law(
    "oracle.semigroup",
    "Phi_{s->k} o Phi_{t->s} = Phi_{t->k} for t >= s >= k, and Phi_{t->t} = id",
    "flows compose",
    tolerance=ROUNDING + "; the middle point's error carried on by differences",
    examples=40,
)
@given(target=TARGETS, schedule=LEVELS, shares=SHARES, data=st.data())
def test_semigroup(target, schedule, shares, data):
    """Downwards through a level between; _composed says what is allowed."""
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
    """Up and back; _composed says what is allowed."""
    s, t = sorted(levels_of(schedule, shares[:2]))
    x = points_of(data, target, schedule, s)
    _composed(target, schedule, x, s, t, s)


def points_of(data, target, schedule, t):
    """A few points at level t, up to 3 times its law's width from its mean.

    Arguments:
        data: Hypothesis's data object, from which points of another level are drawn.
        target: the law of X_0.
        schedule: of the levels.
        t: the level that they are moved to by an affine map.

    Returns:
        (n, d) float64 tensor, n in 1..4.
    """
    at = data.draw(points(target, schedule, rows=4, stretch=3.0))
    a1, _ = schedule.scales(t)
    width = _width(target, schedule, t)
    scale = width / _width(target, schedule, at.t)
    centred = deviation(target, schedule, at.t, at.x)
    return a1 * target.mean + scale * centred


def _composed(target, schedule, x, t, s, k):
    """Phi_{s->k} o Phi_{t->s} = Phi_{t->k} at x, up to the error of the three maps.

    The slip at the middle is carried on: both neighbours of the middle at that distance, and twice
    for curvature.
    """
    middle = flow_map(target, schedule, x, t, s)
    end = flow_map(target, schedule, middle, s, k)
    slip = flow_error(target, schedule, x, t, s)
    direct = flow_map(target, schedule, x, t, k)
    distance = torch.from_numpy(np.maximum(slip, 1e-7 * target.spread))
    shift = distance[:, None] / math.sqrt(target.dim)
    above = flow_map(target, schedule, middle + shift, s, k)
    below = flow_map(target, schedule, middle - shift, s, k)
    moved_by = np.maximum(lengths(above - end), lengths(below - end))
    carried = 2 * moved_by * slip / numbers(shift)
    of_second = flow_error(target, schedule, middle, s, k)
    of_direct = flow_error(target, schedule, x, t, k)
    error = of_second + of_direct + carried
    assume((error <= JUDGED * target.spread).all())
    within(lengths(end - direct), error, f"{t} -> {s} -> {k}: off")


@law(
    "oracle.equivariance",
    "c Q X_0 + s with sigma scaled by c: y -> c Q y + s carries one flow to the other, "
    "y = x/sqrt(alpha_bar)",
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
    """A schedule of two levels carries the scaled sigmas; the first flow's error is stretched."""
    k, t = sorted(levels_of(schedule, shares[:2]))
    assume(k < t)
    d = target.dim
    c = 10**log_c
    rng = np.random.default_rng(seed)
    orthogonal, _ = np.linalg.qr(rng.normal(size=(d, d)))
    q = torch.from_numpy(orthogonal)
    direction = torch.from_numpy(rng.normal(size=d))
    s = direction * length * c * target.spread
    other = moved(target, q, s, c)
    sigma_min = c * float(schedule.sigma[k])
    sigma_max = c * float(schedule.sigma[t])
    levels = Schedule.karras(2, sigma_min, sigma_max)
    a_k, _ = schedule.scales(k)
    last, _ = levels.scales(2)
    first, _ = levels.scales(1)
    x = points_of(data, target, schedule, t)
    start, _ = unscaled(schedule, t, x)
    y = last * (c * start @ q.T + s)
    end, _ = unscaled(schedule, k, flow_map(target, schedule, x, t, k))
    end_of_other = flow_map(other, levels, y, 2, 1)
    carried = first * (c * end @ q.T + s)
    stretch = first * c / a_k
    of_target = stretch * flow_error(target, schedule, x, t, k)
    error = of_target + flow_error(other, levels, y, 2, 1)
    judged = JUDGED * other.spread * first
    assume((error <= judged).all())
    within(lengths(carried - end_of_other), error, f"{t} -> {k}: off")


@law(
    "oracle.pushforward_gaussian",
    "|V_k^{-1/2} (Phi_{t->k}(X_t) - a_k m)|^2 has the law chi^2_d, V_k = a_k^2 S + b_k^2 I by "
    "Cholesky",
    "Phi_{t->k}(X_t) has the law of X_k",
    tolerance=KOLMOGOROV,
    examples=20,
    statistical=True,
)
@given(target=NORMALS, schedule=LEVELS, shares=SHARES, seed=seeds)
def test_pushforward_gaussian(target, schedule, shares, seed):
    """decide.py's stages; Cholesky's factor is independent of the eigenvectors that Phi uses."""
    t, k = levels_of(schedule, shares[:2])
    a, b = schedule.scales(k)
    clean = a * a * target.covariance.numpy()
    noise = b * b * np.eye(target.dim)
    factor = np.linalg.cholesky(clean + noise)

    def draw(n, stage):
        x = noised(target, schedule, t, n, seed, stage)
        end = flow_map(target, schedule, x, t, k)
        centred = deviation(target, schedule, k, end)
        white = np.linalg.solve(factor, centred.numpy().T)
        return chi2.cdf((white**2).sum(0), target.dim)

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
    """decide.py's stages; F_k is a sum of normal distribution functions."""
    t, k = levels_of(schedule, shares[:2])
    end_law = law_at(target, schedule, k)

    def draw(n, stage):
        x = noised(target, schedule, t, n, seed, stage)
        end = flow_map(target, schedule, x, t, k)
        return end_law.cdf(numbers(end))

    uniform(draw)


@law(
    "oracle.change_of_variables",
    "log p_t(x) = log p_k(Phi_{t->k}(x)) + log |det D Phi_{t->k}(x)|",
    "change of variables",
    tolerance="det by central differences: 4 times its change when the step is halved, "
    "d |d Phi|/(h smallest singular value), and the slope of log p_k times |d Phi|",
    examples=30,
)
@given(
    target=st.one_of(CLOUDS, DATA, gaussians(dims=(2, 3), condition=100)),
    schedule=LEVELS,
    shares=SHARES,
    data=st.data(),
)
def test_change_of_variables(target, schedule, shares, data):
    """Two points; the step h is a small part of the narrowest width at level t.

    Central differences are of second order: halving h leaves a quarter of the error, so that 4
    times the change is above the rest. Four ends, each off by `slip`, move the determinant by
    4 d slip/(h smallest singular value). log p_k is probed at a diagonal distance of `slip`.
    """
    t, k = levels_of(schedule, shares[:2])
    x = points_of(data, target, schedule, t)[:2]
    a, b = schedule.scales(t)
    d = target.dim
    whole_width = target.spread * _width(target, schedule, t)
    narrowest = math.hypot(a * _narrowest(target), b)
    h = 1e-4 * min(whole_width, narrowest)
    twice = 2 * h
    log_det, smallest = _log_det(target, schedule, x, t, k, h)
    coarse, _ = _log_det(target, schedule, x, t, k, twice)
    end = flow_map(target, schedule, x, t, k)
    slip = flow_error(target, schedule, x, t, k)
    log_p_end = _log_p(target, schedule, end, k)
    off_end = end + torch.from_numpy(slip)[:, None]
    steep = _log_p(target, schedule, off_end, k) - log_p_end
    of_step = 4 * np.abs(log_det - coarse)
    of_ends = 4 * d * slip / (h * smallest)
    of_density = 2 * d * np.abs(steep)
    error = of_step + of_ends + of_density + 1e-9
    assume((error <= 0.1).all())
    log_p_start = _log_p(target, schedule, x, t)
    gap = np.abs(log_p_start - log_p_end - log_det)
    within(gap, error, f"{t} -> {k}: off")


def _narrowest(target):
    """The smallest standard deviation of a component in any direction."""
    spectra = np.linalg.eigvalsh(plain(target).covariances)
    return math.sqrt(spectra.min())


def _log_p(target, schedule, x, t):
    """log density of X_t."""
    a, _ = schedule.scales(t)
    log_density = target.log_density(*unscaled(schedule, t, x))
    return (log_density - target.dim * math.log(a)).numpy()


def _log_det(target, schedule, x, t, k, h):
    """log |det D Phi| by central differences, and the smallest singular value."""
    steps = h * torch.eye(target.dim, dtype=x.dtype)
    shifts = torch.cat([steps, -steps])
    pushed = _pushed(target, schedule, x, shifts, t, k)
    above, below = pushed.chunk(2, dim=1)
    jacobian = (above - below) / (2 * h)
    singular = torch.linalg.svdvals(jacobian)
    log_det = singular.log().sum(1).numpy()
    return log_det, singular[:, -1].numpy()


@law(
    "oracle.products_flow",
    "the flow of a product law factorises: the solver in d = 2 against quantiles in d = 1",
    "independence; Phi_{t->k} = Q_k o F_t in d = 1",
    tolerance=ROUNDING,
    examples=25,
)
@given(one=LINES, two=LINES, schedule=LEVELS, shares=SHARES, data=st.data())
def test_products_flow(one, two, schedule, shares, data):
    """Each axis may be off by the solver's error in d = 2 and its own route's in d = 1."""
    both = product(one, two)
    t, k = levels_of(schedule, shares[:2])
    x = points_of(data, both, schedule, t)
    whole = flow_map(both, schedule, x, t, k)
    error = flow_error(both, schedule, x, t, k)
    for axis, single in enumerate((one, two)):
        part = x[:, axis : axis + 1]
        end = numbers(flow_map(single, schedule, part, t, k))
        gap = np.abs(whole[:, axis].numpy() - end)
        allowed = error + flow_error(single, schedule, part, t, k)
        assume((allowed <= JUDGED * both.spread).all())
        within(gap, allowed, f"{t} -> {k}, axis {axis}: off")


@law(
    "oracle.increasing",
    "Phi_{t->k} is strictly increasing in d = 1, out to 30 standard deviations",
    "Phi_{t->k} = Q_k o F_t",
    tolerance=ROUNDING + "; strict wherever the exact rise, dx f_t/f_k, exceeds it",
    examples=30,
)
@given(target=st.one_of(LINES, gaussians(dims=(1, 1))), schedule=LEVELS, shares=SHARES)
def test_increasing(target, schedule, shares):
    """601 points; a rise is off by the errors of its two ends.

    The exact rise of a step is dx times the slope f_t(x)/f_k(y) somewhere within it, taken as a
    hundredth of the smaller of its ends' slopes: they change by less within a step.
    """
    t, k = levels_of(schedule, shares[:2])
    a, b = schedule.scales(t)
    wide = math.hypot(a * target.spread, b)
    scores = torch.linspace(-30, 30, 601, dtype=torch.float64)
    x = a * target.mean + scores[:, None] * wide
    y = numbers(flow_map(target, schedule, x, t, k))
    error = flow_error(target, schedule, x, t, k)
    rise = np.diff(y)
    allowed = error[1:] + error[:-1]
    at = numbers(x)
    log_before = law_at(target, schedule, t).log_density(at)
    log_after = law_at(target, schedule, k).log_density(y)
    slopes = np.exp(log_before - log_after)
    flatter = np.minimum(slopes[1:], slopes[:-1])
    exact = np.diff(at) * flatter / 100
    assert np.isfinite(y).all(), "not finite on the tails"
    assert (rise >= -allowed).all(), "the flow decreases"
    assert (rise[exact > allowed] > 0).all(), "the flow is not strictly increasing"
