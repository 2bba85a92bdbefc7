"""Samples in the plane as dots, over the regions that hold given shares of the exact law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..model.schedule import Array
from . import svg
from .chart import Cell, Chart, Entry, Figure, Table
from .contours import contours, mass_thresholds
from .law import Law
from .naming import name_of
from .windows import outside, plane

CELLS = 72  # of the grid on which the density is computed, in each direction
SHARES = (0.99, 0.9, 0.5)
DOTS = 800  # at most
HEAD = ("", "samples of the model", "samples of the exact law", "exact law")
COORDINATES = ("x₁", "x₂")
LEGEND = (
    Entry("model", "circle", "model f_T(Z)"),
    Entry("exact", "dash", "50, 90 and 99 % of the exact law"),
)


def plane_figure(certificate: Certificate, law: Law, model: Array, exact: Array) -> Figure:
    """The figure of a certificate in d = 2.

    Arguments:
        certificate: Whose samples they are.
        law: The exact law of X_1.
        model, exact: Samples of the model and of the law, (n, 2) each.

    Returns:
        The figure.
    """
    x, y, height = plane(exact)
    chart = Chart(
        label=f"Samples of {name_of(certificate)} over contours of the exact density",
        x=x,
        y=y,
        x_title="x₁, in the data's unit",
        y_title="x₂, in the data's unit",
        legend=LEGEND,
        height=height,
    )
    columns = np.linspace(x.low, x.high, CELLS)
    rows = np.linspace(y.low, y.high, CELLS)
    grid = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
    density = law.density(grid).reshape(CELLS, CELLS)
    thresholds = mass_thresholds(density, SHARES)
    marks = [_region(chart, columns, rows, density, threshold) for threshold in thresholds]
    dots = model[:DOTS]
    marks.append(svg.dots(chart.across(dots[:, 0]), chart.up(dots[:, 1]), "model"))
    return Figure(
        title="Samples and exact density",
        caption=_caption(chart, dots),
        svg=chart.draw(*marks),
        table=_table(law, model, exact, thresholds),
    )


def _region(chart: Chart, columns: Array, rows: Array, density: Array, threshold: float) -> Markup:
    """Where the density is above the threshold; nothing where it has underflowed."""
    path = ""
    if threshold > 0:
        for loop in contours(density, threshold):
            x = chart.across(_interpolated(columns, loop[:, 1]))
            y = chart.up(_interpolated(rows, loop[:, 0]))
            path += svg.points(x, y) + "Z"
    return svg.element("path", d=path, class_="contour exact")


def _interpolated(axis: Array, index: Array) -> Array:
    """The even axis at indices that need not be whole nor inside."""
    return axis[0] + index * (axis[1] - axis[0])


def _caption(chart: Chart, dots: Array) -> str:
    caption = (
        f"{len(dots):,} one-step samples f_T(Z) over the regions that hold 50, 90 and 99 % of the "
        "exact law of X₁. Samples in the empty space between regions, or a region that stays "
        "empty, are the model's errors; the table has the shares."
    )
    count = outside(dots, chart.x, chart.y)
    if count > 0:
        caption += f" {count:,} of these samples lie outside the figure."
    return caption


def _table(law: Law, model: Array, exact: Array, thresholds: Sequence[float]) -> Table:
    rows: list[list[Cell]] = []
    for k, name in enumerate(COORDINATES):
        means = [float(points[:, k].mean()) for points in (model, exact)]
        rows.append([f"mean of {name}", *means, float(law.mean[k])])
    for k, name in enumerate(COORDINATES):
        deviations = [float(points[:, k].std()) for points in (model, exact)]
        deviation = float(law.covariance[k, k] ** 0.5)
        rows.append([f"standard deviation of {name}", *deviations, deviation])
    rows.append(["correlation", _correlation(model), _correlation(exact), _exact_correlation(law)])
    densities = [law.density(points) for points in (model, exact)]
    for share, threshold in zip(SHARES, thresholds, strict=True):
        inside = [float((values > threshold).mean()) for values in densities]
        rows.append([f"share in the {share:.0%} region", *inside, share])
    return Table(HEAD, rows)


def _correlation(points: Array) -> float | None:
    """None where one coordinate is constant."""
    centred = points - points.mean(0)
    spread = float(np.prod(centred.std(0)))
    if spread > 0:
        return float((centred[:, 0] * centred[:, 1]).mean()) / spread
    return None


def _exact_correlation(law: Law) -> float:
    covariance = law.covariance
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
