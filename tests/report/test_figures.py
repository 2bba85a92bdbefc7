"""What figures compute: bars, slopes, regions, rings."""

from dataclasses import replace

import numpy as np
import pytest

from ctverify import Schedule
from ctverify.report.figure_budget import bars, budget_figure, sigma_1
from ctverify.report.figure_convergence import convergence_figure, groups, slope
from ctverify.report.figure_grid import grid_figure, is_grid
from ctverify.report.figure_samples import plane, sample_figures
from ctverify.report.law import law_of

from .conftest import at_steps, certificate


@pytest.fixture(scope="module")
def gaussian():
    """d = 2 with samples."""
    return certificate("gaussian-2d", 12, keep=2000)


def test_bars_sum_to_the_budget(gaussian):
    """Bars join from sigma_1 to sigma_T, and their sums are the budget's, also where steps are
    summed.
    """
    budget, sigma = gaussian.budget, Schedule.li_huang_wei(12, 1, 2).sigma
    assert sigma_1(gaussian) == sigma[1]
    for factor in (1, 40):
        long = replace(
            budget,
            t=list(range(2, 11 * factor + 2)),
            sigma=np.geomspace(0.1, 10, 11 * factor).tolist(),
            model_defect=budget.model_defect * factor,
            discretisation_defect=budget.discretisation_defect * factor,
        )
        found = bars(long, 0.05)
        assert len(found) <= 64 and found[0].low == 0.05 and found[-1].high == long.sigma[-1]
        assert [bar.low for bar in found[1:]] == [bar.high for bar in found[:-1]]
        assert sum(bar.model for bar in found) == pytest.approx(sum(long.model_defect))
        assert sum(bar.discretisation for bar in found) == pytest.approx(
            sum(long.discretisation_defect)
        )


def test_sigma_1_of_a_schedule_that_cannot_be_built(gaussian):
    """The ratio of the next two levels in its place."""
    odd = replace(gaussian, schedule={"kind": "mine"})
    assert (
        0 < sigma_1(odd) < gaussian.budget.sigma[0] and "Error budget" in budget_figure(odd).title
    )


def test_share_in_regions_is_that_of_the_exact_law(gaussian):
    """Exact samples fall into the regions by their shares; the table says so for both kinds of
    samples.
    """
    (figure,) = sample_figures(gaussian, law_of(gaussian), gaussian.samples)
    rows = {row[0]: row[1:] for row in figure.table.rows}
    for share, name in ((0.99, "99%"), (0.9, "90%"), (0.5, "50%")):
        _, exact, stated = rows[f"share in the {name} region"]
        assert stated == share and exact == pytest.approx(share, abs=0.05)
    assert rows["mean of x₁"][2] == pytest.approx(float(law_of(gaussian).mean[0]))


def test_planes_are_to_scale():
    """A unit is as long in x as in y, and all points are inside."""
    for points in (
        np.array([[0.0, 0.0], [8.0, 1.0]]),
        np.array([[0.0, 0.0], [1.0, 9.0]]),
        np.zeros((2, 2)),
    ):
        x, y, height = plane(points)
        assert (x.high - x.low) / 344 == pytest.approx((y.high - y.low) / height)
        assert x.low < points[:, 0].min() <= points[:, 0].max() < x.high
        assert y.low < points[:, 1].min() <= points[:, 1].max() < y.high


def test_grids_are_carried(gaussian):
    """Both maps of one grid of starts within 3; distances by ring are those of the stretch."""
    samples = gaussian.samples
    assert (
        is_grid(samples, 2)
        and np.abs(samples["grid_z"]).max() == 3
        and len(samples["grid_z"]) == 625
    )
    assert np.allclose(samples["grid_model"], 1.05 * samples["grid_exact"])
    figure = grid_figure(gaussian, samples)
    assert sum(row[1] for row in figure.table.rows) == 625
    assert max(row[3] for row in figure.table.rows) == pytest.approx(
        0.05 * np.linalg.norm(samples["grid_exact"], axis=1).max()
    )
    line = certificate("mild", 12)
    assert (
        len(line.samples["grid_z"]) == 201 and len(grid_figure(line, line.samples).table.rows) == 21
    )
    assert not is_grid({"grid_z": np.zeros((7, 2))}, 2) and not is_grid({}, 1)


def test_convergence_groups_and_slopes():
    """Certificates that differ in T alone belong together; the slope is that of least squares."""
    base = certificate("mild", 12, keep=0)
    found = [
        at_steps(base, T, name)
        for name, T in (("mild", 12), ("mild", 24), ("separated", 12), ("mild", 48))
    ]
    other = replace(found[1], schedule=found[1].schedule | {"c1": 3.0})
    (group,) = groups([*found, other])
    assert [c.steps for c in group] == [12, 24, 48]
    T = np.array([12.0, 24.0, 48.0])
    assert slope(T, T**-0.5) == pytest.approx(-0.5)
    figure = convergence_figure(group)
    expected = slope(T, np.array([c.w1.upper for c in group]))
    assert (
        f"T to the {expected:.3g}".replace("-", "−") in figure.caption
        and "schedule (23)" in figure.caption
    )
    assert [row[0] for row in figure.table.rows] == [12, 24, 48]


def test_a_grid_where_f_is_not_finite():
    """Costs the grid, not the certificate: the verdict is on the law of X_t."""
    import torch

    from ctverify import certify
    from ctverify.targets import load

    schedule = Schedule.li_huang_wei(12, 1, 2)
    edge = lambda x, t: x / (x.abs() != 3) if t == 12 else x  # noqa: E731
    found = certify(edge, load("mild"), schedule, samples=32, pairs=400, keep_samples=10)
    assert torch.tensor(found.samples["z"]).abs().max() < 3 and sorted(found.samples) == [
        "exact",
        "model",
        "z",
    ]
    assert found.verdicts[0].status == "pass"
