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

from .law import law
from .reference import U, plain

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
    """R by slopes of f*_T and Phi_T in d = 1, and its rounding."""
    at = schedule.scales(schedule.T)[0] * target.mean[None]
    one = torch.ones(1, 1, dtype=torch.float64) * (1 + at.abs())
    model = population_model(target, schedule)
    f = float(model(at + one, schedule.T) - model(at, schedule.T))
    phi = float(
        flow_map(target, schedule, at + one, schedule.T, 1)
        - flow_map(target, schedule, at, schedule.T, 1)
    )
    first = schedule.scales(1)[0] * abs(float(target.mean))
    return f / phi, 8 * (schedule.T + 8) * U + 8 * U * (1 + first / abs(phi) + float(at.abs()))


def angles(schedule, lam):
    """psi_t = atan(sigma_t/sqrt(lam)) for t = 1..T."""
    a, b = np.array([schedule.scales(t) for t in range(1, schedule.T + 1)]).T
    return np.arctan2(b, a * math.sqrt(lam))


@law(
    "population.lower_bound",
    "1 - R >= 1 - cos(Delta/(T - 1))^(T - 1) for every schedule, and 1 - R <= 1.06 r under (23) with r <= 1/2",
    "convexity of -log cos; sharp Gaussian law",
    tolerance="the rounding of R, and that of the angles, 8 u T (1 + tan(Delta/(T - 1)))",
    examples=60,
)
@given(target=NORMALS, schedule=ANY)
def test_lower_bound(target, schedule):
    R, error = shrinkage(target, schedule)
    psi = angles(schedule, float(target.covariance))
    step = (psi[-1] - psi[0]) / (schedule.T - 1)
    assert (
        math.cos(step) ** (schedule.T - 1) * (1 + error + 8 * U * schedule.T * (1 + math.tan(step)))
        >= R
    ), "R above its bound"
    if schedule.spec["kind"] == "li_huang_wei":
        r = schedule.spec["c1"] * math.log(schedule.T) / schedule.T
        assert r > 0.5 or 1.06 * r + error >= 1 - R, "1 - R above 1.06 r"


@law(
    "population.attainment",
    "equal angles attain the bound at lam = 1: R = cos(Delta/(T - 1))^(T - 1)",
    "equality in the convexity of -log cos",
    tolerance="the rounding of R; equal steps make R stationary, so that the angles' rounding enters only squared",
    examples=30,
)
@given(schedule=schedules(steps=(2, 512), families=("cosine",)))
def test_attainment(schedule):
    R, error = shrinkage(Gaussian(0.0, 1.0), schedule)
    theta = angles(schedule, 1.0)
    best = math.cos((theta[-1] - theta[0]) / (schedule.T - 1)) ** (schedule.T - 1)
    tangent = math.tan((theta[-1] - theta[0]) / (schedule.T - 1))
    assert abs(R / best - 1) <= error + 8 * U * schedule.T * (1 + tangent)


@law(
    "population.sharp_gaussian",
    "f*_T is affine with slope R sqrt(v_1/v_T) in every eigen-direction",
    "slope = prod Cov(X_{t-1}, X_t)/Var X_t; R = prod cos(psi_t - psi_{t-1})",
    tolerance="8 (T + 4 d cond V) u of the largest slope: eigenvectors may turn within a cluster, the matrix function may not",
    examples=40,
)
@given(target=gaussians(dims=(1, 5), condition=1e4), schedule=ANY)
def test_sharp_gaussian(target, schedule):
    T, d = schedule.T, target.dim
    lam, basis = np.linalg.eigh(target.covariance.numpy())
    (a, b), (a1, b1) = schedule.scales(T), schedule.scales(1)
    v, v1 = a * a * lam + b * b, a1 * a1 * lam + b1 * b1
    R = np.array([np.prod(np.cos(np.diff(angles(schedule, value)))) for value in lam])
    exact = (basis * (R * np.sqrt(v1 / v))) @ basis.T
    model, at = population_model(target, schedule), (a * target.mean)[None]
    unit = 1 + float(at.norm())
    found = (model(at + unit * torch.eye(d, dtype=torch.float64), T) - model(at, T)).numpy() / unit
    largest, conditioning = np.abs(exact).max(), v.max() / v.min() + v1.max() / v1.min()
    # the angles of the reference: 4 u each, multiplied by the tangent of their steps
    tangents = sum(float(np.abs(np.tan(np.diff(angles(schedule, value)))).sum()) for value in lam)
    error = 8 * (T + 4 * d * conditioning + tangents) * U * largest + 8 * d * U * (
        a1 * float(target.mean.norm()) + largest
    )
    assert np.abs(found - exact).max() <= error, (
        f"off by {np.abs(found - exact).max():.3g}, rounding allows {error:.3g}"
    )


def on_grid(target, schedule, n=4001):
    """x_T (n,) over 10 standard deviations around every component, trapezoidal weights of p_T, f*_T
    there and its steepness.
    """
    here = plain(target).along(np.ones(1), *schedule.scales(schedule.T))
    centre, scale = here.means[:, 0], np.sqrt(here.covariances[:, 0, 0])
    x = np.linspace((centre - 10 * scale).min(), (centre + 10 * scale).max(), n)
    weight = np.exp(here.log_density(x))
    f = population_model(target, schedule)(torch.from_numpy(x[:, None]), schedule.T)[:, 0].numpy()
    # the trapezoidal rule is exact to rounding for smooth h; a kink of h o f costs h^2/4 of its
    # jump in slope
    kink = (
        (x[1] - x[0]) ** 2 * float(weight.max()) * float(np.abs(np.diff(f)).max() / (x[1] - x[0]))
    )
    return x, weight / weight.sum(), f, kink


@law(
    "population.under_dispersion",
    "law f*_T(X_T) is below law X_1 in convex order, E|f* - c| <= E|X_1 - c|; W_2^2 <= Var X_1 - Var f*_T",
    "reverse-chain law: f*_T(x) = E[X~_1 | X~_T = x]",
    tolerance="TABLE of the spread, and the trapezoidal rule's error at a kink",
    examples=15,
)
@given(target=LINES, schedule=FEW)
def test_under_dispersion(target, schedule):
    x, weight, f, kink = on_grid(target, schedule)
    end = plain(target).along(np.ones(1), *schedule.scales(1))
    centre, scale = end.means[:, 0], np.sqrt(end.covariances[:, 0, 0])
    spread = math.sqrt(end.weights @ (scale**2 + (centre - end.weights @ centre) ** 2))
    for c in np.linspace((centre - 2 * scale).min(), (centre + 2 * scale).max(), 21):
        z = (centre - c) / scale
        own = end.weights @ (
            scale * math.sqrt(2 / math.pi) * np.exp(-z * z / 2) + scale * z * (2 * ndtr(z) - 1)
        )
        over = weight @ np.abs(f - c) - own
        assert over <= TABLE * spread + kink, (
            f"E|f* - c| exceeds E|X_1 - c| by {over:.3g} at c = {c:.4g}"
        )
    flow = flow_map(target, schedule, torch.from_numpy(x[:, None]), schedule.T, 1)[:, 0].numpy()
    deficit = spread**2 - weight @ (f - weight @ f) ** 2
    assert weight @ (f - flow) ** 2 <= deficit + 4 * TABLE * spread**2, (
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
    _, weight, f, _ = on_grid(target, schedule)
    first = schedule.scales(1)[0] * float(target.mean)
    spread = math.hypot(target.spread, schedule.scales(1)[1])
    assert abs(weight @ f - first) <= TABLE * (spread + abs(first)), (
        f"E f* - E X_1 = {weight @ f - first:.3g}"
    )


@law(
    "population.recursion",
    "f*_t(x) = int f*_{t-1}(a' x_0 + b' (x - a x_0)/b) p(x_0 | x) dx_0, and f*_1 = id",
    "LHW (14) with exact minimisation",
    tolerance="TABLE of the spread; the integral by the trapezoidal rule at a tenth of the narrowest width, exact to rounding",
    examples=15,
)
@given(target=LINES | NORMALS, schedule=FEW, share=st.floats(0, 1), score=st.floats(-3, 3))
def test_recursion(target, schedule, share, score):
    t = 2 + round(share * (schedule.T - 2))
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    x = a * float(target.mean) + score * math.hypot(a * target.spread, b)
    posterior = plain(target).posterior(np.array([[x / a]]), b / a)
    centre, scale = posterior.means[0, :, 0], np.sqrt(posterior.covariances[:, 0, 0])
    kept = posterior.r[0] > 1e-14
    low, high = (centre - 9 * scale)[kept].min(), (centre + 9 * scale)[kept].max()
    x0 = np.linspace(low, high, int((high - low) / scale[kept].min() * 10) + 2)
    weight = np.exp(posterior.law(0).along(np.ones(1)).log_density(x0))
    model = population_model(target, schedule)
    before = model(torch.from_numpy((a1 * x0 + b1 * (x - a * x0) / b)[:, None]), t - 1)[
        :, 0
    ].numpy()
    found = float(model(torch.tensor([[x]], dtype=torch.float64), t))
    gap = abs(found - weight @ before / weight.sum())
    spread = math.hypot(target.spread, schedule.scales(1)[1])
    assert gap <= TABLE * (spread + abs(float(target.mean))), f"level {t}: off by {gap:.3g}"
    assert float(model(torch.tensor([[x]], dtype=torch.float64), 1)) == x, (
        "f*_1 is not the identity"
    )


@law(
    "population.limit",
    "(1 - R)/r -> K(lam) = int_0^inf lam e^{2u} min(u, 1)/(8 (e^u - 1)(lam + e^u - 1)^2) du under (23), c1 > c0",
    "sharp Gaussian law, T -> infinity",
    tolerance="2.5 % from T = 1,024 on, for the tested range c0 in 1..2, c1 - c0 in 1.5..4, lam in 0.1..10",
    examples=12,
)
@given(
    T=st.integers(1024, 4096), c0=st.floats(1, 2), gap=st.floats(1.5, 4), log_lam=st.floats(-1, 1)
)
def test_limit(T, c0, gap, log_lam):
    lam, schedule = 10**log_lam, Schedule.li_huang_wei(T, c0, c0 + gap)

    def integrand(u):
        e = math.expm1(u)
        return lam * math.exp(2 * u) * min(u, 1) / (8 * e * (lam + e) ** 2)

    K = quad(integrand, 1e-12, 1, epsrel=1e-10)[0] + quad(integrand, 1, 60, epsrel=1e-10)[0]
    r = schedule.spec["c1"] * math.log(T) / T
    ratio = (1 - shrinkage(Gaussian(0.0, lam), schedule)[0]) / r
    assert abs(ratio / K - 1) <= 0.025, f"(1 - R)/r = {ratio:.5f}, K = {K:.5f}"
