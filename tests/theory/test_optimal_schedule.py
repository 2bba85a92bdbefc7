"""Optimal schedules: the proved floor, the measured W_1 in d = 1, fresh paths in d > 1, the command
line, refusals.
"""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from ctverify import Gaussian, InputError, Mixture, Schedule, optimal_schedule, population_model
from ctverify.cli.main import main
from ctverify.targets import load
from ctverify.theory import gaussian_law
from ctverify.theory import optimal_schedule as optimal
from ctverify.theory.optimal_schedule import defects, even, rivals

MEANS = [[-1.2, 0.0], [1.2, 0.5]]
COVARIANCE = 0.3 * torch.eye(2)
TWO = Mixture([0.5, 0.5], MEANS, [COVARIANCE, COVARIANCE])


def population_w1(target, schedule):
    """W_1(f*_T(X_T), X_1) = E|f*_T - Phi_T| in d = 1, f* being increasing: by quadrature over the
    scores of X_1.
    """
    form = target.one_dimensional_form()
    mean = float(target.mean)
    a_1, b_1 = schedule.scales(1)
    a_T, b_T = schedule.scales(schedule.T)
    z, exact, weight = form.noised(a_1, b_1).nodes(2049)
    x = form.noised(a_T, b_T).at_scores(z) + a_T * mean
    f = population_model(target, schedule)
    images = f(torch.from_numpy(x[:, None]), schedule.T)
    error = images[:, 0].numpy() - a_1 * mean - exact
    return float(np.abs(error) @ weight)


@pytest.mark.parametrize("T", [2, 16, 300])
@pytest.mark.parametrize("lam", [0.02, 1.0, 30.0])
def test_an_isotropic_gaussian_meets_the_proved_floor(T, lam):
    """1 - R is the least of any schedule with these ends (claim gaussian.floor), up to the rounding
    of alpha_bar near 1.
    """
    schedule = optimal_schedule(
        Gaussian(np.ones(2), lam * np.eye(2)), T, alpha_bar_1=0.999, alpha_bar_T=1e-4
    )
    assert gaussian_law.shrinkage(schedule, lam) == pytest.approx(
        gaussian_law.floor(schedule, lam), rel=1e-9
    )


def reaches(target, T, expected):
    """The optimal schedule's W_1 is within 5 % of what is expected, and below its rivals'."""
    schedule = optimal_schedule(target, T)
    reached = population_w1(target, schedule)
    assert reached == pytest.approx(expected, rel=0.05)
    others = [population_w1(target, other) for other in rivals(schedule).values()]
    assert reached < min(others)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "expected"), [("separated", 0.0377), ("mild", 0.0066), ("sharp", 0.0525)]
)
def test_w1_in_one_dimension(name, expected):
    """T = 256: the W_1 that theory gives for this schedule, where equal angles and (23) stay above
    it.
    """
    reaches(load(name), 256, expected)


def test_w1_by_short_pilots(monkeypatch):
    """T = 64 from pilots of 64 levels: the W_1 that pilots of 256 levels reach; the best rival is a
    third above it.
    """
    monkeypatch.setattr(optimal, "PILOT", 64)
    reaches(load("separated"), 64, 0.1057)


@pytest.mark.parametrize(
    ("T", "samples"), [(32, 512), pytest.param(64, 4096, marks=pytest.mark.slow)]
)
def test_fresh_paths_in_two_dimensions(T, samples, monkeypatch):
    """The sum of D_t, on paths that the schedule was not fitted on, is least: by a tenth, where the
    draws' error is 1 % of 4096 paths, 3 % of 512, most of it common to all schedules.
    """
    monkeypatch.setattr(optimal, "SAMPLED", T)
    monkeypatch.setattr(optimal, "paths", lambda target: samples)
    schedule = optimal_schedule(TWO, T)
    sums = {}
    for name, rival in rivals(schedule).items():
        sums[name] = defects(TWO, rival, 1, samples).total
    assert set(sums) == {"cosine", "karras", "li_huang_wei"}
    assert defects(TWO, schedule, 1, samples).total < 0.95 * min(sums.values())


def test_ends_and_seeds(monkeypatch):
    """The ends are those asked for, to 4 roundings; equal seeds give equal bits in d > 1, others do
    not.
    """
    for name in ("PILOT", "SAMPLED"):  # short pilots: what is asked does not depend on their length
        monkeypatch.setattr(optimal, name, 8)
    ends = {"alpha_bar_1": 0.99, "alpha_bar_T": 0.01}
    one = optimal_schedule(TWO, 9, **ends, seed=3)
    same = optimal_schedule(TWO, 9, **ends, seed=3)
    other = optimal_schedule(TWO, 9, **ends, seed=4)
    assert np.allclose(one.alpha_bar[[1, -1]], [0.99, 0.01], rtol=1e-15)
    assert one.T == 9
    assert np.array_equal(one.alpha_bar, same.alpha_bar)
    assert not np.array_equal(one.alpha_bar, other.alpha_bar)
    default = Schedule.li_huang_wei(16)
    optimised = optimal_schedule(load("mild"), 16)
    expected = default.log_alpha_bar[[1, -1]]
    assert np.allclose(optimised.log_alpha_bar[[1, -1]], expected, rtol=1e-9)


def test_equal_parts_of_a_clock():
    """Shares proportional to the steps leave them even; shares twice as large on one half put twice
    as many levels there.
    """
    psi = np.linspace(0.1, 1.5, 201)
    assert np.allclose(even(np.full(200, 0.3), psi, 11), np.linspace(0.1, 1.5, 11), atol=1e-12)
    share = np.where(psi[1:] <= 0.8, 2.0, 1.0)
    steps = np.diff(even(share, psi, 31))
    assert np.isclose(steps[-1] / steps[0], 2.0, rtol=0.02)  # 1 % of the clock stays even


def test_the_command_line_exports_what_audit_reads(tmp_path):
    """schedule optimal --export: the schema, levels that Schedule takes, and a sum no larger than
    its rivals'.
    """
    file = tmp_path / "s.json"
    words = [
        "schedule",
        "optimal",
        "--target",
        "gaussian-2d",
        "--steps",
        "12",
        "--export",
        str(file),
    ]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    assert "over optimal" in done.stdout, done.output
    data = json.loads(file.read_text())
    assert data["schema"] == "ctverify/schedule/1"
    assert data["T"] == 12 == len(data["alpha_bar"]) == len(data["sigma"])
    schedule = Schedule.from_alpha_bar(data["alpha_bar"])
    assert np.allclose(schedule.sigma[1:], data["sigma"], rtol=1e-9)
    sums = {name: total["value"] for name, total in data["defect_sum"].items()}
    assert sums["optimal"] == min(sums.values())
    assert set(sums) == {
        "optimal",
        "cosine",
        "karras",
        "li_huang_wei",
    }
    assert CliRunner().invoke(main, ["schedule", "audit", str(file)]).exit_code == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: optimal_schedule(TWO, 1), "T must be a whole number of at least 2, got 1"),
        (lambda: optimal_schedule(TWO, 8), "alpha_bar_1 and alpha_bar_T must be given for T <= 8"),
        (
            lambda: optimal_schedule(TWO, 16, alpha_bar_1=0.1, alpha_bar_T=0.5),
            "alpha_bar_T must be below alpha_bar_1",
        ),
        (
            lambda: optimal_schedule(TWO, 16, alpha_bar_1=1.5),
            "alpha_bar_1 must be a finite number between 0 and 1",
        ),
        (lambda: optimal_schedule(TWO, 16, seed=-1), "seed must be a whole number of at least 0"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()
