"""A sampler of several steps: the bracket on W_1 after each."""

from __future__ import annotations

from markupsafe import Markup

from ..certificate.certificate import Certificate, StepLimits
from . import svg
from .chart import BOTTOM, RIGHT, WIDTH, Entry, Figure, Table, arranged, drawing, legend_marks
from .chart import x_axis as axis_across
from .naming import name_of
from .numerals import short
from .scales import Scale, span

ROW = 30.0  # height of a step
NAMES = 74.0  # room for the steps' names
TOP = 24.0  # room for the legend
LEGEND = (
    Entry("model", "square", "limits on W₁"),
    Entry("model hollow", "circle", "estimates of its two ends"),
)
CAPTION = (
    "W₁ between the samples after each step and their target: it lies in the bar. A step starts "
    "from the samples so far, noised to the level t; more steps need not be better."
)
AXIS = "W₁, in the data's unit of length"
HEAD = ("step", "t", "W₁ at least", "W₁ at most", "estimates: from", "to")


def sampler_figure(certificate: Certificate) -> Figure:
    """One row a step.

    Arguments:
        certificate: One of a sampler.

    Returns:
        The figure.
    """
    sampler = certificate.sampler
    assert sampler is not None
    uppers = [w1.upper for w1 in sampler.w1]
    lowers = [max(w1.lower, 0.02 * w1.upper) for w1 in sampler.w1]
    across = span(lowers, uppers, log=True, margin=0.1).scale(NAMES, WIDTH - RIGHT)
    bottom = TOP + ROW * len(sampler.levels)
    marks = legend_marks(arranged(LEGEND), 8.0, right=WIDTH)
    marks += axis_across(across, TOP, bottom, label_y=bottom + 15)
    spoken = []
    rows = []
    for i, (level, w1) in enumerate(zip(sampler.levels, sampler.w1, strict=True)):
        name = f"{i + 1}: t = {level}"
        marks += _row(name, w1, across, TOP + ROW * (i + 0.5))
        spoken.append(f"step {name}, {w1.lower:.3g} to {w1.upper:.3g}")
        estimates = [w1.lower_estimate, w1.upper_estimate]
        rows.append([i + 1, level, w1.lower, w1.upper, *estimates])
    marks.append(svg.text(AXIS, WIDTH - RIGHT, bottom + 33, kind="t faint", anchor="end"))
    label = f"W1 of {name_of(certificate)} after each step: {'; '.join(spoken)}"
    return Figure(
        title="Step by step",
        caption=_caption(sampler.w1),
        svg=drawing(label, bottom + BOTTOM, *marks),
        table=Table(HEAD, rows),
    )


def _row(name: str, w1: StepLimits, across: Scale, y: float) -> list[Markup]:
    words = f"W₁ from {w1.lower:.5g} to {w1.upper:.5g}"
    left = across.at(w1.lower) - 1
    right = across.at(w1.upper) + 1
    marks = [
        svg.text(name, 0, y + 4, room=NAMES - 6),
        svg.rectangle(left, y - 5, right, y + 5, kind="model", tooltip=words),
    ]
    for estimate in (w1.lower_estimate, w1.upper_estimate):
        marks.append(svg.mark("circle", across.at(estimate), y, kind="model hollow"))
    return marks


def _caption(steps: tuple[StepLimits, ...]) -> str:
    first = steps[0]
    last = steps[-1]
    if last.lower > first.upper:
        told = "Here they make it worse."
    elif last.upper < first.lower:
        told = "Here they make it better."
    else:
        told = "Here the limits do not tell the first step's W₁ from the last one's."
    ends = f"{short(first.upper_estimate)} to {short(last.upper_estimate)}"
    return f"{CAPTION} {told} The estimate of the upper end goes from {ends}."
