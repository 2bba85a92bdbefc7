"""The population model f*: the sharp Gaussian law and its consequences, the reverse-chain law, the
recursion itself.

For N(m, S), per eigenvalue lam, psi_t = atan(sigma_t/sqrt(lam)), Delta = psi_T - psi_1:

    slope f*_T / slope Phi_T = R = prod_{t=2..T} cos(psi_t - psi_{t-1}) <= cos(Delta/(T-1))^(T-1).

Slopes are products of T positive factors of at most 8 rounded operations each: relative rounding 8
(T + d cond V) u. In d = 1, f* is a table of 2,000 points a level, cubic between them: h^4 f''''/384
with h = 1/2000 of a range over which f* has at most 50 bends, 1e-9 of the spread a level, hence
TABLE for 64 levels with a factor 15 to spare.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from ctverify import Gaussian, Schedule, flow_map, population_model
from ctverify.laws.strategies import gaussians, mixtures, schedules

from .compare import (
    angles,
    column,
    condition,
    law_at,
    numbers,
    rate_of,
    spread_at,
)
from .law import law
from .reference import U, plain, variance

NORMALS = gaussians(dims=(1, 1))
TABLE = 1e-6
LINES = mixtures(
    dims=(1, 1),
    components=(1, 3),
    condition=30,
    separation=4,
    smallest_weight=1e-3,
    offset=3,
    variances=(0.1, 10),
)
ANY = schedules(steps=(2, 512))
FEW = schedules(steps=(2, 64))


def shrinkage(target, schedule):
    """R in d = 1, from the slopes of f*_T and Phi_T, two points apart of the size of the mean.

    Arguments:
        target: a Gaussian in d = 1.
        schedule: of the levels.

    Returns:
        R, and its rounding: 8 (T + 8) u for the product of slopes, and 8 u of the values that the
        differences are taken of, in units of the differences.
    """
    T = schedule.T
    a, _ = schedule.scales(T)
    first, _ = schedule.scales(1)
    at = a * target.mean[None]
    one = 1 + at.abs()
    model = population_model(target, schedule)
    model_at = model(at, T)
    rise_of_model = float(model(at + one, T) - model_at)
    flow_at = flow_map(target, schedule, at, T, 1)
    rise_of_flow = float(flow_map(target, schedule, at + one, T, 1) - flow_at)
    size = first * abs(float(target.mean))
    of_flow = size / abs(rise_of_flow)
    cancelled = 1 + of_flow + float(at.abs())
    of_products = 8 * (T + 8) * U
    rounding = of_products + 8 * U * cancelled
    return rise_of_model / rise_of_flow, rounding


def equal_angles(psi):
    """The step of equal angles between the same ends, and the R that they would have.

    Arguments:
        psi: (T,), the angles of a schedule.

    Returns:
        Delta/(T - 1) and cos(Delta/(T - 1))^(T - 1).
    """
    steps = len(psi) - 1
    step = (psi[-1] - psi[0]) / steps
    return step, math.cos(step) ** steps


@law(
    "population.lower_bound",
    "1 - R >= 1 - cos(Delta/(T - 1))^(T - 1) for every schedule, and 1 - R <= 1.06 r under (23) "
    "with r <= 1/2",
    "convexity of -log cos; sharp Gaussian law",
    tolerance="the rounding of R, and that of the angles, 8 u T (1 + tan(Delta/(T - 1)))",
    examples=60,
)
@given(target=NORMALS, schedule=ANY)
def test_lower_bound(target, schedule):
    """The angles' rounding: d log cos = -tan, for T steps, each angle being off by a few u."""
    R, error = shrinkage(target, schedule)
    T = schedule.T
    step, best = equal_angles(angles(schedule, float(target.covariance)))
    tangent = math.tan(step)
    of_angles = 8 * U * T * (1 + tangent)
    assert best * (1 + error + of_angles) >= R, "R above its bound"
    if schedule.spec["kind"] == "li_huang_wei":
        r = rate_of(schedule)
        assert r > 0.5 or 1.06 * r + error >= 1 - R, "1 - R above 1.06 r"


@law(
    "population.attainment",
    "equal angles attain the bound at lam = 1: R = cos(Delta/(T - 1))^(T - 1)",
    "equality in the convexity of -log cos",
    tolerance="the rounding of R; equal steps make R stationary, so that the angles' rounding "
    "enters only squared",
    examples=30,
)
@given(schedule=schedules(steps=(2, 512), families=("cosine",)))
def test_attainment(schedule):
    """At lam = 1 the angles are those that the cosine schedule spaces equally."""
    R, error = shrinkage(Gaussian(0.0, 1.0), schedule)
    step, best = equal_angles(angles(schedule, 1.0))
    tangent = math.tan(step)
    of_angles = 8 * U * schedule.T * (1 + tangent)
    assert abs(R / best - 1) <= error + of_angles


@law(
    "population.sharp_gaussian",
    "f*_T is affine with slope R sqrt(v_1/v_T) in every eigen-direction",
    "slope = prod Cov(X_{t-1}, X_t)/Var X_t; R = prod cos(psi_t - psi_{t-1})",
    tolerance="8 (T + 4 d cond V) u of the largest slope: eigenvectors may turn within a cluster, "
    "the matrix function may not",
    examples=40,
)
@given(target=gaussians(dims=(1, 5), condition=1e4), schedule=ANY)
def test_sharp_gaussian(target, schedule):
    """The matrix of slopes by differences from the mean, along the coordinate axes.

    Tolerance: products of T factors, 8 T u; the matrix function, 32 d cond V u; the reference's
    angles, 4 u each, multiplied by the tangent of their steps; and 8 d u of the values that the
    differences are taken of.
    """
    T = schedule.T
    d = target.dim
    a, b = schedule.scales(T)
    a1, b1 = schedule.scales(1)
    lam, basis = np.linalg.eigh(target.covariance.numpy())
    v = variance(lam, a, b)
    v1 = variance(lam, a1, b1)
    steps = [np.diff(angles(schedule, value)) for value in lam]
    R = np.array([np.prod(np.cos(step)) for step in steps])
    slopes = R * np.sqrt(v1 / v)
    exact = (basis * slopes) @ basis.T
    model = population_model(target, schedule)
    at = (a * target.mean)[None]
    unit = 1 + float(at.norm())
    eye = torch.eye(d, dtype=torch.float64)
    rise = model(at + unit * eye, T) - model(at, T)
    observed = rise.numpy() / unit
    largest = np.abs(exact).max()
    conditioning = condition(v) + condition(v1)
    tangents = sum(float(np.abs(np.tan(step)).sum()) for step in steps)
    factors = T + 4 * d * conditioning + tangents
    of_slopes = 8 * factors * U * largest
    first = a1 * float(target.mean.norm())
    of_values = 8 * d * U * (first + largest)
    error = of_slopes + of_values
    gap = np.abs(observed - exact).max()
    assert gap <= error, f"off by {gap:.3g}, rounding allows {error:.3g}"


def on_grid(target, schedule, n=4001):
    """f*_T on a grid over 10 standard deviations around every component of X_T, in d = 1.

    Arguments:
        target: the law of X_0, in d = 1.
        schedule: of the levels.
        n: the number of points.

    Returns:
        x_T (n,), trapezoidal weights of p_T (n,), f*_T there (n,), and the rule's error at a kink.
    """
    noised = law_at(target, schedule, schedule.T)
    x = _grid(noised, 10, n)
    weight = np.exp(noised.log_density(x))
    model = population_model(target, schedule)
    f = numbers(model(column(x), schedule.T))
    # the trapezoidal rule is exact to rounding for smooth h; a kink of h o f costs h^2/4 of its
    # jump in slope
    h = x[1] - x[0]
    rises = np.abs(np.diff(f))
    steepest = float(rises.max() / h)
    kink = h**2 * float(weight.max()) * steepest
    return x, weight / weight.sum(), f, kink


def _grid(mixture, width, n):
    """n points over `width` standard deviations around every component in d = 1."""
    reach = width * mixture.deviations
    low = (mixture.centres - reach).min()
    high = (mixture.centres + reach).max()
    return np.linspace(low, high, n)


def _absolute_deviation(mixture, c):
    """E|X - c| of a mixture in d = 1."""
    scale = mixture.deviations
    z = (mixture.centres - c) / scale
    bell = np.exp(-z * z / 2)
    folded = scale * math.sqrt(2 / math.pi) * bell
    shifted = scale * z * (2 * ndtr(z) - 1)
    return mixture.weights @ (folded + shifted)


@law(
    "population.under_dispersion",
    "law f*_T(X_T) is below law X_1 in convex order, E|f* - c| <= E|X_1 - c|; "
    "W_2^2 <= Var X_1 - Var f*_T",
    "reverse-chain law: f*_T(x) = E[X~_1 | X~_T = x]",
    tolerance="TABLE of the spread, and the trapezoidal rule's error at a kink",
    examples=15,
)
@given(target=LINES, schedule=FEW)
def test_under_dispersion(target, schedule):
    """|f* - c| has its kink at c, hence the rule's error; squares have none, hence 4 TABLE."""
    x, weight, f, kink = on_grid(target, schedule)
    first = law_at(target, schedule, 1)
    centre = first.centres
    between = (centre - first.weights @ centre) ** 2
    within_components = first.deviations**2
    spread = math.sqrt(first.weights @ (within_components + between))
    for c in _grid(first, 2, 21):
        of_model = weight @ np.abs(f - c)
        over = of_model - _absolute_deviation(first, c)
        assert over <= TABLE * spread + kink, (
            f"E|f* - c| exceeds E|X_1 - c| by {over:.3g} at c = {c:.4g}"
        )
    flow = numbers(flow_map(target, schedule, column(x), schedule.T, 1))
    distance_squared = weight @ (f - flow) ** 2
    model_mean = weight @ f
    deficit = spread**2 - weight @ (f - model_mean) ** 2
    assert distance_squared <= deficit + 4 * TABLE * spread**2, (
        "W_2^2 exceeds the covariance deficit"
    )


@law(
    "population.mean",
    "E f*_T(X_T) = E X_1",
    "tower rule along the reverse chain",
    tolerance="TABLE of the spread",
    examples=15,
)
@given(target=LINES, schedule=FEW)
def test_mean(target, schedule):
    """The sum over the grid is exact to rounding, f* being smooth: the table's error remains."""
    _, weight, f, _ = on_grid(target, schedule)
    a1, b1 = schedule.scales(1)
    first = a1 * float(target.mean)
    spread = math.hypot(target.spread, b1)
    gap = weight @ f - first
    assert abs(gap) <= TABLE * (spread + abs(first)), f"E f* - E X_1 = {gap:.3g}"


@law(
    "population.recursion",
    "f*_t(x) = int f*_{t-1}(a' x_0 + b' (x - a x_0)/b) p(x_0 | x) dx_0, and f*_1 = id",
    "LHW (14) with exact minimisation",
    tolerance="TABLE of the spread; the integral by the trapezoidal rule at a tenth of the "
    "narrowest width, exact to rounding",
    examples=15,
)
@given(target=LINES | NORMALS, schedule=FEW, share=st.floats(0, 1), score=st.floats(-3, 3))
def test_recursion(target, schedule, share, score):
    """One level at one x, `score` standard deviations from the mean of X_t.

    The grid of X_0 | X_t = x reaches 9 deviations around every component of weight above 1e-14, in
    steps of a tenth of the narrowest.
    """
    t = 2 + round(share * (schedule.T - 2))
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    mean = float(target.mean)
    x = a * mean + score * spread_at(target, schedule, t)
    y = np.array([[x / a]])
    posterior = plain(target).posterior(y, b / a)
    centre = posterior.means[0, :, 0]
    scale = np.sqrt(posterior.covariances[:, 0, 0])
    kept = posterior.r[0] > 1e-14
    low = (centre - 9 * scale)[kept].min()
    high = (centre + 9 * scale)[kept].max()
    widths = (high - low) / scale[kept].min()
    x0 = np.linspace(low, high, int(widths * 10) + 2)
    clean = posterior.law(0).along(np.ones(1))
    weight = np.exp(clean.log_density(x0))
    model = population_model(target, schedule)
    noise = b1 * (x - a * x0) / b
    before = numbers(model(column(a1 * x0 + noise), t - 1))
    point = torch.tensor([[x]], dtype=torch.float64)
    expected = weight @ before / weight.sum()
    gap = abs(float(model(point, t)) - expected)
    _, noise = schedule.scales(1)
    spread = math.hypot(target.spread, noise)
    assert gap <= TABLE * (spread + abs(mean)), f"level {t}: off by {gap:.3g}"
    assert float(model(point, 1)) == x, "f*_1 is not the identity"


@law(
    "population.limit",
    "(1 - R)/r -> K(lam) = int_0^inf lam e^{2u} min(u, 1)/(8 (e^u - 1)(lam + e^u - 1)^2) du "
    "under (23), c1 > c0",
    "sharp Gaussian law, T -> infinity",
    tolerance="2.5 % from T = 1,024 on, for the tested range c0 in 1..2, c1 - c0 in 1.5..4, "
    "lam in 0.1..10",
    examples=12,
)
@given(
    T=st.integers(1024, 4096), c0=st.floats(1, 2), gap=st.floats(1.5, 4), log_lam=st.floats(-1, 1)
)
def test_limit(T, c0, gap, log_lam):
    """The integrand has its kink at u = 1, hence two pieces; beyond 60 it is below e^-60."""
    lam = 10**log_lam
    schedule = Schedule.li_huang_wei(T, c0, c0 + gap)

    def integrand(u):
        e = math.expm1(u)
        numerator = lam * math.exp(2 * u) * min(u, 1)
        return numerator / (8 * e * (lam + e) ** 2)

    near, _ = quad(integrand, 1e-12, 1, epsrel=1e-10)
    far, _ = quad(integrand, 1, 60, epsrel=1e-10)
    K = near + far
    r = rate_of(schedule)
    R, _ = shrinkage(Gaussian(0.0, lam), schedule)
    ratio = (1 - R) / r
    assert abs(ratio / K - 1) <= 0.025, f"(1 - R)/r = {ratio:.5f}, K = {K:.5f}"
