"""Verdicts: pass, fail or inconclusive, each with its law, its equation, what was observed and what
is allowed; and the exit code that commands make of them.

A verdict of kind "sanity" is on the evidence: f is a finite, deterministic function whose f_1 is
the identity, and the limits are ordered and rest on many draws. One of kind "quality" is on the
model's distance from its target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .exit_codes import code_of
from .schemas import Number

Status = Literal["pass", "fail", "inconclusive"]
Kind = Literal["sanity", "quality"]
SPREAD = 0.1  # of a mean behind a limit: what one draw may move it by
THRESHOLD = "W_1 at most max_w1"
CONSTANT = "closer than a constant model"
SINGLE_DRAWS = "the limits hang on single draws: take more of them"


@dataclass(frozen=True)
class Verdict:
    """One law judged. fail only where the evidence excludes "correct" at the certificate's
    confidence.

    Attributes:
        law: what is judged, in words.
        equation: the equation behind it, or its source.
        status: pass, fail or inconclusive.
        observed: the number that was found, None where there is none.
        limit: the largest one that passes, None where there is none.
        detail: what else is to be said.
        kind: "sanity", on the evidence, or "quality", on the model's distance from its target.
    """

    law: str
    equation: str
    status: Status
    observed: Number | None
    limit: Number | None
    detail: str = ""
    kind: Kind = "sanity"


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """The exit code of a command that judges.

    Arguments:
        verdicts: all of them, of one or several certificates.

    Returns:
        1 where some verdict fails; else 3 where one of kind "sanity", or the one on a threshold
        that the user gave, is inconclusive; else 0.

    Example:
        >>> sure = at_most("bracket is ordered", "duality", 0.25, 0.5)
        >>> exit_code([sure]), exit_code([sure, spread_over_draws(0.5)])
        (0, 3)
    """
    every = list(verdicts)
    failed = any(verdict.status == "fail" for verdict in every)
    open_ones = [verdict for verdict in every if verdict.status == "inconclusive"]
    unjudged = any(one.kind == "sanity" or one.law == THRESHOLD for one in open_ones)
    return code_of(failed=failed, unjudged=unjudged)


def at_most(law: str, equation: str, observed: float, limit: float, detail: str = "") -> Verdict:
    """The verdict on observed <= limit, of kind "sanity".

    Arguments:
        law: what is judged, in words.
        equation: the equation behind it.
        observed: the number that was found.
        limit: the largest one that passes.
        detail: what else is to be said.

    Returns:
        pass where observed <= limit, else fail (so is NaN).

    Example:
        >>> at_most("bracket is ordered", "duality", 0.5, 0.25).status
        'fail'
    """
    return Verdict(
        law=law,
        equation=equation,
        status="pass" if observed <= limit else "fail",
        observed=observed,
        limit=limit,
        detail=detail,
    )


def spread_over_draws(concentration: float) -> Verdict:
    """The verdict on whether a limit rests on many draws.

    Arguments:
        concentration: how far one draw moves the mean behind the limit, as a share
            (confidence.concentration).

    Returns:
        inconclusive where that is more than a tenth, and more draws are needed to trust the limit.
    """
    return Verdict(
        law="limits rest on many draws",
        equation="Student's approximation",
        status="pass" if concentration <= SPREAD else "inconclusive",
        observed=concentration,
        limit=SPREAD,
    )


def quality(
    lower: float, upper: float, scale: tuple[float, float], spread: Status = "pass"
) -> Verdict:
    """The verdict on whether a model is closer to its target than a constant one.

    Arguments:
        lower, upper: limits of W_1.
        scale: limits of W_1 of the best constant model, the lower one first; above 0.
        spread: the status of `spread_over_draws`; unless it is pass, this does not pass.

    Returns:
        fail where W_1's limits lie above the scale's, pass where they lie below, else inconclusive.

    Example:
        >>> quality(1.5, 2.0, scale=(1.0, 1.1)).status
        'fail'
    """
    return _within(CONSTANT, "W_1 of the best constant", lower, upper, scale, spread)


def threshold(lower: float, upper: float, limit: float, spread: Status = "pass") -> Verdict:
    """The verdict on W_1 <= limit, W_1 being known up to a bracket.

    Arguments:
        lower: the bracket's lower end.
        upper: the bracket's upper end.
        limit: the user's threshold.
        spread: the status of `spread_over_draws`; unless it is pass, this does not pass.

    Returns:
        fail where the bracket lies above the limit, pass where it lies below, inconclusive where
        the limit is inside.

    Example:
        >>> threshold(0.25, 0.5, limit=0.375).status
        'inconclusive'
        >>> threshold(0.25, 0.5, limit=1.0, spread="inconclusive").status
        'inconclusive'
    """
    return _within(THRESHOLD, "user's threshold", lower, upper, (limit, limit), spread)


def _within(
    law: str,
    equation: str,
    lower: float,
    upper: float,
    limit: tuple[float, float],
    spread: Status,
) -> Verdict:
    """The verdict of kind "quality" on W_1 <= a number that is known up to its own limits."""
    smallest, largest = limit
    status: Status = "inconclusive"
    observed = upper
    detail = ""
    if lower > largest:
        status = "fail"
        observed = lower
    elif upper <= smallest and spread == "pass":
        status = "pass"
    elif upper <= smallest:
        detail = SINGLE_DRAWS
    return Verdict(
        law=law,
        equation=equation,
        status=status,
        observed=observed,
        limit=largest if status == "fail" else smallest,
        detail=detail,
        kind="quality",
    )
