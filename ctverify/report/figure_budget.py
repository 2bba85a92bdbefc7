"""The error budget over the noise levels: the model's defect and the discretisation's, stacked, a
bar a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..certificate.budget import Budget
from ..certificate.certificate import Certificate
from . import svg
from .chart import Chart, Entry, Figure, Table
from .law import schedule_of
from .naming import name_of
from .scales import Span, short

MOST_BARS = 64  # beyond which neighbouring steps are summed


@dataclass(frozen=True)
class Bar:
    """Steps first..last, from noise level `high` down to `low`, and the sums of their defects."""

    first: int
    last: int
    low: float
    high: float
    model: float
    discretisation: float

    @property
    def steps(self) -> str:
        """The steps in words."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


def bars(budget: Budget, first_sigma: float) -> list[Bar]:
    """At most MOST_BARS bars; a step t goes from sigma_t down to sigma_{t-1}."""
    size, n = -(-len(budget.t) // MOST_BARS), len(budget.t)
    edges = [first_sigma, *budget.sigma]
    cuts = [(i, min(i + size, n)) for i in range(0, n, size)]
    sums = [
        (sum(budget.model_defect[i:j]), sum(budget.discretisation_defect[i:j])) for i, j in cuts
    ]
    return [
        Bar(budget.t[i], budget.t[j - 1], edges[i], edges[j], *both)
        for (i, j), both in zip(cuts, sums, strict=True)
    ]


def budget_figure(c: Certificate) -> Figure:
    """Stacked bars over log sigma."""
    assert c.budget
    found = bars(c.budget, sigma_1(c))
    highest = max(bar.model + bar.discretisation for bar in found) or 1.0
    model, discretisation = sum(c.budget.model_defect), sum(c.budget.discretisation_defect)
    size = found[0].last - found[0].first + 1
    chart = Chart(
        label=f"Error budget of {name_of(c)} over the noise level: model {model:.3g}, discretisation {discretisation:.3g}",
        x=Span(found[0].low * 0.95, found[-1].high * 1.05, True),
        y=Span(0.0, 1.06 * highest),
        x_title="noise level σ (log scale)",
        y_title=f"defect per {'step' if size == 1 else f'{size} steps'}, in the data's unit",
        legend=(
            Entry("model", "square", f"model {_share(model, c.budget)}"),
            Entry("exact", "square", f"discretisation {_share(discretisation, c.budget)}"),
        ),
    )
    return Figure(
        "Error budget",
        _caption(c.budget, found),
        chart.draw(*_marks(chart, found)),
        _table(c.budget, found),
    )


def _marks(chart: Chart, found: Sequence[Bar]) -> list[Markup]:
    marks = []
    for bar in found:
        left, right = chart.across.at(bar.low), chart.across.at(bar.high)
        right -= min(0.8, 0.2 * (right - left))  # a gap between bars
        base, middle, top = (
            chart.up.at(v) for v in (0.0, bar.model, bar.model + bar.discretisation)
        )
        words = f"t = {bar.steps}, σ = {bar.high:.3g}: model {bar.model:.3g}, discretisation {bar.discretisation:.3g}"
        both = (
            svg.rectangle(left, middle, right, base, "model"),
            svg.rectangle(left, top, right, middle, "exact"),
        )
        marks.append(svg.element("g", svg.element("title", words), *both))
    return marks


def sigma_1(c: Certificate) -> float:
    """The least noise level, from the schedule's spec, or by the ratio of the next two where that
    cannot be read.
    """
    assert c.budget
    sigma = c.budget.sigma
    fallback = sigma[0] * (sigma[0] / sigma[1] if len(sigma) > 1 else 0.5)
    try:
        first = float(schedule_of(c).sigma[1])
    except (TypeError, ValueError, LookupError):
        return fallback
    return first if 0 < first < sigma[0] else fallback


def _share(value: float, budget: Budget) -> str:
    return f"{short(value)} ({value / budget.total:.0%})" if budget.total else short(value)


def _caption(budget: Budget, found: Sequence[Bar]) -> str:
    peak = max(found, key=lambda bar: bar.model + bar.discretisation)
    worse = "the model's" if peak.model >= peak.discretisation else "the schedule's"
    return (
        "Where accuracy is lost: a high bar is a noise level at which the model (below) or the schedule's step (above) errs. "
        f"The highest is at σ = {short(peak.high)}, and mostly {worse}. Together with the start at N(0, I), "
        f"{short(budget.start)}, and |f₁ − id|, {short(budget.initial)}, the bars sum to {short(budget.total)}; the limit at the"
        f" stated confidence is {short(budget.total_upper)}."
    )


def _table(budget: Budget, found: Sequence[Bar]) -> Table:
    rows = [(bar.steps, bar.high, bar.model, bar.discretisation) for bar in found]
    ends = [
        ("start at N(0, I)", None, budget.start, None),
        ("|f₁ − id|", None, budget.initial, None),
    ]
    totals = [
        ("total", None, budget.total, None),
        ("limit of the total", None, budget.total_upper, None),
    ]
    return Table(("step t", "σ", "model", "discretisation"), [*rows, *ends, *totals])
