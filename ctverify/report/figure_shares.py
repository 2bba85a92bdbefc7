"""Where accuracy is lost: signed shares of the coupled distance over the noise levels, a bar a
step, beside |d_t|, how far the error moves there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..certificate.budget import Budget
from ..certificate.certificate import Certificate
from ..certificate.sentence import CARRIED, START, bands, first_part
from ..certificate.shares import Shares
from . import svg
from .chart import Cell, Chart, Entry, Figure, Table
from .detail import FULL
from .law import schedule_of
from .naming import name_of
from .numerals import minus, percent, short
from .scales import Span

BEGINNING = {START: "the start at N(0, I)", CARRIED: "what is carried over from the steps before"}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """Steps first..last, from noise level `high` down to `low`, and their sums.

    Attributes:
        moved: of |d_t|.
        model, schedule: of the shares, 0 where there are none.
        model_error, schedule_error: standard errors of those, levels taken as independent.
    """

    first: int
    last: int
    low: float
    high: float
    moved: float
    model: float = 0.0
    schedule: float = 0.0
    model_error: float = 0.0
    schedule_error: float = 0.0

    @property
    def steps(self) -> str:
        """The steps in words."""
        if self.first == self.last:
            return f"{self.first}"
        return f"{self.first} to {self.last}"

    @property
    def above(self) -> float:
        """How high it reaches."""
        return max(self.model, 0.0) + max(self.schedule, 0.0)

    @property
    def below(self) -> float:
        """How deep it reaches, at most 0."""
        return min(self.model, 0.0) + min(self.schedule, 0.0)


def bars(
    budget: Budget, shares: Shares | None, first_sigma: float, most: int = FULL.bars
) -> list[Bar]:
    """Shares and |d_t| of steps; a step t goes from sigma_t down to sigma_{t-1}.

    Arguments:
        budget: Of steps t = 2..T.
        shares: Of the same steps; None where there are none.
        first_sigma: sigma_1, which the budget does not have.
        most: How many bars; beyond them neighbouring steps are summed.

    Returns:
        At most so many bars, each but the last of equally many neighbouring steps.
    """
    sigma = [first_sigma, *budget.sigma]
    stacked = []
    for band in bands(len(budget.t), most):
        parts = {}
        if shares is not None:
            parts = {
                "model": sum(shares.model[band]),
                "schedule": sum(shares.schedule[band]),
                "model_error": math.hypot(*shares.model_error[band]),
                "schedule_error": math.hypot(*shares.schedule_error[band]),
            }
        bar = Bar(
            first=budget.t[band.start],
            last=budget.t[band.stop - 1],
            low=sigma[band.start],
            high=sigma[band.stop],
            moved=sum(budget.step[band]),
            **parts,
        )
        stacked.append(bar)
    return stacked


def shares_figure(certificate: Certificate, most: int = FULL.bars) -> Figure:
    """Signed bars over log sigma, and |d_t|.

    Arguments:
        certificate: One that has a budget; without shares |d_t| stands alone.
        most: How many bars.

    Returns:
        The figure.
    """
    budget = certificate.budget
    assert budget
    shares = certificate.shares
    stacked = bars(budget, shares, sigma_1(certificate), most)
    chart = _chart(certificate, budget, stacked)
    marks = []
    if shares is not None:
        marks += [_stack(chart, bar) for bar in stacked]
    marks += [_zero(chart), _moved(chart, stacked)]
    return Figure(
        title="Where accuracy is lost",
        caption=_caption(certificate, budget),
        svg=chart.draw(*marks),
        table=_table(budget, shares, stacked),
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


def _chart(certificate: Certificate, budget: Budget, stacked: Sequence[Bar]) -> Chart:
    shares = certificate.shares
    moves = Entry("theory", "dash", f"|dₜ|, sum {short(sum(budget.step))}")
    legend: tuple[Entry, ...] = (moves,)
    told = f"the error moves by {sum(budget.step):.3g} in all"
    if shares is not None:
        model = _percent(shares.model_total, shares)
        schedule = _percent(shares.schedule_total, shares)
        told = f"model {model}, schedule {schedule} of {shares.total:.3g}"
        legend = (
            Entry("model", "square", f"model {model}"),
            Entry("exact", "square", f"schedule {schedule}"),
            moves,
        )
    highest = max(max(bar.above, bar.moved) for bar in stacked) or 1.0
    lowest = min(bar.below for bar in stacked)
    margin = 0.06 * (highest - lowest)
    size = stacked[0].last - stacked[0].first + 1
    steps = "step" if size == 1 else f"{size} steps"
    return Chart(
        label=f"Where {name_of(certificate)} loses accuracy, over the noise level: {told}",
        x=Span(stacked[0].low * 0.95, stacked[-1].high * 1.05, log=True),
        y=Span(lowest - margin if lowest < 0 else 0.0, highest + margin),
        x_title="noise level σ (log scale)",
        y_title=f"distance per {steps}, in the data's unit",
        legend=legend,
    )


def _percent(part: float, shares: Shares) -> str:
    """A share with its sign; in the data's unit where there is nothing to share."""
    if not shares.total > 0:
        return short(part)
    return percent(part / shares.total)


def _stack(chart: Chart, bar: Bar) -> Markup:
    """What adds to the error above 0, the model's part first; what takes off from it below."""
    left = chart.across.at(bar.low)
    right = chart.across.at(bar.high)
    right -= min(0.8, 0.2 * (right - left))  # a gap between bars
    parts = []
    above = 0.0
    below = 0.0
    for kind, part in (("model", bar.model), ("exact", bar.schedule)):
        start = above if part >= 0 else below
        ends = sorted((chart.up.at(start), chart.up.at(start + part)))
        parts.append(svg.rectangle(left, ends[0], right, ends[1], kind=kind))
        above += max(part, 0.0)
        below += min(part, 0.0)
    words = (
        f"t = {bar.steps}, σ = {bar.high:.3g}: model {minus(f'{bar.model:.3g}')}, "
        f"schedule {minus(f'{bar.schedule:.3g}')}, |dₜ| {bar.moved:.3g}"
    )
    return svg.element("g", svg.element("title", words), *parts)


def _zero(chart: Chart) -> Markup:
    """The line from which bars go up and down."""
    y = chart.up.at(0.0)
    ends = [chart.across.at(chart.x.low), chart.across.at(chart.x.high)]
    return svg.line(ends, [y, y], "zero")


def _moved(chart: Chart, stacked: Sequence[Bar]) -> Markup:
    """|d_t| as steps."""
    x = []
    y = []
    for bar in stacked:
        height = chart.up.at(bar.moved)
        x += [chart.across.at(bar.low), chart.across.at(bar.high)]
        y += [height, height]
    return svg.line(x, y, "theory")


def _caption(certificate: Certificate, budget: Budget) -> str:
    shares = certificate.shares
    first = first_part(certificate)
    bound = (
        f"The line is |dₜ|, how far the error moves at a level. With {BEGINNING[first]}, "
        f"{short(budget.start)}, and |f₁ − id|, {short(budget.initial)}, it sums to "
        f"{short(budget.total)}, at most {short(budget.total_upper)} at the stated confidence. "
        "That bounds W₁ too, but the bracket's upper end is the tighter one, and for trained "
        "models the sum grows with T, because errors that are fresh at each level average out in "
        "the samples."
    )
    if shares is None:
        return (
            "A high line is a noise level at which the error grows; how much of that is the "
            f"model's and how much the schedule's is not known here. {bound}"
        )
    return (
        "Bars are shares of the mean distance of coupled samples, "
        f"{short(shares.total)}, which they sum to: a noise level at which the model (blue) or the "
        "schedule's step (orange) adds to the error or, below 0, takes off from it. The model's "
        f"share is {_told(shares.model_total, shares.model_total_error, shares)}, the schedule's "
        f"{_told(shares.schedule_total, shares.schedule_total_error, shares)}, that of "
        f"{BEGINNING[first]} {_percent(shares.start, shares)}, that of f₁ "
        f"{_percent(shares.initial, shares)}. {bound}"
    )


def _told(part: float, error: float, shares: Shares) -> str:
    """A share and twice its standard error."""
    if not shares.total > 0:
        return short(part)
    return f"{percent(part / shares.total)} ± {200 * error / shares.total:.0f}"


def _table(budget: Budget, shares: Shares | None, stacked: Sequence[Bar]) -> Table:
    """Without shares the columns of shares are left out."""
    ends: list[tuple[str, float, float | None]] = [
        ("the beginning", budget.start, None if shares is None else shares.start),
        ("|f₁ − id|", budget.initial, None if shares is None else shares.initial),
        ("total", budget.total, None if shares is None else shares.total),
        ("limit of the total", budget.total_upper, None),
        ("limit of the total, for W₂", budget.w2_total_upper, None),
    ]
    if shares is None:
        plain: list[list[Cell]] = [[bar.steps, bar.high, bar.moved] for bar in stacked]
        plain += [[name, None, moved] for name, moved, _ in ends]
        return Table(("step t", "σ", "|dₜ|"), plain)
    rows: list[list[Cell]] = []
    for bar in stacked:
        model = [bar.model, bar.model_error]
        schedule = [bar.schedule, bar.schedule_error]
        rows.append([bar.steps, bar.high, *model, *schedule, None, bar.moved])
    own: list[Cell] = [shares.model_total, shares.model_total_error]
    steps: list[Cell] = [shares.schedule_total, shares.schedule_total_error]
    rows.append(["all steps", None, *own, *steps, None, None])
    for name, moved, share in ends:
        rows.append([name, None, None, None, None, None, share, moved])
    head = ("step t", "σ", "model", "its error", "schedule", "its error", "other share", "|dₜ|")
    return Table(head, rows)
