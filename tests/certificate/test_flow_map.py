"""Certificates of two-time maps: Gaussian samplers whose law is known, the identities that shares
and trajectory rest on, and the one-time interface as the special case.
"""

import json
import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from ctverify import (
    Certificate,
    Convention,
    Gaussian,
    InputError,
    Schedule,
    certify,
    exact_average_velocity,
    exact_flow_map,
)
from ctverify.certificate.flow_shares import flow_map_part
from ctverify.certificate.flow_walk import Composed, flow_steps, flow_walk
from ctverify.certificate.starts import noise_starts
from ctverify.core.streams import stream
from ctverify.targets import load

SCHEDULE = Schedule.karras(12, 0.1, 80.0, pure_noise=True)
LAM = 0.7  # of N(0, LAM I): the flow's slope from t to s is sqrt(v_s/v_t)
EXCESS = 0.06  # a wrong map's slope is this much larger for each sixth of the levels
PLANE = Gaussian([0.0, 0.0], LAM * torch.eye(2))
SIZE = math.sqrt(math.pi / 2)  # E|Z| in the plane
FEW = {"samples": 32, "pairs": 1500}


def variance(t):
    """v_t = alpha_bar_t lam + 1 - alpha_bar_t."""
    a, b = SCHEDULE.scales(t)
    return a * a * LAM + b * b


def slope(t, s, excess=0.0):
    """Of the map from t to s."""
    return math.sqrt(variance(s) / variance(t)) * (1 + excess * (t - s) / 6)


def wrong(x, t, s):
    """The flow of N(0, LAM I) with slopes that are too large; its steps do not compose."""
    return slope(t, s, EXCESS) * x


@pytest.mark.parametrize(
    ("levels", "gamma"), [([12], 0.0), ([12, 8, 4], 0.0), ([12, 6], 1.0), ([12, 9, 5], 0.8)]
)
def test_the_bracket_holds_the_truth(levels, gamma):
    """Every sampler of a linear map on N(0, LAM I) ends in N(0, s^2 I), s by recursion on
    variances: W_1 = |s - sqrt(v_1)| E|Z|. The limits hold it, and pairs are 3 % from it.
    """
    steps = flow_steps(SCHEDULE, levels, gamma)
    spread = 1.0
    for k, step in enumerate(steps):
        spread *= slope(step.level, step.landing, EXCESS) ** 2
        after = steps[k + 1].level if k + 1 < len(steps) else 1
        ratio = SCHEDULE.alpha_bar[after] / SCHEDULE.alpha_bar[step.landing]
        spread = ratio * spread + 1 - ratio
    truth = abs(math.sqrt(spread) - math.sqrt(variance(1))) * SIZE
    found = certify(wrong, PLANE, SCHEDULE, times=2, sampler_steps=levels, gamma=gamma, **FEW)
    assert found.w1.lower <= truth <= found.w1.upper <= found.budget.total_upper
    assert found.w1.upper <= 1.4 * truth
    assert found.flow_map.landings == [step.landing for step in steps]
    assert found.flow_map.gamma == gamma
    shares = found.flow_map.shares
    assert shares.start + sum(shares.step) == pytest.approx(shares.total, rel=1e-12)
    assert not found.failed and found.shares is None and found.theorem is None


def test_shares_of_steps_in_closed_form():
    """Without noise everything is linear in X_T: with m_k the slope of steps k.. and p_k the flow's
    to where step k starts, the share of step k is (m_k p_k - m_{k+1} p_{k+1}) E|X_T| where all have
    one sign, X_T the twin. Those are deterministic multiples of one draw.
    """
    steps = flow_steps(SCHEDULE, [12, 8, 4], 0.0)
    walk = flow_walk(wrong, PLANE, SCHEDULE, steps, torch.float64)

    def exact_start(n, generator):
        drawn = noise_starts(walk.f, n, generator)
        return replace(drawn, model=drawn.exact)

    part = flow_map_part(walk, exact_start, 400, 0.0, seed=3)
    m = [1.0]
    for step in reversed(steps):
        m.insert(0, m[0] * slope(step.level, step.landing, EXCESS))
    p = [slope(12, level) for level in (12, 8, 4, 1)]
    parts = [m[k] * p[k] - m[k + 1] * p[k + 1] for k in range(3)]
    assert abs(part.shares.start) <= 1e-12
    for share, true in zip(part.shares.step, parts, strict=True):
        assert share / part.shares.total == pytest.approx(true / sum(parts), rel=1e-6)


def test_gamma_one_is_the_one_time_sampler():
    """F(x, t, 1) certified as a one-time model of the same levels, and F with gamma = 1: one law,
    so that both brackets hold one truth; from the same noises the same draws.
    """
    both = {"samples": 16, "pairs": 600}
    two = certify(wrong, PLANE, SCHEDULE, times=2, sampler_steps=[12, 6], gamma=1.0, **both)
    one = certify(lambda x, t: wrong(x, t, 1), PLANE, SCHEDULE, sampler_steps=[12, 6], **both)
    assert two.w1.upper_estimate == pytest.approx(one.w1.upper_estimate, rel=1e-9)
    assert two.budget.total == pytest.approx(one.budget.total, rel=1e-9)


def test_a_step_is_the_sum_over_its_levels():
    """Draw by draw, G_k(X_k) - G_{k+1}(X_{k+1}) is the sum of f_t(X_t) - f_{t-1}(X_{t-1}) over the
    levels of step k, f the composed one-time model: with X_t on the exact path.
    """
    f = Composed(wrong, (8, 4, 1))
    x = torch.randn(50, 2, dtype=torch.float64, generator=stream("test", 0))
    path = {t: slope(12, t) * x for t in range(1, 13)}
    for high, low in ((12, 8), (8, 4), (4, 1)):
        summed = sum(f(path[t], t) - f(path[t - 1], t - 1) for t in range(low + 1, high + 1))
        apart = f(path[high], high) - f(path[low], low)
        assert torch.allclose(summed, apart, rtol=0, atol=1e-12)
    assert torch.equal(f(x, 12), wrong(wrong(wrong(x, 12, 8), 8, 4), 4, 1))
    assert torch.equal(f(x, 6), wrong(wrong(x, 6, 4), 4, 1))
    assert torch.equal(f(x, 1), wrong(x, 1, 1))


@pytest.mark.parametrize("kind", ["linear", "ve", "trigflow"])
def test_the_exact_map_in_any_convention(kind):
    """Wrapped, every convention's exact map, once as its average velocity, is within the solver's
    error of nothing in several steps, with noise and without.
    """
    convention = {
        "linear": Convention.linear(data_at=1),
        "ve": Convention.ve(0.1, t_max=10.0),
        "trigflow": Convention.trigflow(0.8),
    }[kind]
    target = load("gaussian-2d")
    schedule = convention.schedule(8)
    F = exact_flow_map(target, convention)
    gamma = 0.7 if kind == "ve" else 0.0
    if kind == "linear":
        u = exact_average_velocity(target, convention)

        def F(x, t, s):
            return x - (t - s) * u(x, t, s)

    rest = {"times": 2, "sampler_steps": [8, 5, 3], "samples": 16, "pairs": 300}
    wrapped = convention.wrap_flow_map(F, schedule)
    found = certify(wrapped, target, schedule, gamma=gamma, **rest)
    # X_T less its noise, carried to X_1 with the flow's largest slope, at most the root of the
    # largest eigenvalue; the limit of its mean is within twice the mean
    start = schedule.scales(8)[0] * (target.mean.norm() + target.covariance.trace() ** 0.5)
    steepest = torch.linalg.eigvalsh(target.covariance).max().clamp_min(1) ** 0.5
    assert found.w1.upper <= 1e-5 + 2 * float(steepest * start)
    assert not found.failed


def test_one_dimension_by_strata():
    """In d = 1 the deterministic sampler of an increasing map has W_1 of its coupling: the bracket
    is tight on the truth.
    """
    target = Gaussian(0.0, LAM)
    truth = abs(slope(12, 6, EXCESS) * slope(6, 1, EXCESS) - math.sqrt(variance(1)))
    truth *= math.sqrt(2 / math.pi)
    found = certify(wrong, target, SCHEDULE, times=2, sampler_steps=[12, 6], **FEW)
    assert found.w1.lower <= truth <= found.w1.upper <= 1.02 * truth
    noisy = certify(wrong, target, SCHEDULE, times=2, sampler_steps=[12, 6], gamma=1.0, **FEW)
    assert noisy.w1.lower <= noisy.w1.upper and noisy.flow_map.top == 6


def test_landings_follow_gamma():
    """sigma_l is the level's nearest to sqrt(1 - gamma^2) sigma; 0 stays, 1 goes to level 1."""
    dense = Schedule.karras(400, 0.01, 10.0)
    for gamma in (0.3, 0.6, 0.9):
        step, _ = flow_steps(dense, [400, 200], gamma)
        wanted = math.sqrt(1 - gamma**2) * dense.sigma[200]
        assert dense.sigma[step.landing] == pytest.approx(wanted, rel=0.01)
    assert flow_steps(dense, [400, 200], 0.0)[0].landing == 200
    assert flow_steps(dense, [400, 200, 1], 1.0)[0].landing == 1
    assert len(flow_steps(dense, [400, 200, 1], 1.0)) == 2


def test_json_and_table(tmp_path):
    """A certificate of a flow map is read back as it was written, and shows its steps."""
    found = certify(wrong, PLANE, SCHEDULE, times=2, sampler_steps=[12, 3], **FEW)
    found.save(tmp_path / "certificate.json")
    again = Certificate.load(tmp_path / "certificate.json")
    assert again.flow_map == found.flow_map
    assert json.loads((tmp_path / "certificate.json").read_text())["flow_map"]["levels"] == [12, 3]
    shown = str(found)
    assert "2 steps" in shown and "from t" in shown and "made by step" in shown


def float32_only(x, t, s):
    """A map with parameters in float32 would refuse anything else."""
    assert x.dtype == torch.float32
    return slope(t, s) * x


def test_the_map_is_called_in_its_dtype():
    """Every step gets x in the dtype that was asked for, also of a wrapped map."""
    rest = {"times": 2, "sampler_steps": [12, 6], "dtype": "float32", **FEW}
    found = certify(float32_only, PLANE, SCHEDULE, **rest)
    assert found.w1.upper < 1e-5 and not found.failed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times": 3}, "times must be 1 or 2, got 3"),
        ({"times": 1, "gamma": 0.5}, "gamma is for maps of two times"),
        ({"gamma": 1.5}, "gamma must be a finite number between"),
        ({"lipschitz": 2.0}, "lipschitz is for Theorem A, which is about one-time models"),
        ({"f": 3}, r"f must be callable as f\(x, t\) or callable as f\(x, t, s\), got 3"),
        ({"f": lambda x, t: x}, r"F\(x, t, s\) must accept x of shape .* got TypeError"),
        ({"f": lambda x, t, s: x[:, :1]}, "F must return a float tensor of shape"),
    ],
)
def test_bad_input_is_one_sentence(change, words):
    """Each refusal names the argument, what was given and what is allowed."""
    given = {"f": wrong, "times": 2, **FEW} | change
    with pytest.raises(InputError, match=words):
        certify(given.pop("f"), PLANE, SCHEDULE, **given)


def test_a_map_that_is_not_finite_fails():
    """With a verdict, and no numbers."""
    found = certify(lambda x, t, s: x / (t - s), PLANE, SCHEDULE, times=2, **FEW)
    assert found.failed and found.w1 is None and "F(x, 1, 1)" in found.verdicts[0].detail


MUTANTS = {
    "lands on level 1 at once": lambda x, t, s: slope(t, 1) * x,
    "has s and t exchanged": lambda x, t, s: slope(s, t) * x,
    "forgets s": lambda x, t, s: x,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_wrong_maps_are_told(name):
    """Each is certified far above the right map, in two steps."""
    found = certify(MUTANTS[name], PLANE, SCHEDULE, times=2, sampler_steps=[12, 6], **FEW)
    assert found.w1.lower >= 0.02 * found.w1.scale


def test_starts_are_coupled():
    """The twin before the last step has exactly p_tau's variance, after noise and re-pairing: a
    mean of squares of 4,000 draws in d = 2, within 5 standard errors (6e-7).
    """
    steps = flow_steps(SCHEDULE, [12, 8, 5], 0.9)
    walk = flow_walk(wrong, PLANE, SCHEDULE, steps, torch.float64)
    draw = walk.starts(partial(noise_starts, walk.f), repair=50)
    starts = draw(4000, stream("test", 1))
    assert starts.level == 5
    square = float(starts.exact.square().mean())
    assert abs(square / variance(5) - 1) <= 5 * math.sqrt(2 / 8000)
