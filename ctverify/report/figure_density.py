"""Samples in one dimension as bars over the exact density: in d = 1, or of a projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..model.schedule import Array
from . import svg
from .chart import Cell, Chart, Entry, Figure, Table
from .law import Law, distance
from .naming import name_of
from .numerals import short
from .scales import Span
from .windows import outside, window

BINS = 48  # bars
CURVE = 241  # points of the density's curve
QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99)
HEAD = ("", "samples of the model", "samples of the exact law", "exact law")
LEGEND = (
    Entry("model", "square", "model"),
    Entry("exact", "dash", "exact law of X₁"),
)


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples (n,) of the model and of the exact law, the law, and what their axis is called."""

    law: Law
    model: Array
    exact: Array
    axis: str


def density_figure(certificate: Certificate, law: Law, model: Array, exact: Array) -> Figure:
    """The figure of a certificate in d = 1.

    Arguments:
        certificate: Whose samples they are.
        law: The exact law of X_1.
        model, exact: Samples of the model and of the law, (n,) each.

    Returns:
        The figure.
    """
    samples = Samples(law=law, model=model, exact=exact, axis="x")
    label = f"Samples of {name_of(certificate)} and the exact density"
    caption = (
        f"Bars are {len(model):,} samples of the model, the line is the exact density of X₁. "
        "Mass between modes, a mode that is too narrow, or bars above the line in one place and "
        "below it in another are the model's errors, where they exceed the chance of so many "
        f"samples.{_outside(samples)}"
    )
    return Figure(
        title="Samples and exact density",
        caption=caption,
        svg=_picture(label, samples),
        table=_table(samples),
    )


def projection_figure(
    certificate: Certificate, law: Law, name: str, model: Array, exact: Array
) -> Figure:
    """The figure of a projection.

    Arguments:
        certificate: Whose samples they are.
        law: The projection's exact law.
        name: What the direction is called.
        model, exact: Projected samples of the model and of the law, (n,) each.

    Returns:
        The figure.
    """
    samples = Samples(law=law, model=model, exact=exact, axis=name)
    label = f"{name_of(certificate)} along {name}: samples and exact density"
    (w1,) = distance(model[:, None], exact[:, None]).tolist()
    caption = (
        f"Along {name}, chosen on one half of the samples as a direction in which they differ most "
        f"and drawn on the other half ({len(model):,}), where the projections are {short(w1)} "
        "apart in W₁. Bars are samples of the model, the line is the exact density of the "
        f"projection.{_outside(samples)}"
    )
    return Figure(
        title=f"Projection: {name}",
        caption=caption,
        svg=_picture(label, samples),
        table=_table(samples),
    )


def _outside(samples: Samples) -> str:
    count = outside(samples.model, window(samples.exact))
    if count == 0:
        return ""
    return f" {count:,} of the model's samples lie outside the figure."


def _picture(label: str, samples: Samples) -> Markup:
    x_span = window(samples.exact)
    edges = np.linspace(x_span.low, x_span.high, BINS + 1)
    counts = np.histogram(samples.model, edges)[0]
    # Shares of all samples, not of those inside: bars are low where a model is far off.
    shares = counts / len(samples.model)
    heights = shares / (edges[1] - edges[0])
    x = np.linspace(x_span.low, x_span.high, CURVE)
    density = samples.law.density(x[:, None])
    highest = float(max(heights.max(), density.max()))
    chart = Chart(
        label=label,
        x=x_span,
        y=Span(0.0, 1.08 * highest),
        x_title=f"{samples.axis}, in the data's unit",
        y_title="probability density, 1/unit",
        legend=LEGEND,
    )
    return chart.draw(
        _bars(chart, edges, heights),
        svg.line(chart.across(x), chart.up(density), "exact"),
    )


def _bars(chart: Chart, edges: Array, heights: Array) -> Markup:
    sides = np.repeat(edges, 2)[1:-1]
    x = chart.across(sides).tolist()
    y = chart.up(np.repeat(heights, 2)).tolist()
    return svg.area(x, y, base=chart.up.at(0.0), kind="model light")


def _table(samples: Samples) -> Table:
    model = samples.model
    exact = samples.exact
    mean = float(samples.law.mean[0])
    deviation = float(samples.law.covariance[0, 0] ** 0.5)
    rows: list[list[Cell]] = [
        ["mean", float(model.mean()), float(exact.mean()), mean],
        ["standard deviation", float(model.std()), float(exact.std()), deviation],
    ]
    for p in QUANTILES:
        of_model = float(np.quantile(model, p))
        of_exact = float(np.quantile(exact, p))
        rows.append([f"quantile {p:.0%}", of_model, of_exact, None])
    return Table(HEAD, rows)
