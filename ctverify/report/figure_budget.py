"""The error budget over the noise levels: the model's defect and the discretisation's, stacked, a
bar a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..certificate.chain_defects import ChainDefects
from . import svg
from .chart import Chart, Entry, Figure, Table
from .law import schedule_of
from .naming import name_of
from .numerals import short
from .scales import Span

MAX_BARS = 64  # beyond which neighbouring steps are summed


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
        if self.first == self.last:
            return f"{self.first}"
        return f"{self.first} to {self.last}"

    @property
    def total(self) -> float:
        """Both defects."""
        return self.model + self.discretisation


def bars(budget: ChainDefects, first_sigma: float) -> list[Bar]:
    """The defects of steps; a step t goes from sigma_t down to sigma_{t-1}.

    Arguments:
        budget: Of steps t = 2..T.
        first_sigma: sigma_1, which the budget does not have.

    Returns:
        At most MAX_BARS bars, each but the last of equally many neighbouring steps.
    """
    count = len(budget.t)
    size = -(-count // MAX_BARS)  # rounded up
    sigma = [first_sigma, *budget.sigma]
    stacked = []
    for first in range(0, count, size):
        end = min(first + size, count)
        bar = Bar(
            first=budget.t[first],
            last=budget.t[end - 1],
            low=sigma[first],
            high=sigma[end],
            model=sum(budget.model_defect[first:end]),
            discretisation=sum(budget.discretisation_defect[first:end]),
        )
        stacked.append(bar)
    return stacked


def budget_figure(certificate: Certificate) -> Figure:
    """Stacked bars over log sigma.

    Arguments:
        certificate: One that has a budget.

    Returns:
        The figure.
    """
    budget = certificate.budget
    assert budget
    stacked = bars(budget, sigma_1(certificate))
    chart = _chart(certificate, budget, stacked)
    marks = [_stack(chart, bar) for bar in stacked]
    return Figure(
        title="Error budget",
        caption=_caption(budget, stacked),
        svg=chart.draw(*marks),
        table=_table(budget, stacked),
    )


def sigma_1(certificate: Certificate) -> float:
    """The least noise level.

    Arguments:
        certificate: One that has a budget.

    Returns:
        sigma_1 of the schedule's spec; where that cannot be read, as far below sigma_2 as that is
        below sigma_3, or half of it where there is no sigma_3.
    """
    assert certificate.budget
    sigma = certificate.budget.sigma
    guess = sigma[0] * 0.5
    if len(sigma) > 1:
        guess = sigma[0] * (sigma[0] / sigma[1])
    try:
        first = float(schedule_of(certificate).sigma[1])
    except (TypeError, ValueError, LookupError):
        return guess
    if not 0 < first < sigma[0]:
        return guess
    return first


def _chart(certificate: Certificate, budget: ChainDefects, stacked: Sequence[Bar]) -> Chart:
    model = sum(budget.model_defect)
    discretisation = sum(budget.discretisation_defect)
    label = (
        f"Error budget of {name_of(certificate)} over the noise level: model {model:.3g}, "
        f"discretisation {discretisation:.3g}"
    )
    highest = max(bar.total for bar in stacked) or 1.0
    size = stacked[0].last - stacked[0].first + 1
    steps = "step" if size == 1 else f"{size} steps"
    return Chart(
        label=label,
        x=Span(stacked[0].low * 0.95, stacked[-1].high * 1.05, log=True),
        y=Span(0.0, 1.06 * highest),
        x_title="noise level σ (log scale)",
        y_title=f"defect per {steps}, in the data's unit",
        legend=(
            Entry("model", "square", f"model {_share(model, budget)}"),
            Entry("exact", "square", f"discretisation {_share(discretisation, budget)}"),
        ),
    )


def _share(value: float, budget: ChainDefects) -> str:
    if not budget.total:
        return short(value)
    return f"{short(value)} ({value / budget.total:.0%})"


def _stack(chart: Chart, bar: Bar) -> Markup:
    """The model's part of a bar below, the discretisation's above."""
    left = chart.across.at(bar.low)
    right = chart.across.at(bar.high)
    right -= min(0.8, 0.2 * (right - left))  # a gap between bars
    base = chart.up.at(0.0)
    middle = chart.up.at(bar.model)
    top = chart.up.at(bar.total)
    words = (
        f"t = {bar.steps}, σ = {bar.high:.3g}: model {bar.model:.3g}, "
        f"discretisation {bar.discretisation:.3g}"
    )
    return svg.element(
        "g",
        svg.element("title", words),
        svg.rectangle(left, middle, right, base, kind="model"),
        svg.rectangle(left, top, right, middle, kind="exact"),
    )


def _caption(budget: ChainDefects, stacked: Sequence[Bar]) -> str:
    peak = max(stacked, key=lambda bar: bar.total)
    worse = "the model's" if peak.model >= peak.discretisation else "the schedule's"
    return (
        "Where accuracy is lost: a high bar is a noise level at which the model (below) or the "
        f"schedule's step (above) errs. The highest is at σ = {short(peak.high)}, and mostly "
        f"{worse}. Together with the start at N(0, I), {short(budget.start)}, and |f₁ − id|, "
        f"{short(budget.initial)}, the bars sum to {short(budget.total)}; the limit at the stated "
        f"confidence is {short(budget.total_upper)}."
    )


def _table(budget: ChainDefects, stacked: Sequence[Bar]) -> Table:
    head = ("step t", "σ", "model", "discretisation")
    rows = [(bar.steps, bar.high, bar.model, bar.discretisation) for bar in stacked]
    sums = [
        ("start at N(0, I)", None, budget.start, None),
        ("|f₁ − id|", None, budget.initial, None),
        ("total", None, budget.total, None),
        ("limit of the total", None, budget.total_upper, None),
    ]
    return Table(head, [*rows, *sums])
