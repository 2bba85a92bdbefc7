"""What figures compute: bars, slopes, regions, rings."""

from dataclasses import replace

import numpy as np
import pytest

from ctverify import Schedule, certify
from ctverify.report.figure_bracket import Measured, bracket_figure
from ctverify.report.figure_convergence import convergence_figure, groups, slope
from ctverify.report.figure_grid import grid_figure, is_grid
from ctverify.report.figure_sampler import sampler_figure
from ctverify.report.figure_samples import sample_figures
from ctverify.report.figure_shares import bars, shares_figure, sigma_1
from ctverify.report.law import law_of
from ctverify.report.numerals import percent, short
from ctverify.report.windows import outside, plane, window
from ctverify.targets import load

from .conftest import at_steps, certificate, shared, stepped
from .drawn import marks, paths, rectangles


@pytest.fixture(scope="module")
def gaussian():
    """d = 2 with samples."""
    return certificate("gaussian-2d", 12, keep=2000)


@pytest.mark.parametrize("factor", [1, 40])
def test_bars_sum_to_the_shares(gaussian, factor):
    """Bars join from sigma_1 to sigma_T, and their sums are those of all steps, also where steps
    are summed.
    """
    count = 11 * factor
    budget = replace(
        gaussian.budget,
        t=list(range(2, count + 2)),
        sigma=np.geomspace(0.1, 10, count).tolist(),
        step=gaussian.budget.step * factor,
    )
    parts = shared(gaussian).shares
    repeated = replace(
        parts,
        model=parts.model * factor,
        schedule=parts.schedule * factor,
        model_error=parts.model_error * factor,
        schedule_error=parts.schedule_error * factor,
    )
    stacked = bars(budget, repeated, 0.05)
    assert len(stacked) <= 32
    assert stacked[0].low == 0.05
    assert stacked[-1].high == budget.sigma[-1]
    assert [bar.low for bar in stacked[1:]] == [bar.high for bar in stacked[:-1]]
    for name, whole in (("model", repeated.model), ("schedule", repeated.schedule)):
        assert sum(getattr(bar, name) for bar in stacked) == pytest.approx(sum(whole))
    assert sum(bar.moved for bar in stacked) == pytest.approx(sum(budget.step))


def test_shares_go_up_and_down(gaussian):
    """What adds to the error stands on the line of 0, what takes off from it hangs below; the
    caption has both shares with their signs.
    """
    certificate = shared(gaussian)
    figure = shares_figure(certificate)
    (zero,) = paths(figure.svg, "line zero")
    line = float(zero.removeprefix("M").split("L")[0].split()[1])
    up = []
    down = []
    for rectangle in rectangles(figure.svg, "fill model"):
        above = rectangle["y"] + rectangle["height"] <= line + 0.11
        (up if above else down).append(rectangle)
    assert len(up) == sum(part > 0 for part in certificate.shares.model)
    assert len(down) == sum(part < 0 for part in certificate.shares.model)
    assert all(rectangle["y"] >= line - 0.11 for rectangle in down)
    share = certificate.shares.model_total / certificate.shares.total
    assert f"The model's share is {percent(share)} ±" in figure.caption
    assert "−" in percent(share)


def test_without_shares_the_line_stands_alone(gaussian):
    """Nothing is said of whose the error is."""
    figure = shares_figure(replace(gaussian, shares=None))
    assert rectangles(figure.svg, "fill model") == []
    assert "is not known here" in figure.caption
    assert figure.table.head == ("step t", "σ", "|dₜ|")


def test_steps_of_a_sampler(gaussian):
    """A bar a step, and whether it became worse."""
    certificate = stepped(gaussian)
    figure = sampler_figure(certificate)
    assert len(rectangles(figure.svg, "fill model")) == 2
    assert "Here the limits do not tell" in figure.caption
    first, second = certificate.sampler.w1
    far = replace(second, lower=2 * first.upper, upper=3 * first.upper)
    worse = replace(certificate, sampler=replace(certificate.sampler, w1=(first, far)))
    assert "Here they make it worse." in sampler_figure(worse).caption
    better = replace(certificate, sampler=replace(certificate.sampler, w1=(far, first)))
    assert "Here they make it better." in sampler_figure(better).caption


def test_a_bracket_beside_its_scale(gaussian):
    """The spread's stroke and the words exist where a scale is known; plug-ins where there are
    any.
    """
    plain = replace(gaussian.w1, scale=None)
    bare = bracket_figure([Measured(replace(gaussian, w1=plain, budget=None), None)])
    scaled = bracket_figure([Measured(replace(shared(gaussian), model="mlp"), None)])
    assert "spread" not in bare.svg
    assert marks(scaled.svg, "line exact") != []
    share = percent(gaussian.w1.upper / 1.5)
    assert f"{share} of the spread" in scaled.svg
    assert "plug-in" not in scaled.caption


def test_sigma_1_is_the_schedules(gaussian):
    """From its spec."""
    assert sigma_1(gaussian) == Schedule.li_huang_wei(12, 1, 2).sigma[1]


def test_sigma_1_of_a_schedule_that_cannot_be_built(gaussian):
    """The ratio of the next two levels in its place."""
    odd = replace(gaussian, schedule={"kind": "mine"})
    assert 0 < sigma_1(odd) < gaussian.budget.sigma[0]
    assert "Where accuracy is lost" in shares_figure(odd).title


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
