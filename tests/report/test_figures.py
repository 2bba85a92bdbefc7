"""What figures compute: bars, slopes, regions, rings."""

from dataclasses import replace

import numpy as np
import pytest
from ctverify.report.figure_budget import bars, budget_figure, sigma_1

from ctverify import Schedule, certify
from ctverify.report.figure_convergence import convergence_figure, groups, slope
from ctverify.report.figure_grid import grid_figure, is_grid
from ctverify.report.figure_samples import sample_figures
from ctverify.report.law import law_of
from ctverify.report.numerals import short
from ctverify.report.windows import outside, plane, window
from ctverify.targets import load

from .conftest import at_steps, certificate


@pytest.fixture(scope="module")
def gaussian():
    """d = 2 with samples."""
    return certificate("gaussian-2d", 12, keep=2000)


@pytest.mark.parametrize("factor", [1, 40])
def test_bars_sum_to_the_budget(gaussian, factor):
    """Bars join from sigma_1 to sigma_T, and their sums are the budget's, also where steps are
    summed.
    """
    count = 11 * factor
    budget = replace(
        gaussian.budget,
        t=list(range(2, count + 2)),
        sigma=np.geomspace(0.1, 10, count).tolist(),
        model_defect=gaussian.budget.model_defect * factor,
        discretisation_defect=gaussian.budget.discretisation_defect * factor,
    )
    stacked = bars(budget, 0.05)
    assert len(stacked) <= 64
    assert stacked[0].low == 0.05
    assert stacked[-1].high == budget.sigma[-1]
    assert [bar.low for bar in stacked[1:]] == [bar.high for bar in stacked[:-1]]
    model = sum(bar.model for bar in stacked)
    discretisation = sum(bar.discretisation for bar in stacked)
    assert model == pytest.approx(sum(budget.model_defect))
    assert discretisation == pytest.approx(sum(budget.discretisation_defect))


def test_sigma_1_is_the_schedules(gaussian):
    """From its spec."""
    assert sigma_1(gaussian) == Schedule.li_huang_wei(12, 1, 2).sigma[1]


def test_sigma_1_of_a_schedule_that_cannot_be_built(gaussian):
    """The ratio of the next two levels in its place."""
    odd = replace(gaussian, schedule={"kind": "mine"})
    assert 0 < sigma_1(odd) < gaussian.budget.sigma[0]
    assert "Error budget" in budget_figure(odd).title


def test_share_in_regions_is_that_of_the_exact_law(gaussian):
    """Exact samples fall into the regions by their shares; the table says so for both kinds of
    samples.
    """
    law = law_of(gaussian)
    (figure,) = sample_figures(gaussian, law, gaussian.samples)
    rows = {row[0]: row[1:] for row in figure.table.rows}
    for share, name in ((0.99, "99%"), (0.9, "90%"), (0.5, "50%")):
        _, exact, stated = rows[f"share in the {name} region"]
        assert stated == share
        assert exact == pytest.approx(share, abs=0.05)
    assert rows["mean of x₁"][2] == pytest.approx(float(law.mean[0]))


@pytest.mark.parametrize("corner", [[8.0, 1.0], [1.0, 9.0], [0.0, 0.0]])
def test_planes_are_to_scale(corner):
    """A unit is as long in x as in y, and all points are inside."""
    points = np.array([[0.0, 0.0], corner])
    x, y, height = plane(points)
    assert (x.high - x.low) / 344 == pytest.approx((y.high - y.low) / height)
    assert outside(points, x, y) == 0


def test_points_outside_are_counted():
    """In any coordinate, each once."""
    inside = window(np.array([0.0, 1.0]))
    points = np.array([[0.5, 0.5], [9.0, 0.5], [0.5, -9.0], [9.0, 9.0]])
    assert outside(points, inside, inside) == 3
    assert outside(points[:, 0], inside) == 2


def test_grids_are_carried_in_d_2(gaussian):
    """Both maps of one grid of starts within 3; distances by ring are those of the stretch."""
    samples = gaussian.samples
    starts = samples["grid_z"]
    exact = samples["grid_exact"]
    assert is_grid(samples, 2)
    assert np.abs(starts).max() == 3
    assert len(starts) == 625
    assert np.allclose(samples["grid_model"], 1.05 * exact)
    rows = grid_figure(gaussian, samples).table.rows
    farthest = np.linalg.norm(exact, axis=1).max()
    assert sum(row[1] for row in rows) == 625
    assert max(row[3] for row in rows) == pytest.approx(0.05 * farthest)


def test_grids_are_carried_in_d_1():
    """Every tenth start is in the table."""
    mild = certificate("mild", 12)
    assert len(mild.samples["grid_z"]) == 201
    assert len(grid_figure(mild, mild.samples).table.rows) == 21


def test_what_is_no_grid():
    """Starts that are no square, and none."""
    assert not is_grid({"grid_z": np.zeros((7, 2))}, 2)
    assert not is_grid({}, 1)


def test_convergence_groups_and_slopes():
    """Certificates that differ in T alone belong together; the slope is that of least squares."""
    base = certificate("mild", 12)
    at_12 = at_steps(base, 12, "mild")
    at_24 = at_steps(base, 24, "mild")
    at_48 = at_steps(base, 48, "mild")
    other_target = at_steps(base, 12, "separated")
    other_schedule = replace(at_24, schedule=at_24.schedule | {"c1": 3.0})
    (group,) = groups([at_12, at_24, other_target, at_48, other_schedule])
    assert group.certificates == (at_12, at_24, at_48)
    upper = np.array([c.w1.upper for c in group.certificates])
    expected = slope(np.array([12.0, 24.0, 48.0]), upper)
    figure = convergence_figure(group)
    assert f"T to the {short(expected)}" in figure.caption
    assert "schedule (23)" in figure.caption
    assert [row[0] for row in figure.table.rows] == [12, 24, 48]


def test_slope_of_a_power():
    """Its exponent."""
    T = np.array([12.0, 24.0, 48.0])
    assert slope(T, T**-0.5) == pytest.approx(-0.5)


def test_a_grid_where_f_is_not_finite():
    """Costs the grid, not the certificate: the verdict is on the law of X_t."""

    def infinite_at_3(x, t):
        return x / (x.abs() != 3) if t == 12 else x

    schedule = Schedule.li_huang_wei(12, 1, 2)
    certificate = certify(
        infinite_at_3, load("mild"), schedule, samples=32, pairs=400, keep_samples=10
    )
    assert np.abs(certificate.samples["z"]).max() < 3
    assert sorted(certificate.samples) == ["exact", "model", "z"]
    assert certificate.verdicts[0].status == "pass"
