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
from .naming import name_of
from .scales import Span, span
from .windows import plane

MESH_LINES = 13  # drawn in each direction in d = 2
EVERY = 10  # of how many starts in d = 1 one is in the table
EXACT = Entry("exact", "dash", "exact flow Φ_T")
MODEL = Entry("model", "dash", "model f_T")
MODEL_DASHED = Entry("model dashed", "dash", "model f_T")
RINGS = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0), (3.0, math.inf))
CURVE_CAPTION = (
    "The one-step map x to f_T(x), dashed, against the exact flow Φ_T, solid. The flow is "
    "increasing, flat over a mode and steep between modes; a model that smooths a steep place puts "
    "samples between the modes."
)
MESH_CAPTION = (
    "An even grid of starts within 3 standard deviations of 0, as the exact flow Φ_T and the model "
    "f_T carry it. Where the meshes lie on each other the model is exact; the mesh is wide where "
    "the target is thin. The table has distances by ring."
)


def grid_figure(certificate: Certificate, arrays: Mapping[str, Array]) -> Figure:
    """The carried grid.

    Arguments:
        certificate: In d = 1 or 2.
        arrays: grid_z, grid_model and grid_exact of `keep_samples`, (n, d) each: the starts, and
            where f_T and Phi_T carry them.

    Returns:
        Two curves in d = 1, two meshes in d = 2.
    """
    starts = arrays["grid_z"]
    model = arrays["grid_model"]
    exact = arrays["grid_exact"]
    if certificate.dim == 1:
        return _curves(certificate, starts.ravel(), model.ravel(), exact.ravel())
    return _meshes(certificate, starts, model, exact)


def is_grid(arrays: Mapping[str, Array], dim: int) -> bool:
    """Whether there is a grid to draw.

    Arguments:
        arrays: Kept arrays by name.
        dim: d.

    Returns:
        Whether the grid's arrays are there, d is 1 or 2 and, in d = 2, they make up a square.
    """
    if "grid_z" not in arrays or dim > 2:
        return False
    if dim == 1:
        return True
    count = len(arrays["grid_z"])
    side = math.isqrt(count)
    return side >= 2 and side**2 == count


def _curves(certificate: Certificate, starts: Array, model: Array, exact: Array) -> Figure:
    order = np.argsort(starts)
    starts = starts[order]
    model = model[order]
    exact = exact[order]
    low = float(exact.min())
    high = float(exact.max())
    padding = 0.15 * (high - low) or 1.0
    first = float(starts[0])
    last = float(starts[-1])
    chart = Chart(
        label=f"The map of {name_of(certificate)} and the exact flow",
        x=Span(first, last) if first < last else span(starts),
        y=Span(low - padding, high + padding),
        x_title="start x at level T",
        y_title="where x is carried, in the data's unit",
        legend=(EXACT, MODEL_DASHED),
    )
    across = chart.across(starts)
    picture = chart.draw(
        svg.line(across, chart.up(exact), "exact"),
        svg.line(across, chart.up(model), "model dashed"),
    )
    columns = np.stack([starts, model, exact, model - exact], axis=1)
    return Figure(
        title="How starts are carried",
        caption=CURVE_CAPTION,
        svg=picture,
        table=Table(("x", "f_T(x)", "Φ_T(x)", "f_T(x) − Φ_T(x)"), columns[::EVERY].tolist()),
    )


def _meshes(certificate: Certificate, starts: Array, model: Array, exact: Array) -> Figure:
    x, y, height = plane(exact, padding=0.06)
    chart = Chart(
        label=f"A grid carried by {name_of(certificate)} and by the exact flow",
        x=x,
        y=y,
        x_title="x₁, in the data's unit",
        y_title="x₂, in the data's unit",
        legend=(EXACT, MODEL),
        height=height,
    )
    picture = chart.draw(
        svg.lines(_mesh(chart, exact), "thin exact"),
        svg.lines(_mesh(chart, model), "thin model"),
    )
    return Figure(
        title="How a grid is carried",
        caption=MESH_CAPTION,
        svg=picture,
        table=_rings(starts, model, exact),
    )


def _mesh(chart: Chart, carried: Array) -> Iterator[tuple[Array, Array]]:
    """Lines of the grid in both directions, about MESH_LINES in each."""
    side = math.isqrt(len(carried))
    nodes = carried.reshape(side, side, 2)
    x = chart.across(nodes[..., 0])
    y = chart.up(nodes[..., 1])
    step = max(1, round((side - 1) / (MESH_LINES - 1)))
    for i in range(0, side, step):
        yield x[i], y[i]
        yield x[:, i], y[:, i]


def _rings(starts: Array, model: Array, exact: Array) -> Table:
    """Distances between both maps, by the distance of the start from 0."""
    radius = np.linalg.norm(starts, axis=1)
    distance = np.linalg.norm(model - exact, axis=1)
    rows = []
    for low, high in RINGS:
        inside = distance[(radius >= low) & (radius < high)]
        if len(inside) > 0:
            ring = f"{low:g} to {high:g}" if math.isfinite(high) else f"above {low:g}"
            mean = float(inside.mean())
            largest = float(inside.max())
            rows.append((ring, len(inside), mean, largest))
    return Table(("|x|", "grid points", "mean of |f_T(x) − Φ_T(x)|", "largest"), rows)
