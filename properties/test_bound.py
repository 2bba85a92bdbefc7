"""The error bound: the W_1 bracket, the error budget and Theorem 1, where the truth is known and on
trained models.

Known truths, for N(m, lam I_d) and the affine model f_t(x) = c_t + A_t (x - a_t m), started at Z ~
N(0, I_d):

    f_T(Z) ~ N(c_T - A_T a_T m, A_T^2 I),   X_1 ~ N(a_1 m, v_1 I),   delta, kappa the differences of means and of scales,
    W_2^2 = |delta|^2 + d kappa^2,   W_1 = E|delta + kappa Z| in d = 1,   W_1 = |kappa| E|Z| where delta = 0.

Coupled pairs share Z: f_T(Z) - Phi_T(a_T X_0 + b_T Z) ~ N(delta, omega^2 I), omega^2 = (A_T - s
b_T)^2 + s^2 a_T^2 lam, s = sqrt(v_1/v_T).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis import target as toward
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, ndtr
from scipy.stats import chi2

from ctverify import Gaussian, certify, flow_map, population_model
from ctverify.certificate.budget import sampled_budget
from ctverify.certificate.budget_1d import quadrature_budget
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.theorem1 import theorem_1
from ctverify.laws.strategies import gaussians, mixtures, schedules, seeds

from .law import RATE, law
from .reference import U, plain
from .test_oracle_denoiser import LINES
from .test_population import angles
from .worst import WORST

SIZES = {"samples": 64, "pairs": 2000, "device": "cpu", "confidence": 1 - RATE}
NORMALS = st.integers(1, 4).flatmap(
    lambda d: gaussians(dims=(d, d), condition=1, variances=(0.01, 100), offset=10)
)
ANY_NORMALS = gaussians(dims=(1, 3), variances=(0.1, 10), condition=100, offset=5)
SMALL = ANY_NORMALS | mixtures(
    dims=(1, 3),
    components=(2, 3),
    variances=(0.1, 10),
    condition=100,
    separation=4,
    smallest_weight=0.1,
    offset=5,
)
MILD = mixtures(
    dims=(1, 1),
    components=(2, 3),
    variances=(0.1, 10),
    condition=10,
    separation=1.5,
    smallest_weight=0.1,
    offset=3,
)
FEW = schedules(steps=(2, 12))
# standard errors: 6e-14 for a normal mean, times e^{g z^3/(6 sqrt n)} at skewness g: 3,000 draws, g
# = 7: 5e-10
FAR = 7.5


def affine(target, schedule, gain, shift):
    """f_t(x) = a_1 m + shift_t + A_t (x - a_t m), A_t the flow's slope times gain_t, both reached
    in equal steps from 1 and 0.
    """
    lam = float(target.covariance.diagonal().mean())
    (a1, b1), T = schedule.scales(1), schedule.T

    def f(x, t):
        if t == 1:
            return x.clone()
        (a, b), share = schedule.scales(t), (t - 1) / (T - 1)
        slope = math.sqrt((a1 * a1 * lam + b1 * b1) / (a * a * lam + b * b)) * (
            1 + (gain - 1) * share
        )
        return a1 * target.mean + share * shift + slope * (x - a * target.mean)

    return f


def truth(target, schedule, gain, shift):
    """delta (d,), kappa and omega of this file's head."""
    lam, (a, b), (a1, b1) = (
        float(target.covariance.diagonal().mean()),
        schedule.scales(schedule.T),
        schedule.scales(1),
    )
    s = math.sqrt((a1 * a1 * lam + b1 * b1) / (a * a * lam + b * b))
    A = s * gain
    delta = shift - A * a * target.mean.numpy()
    return (
        delta,
        A - math.sqrt(a1 * a1 * lam + b1 * b1),
        math.hypot(A - s * b, s * a * math.sqrt(lam)),
    )


def mean_norm(d):
    """E|Z|, Z ~ N(0, I_d)."""
    return math.sqrt(2) * math.exp(gammaln((d + 1) / 2) - gammaln(d / 2))


@law(
    "bound.bracket",
    "lower <= W_1 <= upper and W_2 <= w2_upper for affine models of isotropic Gaussians, and upper is the coupled distance",
    "this file's head; duality and coupling",
    tolerance="the bracket's own limits, which hold with probability 1 - RATE (Student); the coupled mean: FAR standard errors",
    examples=12,
    statistical=True,
)
@given(
    target=NORMALS,
    schedule=FEW,
    gain=st.floats(0.5, 1.5),
    shift=st.floats(-1, 1),
    centred=st.booleans(),
    seed=seeds,
)
def test_bracket(target, schedule, gain, shift, centred, seed):
    d, lam = target.dim, float(target.covariance.diagonal().mean())
    if centred:
        target, shift = Gaussian(torch.zeros(d), target.covariance), 0.0
    shift = shift * math.sqrt(lam)
    delta, kappa, omega = truth(target, schedule, gain, shift)
    found = certify(affine(target, schedule, gain, shift), target, schedule, **SIZES, seed=seed).w1
    slack = 1 + 64 * U * (1 + float(target.mean.norm()) / math.sqrt(lam))
    size = abs(kappa) + float(np.linalg.norm(delta)) + math.sqrt(lam)
    assert found.w2_upper * slack + 1e-9 * size >= math.sqrt(delta @ delta + d * kappa**2), (
        "W_2 above w2_upper"
    )
    if d == 1:
        k, m = abs(kappa), float(delta[0])
        w1 = (
            abs(m)
            if k == 0
            else k * math.sqrt(2 / math.pi) * math.exp(-((m / k) ** 2) / 2)
            + m * (2 * ndtr(m / k) - 1)
        )
        w2 = math.hypot(m, k)
        assert (
            found.lower <= w1 * slack + 1e-9 * size and w1 <= found.upper * slack + 1e-9 * size
        ), f"W_1 = {w1:.6g} outside"
        assert found.upper - found.lower <= 0.02 * w2 + 1e-6 * size, "quadrature is wide"
        return
    floor = float(np.linalg.norm(delta))
    w1 = max(floor, abs(kappa) * mean_norm(d)) if floor else abs(kappa) * mean_norm(d)
    most = w1 if centred else math.sqrt(delta @ delta + d * kappa**2)  # W_1 <= W_2
    assert found.lower <= most * slack + 1e-9 * size and w1 <= found.upper * slack, (
        f"W_1 in {w1:.6g}..{most:.6g} outside"
    )
    if centred:
        exact, spread = omega * mean_norm(d), omega * math.sqrt(d - mean_norm(d) ** 2)
        assert (
            abs(found.upper_estimate - exact)
            <= FAR * spread / math.sqrt(SIZES["pairs"]) + 1e-6 * size
        ), "not the coupled mean"


def kept_examples(test):
    """The worst cases as explicit examples."""
    for case in WORST.values():
        test = example(**case)(test)
    return test


@law(
    "bound.inequality",
    "population models obey their certificate, with eps = 0; the search is toward the largest C_1 needed and the loosest total",
    "instance certificate; Theorem 1",
    tolerance="the certificate's limits in d > 1; quadrature errors in d = 1; eps: 1e-5 of the spread, "
    "10 times the population table's",
    examples=8,
    statistical=True,
)
@kept_examples
@given(target=ANY_NORMALS | LINES, schedule=schedules(steps=(2, 64)), seed=seeds)
def test_inequality(target, schedule, seed):
    target, schedule = (value() if callable(value) else value for value in (target, schedule))
    certificate = certify(population_model(target, schedule), target, schedule, **SIZES, seed=seed)
    assert not certificate.failed, str(certificate)
    w1, budget, theorem = certificate.w1, certificate.budget, certificate.theorem
    spread = math.hypot(target.spread, schedule.scales(1)[1]) * math.sqrt(target.dim)
    assert max(budget.model_defect) <= 1e-5 * spread, (
        f"eps = {max(budget.model_defect):.3g} of an exact minimiser"
    )
    if w1.lower <= 1e-6 * spread:
        return
    toward(math.log(theorem.C1_needed + 1e-12), label="log C_1 needed")
    if budget.start <= 0.1 * budget.total:  # a start far from p_T makes any certificate loose
        toward(
            math.log(budget.total_upper / w1.upper), label="looseness: log(total_upper/W_1 upper)"
        )


@law(
    "bound.gaussian_budget",
    "isotropic Gaussians, population model: W_2(f*_T(Z), X_1) <= total_upper, and sum D_t = sqrt(d v_1) sum (1 - cos dpsi_t)",
    "instance certificate; the flow keeps the slope sqrt(v_1/v_t), a conditional mean multiplies it by cos(psi_t - psi_{t-1})",
    tolerance="quadrature in d = 1: 1e-4; draws: (sum/truth)^2 has exactly the law chi^2_n/n, n = 64 d; two-sided at RATE",
    examples=12,
    statistical=True,
)
@given(
    target=NORMALS,
    schedule=schedules(steps=(8, 64), families=("li_huang_wei", "cosine")),
    seed=seeds,
)
def test_gaussian_budget(target, schedule, seed):
    d, lam = target.dim, float(target.covariance.diagonal().mean())
    (a1, b1), psi = schedule.scales(1), angles(schedule, lam)
    R, v1 = float(np.prod(np.cos(np.diff(psi)))), a1 * a1 * lam + b1 * b1
    delta, kappa, _ = truth(target, schedule, R, 0.0)
    budget = certify(
        population_model(target, schedule), target, schedule, **SIZES, seed=seed
    ).budget
    exact = math.sqrt(delta @ delta + d * kappa**2)
    assert exact <= budget.total_upper * (1 + 1e-9), (
        f"W_2 = {exact:.6g} above the total {budget.total_upper:.6g}"
    )
    # D_t = sqrt(d v_1) (1 - cos dpsi_t)
    sums, defects = (
        sum(budget.discretisation_defect),
        math.sqrt(d * v1) * float((1 - np.cos(np.diff(psi))).sum()),
    )
    n = (
        SIZES["samples"] * d
    )  # every D_t^2 is the same chi^2_n/n times its truth: X_t is one linear path
    low, high = (
        (1 - 1e-4, 1 + 1e-4) if d == 1 else np.sqrt(chi2.ppf([RATE / 2, 1 - RATE / 2], n) / n)
    )
    assert low <= sums / defects <= high, f"the sum of D_t is {sums:.6g}, should be {defects:.6g}"


def bent(target, schedule):
    """Nobody's optimum: the flow of the target's Gaussian, shifted and bent more at higher levels."""
    gaussian, first = Gaussian(target.mean, target.covariance), schedule.scales(1)[0] * target.mean

    def f(x, t):
        if t == 1:
            return x.clone()
        y = (flow_map(gaussian, schedule, x, t, 1) - first) / target.spread
        return first + target.spread * (y + 0.1 * (t / schedule.T) * torch.sin(2 * y) + 0.02)

    return f


@law(
    "bound.defects",
    "eps_t^2 and D_t^2 by quadrature and by unbiased pairs of draws are the integrals they are defined as, in d = 1",
    "instance certificate; E<A, A'> with A = f_t(X_t) - f_{t-1}(Y) + J (Y - E[Y | X_t])",
    tolerance="quadrature: its reported error, 1e-3 relative (16 Gauss-Hermite nodes a component), 1e-7 of the variance; "
    "draws: FAR reported standard errors, at every level; and the reference's change at half its nodes, twice",
    examples=8,
    statistical=True,
)
@given(target=MILD, schedule=schedules(steps=(3, 8)), share=st.floats(0, 1), seed=seeds)
def test_defects(target, schedule, share, seed):
    t = 2 + round(share * (schedule.T - 2))
    f = bent(target, schedule)
    model = Centred(f, target, schedule)
    line = quadrature_budget(model, target.one_dimensional_form())
    drawn = sampled_budget(model, 3000, 1e-6, seed)
    exact, coarse = (_defects(target, schedule, t, f, outer) for outer in (3001, 1501))
    for name, value, other in zip(("model", "discretisation"), exact, coarse, strict=True):
        squares, errors = (
            np.array(getattr(line, f"{name}_defect_squared{tail}")) for tail in ("", "_error")
        )
        rough = 1e-3 * squares + 1e-7 * float(target.covariance)
        gap, allowed = (
            abs(squares[t - 2] - value),
            errors[t - 2] + rough[t - 2] + 2 * abs(value - other),
        )
        assert gap <= allowed, (
            f"quadrature, {name} defect^2 at {t}: {squares[t - 2]:.4g}, should be {value:.4g}"
        )
        found, spread = (
            np.array(getattr(drawn, f"{name}_defect_squared{tail}")) for tail in ("", "_error")
        )
        beyond = np.abs(found - squares) - FAR * spread - errors - rough
        worst = int(beyond.argmax())
        assert beyond[worst] <= 0, (
            f"draws, {name} defect^2 at {worst + 2}: {found[worst]:.4g}, should be {squares[worst]:.4g}"
        )


def _defects(target, schedule, t, f, outer, inner=65, table=8001):
    """eps_t^2 and D_t^2 by the trapezoidal rule over X_t and over each component of X_0 | X_t, maps
    from a cubic table.
    """
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    here = plain(target).along(np.ones(1), a, b)
    centre, scale = here.means[:, 0], np.sqrt(here.covariances[:, 0, 0])
    x = np.linspace((centre - 8 * scale).min(), (centre + 8 * scale).max(), outer)
    weight = np.exp(here.log_density(x))
    z = np.linspace(-8, 8, inner)
    mass = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    posterior = plain(target).posterior(x[:, None] / a, b / a)
    x0 = posterior.means[:, :, 0, None] + np.sqrt(posterior.covariances[:, 0, 0])[:, None] * z
    y = a1 * x0 + b1 * (x[:, None, None] - a * x0) / b

    def expected(h):
        knots = np.linspace(y.min(), y.max(), table)
        values = CubicSpline(knots, h(torch.from_numpy(knots[:, None]))[:, 0].numpy())(y)
        return (posterior.r * (values @ mass)).sum(1)

    def at(h):
        return h(torch.from_numpy(x[:, None]))[:, 0].numpy()

    eps = at(lambda v: f(v, t)) - expected(lambda v: f(v, t - 1))
    defect = at(lambda v: flow_map(target, schedule, v, t, 1)) - expected(
        lambda v: flow_map(target, schedule, v, t - 1, 1)
    )
    return [float(weight @ square / weight.sum()) for square in (eps**2, defect**2)]


@law(
    "bound.theorem",
    "right-hand side L_f^3 d^(5/2) log^5(T)/T with L_f = max_{k<=t} sup sqrt(v_k/v_t); C_1 needed = (lower - start - eps)/it",
    "LHW (19), (24)",
    tolerance="32 u cond V: a maximum of ratios of positive sums",
    examples=40,
)
@given(
    target=gaussians(dims=(1, 6)),
    schedule=schedules(steps=(2, 128)),
    numbers=st.tuples(*[st.floats(0, 10)] * 3),
)
def test_theorem(target, schedule, numbers):
    eps, start, lower = numbers
    found = theorem_1(target, schedule, eps_sum=eps, start=start, w1_lower=lower, seed=0)
    lam = np.linalg.eigvalsh(target.covariance.numpy()).clip(0)
    v = np.array([a * a * lam + b * b for a, b in map(schedule.scales, range(1, schedule.T + 1))])
    L = max(float(np.sqrt(np.maximum.accumulate(v, 0) / v).max()), 1.0)
    rhs = L**3 * target.dim**2.5 * math.log(schedule.T) ** 5 / schedule.T
    slack = 128 * target.dim * U * float((v.max(1) / v.min(1)).max()) + 1e-12
    assert abs(found.lipschitz / L - 1) <= slack, f"L_f = {found.lipschitz:.6g}, should be {L:.6g}"
    assert abs(found.rhs_over_C1 / rhs - 1) <= 4 * slack, (
        f"right-hand side {found.rhs_over_C1:.6g}, should be {rhs:.6g}"
    )
    assert (
        abs(found.C1_needed - max(0.0, lower - start - eps) / rhs)
        <= 4 * slack * (lower + start + eps) / rhs
    )
    a1, b1 = schedule.scales(1)
    trivial = math.sqrt(a1 * a1 * float(target.covariance.trace()) + target.dim * b1 * b1)
    assert abs(rhs + eps - trivial) <= 1e-9 * trivial or found.vacuous == (rhs + eps > trivial)


@law(
    "bound.trained",
    "a trained model's certificate is in order: lower <= upper, lower <= total_upper, f_1 = id; Theorem 1's eps is sum eps_t",
    "instance certificate; Theorem 1 with the measured L_f and the summed eps",
    tolerance="the certificate's limits, which all hold with probability 1 - RATE (Student)",
    examples=6,
    statistical=True,
)
@given(target=SMALL, schedule=FEW, seed=seeds)
def test_trained(subject, target, schedule, seed):
    f = subject(target, schedule, seed)
    certificate = certify(
        f, target, schedule, **SIZES | {"pairs": 400, "device": str(subject.device)}, seed=seed
    )
    failed = [verdict for verdict in certificate.verdicts if verdict.status == "fail"]
    assert not failed, (
        f"{failed[0].law}: observed {failed[0].observed}, limit {failed[0].limit} {failed[0].detail}"
    )
    w1, budget, eps = certificate.w1, certificate.budget, sum(certificate.budget.model_defect)
    assert abs(certificate.theorem.eps_sum - eps) <= 1e-9 * eps, (
        "eps is not the sum of the model's defects"
    )
    toward(
        math.log(budget.total_upper / max(w1.upper, 1e-12)),
        label="looseness: log(total_upper/W_1 upper)",
    )
