"""Samples of f_T over the exact density of X_1, in d = 1 and d = 2, and along the worst projections
in d > 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..model.schedule import Array
from . import svg
from .chart import PLOT_WIDTH, Cell, Chart, Entry, Figure, Table
from .contours import contours, mass_levels
from .law import Law, distance, worst_directions
from .naming import name_of
from .scales import Span, short

BINS, CURVE = 48, 241
CELLS, SHARES, DOTS = 72, (0.99, 0.9, 0.5), 800
PADDING = 0.12  # of the exact samples' extent, to each side
LEAST_HEIGHT = 0.55  # of a plane's plot area, over its width


def window(exact: Array, padding: float = PADDING) -> tuple[float, float]:
    """From the least to the largest exact sample and a margin: a model far off does not stretch it."""
    low, high = float(exact.min()), float(exact.max())
    pad = padding * (high - low) or 1.0
    return low - pad, high + pad


def sample_figures(c: Certificate, law: Law, samples: dict[str, Array]) -> list[Figure]:
    """One figure in d <= 2, DIRECTIONS of them in d > 2."""
    model, exact = samples["model"], samples["exact"]
    if c.dim == 1:
        return [_line(c, law, model, exact)]
    if c.dim == 2:
        return [_plane(c, law, model, exact)]
    half = len(model) // 2
    chosen = worst_directions(model[:half], exact[:half])
    return [
        _projection(c, law.along(u), name, model[half:] @ u, exact[half:] @ u) for name, u in chosen
    ]


def _line(c: Certificate, law: Law, model: Array, exact: Array) -> Figure:
    chart, picture, table = _densities(
        f"Samples of {name_of(c)} and the exact density", law, model[:, 0], exact[:, 0], "x"
    )
    caption = (
        f"Bars are {len(model):,} one-step samples f_T(Z), the line is the exact density of X₁. Mass between modes, a mode that "
        "is too narrow, or bars above the line in one place and below it in another are the model's errors, where they exceed "
        f"the chance of so many samples.{_outside(chart, model[:, 0])}"
    )
    return Figure("Samples and exact density", caption, picture, table)


def _projection(c: Certificate, law: Law, name: str, model: Array, exact: Array) -> Figure:
    apart = float(distance(model[:, None], exact[:, None])[0])
    chart, picture, table = _densities(
        f"{name_of(c)} along {name}: samples and exact density", law, model, exact, name
    )
    caption = (
        f"Along {name}, chosen on one half of the samples as a direction in which they differ most and drawn on the other half "
        f"({len(model):,}), where the projections are {short(apart)} apart in W₁. Bars are one-step samples, the line is the "
        f"exact density of the projection.{_outside(chart, model)}"
    )
    return Figure(f"Projection: {name}", caption, picture, table)


def _densities(
    label: str, law: Law, model: Array, exact: Array, axis: str
) -> tuple[Chart, Markup, Table]:
    low, high = window(exact)
    edges, x = np.linspace(low, high, BINS + 1), np.linspace(low, high, CURVE)
    heights = np.histogram(model, edges)[0] / len(model) / (edges[1] - edges[0])
    curve = law.density(x[:, None])
    chart = Chart(
        label=label,
        x=Span(low, high),
        y=Span(0.0, 1.08 * float(max(heights.max(), curve.max()))),
        x_title=f"{axis}, in the data's unit",
        y_title="probability density, 1/unit",
        legend=(
            Entry("model", "square", "model f_T(Z)"),
            Entry("exact", "dash", "exact law of X₁"),
        ),
    )
    base, tops = chart.up.at(0.0), chart.up(heights)
    steps = svg.area(
        chart.across(np.repeat(edges, 2)[1:-1]).tolist(),
        np.repeat(tops, 2).tolist(),
        base,
        "model light",
    )
    picture = chart.draw(steps, svg.line(chart.across(x), chart.up(curve), "exact"))
    rows: list[list[Cell]] = [
        ["mean", float(model.mean()), float(exact.mean()), float(law.mean[0])]
    ]
    rows.append(
        [
            "standard deviation",
            float(model.std()),
            float(exact.std()),
            float(law.covariance[0, 0] ** 0.5),
        ]
    )
    shares = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    rows += [
        [f"quantile {p:.0%}", float(np.quantile(model, p)), float(np.quantile(exact, p)), None]
        for p in shares
    ]
    return (
        chart,
        picture,
        Table(("", "samples of the model", "samples of the exact law", "exact law"), rows),
    )


def _outside(chart: Chart, model: Array) -> str:
    count = int(((model < chart.x.low) | (model > chart.x.high)).sum())
    return f" {count:,} of the model's samples lie outside the figure." if count else ""


def _plane(c: Certificate, law: Law, model: Array, exact: Array) -> Figure:
    x, y, height = plane(exact)
    columns, rows = np.linspace(x.low, x.high, CELLS), np.linspace(y.low, y.high, CELLS)
    grid = np.stack(np.meshgrid(columns, rows), -1).reshape(-1, 2)
    density = law.density(grid).reshape(CELLS, CELLS)
    chart = Chart(
        label=f"Samples of {name_of(c)} over contours of the exact density",
        x=x,
        y=y,
        x_title="x₁, in the data's unit",
        y_title="x₂, in the data's unit",
        legend=(
            Entry("model", "circle", "model f_T(Z)"),
            Entry("exact", "dash", "50, 90 and 99 % of the exact law"),
        ),
        height=height,
    )
    marks: list[Markup] = []
    levels = mass_levels(density, SHARES)
    for level in levels:
        closed = contours(density, level) if level > 0 else []
        path = "".join(
            svg.points(chart.across(_at(columns, p[:, 1])), chart.up(_at(rows, p[:, 0]))) + "Z"
            for p in closed
        )
        marks.append(svg.element("path", d=path, class_="contour exact"))
    shown = model[:DOTS]
    marks.append(svg.dots(chart.across(shown[:, 0]), chart.up(shown[:, 1]), "model"))
    out = int(((shown < [x.low, y.low]) | (shown > [x.high, y.high])).any(1).sum())
    caption = (
        f"{len(shown):,} one-step samples f_T(Z) over the regions that hold 50, 90 and 99 % of the exact law of X₁. Samples in "
        "the empty space between regions, or a region that stays empty, are the model's errors; the table has the shares."
        + (f" {out:,} of these samples lie outside the figure." if out else "")
    )
    return Figure(
        "Samples and exact density",
        caption,
        chart.draw(*marks),
        _moments(law, model, exact, levels),
        tall=True,
    )


def plane(*points: Array, padding: float = PADDING) -> tuple[Span, Span, float]:
    """Windows in x and y in which a unit is as long in either, and the height of the plot area."""
    ends = [window(np.concatenate([part[:, k] for part in points]), padding) for k in (0, 1)]
    wide, high = (top - bottom for bottom, top in ends)
    share = min(max(high / wide, LEAST_HEIGHT), 1.0)
    half = 0.5 * max(wide, high / share)
    x, y = ((low + high) / 2 for low, high in ends)
    return Span(x - half, x + half), Span(y - share * half, y + share * half), share * PLOT_WIDTH


def _at(axis: Array, index: Array) -> Array:
    return axis[0] + index * (axis[1] - axis[0])


def _moments(law: Law, model: Array, exact: Array, levels: Sequence[float]) -> Table:
    rows: list[list[Cell]] = []
    for k in (0, 1):
        rows.append(
            [
                f"mean of x{'₁₂'[k]}",
                float(model[:, k].mean()),
                float(exact[:, k].mean()),
                float(law.mean[k]),
            ]
        )
    for k in (0, 1):
        deviation = float(law.covariance[k, k] ** 0.5)
        rows.append(
            [
                f"standard deviation of x{'₁₂'[k]}",
                float(model[:, k].std()),
                float(exact[:, k].std()),
                deviation,
            ]
        )
    correlation = float(law.covariance[0, 1] / np.sqrt(law.covariance[0, 0] * law.covariance[1, 1]))
    rows.append(["correlation", _correlation(model), _correlation(exact), correlation])
    held = [law.density(points) for points in (model, exact)]
    for share, level in zip(SHARES, levels, strict=True):
        inside = [float((values > level).mean()) for values in held]
        rows.append([f"share in the {share:.0%} region", *inside, share])
    return Table(("", "samples of the model", "samples of the exact law", "exact law"), rows)


def _correlation(points: Array) -> float | None:
    centred = points - points.mean(0)
    spread = float(np.prod(centred.std(0)))
    return float((centred[:, 0] * centred[:, 1]).mean()) / spread if spread > 0 else None
