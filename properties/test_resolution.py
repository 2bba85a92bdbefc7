"""The certificate in d = 1: stratified starts, what a sample cannot see, the ends of the bracket,
the trajectory budget with its shares.

Known truths, for N(m, lam) and the affine model of test_bound.py, whose slope and shift grow in
equal steps: at the score Z of X_t, with v_1 the variance of X_1,

    f_t(X_t) = a_1 m + c_t + B_t Z,   B_t from sqrt(v_1) to sqrt(v_1) gain,   c_t from 0 to shift,
    d_t = c_t - c_{t-1} + (B_t - B_{t-1}) Z,
    g_t(X_t) = a_1 m + c_{t-1} + cos(psi_t - psi_{t-1}) B_{t-1} Z,
    f_T(Z) - X_1 = delta + kappa Z,   u its sign,   E u and E u Z in closed form.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from ctverify import Gaussian, Schedule
from ctverify.certificate.bracket_1d import bracket_1d
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.starts import Starts
from ctverify.certificate.strata import stratified_scores, stratified_starts
from ctverify.certificate.trajectory_1d import measure_trajectory_1d
from ctverify.core.confidence import resolution
from ctverify.laws.strategies import gaussians, mixtures, schedules, seeds

from . import decide
from .compare import angles
from .law import RATE, law
from .reference import variance
from .test_bound import FAR, affine, eigenvalue, folded_mean, truth

PAIRS = 600
FEW = schedules(steps=(2, 12))
NORMALS = gaussians(dims=(1, 1), variances=(0.01, 100), offset=10)
LINES = mixtures(
    dims=(1, 1),
    components=(1, 3),
    variances=(0.1, 10),
    condition=10,
    separation=3,
    smallest_weight=0.1,
    offset=3,
)


@law(
    "bound.strata",
    "there is one score in each stratum, anywhere in it, independent of the others",
    "N(z_i) uniform on ((i - 1)/n, i/n)",
    tolerance="Kolmogorov's exact law, in stages (decide.py), at RATE",
    examples=3,
    statistical=True,
)
@given(strata=st.integers(2, 400), seed=seeds)
def test_strata(strata, seed):
    """Positions within strata, in both tails from their own end."""

    below = np.arange(strata)
    lower = 2 * below < strata

    def draw(n, stage):
        generator = torch.Generator().manual_seed(seed + stage)
        positions = []
        for _ in range(-(-n // strata)):
            z = stratified_scores(strata, generator)
            from_below = strata * ndtr(z) - below
            from_above = strata * ndtr(-z) - (strata - 1 - below)
            positions.append(np.where(lower, from_below, from_above))
        drawn = np.concatenate(positions)[:n]
        assert np.abs(drawn - 0.5).max() <= 0.5 + 1e-9, "a score outside its stratum"
        return drawn

    decide.uniform(draw)


@law(
    "bound.resolution",
    "p* is the probability that the reported draws miss with probability alpha: fitted and pilot "
    "rows are not among them",
    "(1 - p*)^n = alpha",
    tolerance="p*: 1e-12 of the logarithm, against rational arithmetic; rows: each call of "
    "draw_starts is moved in turn, and moves the upper estimate or not at all",
    examples=2,
)
@given(n=st.integers(16, 10**15), alpha=st.floats(1e-9, 0.9), pairs=st.integers(60, 90), seed=seeds)
def test_resolution(n, alpha, pairs, seed):
    """The logarithm of 1 - p* by its series, in rational arithmetic where p* is small."""
    p = resolution(n, alpha)
    if p < 1e-3:
        x = Fraction(p)
        logarithm = -float(n * sum(x**k / k for k in range(1, 8)))
    else:
        logarithm = n * math.log1p(-p)
    assert math.isclose(logarithm, math.log(alpha), rel_tol=1e-12), f"p* = {p:.17g}"
    reported, draws = _rows_behind_the_upper_end(pairs, seed)
    assert draws == reported, f"{draws} draws are claimed, {reported} move the upper estimate"


def _rows_behind_the_upper_end(pairs, seed):
    """How many rows move the upper estimate of x on N(0, 1), and how many it says it has."""
    target = Gaussian(0.0, 1.0)
    schedule = Schedule.from_alpha_bar([0.9, 0.1])
    form = target.one_dimensional_form()
    far = 2.0**20
    sizes = []

    def moved_back(x, t):
        return torch.where(x > far / 2, x - far + 1, x)

    f = Centred(moved_back, target, schedule)

    def draw(marked, n, generator):
        starts = stratified_starts(f, form, n, generator)
        sizes.append(n)
        moved = len(sizes) - 1 == marked
        model = starts.model + far * moved
        return Starts(level=starts.level, z=starts.z, model=model, exact=starts.exact)

    still = bracket_1d(f, form, partial(draw, -1), pairs, 0.01, seed)
    calls = sizes.copy()
    reported = 0
    for marked, size in enumerate(calls):
        sizes.clear()
        bracket = bracket_1d(f, form, partial(draw, marked), pairs, 0.01, seed)
        if abs(bracket.upper_estimate - still.upper_estimate) > 1e-6:
            reported += size
    return reported, still.draws


@law(
    "bound.quantile_ends",
    "d = 1: the exact map is at distance 0 and a shift at its own, an error that repeats in every "
    "stratum is within the limits, and the right law by a decreasing map has no lower end",
    "duality; sorting; one draw a stratum",
    tolerance="1e-9 of the size for rounding; limits that hold with probability 1 - RATE/8 "
    "(Student)",
    examples=4,
    statistical=True,
)
@given(
    target=LINES,
    schedule=FEW,
    share=st.floats(0.4, 0.6),
    phase=st.floats(0, 1),
    repeats=st.integers(1, 3),
    height=st.floats(0.1, 10),
    seed=seeds,
)
def test_quantile_ends(target, schedule, share, phase, repeats, height, seed):
    """Errors of known W_1: all of one sign, so that it is their mean."""
    form = target.one_dimensional_form()
    end = form.noised(*schedule.scales(1))
    a1, _ = schedule.scales(1)
    size = target.spread + abs(float(target.mean))
    height = height * target.spread

    def bracket_of(model):
        def f(x, t):
            end_points = model(x[:, 0].numpy())
            return torch.from_numpy(end_points)[:, None] + a1 * target.mean

        centred = Centred(f, target, schedule)
        draw = partial(stratified_starts, centred, form)
        return bracket_1d(centred, form, draw, PAIRS, RATE / 8, seed)

    def comb(z):
        within = (repeats * PAIRS * ndtr(z) + phase) % 1
        return end.at_scores(z) + height * (within < share)

    exact = bracket_of(end.at_scores)
    assert exact.upper <= 1e-9 * size, f"the exact map is at {exact.upper:.3g}"
    shifted = bracket_of(lambda z: end.at_scores(z) + height)
    for limit in (shifted.lower, shifted.upper):
        assert abs(limit - height) <= 1e-9 * (size + height), f"{limit:.6g} for {height:.6g}"
    repeated = bracket_of(comb)
    w1 = share * height
    within = repeated.lower <= w1 <= repeated.upper
    assert within, f"W_1 = {w1:.6g} outside {repeated.lower:.6g}..{repeated.upper:.6g}"
    turned = bracket_of(lambda z: end.at_scores(-z))
    assert turned.lower <= 1e-9 * size, f"{turned.lower:.3g} between equal laws"


@law(
    "bound.quantile_paths",
    "normal targets in d = 1: |d_t|, eps_t, the start, the total and the signed shares of affine "
    "models are those of this file's head",
    "trajectory budget; exact shares",
    tolerance="FAR standard errors of independent draws, which strata only lower; the total's "
    "limit holds with probability 1 - RATE; 1e-9 of the size",
    examples=8,
    statistical=True,
)
@given(target=NORMALS, schedule=FEW, gain=st.floats(0.5, 1.5), shift=st.floats(-1, 1), seed=seeds)
def test_quantile_paths(target, schedule, gain, shift, seed):
    """Levels t = 2..T, and their sums draw by draw."""
    n = 512
    lam = eigenvalue(target)
    deviation = math.sqrt(variance(lam, *schedule.scales(1)))
    shift = shift * deviation
    delta, kappa, _ = truth(target, schedule, gain, shift)
    model = affine(target, schedule, gain, shift)
    f = Centred(model, target, schedule)
    form = target.one_dimensional_form()
    draw = partial(stratified_starts, f, form)
    budget, shares, _ = measure_trajectory_1d(f, form, draw, n, RATE, seed)

    steps = schedule.T - 1
    c_step = shift / steps
    B_step = deviation * (gain - 1) / steps
    B_before = deviation + B_step * np.arange(steps)
    own = B_before + B_step - np.cos(np.diff(angles(schedule, lam))) * B_before
    size = deviation * (1 + gain) + abs(shift) + float(target.mean.abs())
    rounding = 1e-9 * size

    one_step = folded_mean(c_step, abs(B_step))
    noise = FAR * math.hypot(c_step, B_step) / math.sqrt(n) + rounding
    assert np.abs(np.array(budget.step) - one_step).max() <= noise, "|d_t|"
    defect = c_step**2 + own**2
    apart = np.abs(np.array(budget.model_defect_squared) - defect)
    allowed = FAR * np.array(budget.model_defect_squared_error) + rounding**2
    assert (apart <= allowed + 1e-9 * defect).all(), "eps_t^2"
    a, _ = schedule.scales(schedule.T)
    last = deviation * gain / math.sqrt(variance(lam, *schedule.scales(schedule.T)))
    of_mean = -last * a * float(target.mean)
    of_noise = last - deviation * gain
    start = folded_mean(of_mean, abs(of_noise))
    total = start + steps * one_step
    assert total <= budget.total_upper + rounding, f"{total:.6g} above the limit"
    noise = FAR * math.hypot(of_mean, of_noise) / math.sqrt(n) + rounding
    assert abs(budget.start - start) <= noise, "start"
    if shares is None:
        return
    parts = [shares.start, shares.initial, *shares.model, *shares.schedule]
    assert abs(sum(parts) - shares.total) <= 1e-12 * size, "shares do not sum to the distance"
    if abs(kappa) <= 1e-6 * size:  # u has no direction of its own
        return
    score = float(delta[0]) / abs(kappa)
    mean_u = 2 * ndtr(score) - 1
    bell = math.exp(-(score**2) / 2) / math.sqrt(2 * math.pi)
    mean_uz = math.copysign(2, kappa) * bell
    expected = c_step * mean_u + own * mean_uz
    apart = np.abs(np.array(shares.model) - expected)
    noise = FAR * np.hypot(c_step, own) / math.sqrt(n)
    assert (apart <= noise + rounding).all(), "model shares"
