"""The trajectory certificate and the exact shares, where the truth is known.

Affine models of N(m, lam I_d) are those of test_bound.py: along the flow f_t(X_t) - a_1 m = s_t c +
(1 + s_t (gain - 1)) sqrt(v_1) G with one G ~ N(0, I) for all levels, s_t = (t - 1)/(T - 1), so that
every d_t is (c + (gain - 1) sqrt(v_1) G)/(T - 1). A conditional mean multiplies G by cos(psi_t -
psi_{t-1}), so that with k_t = 1 + s_t (gain - 1)

    f_t - g_t = c/(T - 1) + (k_t - k_{t-1} cos(psi_t - psi_{t-1})) sqrt(v_1) G.

The population model of N(m, lam I_d) from X_T ~ p_T has, with R_t = prod_{s<=t} cos(psi_s -
psi_{s-1}), model shares 0 and schedule shares sqrt(v_1) (R_{t-1} - R_t) E|Z|.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import ndtr

from ctverify import flow_map, population_model
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.starts import Starts, noise_starts
from ctverify.certificate.trajectory import TOLERANCE, measure_trajectory, solver_error
from ctverify.flow.path import flow_path
from ctverify.laws.strategies import gaussian, mixture, schedules, seeds

from .compare import angles, column, law_at, numbers
from .law import RATE, law
from .reference import U, exact_posterior, variance
from .test_bound import (
    FAR,
    MILD,
    NORMALS,
    SMALL,
    affine,
    bent,
    eigenvalue,
    folded_mean,
    mean_norm,
    truth,
    w2_of,
)
from .worst import LEVELS

SMOOTH = 1e-4  # of the size: a path between its nodes, averaged over paths
TABLE = 1e-5  # of the spread: the population model's tables


def measured(model, target, schedule, samples, seed, exact=False):
    """The budget, the shares and the starts that they were measured from.

    Arguments:
        model: f(x, t).
        target, schedule: of the model.
        samples: how many paths.
        seed: of their streams.
        exact: whether the model starts at the exact law too.

    Returns:
        Budget, Shares and Starts.
    """
    f = Centred(model, target, schedule)
    kept = []

    def draw(n, generator):
        starts = noise_starts(f, n, generator)
        begin = starts.exact if exact else starts.model
        same = Starts(level=starts.level, z=starts.z, model=begin, exact=starts.exact)
        kept.append(same)
        return same

    budget, shares, _ = measure_trajectory(f, draw, samples, RATE, seed)
    (starts,) = kept  # few paths are one block
    return budget, shares, starts


def exact_path(target, schedule, starts):
    """X_t at t = 1..T by the flow map, level by level, in the paper's coordinates, (T, n, d)."""
    at = schedule.T
    points = [starts.exact + schedule.scales(at)[0] * target.mean]
    for t in range(at, 1, -1):
        points.append(flow_map(target, schedule, points[-1], t, t - 1))
    return torch.stack(points[::-1])


def walked(target, schedule, starts):
    """The certificate's own path, in the paper's coordinates, (T, n, d)."""
    T = schedule.T
    path = flow_path(target, schedule, starts.exact, T, TOLERANCE)
    scales = [schedule.scales(t)[0] for t in range(1, T + 1)]
    return path + torch.tensor(scales)[:, None, None] * target.mean


def end_of(model, target, schedule, starts):
    """f_T(Z) in the paper's coordinates."""
    T = schedule.T
    return model(starts.model + schedule.scales(T)[0] * target.mean, T)


def monotone_w1(model, target, schedule):
    """W_1(f_T(Z), X_1) in d = 1 for an increasing f_T: the integral of |F - F_1|, by trapezoids."""
    z = np.linspace(-9, 9, 20_001)
    x = numbers(model(column(z), schedule.T))
    assert (np.diff(x) > 0).all(), "the model is not increasing"
    first = law_at(target, schedule, 1)
    scores = (x[:, None] - first.centres) / first.deviations
    gap = np.abs(ndtr(z) - ndtr(scores) @ first.weights)
    middle = (gap[1:] + gap[:-1]) / 2
    return float(middle @ np.diff(x))


@law(
    "bound.along_flow",
    "W_1 <= total_upper, W_2 <= w2_total_upper for affine models of isotropic Gaussians and bent "
    "ones of mixtures in d = 1; |d_t|^2 and eps_t^2 have the means of this file's head",
    "trajectory certificate: telescoping along the flow, Minkowski",
    tolerance="the budget's own limits, which hold with probability 1 - RATE (Student); the "
    "squares: FAR standard errors of their known laws, and of the draws as reported",
    examples=12,
    statistical=True,
)
@example(  # nearly all of its error is at the start
    target=partial(gaussian, dim=2, offset=3.0),
    schedule=partial(LEVELS, T=8, near=0.5, far=0.5),
    gain=1.0,
    shift=0.0,
    exact=False,
    seed=0,
)
@example(  # the sum is W_1 itself, and its mean over these paths is below it
    target=gaussian,
    schedule=partial(LEVELS, T=8, near=0.5, far=0.5),
    gain=1.5,
    shift=0.0,
    exact=True,
    seed=5,
)
@given(
    target=NORMALS | MILD,
    schedule=schedules(steps=(2, 16)),
    gain=st.floats(0.5, 1.5),
    shift=st.floats(-1, 1),
    exact=st.booleans(),
    seed=seeds,
)
def test_along_flow(target, schedule, gain, shift, exact, seed):
    """Limits beside the truth, up to the mean's cancellation and 1e-9 of the size.

    `exact`: Gaussians start at p_T, where the sum of the steps is the coupled distance itself.
    """
    if callable(target):  # a kept case is built when it is run
        target = target()
        schedule = schedule()
    samples = 1000
    if target.spec["kind"] == "mixture":
        model = bent(target, schedule)
        budget, _, _ = measured(model, target, schedule, samples, seed)
        w1 = monotone_w1(model, target, schedule)
        assert w1 <= budget.total_upper * (1 + 1e-4), f"W_1 = {w1:.6g} above the total"
        return
    lam = eigenvalue(target)
    d = target.dim
    shift = shift * math.sqrt(lam)
    model = affine(target, schedule, gain, shift)
    budget, _, _ = measured(model, target, schedule, samples, seed, exact=exact)
    delta, kappa, _ = truth(target, schedule, gain, shift)
    if exact:
        delta = np.full(d, shift)
        kappa = (gain - 1) * math.sqrt(variance(lam, *schedule.scales(1)))
    scores = float(target.mean.norm()) / math.sqrt(lam)
    slack = 1 + 64 * U * (1 + scores)
    size = abs(kappa) + float(np.linalg.norm(delta)) + math.sqrt(lam)
    least = max(abs(kappa) * mean_norm(d), float(np.linalg.norm(delta)))
    w1 = folded_mean(float(delta[0]), abs(kappa)) if d == 1 else least
    above = f"W_1 >= {w1:.6g} above the total {budget.total_upper:.6g}"
    assert w1 <= budget.total_upper * slack + 1e-9 * size, above
    assert w2_of(delta, kappa) <= budget.w2_total_upper * slack + 1e-9 * size, "W_2 above its total"
    _check_profile(budget, schedule, lam, d, gain, shift, samples)


def _check_profile(budget, schedule, lam, d, gain, shift, samples):
    """Mean squares of d_t and of f_t - g_t, which are linear in one G at every level."""
    share = np.linspace(0, 1, schedule.T)
    factor = 1 + share * (gain - 1)
    unit = variance(lam, *schedule.scales(1))
    cosines = np.cos(np.diff(angles(schedule, lam)))
    moved = shift / (schedule.T - 1)
    rounding = 1e-9 * (lam + shift**2)
    steps = np.diff(factor) ** 2 * unit
    _check_squares("|d_t|", np.array(budget.step_l2) ** 2, moved, steps, d, samples, rounding)
    own = (factor[1:] - factor[:-1] * cosines) ** 2 * unit
    of_draws = FAR * np.array(budget.model_defect_squared_error) + rounding
    squares = np.array(budget.model_defect_squared)
    _check_squares("eps_t", squares, moved, own, d, samples, of_draws)


def _check_squares(name, squares, shift, unit, d, samples, rough):
    """E|shift + sqrt(unit) G|^2 = d (shift^2 + unit), of variance 2 d unit^2 + 4 d shift^2 unit."""
    variances = 2 * d * unit**2 + 4 * d * shift**2 * unit
    allowed = FAR * np.sqrt(variances / samples) + rough
    expected = d * (shift**2 + unit)
    excess = np.abs(squares - expected) - allowed
    worst = int(excess.argmax())
    assert excess[worst] <= 0, f"{name}^2 at {worst + 2} is {squares[worst]:.6g}"


@law(
    "bound.shares",
    "the shares sum to the coupled distance, and start, initial and each level's sum of model and "
    "schedule are what the draws say",
    "|xi| = <f_T(Z) - f_T(X_T), u> + sum_t <d_t, u> + <f_1(X_1) - X_1, u>, draw by draw",
    tolerance="the sum: 64 T u of the size; parts: 1e-4 of the size for the path between its "
    "nodes, and the solver's error",
    examples=10,
)
@given(target=SMALL, schedule=schedules(steps=(2, 24)), seed=seeds)
def test_shares(target, schedule, seed):
    """Everything anew from the starts: the path by the flow map, level by level."""
    model = bent(target, schedule)
    _, shares, starts = measured(model, target, schedule, 64, seed)
    path = exact_path(target, schedule, starts)
    T = schedule.T
    values = torch.stack([model(path[t - 1], t) for t in range(1, T + 1)])
    reached = end_of(model, target, schedule, starts)
    xi = reached - path[0]
    apart = xi.norm(dim=1)
    u = xi / apart[:, None]
    size = float(target.mean.norm()) + math.sqrt(target.dim) * (target.spread + 1)
    exact = {
        "start": ((reached - values[T - 1]) * u).sum(1).mean(),
        "initial": ((values[0] - path[0]) * u).sum(1).mean(),
        "total": apart.mean(),
    }
    assert shares is not None, "no shares of an error that is far above the solver's"
    parts = shares.start + shares.initial + sum(shares.model) + sum(shares.schedule)
    rounding = 64 * T * U * size
    assert abs(parts - shares.total) <= rounding, f"the parts sum to {parts}, not {shares.total}"
    sums = shares.start + shares.initial + shares.model_total + shares.schedule_total
    assert abs(sums - shares.total) <= rounding, "the totals do not sum to the distance"
    allowed = SMOOTH * size + solver_error(Centred(model, target, schedule))
    for name, value in exact.items():
        gap = abs(getattr(shares, name) - float(value))
        assert gap <= allowed, f"{name} is off by {gap:.3g}"
    steps = values[1:] - values[:-1]
    levels = (steps * u).sum(2).mean(1).numpy()
    sums_of_levels = np.array(shares.model) + np.array(shares.schedule)
    gaps = np.abs(sums_of_levels - levels)
    worst = int(gaps.argmax())
    assert gaps[worst] <= allowed, f"<d_t, u> at {worst + 2} is off by {gaps[worst]:.3g}"


@law(
    "bound.exact_training",
    "isotropic Gaussians, population model, X_T ~ p_T: all of the coupled distance is the "
    "schedule's, level by level as in this file's head",
    "sharp Gaussian law: W_1 = sqrt(v_1) (1 - R) E|Z|",
    tolerance="FAR standard errors: of |G|, whose law is known, for the schedule, as reported for "
    "the model; 1e-9 of the size",
    examples=12,
    statistical=True,
)
@given(target=NORMALS, schedule=schedules(steps=(2, 64)), seed=seeds)
def test_exact_training(target, schedule, seed):
    """All levels share one G, so that each is its truth times the same mean of |G|."""
    d = target.dim
    lam = eigenvalue(target)
    samples = 1000
    model = population_model(target, schedule)
    _, shares, _ = measured(model, target, schedule, samples, seed, exact=True)
    cosines = np.cos(np.diff(angles(schedule, lam)))
    R = np.cumprod(np.concatenate([[1.0], cosines]))
    unit = math.sqrt(variance(lam, *schedule.scales(1)))
    size = unit + float(target.mean.norm())
    coupled = unit * (1 - R[-1]) * mean_norm(d)
    if coupled <= 1e-3 * size:  # of the solver's and rounding's size there are no shares
        return
    assert shares is not None, "no shares"
    of_norm = d - mean_norm(d) ** 2
    scatter = FAR * math.sqrt(of_norm / samples)
    rounding = 1e-9 * size
    gap = abs(shares.total - coupled)
    assert gap <= scatter * coupled / mean_norm(d) + rounding, f"the distance is off by {gap:.3g}"
    lost = -np.diff(R) * unit
    gaps = np.abs(np.array(shares.schedule) - lost * mean_norm(d))
    beyond = (gaps - lost * scatter).max()
    assert beyond <= rounding, f"the schedule's share is off by {beyond:.3g}"
    errors = np.array([*shares.model_error, shares.model_total_error])
    excess = np.abs([*shares.model, shares.model_total]) - FAR * errors
    assert excess.max() <= rounding, f"a share of {excess.max():.3g} for an exact model"


@law(
    "bound.model_share",
    "the model's share at each level is that of f_t - g_t, 0 for the population model, and eps_t^2 "
    "its mean square, in d = 1",
    "g_t(x) = E[f_{t-1}(X_{t-1}) | X_t = x] by Gauss-Hermite over each component of the posterior",
    tolerance="FAR reported standard errors at every level and of the total; 1e-5 of the spread "
    "for the tables of f*",
    examples=8,
    statistical=True,
)
@example(
    target=partial(mixture, components=3, separation=1.5, log_condition=1.0, seed=5),
    schedule=partial(LEVELS, T=8, near=0.2, far=1.0),
    exact=False,
    seed=0,
)
@given(target=MILD, schedule=schedules(steps=(3, 6)), exact=st.booleans(), seed=seeds)
def test_model_share(target, schedule, exact, seed):
    """On the same paths and directions u, so that it is the draws Y alone that may be wrong."""
    if callable(target):  # a kept case is built when it is run
        target = target()
        schedule = schedule()
    model = population_model(target, schedule) if exact else bent(target, schedule)
    budget, shares, starts = measured(model, target, schedule, 2000, seed)
    path = walked(target, schedule, starts)
    u = (end_of(model, target, schedule, starts) - path[0]).sign()
    rough = TABLE * target.spread
    total = 0.0
    for t in range(2, schedule.T + 1):
        wanted = conditional_mean(model, target, schedule, t, path)
        own = numbers(model(path[t - 1], t) - wanted)
        share = float((own * numbers(u)).mean())
        total += share
        gap = abs(shares.model[t - 2] - share)
        allowed = FAR * shares.model_error[t - 2] + rough
        assert gap <= allowed, f"the model's share at {t} is off by {gap:.3g}"
        square = float((own**2).mean())
        gap = abs(budget.model_defect_squared[t - 2] - square)
        allowed = FAR * budget.model_defect_squared_error[t - 2] + rough**2
        assert gap <= allowed, f"eps_t^2 at {t} is off by {gap:.3g}"
    gap = abs(shares.model_total - total)
    allowed = FAR * shares.model_total_error + rough
    assert gap <= allowed, f"the model's share is off by {gap:.3g}"


def conditional_mean(model, target, schedule, t, path):
    """g_t at a path's X_t in d = 1, (n, 1), by 24 nodes a component."""
    a, b = schedule.scales(t)
    a1, b1 = schedule.scales(t - 1)
    x = path[t - 1]
    posterior = exact_posterior(target, schedule, t, x)
    node, mass = np.polynomial.hermite_e.hermegauss(24)
    width = np.sqrt(posterior.covariances[:, 0])
    x0 = posterior.means + width * node
    noise = (x.numpy()[..., None] - a * x0) / b
    y = a1 * x0 + b1 * noise
    values = numbers(model(column(y.ravel()), t - 1)).reshape(y.shape)
    means = values @ mass / mass.sum()
    return torch.from_numpy((posterior.r * means).sum(1, keepdims=True))
