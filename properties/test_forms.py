"""The explicit bounds on W_2, each as an inequality that can fail: its upper limit, measured on a
model, against a lower limit of W_2 that is drawn from the model alone (lower.py).

    E = start + |f_1 - id| + sum_t eps_t,   V = sum_t (loss_t - eps_t^2)

    loss form      W_2 <= E + sqrt(V)
    spread form    W_2 <= E + sqrt(tr Cov X_1 - ((sqrt(tr Cov f_T(X_T)) - E)_+)^2)
    trivial        W_2 <= E + sqrt(tr Cov X_1)
    Theorem A      W_2 <= E + L sqrt(sum_t ...), f_1..f_{T-1} L-Lipschitz
    few steps      W_2(Y_n, X_1) <= carry + |f_1 - id| + sum_{t <= tau_n} |d_t|

They hold for EVERY f, so that a crossing convicts what estimates their terms. Kept examples attain
them: on N(0, I_d) with T = 2, sigma_1 -> 0, sigma_2 -> oo the trained f_2 is constant, W_2^2 = d
and all but the last are equal; and a model that is shifted at its first or last level, or started
far from X_T, has W_2 near E where that is large beside the target's spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from hypothesis import example, given
from hypothesis import strategies as st

from ctverify import Gaussian, Schedule, flow_map, population_model
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.explicit import explicit_bounds
from ctverify.certificate.explicit_forms import spread_floor, total_variance
from ctverify.certificate.sampler import sampler_starts
from ctverify.certificate.starts import noise_starts
from ctverify.certificate.strata import stratified_starts
from ctverify.certificate.trajectory import measure_trajectory
from ctverify.certificate.trajectory_1d import measure_trajectory_1d
from ctverify.core.confidence import lower_limit, upper_limit
from ctverify.core.streams import stream
from ctverify.laws.strategies import (
    datasets,
    gaussian,
    gaussians,
    mixture,
    mixtures,
    products,
    schedules,
    seeds,
)
from ctverify.model.protocols import Model
from ctverify.training import Trainer

from .law import RATE, law
from .lower import check_w2, few_step_draws, one_step_draws, steepest_layers, w2_lower
from .trainers import SAMPLES
from .worst import LEVELS

PATHS = 512
MANY = 4096  # paths of an example that attains its bound
SHAPE = {"dims": (1, 3), "variances": (0.01, 10), "condition": 100, "offset": 5}
MODES = {"separation": 4, "smallest_weight": 0.1}
TARGETS = (
    gaussians(**SHAPE)
    | mixtures(**SHAPE, **MODES, components=(2, 3))
    | products(**SHAPE, **MODES, components=(1, 2))
    | datasets(dims=(1, 3), points=(2, 8), spreads=(0.1, 3), offset=5)
)
TRAINED = ("affine", "fourier", "mlp")
SHIFTS = ("first", "last")  # from level 1 on, or at level T alone
CASES = {
    "target": TARGETS,
    "schedule": schedules(steps=(2, 8)),
    "kind": st.sampled_from(("linear", "bent", *TRAINED)),
    "shift": st.floats(-3, 3) | st.floats(-30, 30),
    "where": st.sampled_from(SHIFTS),
    "seed": seeds,
}
EXTREME = partial(Schedule.from_alpha_bar, [1 - 1e-4, 1e-4])
# angles 0, 60, 90 degrees: most of V is of the first step, W_2 = 1 - cos(60) cos(30)
TWO_STEPS = partial(Schedule.from_alpha_bar, [1 - 1e-4, 0.25, 1e-4])
FINE = partial(LEVELS, T=16, near=0.5, far=0.5)
LINEAR = {"kind": "linear", "shift": 0.0, "where": "last", "seed": 0}
ATTAINED = (
    {"target": partial(gaussian, dim=16), "schedule": EXTREME},
    {"target": gaussian, "schedule": EXTREME},
    # nearly all of W_2 is E: at the first level, at the last, at the start
    {"target": partial(gaussian, dim=2), "schedule": FINE, "shift": 30.0, "where": "first"},
    {"target": partial(gaussian, dim=2), "schedule": FINE, "shift": 30.0},
    {"target": gaussian, "schedule": FINE, "shift": 30.0, "where": "first"},
    {"target": gaussian, "schedule": FINE, "shift": 30.0},
    {"target": partial(gaussian, dim=2, offset=20.0), "schedule": partial(LEVELS, T=4)},
)


@dataclass(frozen=True)
class Built:
    """A model, and an upper bound of the Lipschitz constants of f_1..f_{T-1}."""

    f: Model
    lipschitz: float


def built(kind, target, schedule, shift, where, seed):
    """A model of that kind, shifted.

    Arguments:
        kind: linear (the population model of the Gaussian with the target's moments), bent (its
            flow, with waves on it) or one of ctverify's function classes, trained on the target.
        target, schedule: of the model.
        shift: in units of the target's spread, of the first coordinate.
        where: one of SHIFTS.
        seed: of the training.

    Returns:
        Built.
    """
    normal = Gaussian(target.mean, target.covariance)
    if kind == "linear":
        f = population_model(normal, schedule)
        steepest = 1.0
        for t in range(2, schedule.T):
            points = torch.cat([torch.zeros(1, target.dim), torch.eye(target.dim)]).double()
            values = f(points, t)
            slopes = values[1:] - values[0]
            steepest = max(steepest, float(torch.linalg.matrix_norm(slopes, 2)))
    elif kind == "bent":
        f, steepest = _bent(normal, schedule)
    else:

        def sample(n, key):
            return target.sample(n, stream("data", key))

        f = Trainer(kind, SAMPLES, torch.device("cpu"))(sample, schedule, seed)
        steepest = steepest_layers(f)
    first = torch.eye(target.dim, dtype=torch.float64)[0]
    moved = shift * target.spread * first

    def shifted(x, t):
        y = f(x, t)
        return y + moved if where == "first" or t == schedule.T else y

    return Built(shifted, steepest)


def _bent(normal, schedule):
    """The flow of a Gaussian with a wave of slope 1/5 at most on each coordinate."""
    a1, b1 = schedule.scales(1)
    lam = torch.linalg.eigvalsh(normal.covariance)
    steepest = 1.0
    for t in range(2, schedule.T):
        a, b = schedule.scales(t)
        slopes = ((a1**2 * lam + b1**2) / (a**2 * lam + b**2)).sqrt()
        steepest = max(steepest, 1.2 * float(slopes.max()))

    def f(x, t):
        if t == 1:
            return x.clone()
        end = flow_map(normal, schedule, x, t, 1)
        y = (end - a1 * normal.mean) / normal.spread
        return end + 0.1 * normal.spread * torch.sin(2 * y)

    return f, steepest


def measured(model, target, schedule, levels, paths, seed):
    """The budget and the terms, as `certify` measures them.

    Arguments:
        model, target, schedule: the model, and what it is a model of.
        levels: of the sampler, T first.
        paths: how many.
        seed: of all draws.

    Returns:
        The model in centred coordinates, Budget and Terms.
    """
    f = Centred(model, target, schedule)
    first = partial(noise_starts, f)
    form = target.one_dimensional_form()
    if form is not None:
        first = partial(stratified_starts, f, form)
    starts = sampler_starts(f, levels, None, first)
    quadrature = target.quadrature_form()
    with torch.no_grad():
        if quadrature is None:
            budget, _, terms = measure_trajectory(f, starts, paths, RATE, seed)
        else:
            budget, _, terms = measure_trajectory_1d(f, quadrature, starts, paths, RATE, seed)
    return f, budget, terms


def drawn_case(target, schedule, kind, shift, where, seed):
    """A case's target and schedule, which kept examples build when they are run, its model, and
    how many paths it gets.
    """
    paths = PATHS
    if callable(target):
        target = target()
        schedule = schedule()
        paths = MANY
    return target, schedule, built(kind, target, schedule, shift, where, seed), paths


def explicit_of(case):
    """The case's target and schedule, the lower limit of W_2, and the explicit bounds."""
    target, schedule, model, paths = drawn_case(**case)
    seed = case["seed"]
    f, _, terms = measured(model.f, target, schedule, (schedule.T,), paths, seed)
    y = one_step_draws(model.f, target, schedule, seed)
    lower = w2_lower(y, target, schedule, RATE)
    return target, schedule, lower, explicit_bounds(f, terms, model.lipschitz)


def kept(cases):
    """Cases as explicit examples, what they do not say from LINEAR."""

    def mark(test):
        for case in cases:
            test = example(**(LINEAR | case))(test)
        return test

    return mark


TOLERANCE = (
    "Student's limits of both sides, each with probability 1 - RATE; 1e-9 of the size for rounding"
)


@law(
    "bound.loss_form",
    "W_2 <= E + sqrt(V) for any f: a certificate from the training loss",
    "this file's head; orthogonal martingale differences along the reverse chain",
    tolerance=TOLERANCE,
    examples=6,
    statistical=True,
)
@kept([*ATTAINED, {"target": partial(gaussian, dim=16), "schedule": TWO_STEPS}])
@given(**CASES)
def test_loss_form(**case):
    """The search is toward the largest W_2 over it."""
    target, schedule, lower, bounds = explicit_of(case)
    check_w2("loss form", lower, bounds.loss_form, target, schedule)


@law(
    "bound.spread_form",
    "|sqrt(tr Cov X_1) - sqrt(tr Cov f_T)| <= W_2 <= E + sqrt(tr Cov X_1 - "
    "((sqrt(tr Cov f_T) - E)_+)^2) for any f",
    "this file's head; f*_T(X_T) is a conditional mean of X_1; |X - E X|_2 is a norm",
    tolerance=TOLERANCE,
    examples=6,
    statistical=True,
)
@kept(ATTAINED)
@given(**CASES)
def test_spread_form(**case):
    """From below against the trajectory's limit on W_2, with tr Cov f_T(Z) from pairs of draws."""
    target, schedule, model, paths = drawn_case(**case)
    seed = case["seed"]
    f, budget, terms = measured(model.f, target, schedule, (schedule.T,), paths, seed)
    y = one_step_draws(model.f, target, schedule, seed)
    bounds = explicit_bounds(f, terms, None)
    check_w2(
        "spread form", w2_lower(y, target, schedule, RATE), bounds.spread_form, target, schedule
    )
    halved = (y[::2] - y[1::2]).square().sum(1) / 2
    lam = torch.linalg.eigvalsh(target.covariance).clamp_min(0.0).tolist()
    total = total_variance(schedule, lam)
    # the end of the interval that is nearer to tr Cov X_1, which lies in it where W_2 may be 0
    nearest = min(max(total, lower_limit(halved, RATE)), upper_limit(halved, RATE))
    check_w2("trajectory", spread_floor(total, nearest), budget.w2_total_upper, target, schedule)


@law(
    "bound.trivial",
    "W_2 <= E + sqrt(tr Cov X_1) for any f",
    "this file's head",
    tolerance=TOLERANCE,
    examples=6,
    statistical=True,
)
@kept(ATTAINED)
@given(**CASES)
def test_trivial(**case):
    """tr Cov X_1 = abar_1 sum lam + (1 - abar_1) d."""
    target, schedule, lower, bounds = explicit_of(case)
    check_w2("trivial bound", lower, bounds.trivial, target, schedule)


@law(
    "bound.theorem_a",
    "W_2 <= E + L sqrt(kappa ...) with L known from above: linear models, a flow with waves on it, "
    "trained ones through their layers; for Gaussian targets Theorem A2 too",
    "this file's head; explicit_bounds.py, explicit_laws.py",
    tolerance=TOLERANCE,
    examples=6,
    statistical=True,
)
@kept(ATTAINED)
@given(**CASES)
def test_theorem_a(**case):
    """An L read off samples would be a lower estimate: none is used."""
    target, schedule, lower, bounds = explicit_of(case)
    check_w2("Theorem A", lower, bounds.theorem_a, target, schedule)
    if bounds.log_concave is not None:
        check_w2("Theorem A2", lower, bounds.log_concave, target, schedule)


@law(
    "bound.carry",
    "few steps: W_2(Y_n, X_1) <= what the start of the last step carries on, and the profile below "
    "it, for any f",
    "this file's head; telescoping along the flow from tau_n",
    tolerance=TOLERANCE,
    examples=6,
    statistical=True,
)
@kept(
    [
        {"target": partial(gaussian, dim=2), "schedule": FINE, "shift": 3.0, "share": 0.5},
        {"target": gaussian, "schedule": FINE, "shift": 3.0, "share": 0.5},
        {
            "target": partial(mixture, dim=2, components=2, separation=2.0),
            "schedule": FINE,
            "shift": 30.0,
            "where": "first",
            "share": 0.5,
        },
    ]
)
@given(**(CASES | {"schedule": schedules(steps=(3, 8))}), share=st.floats(0, 1))
def test_carry(share, **case):
    """Two steps, T and a level below it; shifted at T alone, all of the error is carried."""
    target, schedule, model, paths = drawn_case(**case)
    seed = case["seed"]
    levels = (schedule.T, 2 + round(share * (schedule.T - 3)))
    _, budget, _ = measured(model.f, target, schedule, levels, paths, seed)
    y = few_step_draws(model.f, target, schedule, levels, seed)
    lower = w2_lower(y, target, schedule, RATE)
    check_w2("few steps", lower, budget.w2_total_upper, target, schedule)
