"""Verdicts: pass, fail or inconclusive, each with its law, its equation, what was observed and what
is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .schemas import Number

Status = Literal["pass", "fail", "inconclusive"]
Kind = Literal["sanity", "quality"]
SPREAD = 0.1  # of a mean behind a limit: what one draw may move it by


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
        kind: sanity, on whether the certificate can be believed, or quality, on how good the model
            is.
    """

    law: str
    equation: str
    status: Status
    observed: Number | None
    limit: Number | None
    detail: str = ""
    kind: Kind = "sanity"


def at_most(law: str, equation: str, observed: float, limit: float) -> Verdict:
    """The verdict on observed <= limit.

    Arguments:
        law: what is judged, in words.
        equation: the equation behind it.
        observed: the number that was found.
        limit: the largest one that passes.

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


def threshold(lower: float, upper: float, limit: float) -> Verdict:
    """The verdict on W_1 <= limit, W_1 being known up to a bracket.

    Arguments:
        lower: the bracket's lower end.
        upper: the bracket's upper end.
        limit: the user's threshold.

    Returns:
        fail where the bracket lies above the limit, pass where it lies below, inconclusive where
        the limit is inside.

    Example:
        >>> threshold(0.25, 0.5, limit=0.375).status
        'inconclusive'
    """
    status: Status = "inconclusive"
    observed = upper
    if lower > limit:
        status = "fail"
        observed = lower
    elif upper <= limit:
        status = "pass"
    return Verdict(
        law="W_1 at most max_w1",
        equation="user's threshold",
        status=status,
        observed=observed,
        limit=limit,
        kind="quality",
    )
