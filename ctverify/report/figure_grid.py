"""How a grid of starts is carried: by f_T and by the exact flow Phi_T, from the same starts x at
level T.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from ..certificate.certificate import Certificate
from ..model.schedule import Array
from . import svg
from .chart import Chart, Entry, Figure, Table
from .figure_samples import plane
from .naming import name_of
from .scales import Span, span

LINES = 13  # drawn in each direction in d = 2
EXACT, MODEL, DASHED = (
    Entry(kind, "dash", words)
    for kind, words in (
        ("exact", "exact flow Φ_T"),
        ("model", "model f_T"),
        ("model dashed", "model f_T"),
    )
)
RINGS = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, math.inf))


def grid_figure(c: Certificate, grid: Mapping[str, Array]) -> Figure:
    """From the arrays grid_z, grid_model and grid_exact of `keep_samples`."""
    z, model, exact = (grid[name] for name in ("grid_z", "grid_model", "grid_exact"))
    return _line(c, z, model, exact) if c.dim == 1 else _plane(c, z, model, exact)


def is_grid(grid: Mapping[str, Array], dim: int) -> bool:
    """Whether the arrays are there and, in d = 2, make up a square grid."""
    if "grid_z" not in grid or dim > 2:
        return False
    side = math.isqrt(len(grid["grid_z"]))
    return dim == 1 or (side**2 == len(grid["grid_z"]) and side >= 2)


def _line(c: Certificate, z: Array, model: Array, exact: Array) -> Figure:
    order = np.argsort(z[:, 0])
    z, model, exact = z[order, 0], model[order, 0], exact[order, 0]
    low, high = float(exact.min()), float(exact.max())
    pad = 0.15 * (high - low) or 1.0
    chart = Chart(
        label=f"The map of {name_of(c)} and the exact flow",
        x=Span(float(z[0]), float(z[-1])) if z[0] < z[-1] else span(z),
        y=Span(low - pad, high + pad),
        x_title="start x at level T",
        y_title="where x is carried, in the data's unit",
        legend=(EXACT, DASHED),
    )
    across = chart.across(z)
    picture = chart.draw(
        svg.line(across, chart.up(exact), "exact"),
        svg.line(across, chart.up(model), "model dashed"),
    )
    caption = (
        "The one-step map x to f_T(x), dashed, against the exact flow Φ_T, solid. The flow is increasing, flat over a mode and "
        "steep between modes; a model that smooths a steep place puts samples between the modes."
    )
    rows = [
        (float(z[i]), float(model[i]), float(exact[i]), float(model[i] - exact[i]))
        for i in range(0, len(z), 10)
    ]
    return Figure(
        "How starts are carried",
        caption,
        picture,
        Table(("x", "f_T(x)", "Φ_T(x)", "f_T(x) − Φ_T(x)"), rows),
    )


def _plane(c: Certificate, z: Array, model: Array, exact: Array) -> Figure:
    x, y, height = plane(exact, padding=0.06)
    chart = Chart(
        label=f"A grid carried by {name_of(c)} and by the exact flow",
        x=x,
        y=y,
        x_title="x₁, in the data's unit",
        y_title="x₂, in the data's unit",
        legend=(EXACT, MODEL),
        height=height,
    )
    marks = [
        svg.lines(_mesh(chart, points), f"thin {kind}")
        for points, kind in ((exact, "exact"), (model, "model"))
    ]
    caption = (
        "An even grid of starts within 3 standard deviations of 0, as the exact flow Φ_T and the model f_T carry it. Where the "
        "meshes lie on each other the model is exact; the mesh is wide where the target is thin. The table has distances by ring."
    )
    return Figure(
        "How a grid is carried", caption, chart.draw(*marks), _rings(z, model, exact), tall=True
    )


def _mesh(chart: Chart, points: Array) -> Iterator[tuple[Array, Array]]:
    side = math.isqrt(len(points))
    x, y = (
        chart.across(points[:, 0]).reshape(side, side),
        chart.up(points[:, 1]).reshape(side, side),
    )
    for i in range(0, side, max(1, round((side - 1) / (LINES - 1)))):
        yield x[i], y[i]
        yield x[:, i], y[:, i]


def _rings(z: Array, model: Array, exact: Array) -> Table:
    radius, apart = np.linalg.norm(z, axis=1), np.linalg.norm(model - exact, axis=1)
    rows = []
    for low, high in RINGS:
        inside = apart[(radius >= low) & (radius < high)]
        if len(inside):
            name = f"{low:g} to {high:g}" if math.isfinite(high) else f"above {low:g}"
            rows.append((name, len(inside), float(inside.mean()), float(inside.max())))
    return Table(("|x|", "grid points", "mean of |f_T(x) − Φ_T(x)|", "largest"), rows)
