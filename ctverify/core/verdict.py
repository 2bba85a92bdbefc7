"""Verdicts: pass, fail or inconclusive, each with its law, its equation, what was observed and what
is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True)
class Verdict:
    """One law judged. fail only where the evidence excludes "correct" at the certificate's
    confidence.
    """

    law: str
    equation: str
    status: Status
    observed: float | None
    limit: float | None
    detail: str = ""


def at_most(law: str, equation: str, observed: float, limit: float) -> Verdict:
    """pass where observed <= limit."""
    return Verdict(law, equation, "pass" if observed <= limit else "fail", observed, limit)


def spread_over_draws(concentration: float) -> Verdict:
    """inconclusive where one draw moves the mean behind a limit by more than a tenth: more draws
    are needed to trust it.
    """
    status: Status = "pass" if concentration <= 0.1 else "inconclusive"
    return Verdict(
        "limits rest on many draws", "Student's approximation", status, concentration, 0.1
    )


def threshold(lower: float, upper: float, limit: float) -> Verdict:
    """W_1 <= limit, of which a bracket is known: fail below it, pass above it, inconclusive
    between.
    """
    status: Status = "fail" if lower > limit else "pass" if upper <= limit else "inconclusive"
    return Verdict(
        "W_1 at most max_w1",
        "user's threshold",
        status,
        lower if status == "fail" else upper,
        limit,
    )
