"""A certificate in one plain sentence: how far off the samples are, how sure that is, at which
noise levels and for which reason.

A reason is named only where the shares (shares.py) carry it: a part leads where it is more than
60 % of the coupled distance by two standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .bracket import Bracket
    from .certificate import Certificate
    from .flow_shares import FlowMapPart, StepShares
    from .shares import Shares

TIGHT = 0.75  # lower over upper estimate from which one number tells both
LEADS = 0.6  # of the coupled distance
WORTH = 0.1  # of it: what is told of where no part leads
APART = 1.2  # of the distance: a coupled distance beyond it is named
NOTHING = 5e-5  # of the whole: a share that is written as 0
ERRORS = 2.0  # standard errors that tell a part from that, and from nothing
VAGUE = 0.15  # standard error of a share, twice, beyond which shares are not told
BANDS = 8  # of neighbouring noise levels
TELLING = 0.2  # of a part: the least that a band holds which is named
SOLVER = 1e-5  # of the spread: an error of the solver's size
CANCELLING = 2.0  # beyond which a share of what is left says little

MODEL = "the model"
SCHEDULE = "the schedule"
START = "the start at N(0, I)"
CARRIED = "carried over from the steps before"
FIRST = "f_1, which is not the identity"
ADVICE = {
    MODEL: "train longer, or a larger model",
    SCHEDULE: "try `ctverify schedule optimal`, or more levels",
    START: "let the schedule end at a larger sigma",
    CARRIED: "improve the model at the levels of those steps",
    FIRST: "build the boundary condition into the model",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the coupled distance, as shares of it.

    Attributes:
        name: what it is.
        share: 1 is all of it; may be negative.
        error: its standard error, 0 where none is known.
    """

    name: str
    share: float
    error: float


def sentence(certificate: Certificate) -> str:
    """What a certificate says, in a sentence or two.

    Arguments:
        certificate: of any kind, also one without numbers.

    Returns:
        A text without line breaks; commands stand between backticks.
    """
    w1 = certificate.w1
    if w1 is None:
        return _nothing(certificate)
    if not math.isfinite(w1.upper_estimate):
        return "How far off the samples are is not known: f leaves the range of float64."
    words = _distance(w1, certificate.confidence) + _reason(certificate, w1) + "."
    return " ".join([*_doubts(certificate), words, *_steps(certificate)])


def bands(count: int, most: int) -> list[slice]:
    """Neighbouring levels put together.

    Arguments:
        count: how many levels there are, at least 1.
        most: how many bands there may be, at least 1.

    Returns:
        Their slices in order, each but the last of equally many levels.

    Example:
        >>> bands(5, 3)
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    size = -(-count // most)  # rounded up
    return [slice(low, min(low + size, count)) for low in range(0, count, size)]


def percent(share: float) -> str:
    """A share in whole percent, with one digit below 1 % and none below 0.005 %.

    Arguments:
        share: 1 is 100 %; may be negative.

    Returns:
        The number and its sign.

    Example:
        >>> percent(0.804), percent(0.004), percent(-0.2)
        ('80 %', '0.4 %', '-20 %')
    """
    value = 100 * share
    if abs(share) < NOTHING:
        return "0 %"
    if abs(value) < 0.995:
        return f"{value:.1g} %"
    return f"{value:.0f} %"


def parts(certificate: Certificate) -> list[Part]:
    """What the coupled distance is made of.

    Arguments:
        certificate: one that has shares.

    Returns:
        Model, schedule, start and f_1, which sum to 1.
    """
    shares = certificate.shares
    assert shares is not None
    model = shares.model_total / shares.total
    model_error = shares.model_total_error / shares.total
    schedule = shares.schedule_total / shares.total
    schedule_error = shares.schedule_total_error / shares.total
    return [
        Part(name=MODEL, share=model, error=model_error),
        Part(name=SCHEDULE, share=schedule, error=schedule_error),
        Part(name=first_part(certificate), share=shares.start / shares.total, error=0.0),
        Part(name=FIRST, share=shares.initial / shares.total, error=0.0),
    ]


def first_part(certificate: Certificate) -> str:
    """What the part `start` is: of several steps the error that the last one, or those
    after the last noise, begin with.
    """
    sampler = certificate.sampler
    if sampler is not None and len(sampler.levels) > 1:
        return CARRIED
    flow = certificate.flow_map
    return START if flow is None or flow.top == certificate.steps else CARRIED


def _nothing(certificate: Certificate) -> str:
    """Of a model without numbers."""
    failed = [verdict for verdict in certificate.verdicts if verdict.status == "fail"]
    reason = "; ".join(verdict.detail or verdict.law for verdict in failed)
    if not reason:
        return "Nothing was measured."
    return f"Nothing was measured: {reason}."


def _doubts(certificate: Certificate) -> list[str]:
    """What stands against the numbers."""
    failed = []
    for verdict in certificate.verdicts:
        if verdict.kind == "sanity" and verdict.status == "fail":
            failed.append(verdict.law)
    if not failed:
        return []
    laws = ", ".join(f'"{law}"' for law in failed)
    return [f"Not to be relied on: {laws} fails."]


def _distance(w1: Bracket, confidence: float) -> str:
    """How far off, how sure that is, and what that is of the spread."""
    limits = f"limits {w1.lower:.3g} and {w1.upper:.3g} at {100 * confidence:.6g} %"
    if w1.lower_estimate >= TIGHT * w1.upper_estimate:
        words = f"Samples are {w1.upper_estimate:.2g} off ({limits})"
    else:
        low = max(0.0, w1.lower_estimate)
        words = f"Samples are {low:.2g} to {w1.upper_estimate:.2g} off ({limits})"
    if not w1.scale:
        return words
    if w1.lower > w1.scale:
        return f"{words}, more than a constant model's {w1.scale:.2g}"
    share = percent(w1.upper_estimate / w1.scale)
    at_most = "" if w1.lower_estimate >= TIGHT * w1.upper_estimate else "at most "
    return f"{words}, {at_most}{share} of the spread"


def _reason(certificate: Certificate, w1: Bracket) -> str:
    """Whose it is, at which levels, and what to do."""
    shares = certificate.shares
    if certificate.flow_map is not None and certificate.flow_map.shares is not None:
        return _flow_reason(certificate.flow_map, certificate.flow_map.shares)
    if shares is None or not shares.total > 0:
        solved = w1.scale is not None and w1.upper_estimate <= SOLVER * w1.scale
        return "; too little to ask for a reason" if solved else ""
    every = parts(certificate)
    whole = "it"
    if shares.total > APART * w1.upper_estimate:
        whole = f"the coupled distance, {shares.total:.2g},"
    lead = max(every, key=lambda part: part.share)
    if lead.share > CANCELLING:
        return f"; larger errors cancel in it, the largest is {lead.name}: {ADVICE[lead.name]}"
    if lead.share - ERRORS * lead.error > LEADS:
        told = f"{percent(lead.share)} of {whole} is {lead.name}{_levels(certificate, lead)}"
        return f"; {told}{_cancelled(every, lead)}: {ADVICE[lead.name]}"
    if max(part.error for part in every) * ERRORS > VAGUE:
        return "; whether by the model or by the schedule cannot be told from so few samples"
    ordered = sorted(every, key=lambda part: -part.share)
    first, *others = [part for part in ordered if part.share > WORTH]
    words = [f"{percent(first.share)} of {whole} is {first.name}"]
    words += [f"{percent(part.share)} {part.name}" for part in others]
    return f"; {', '.join(words)}"


def _flow_reason(sampler: FlowMapPart, shares: StepShares) -> str:
    """Which step of a two-time map's sampler adds most, if that is told from half."""
    if len(shares.step) == 1:
        return ""
    most = max(range(len(shares.step)), key=lambda k: shares.step[k])
    share = shares.step[most] / shares.total
    error = shares.step_error[most] / shares.total
    if share > CANCELLING:
        return "; larger errors of its steps cancel in it"
    if share - ERRORS * error <= LEADS:
        return ""
    where = f"t = {sampler.levels[most]} to {sampler.landings[most]}"
    return f"; {percent(share)} of the coupled distance is made by step {most + 1}, {where}"


def _cancelled(every: Sequence[Part], lead: Part) -> str:
    """What the other one of model and schedule takes off."""
    whose = {MODEL: "the model's", SCHEDULE: "the schedule's"}
    for part in every:
        negative = part.share + ERRORS * part.error < 0
        if part is not lead and part.name in whose and negative:
            return f", of which {whose[part.name]} error cancels {percent(-part.share)}"
    return ""


def _levels(certificate: Certificate, lead: Part) -> str:
    """Where most of the leading part comes from, if that stands out."""
    shares = certificate.shares
    budget = certificate.budget
    if shares is None or budget is None or lead.name not in (MODEL, SCHEDULE):
        return ""
    values, errors = _profile(shares, lead.name)
    total = sum(values)
    sums = {band.start: sum(values[band]) for band in bands(len(values), BANDS)}
    first = max(sums, key=lambda start: sums[start])
    (highest,) = (band for band in bands(len(values), BANDS) if band.start == first)
    share = sums[first]
    error = math.hypot(*errors[highest])
    if share < TELLING * total or share < ERRORS * error:
        return ""
    high = budget.sigma[highest.stop - 1]
    if highest.start == 0:
        return f", above all below sigma {high:.2g}"
    # a step t goes from sigma_t down to sigma_{t-1}
    low = budget.sigma[highest.start - 1]
    return f", above all at sigma {low:.2g} to {high:.2g}"


def _profile(shares: Shares, name: str) -> tuple[list[float], list[float]]:
    """A part by level, and its standard errors."""
    if name == MODEL:
        return shares.model, shares.model_error
    return shares.schedule, shares.schedule_error


def _steps(certificate: Certificate) -> list[str]:
    """Where more steps of a sampler make it worse."""
    sampler = certificate.sampler
    if sampler is None:
        return []
    told = []
    for step, (before, after) in enumerate(zip(sampler.w1, sampler.w1[1:], strict=False), 2):
        if after.lower > before.upper:
            told.append(
                f"Step {step} makes it worse: {before.upper:.2g} at most before it, "
                f"{after.lower:.2g} at least after it."
            )
        elif after.upper_estimate > before.upper_estimate:
            told.append(
                f"Step {step} may make it worse: the upper end rises from "
                f"{before.upper_estimate:.2g} to {after.upper_estimate:.2g}."
            )
    return told
