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
from .detail import FULL
from .law import Law
from .naming import name_of
from .windows import outside, plane

CELLS = 72  # of the grid on which the density is computed, in each direction
SHARES = (0.99, 0.9, 0.5)
HEAD = ("", "samples of the model", "samples of the exact law", "exact law")
COORDINATES = ("x₁", "x₂")
LEGEND = (
    Entry("model", "circle", "model"),
    Entry("exact", "dash", "50, 90 and 99 % of the exact law"),
)


def plane_figure(
    certificate: Certificate, law: Law, model: Array, exact: Array, most: int = FULL.dots
) -> Figure:
    """The figure of a certificate in d = 2.

    Arguments:
        certificate: Whose samples they are.
        law: The exact law of X_1.
        model, exact: Samples of the model and of the law, (n, 2) each.
        most: How many of the model's are drawn.

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
    grid = np.stack(np.meshgrid(columns, rows), axis=-1)
    density = law.density(grid.reshape(-1, 2)).reshape(CELLS, CELLS)
    thresholds = mass_thresholds(density, SHARES)
    marks = [_region(chart, columns, rows, density, threshold) for threshold in thresholds]
    dots = model[:most]
    dots_x = chart.across(dots[:, 0])
    dots_y = chart.up(dots[:, 1])
    marks.append(svg.dots(dots_x, dots_y, "model"))
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
    step = axis[1] - axis[0]
    return axis[0] + index * step


def _caption(chart: Chart, dots: Array) -> str:
    caption = (
        f"{len(dots):,} samples of the model over the regions that hold 50, 90 and 99 % of the "
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
        of_model = float(model[:, k].mean())
        of_exact = float(exact[:, k].mean())
        mean = float(law.mean[k])
        rows.append([f"mean of {name}", of_model, of_exact, mean])
    for k, name in enumerate(COORDINATES):
        of_model = float(model[:, k].std())
        of_exact = float(exact[:, k].std())
        deviation = float(law.covariance[k, k] ** 0.5)
        rows.append([f"standard deviation of {name}", of_model, of_exact, deviation])
    correlations = [_correlation(model), _correlation(exact), _exact_correlation(law)]
    rows.append(["correlation", *correlations])
    model_density = law.density(model)
    exact_density = law.density(exact)
    for share, threshold in zip(SHARES, thresholds, strict=True):
        of_model = float((model_density > threshold).mean())
        of_exact = float((exact_density > threshold).mean())
        rows.append([f"share in the {share:.0%} region", of_model, of_exact, share])
    return Table(HEAD, rows)


def _correlation(points: Array) -> float | None:
    """None where one coordinate is constant."""
    centred = points - points.mean(0)
    spread = float(np.prod(centred.std(0)))
    if spread > 0:
        products = centred[:, 0] * centred[:, 1]
        return float(products.mean()) / spread
    return None


def _exact_correlation(law: Law) -> float:
    variances = np.diag(law.covariance)
    return float(law.covariance[0, 1] / np.sqrt(np.prod(variances)))
