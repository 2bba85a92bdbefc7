"""Convergence in T: W_1 of certificates that differ in T alone, the fitted slope, and what theory
lets one expect.

Under schedule (23) the step is r = c1 log T/T, in which errors are linear: in T itself the slope is
-1 + 1/log T at best, so that the fit on r is the one to read.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..certificate.table import model_name
from ..model.schedule import Array
from . import svg
from .chart import Cell, Chart, Entry, Figure, Table
from .naming import name_of, target_name
from .numerals import short
from .scales import span

LHW = "li_huang_wei"
CURVE = 60  # points of a curve
ENDS = (
    "The curves log T/T, the rate on Gaussians, and log⁵T/T, Theorem 1's, pass through the first "
    "point by construction."
)
HEAD = ("T", "r = c₁ log T/T", "W₁ at least", "W₁ at most", "seed")


@dataclass(frozen=True)
class Convergence:
    """Certificates that differ in T alone, by T, and the limits of W_1 that they state."""

    certificates: tuple[Certificate, ...]

    @property
    def kind(self) -> str:
        """The schedule's kind."""
        return str(self.certificates[0].schedule.get("kind", "?"))

    @property
    def model(self) -> str:
        """Target and kind of model."""
        first = self.certificates[0]
        return f"{target_name(first)}, {model_name(first.model)}"

    @cached_property
    def steps(self) -> Array:
        """T, (n,)."""
        return np.array([float(c.steps) for c in self.certificates])

    @cached_property
    def lower(self) -> Array:
        """Lower limits of W_1, (n,)."""
        return np.array([c.w1.lower for c in self.certificates if c.w1])

    @cached_property
    def upper(self) -> Array:
        """Upper limits of W_1, (n,)."""
        return np.array([c.w1.upper for c in self.certificates if c.w1])

    @cached_property
    def exponent(self) -> float:
        """Of the upper limits as a power of T."""
        return slope(self.steps, self.upper)


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn over T besides the limits: both theories' rates and the fit, (n,) each."""

    theorem: Array
    gaussian: Array
    fitted: Array


def groups(certificates: Sequence[Certificate]) -> list[Convergence]:
    """What belongs together.

    Arguments:
        certificates: Of any targets, models and schedules.

    Returns:
        The certificates of each target, kind of model and kind of schedule that have at least two
        different T and brackets above 0.
    """
    alike: dict[str, list[Certificate]] = defaultdict(list)
    for c in certificates:
        if c.w1 is not None and c.w1.upper > 0:
            alike[_key(c)].append(c)
    return [
        Convergence(tuple(sorted(group, key=lambda c: c.steps)))
        for group in alike.values()
        if len({c.steps for c in group}) > 1
    ]


def _key(certificate: Certificate) -> str:
    """The same for certificates that differ in T alone."""
    constants = [certificate.schedule.get(name) for name in ("kind", "c0", "c1")]
    settings = [certificate.target, model_name(certificate.model), constants]
    return json.dumps(settings, sort_keys=True)


def slope(x: Array, y: Array) -> float:
    """The exponent of a power.

    Arguments:
        x, y: Above 0, (n,).

    Returns:
        The slope of log y against log x by least squares.

    Example:
        >>> x = np.array([1.0, 2.0, 4.0])
        >>> print(f"{slope(x, 3 * x**0.5):.3f}")
        0.500
    """
    coefficients = np.polyfit(np.log(x), np.log(y), 1)
    return float(coefficients[0])


def convergence_figure(group: Convergence) -> Figure:
    """W_1 against T, both logarithmic.

    Arguments:
        group: Certificates that differ in T alone.

    Returns:
        The figure.
    """
    T = np.geomspace(group.steps[0], group.steps[-1], CURVE)
    first = float(group.upper[0])
    curves = Curves(
        theorem=_through(_theorem_rate, T, first),
        gaussian=_through(_gaussian_rate, T, first),
        fitted=_fitted(group, T),
    )
    chart = _chart(group, curves)
    across = chart.across(T)
    marks = [
        svg.line(across, chart.up(curves.theorem), "theory dashed"),
        svg.line(across, chart.up(curves.gaussian), "exact dashed"),
        svg.line(across, chart.up(curves.fitted), "model"),
    ]
    for c in group.certificates:
        marks += _limits(c, chart)
    return Figure(
        title=f"Convergence: {group.model}, {group.kind}",
        caption=_caption(group),
        svg=chart.draw(*marks),
        table=_table(group),
    )


def _theorem_rate(T: Array) -> Array:
    return np.log(T) ** 5 / T


def _gaussian_rate(T: Array) -> Array:
    return np.log(T) / T


def _through(rate: Callable[[Array], Array], T: Array, first: float) -> Array:
    """A multiple of the rate that is `first` at the first T."""
    return first * rate(T) / rate(T[:1])


def _fitted(group: Convergence, T: Array) -> Array:
    """The power of T that is fitted: it goes through the means of the logarithms."""
    mean_steps = np.mean(np.log(group.steps))
    mean_upper = np.mean(np.log(group.upper))
    return np.exp(mean_upper + group.exponent * (np.log(T) - mean_steps))


def _limits(certificate: Certificate, chart: Chart) -> list[Markup]:
    """A dot at the upper limit, and a bar down to the lower."""
    w1 = certificate.w1
    assert w1
    x = chart.across.at(certificate.steps)
    low = chart.up.at(w1.lower)
    high = chart.up.at(w1.upper)
    return [
        svg.line([x, x], [low, high], "model"),
        svg.mark("circle", x, high, kind="model", tooltip=name_of(certificate)),
    ]


def _chart(group: Convergence, curves: Curves) -> Chart:
    upper = group.upper
    # Lower limits next to 0 and a theorem far above would leave no room for the rest.
    lower = np.maximum(group.lower, 0.2 * upper)
    theorem = np.minimum(curves.theorem, 2 * upper.max())
    return Chart(
        label=f"Convergence of {group.model}: fitted slope {group.exponent:.2f}",
        x=span(group.steps, log=True),
        y=span(upper, lower, curves.fitted, curves.gaussian, theorem, log=True),
        x_title="number of steps T (log scale)",
        y_title="W₁, in the data's unit (log scale)",
        legend=(
            Entry("model", "circle", "W₁ upper limit, bar to the lower"),
            Entry("model", "dash", f"fit, slope {short(group.exponent, 2)}"),
            Entry("exact dashed", "dash", "log T / T"),
            Entry("theory dashed", "dash", "Theorem 1: log⁵T / T"),
        ),
    )


def _caption(group: Convergence) -> str:
    fit = (
        "Points on a straight line are a power of T, here T to the "
        f"{short(group.exponent, 3)} by least squares on the upper limits"
    )
    if group.kind != LHW:
        return f"{fit}. {ENDS}"
    r = np.log(group.steps) / group.steps
    in_r = short(slope(r, group.upper), 3)
    return (
        f"{fit}. Under schedule (23) the step is r = c₁ log T/T, not 1/T: a slope in T above −1 "
        f"does not contradict the theory. Read the fit on r instead, W₁ as r to the {in_r}, where "
        f"1 is the rate on Gaussians. {ENDS}"
    )


def _table(group: Convergence) -> Table:
    return Table(HEAD, [_cells(c) for c in group.certificates])


def _cells(certificate: Certificate) -> list[Cell]:
    w1 = certificate.w1
    assert w1
    return [certificate.steps, _r(certificate), w1.lower, w1.upper, certificate.seed]


def _r(certificate: Certificate) -> float | None:
    """c1 log T/T under schedule (23)."""
    c1 = certificate.schedule.get("c1")
    if certificate.schedule.get("kind") != LHW or not isinstance(c1, int | float):
        return None
    return c1 * math.log(certificate.steps) / certificate.steps
