"""A schedule against the theory: lemma (27) line by line, and its excess over the Gaussian floor,
eigenvalue by eigenvalue.

    (27a) beta_t <= r
    (27b) beta_t/(1 - abar_{t-1}) <= 4 r
    (27c) (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4 r
    (27d) abar_T <= T^-c2

Proved for schedule (23) and r <= 1/2: (27b) with r (1+r)/(1-1/e), (27c) with 1 + r (1+r)^2, and
c2 >= c1 - c0/(1 - r/2). The floor is 1 - R >= 1 - cos(Delta/(T-1))^(T-1), for every schedule with
these ends.

A schedule other than (23) has no r: its largest beta_t, t >= 2, stands for it.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..certificate.theorem1 import HOLDS, SLACK, VIOLATED, c2, ratios_27, step_size
from ..model.schedule import Schedule
from . import gaussian_law

SCHEMA = "ctverify/audit/1"
EIGENVALUES = (0.01, 0.1, 1.0, 10.0, 100.0)
PROVED_UP_TO = 0.5  # r, in the ledger's claims on the lemma
C2_OF_THE_THEOREM = 1000.0  # the least that Theorem 1 asks for


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the lemma, at the noise level where it is closest.

    Attributes:
        law: the inequality, in words.
        observed: the number on its left.
        limit: the number on its right, which `observed` stays below (for c2: above).
        t: the noise level, None where the line is about none.
        status: "holds" or "violated".
        claim: the claim of the ledger that proves it, "" where there is none.
    """

    law: str
    observed: float
    limit: float
    t: int | None
    status: str
    claim: str


@dataclass(frozen=True, kw_only=True)
class Excess:
    """How much exact training shrinks a Gaussian, beside the least that is possible.

    Attributes:
        eigenvalue: the Gaussian's variance.
        shrinkage: 1 - R, the share of its standard deviation that is lost.
        floor: the least that any schedule with these ends and this T loses.
    """

    eigenvalue: float
    shrinkage: float
    floor: float

    @property
    def ratio(self) -> float:
        """shrinkage over floor, at least 1."""
        return self.shrinkage / self.floor


@dataclass(frozen=True, kw_only=True)
class Audit:
    """A schedule's audit.

    Attributes:
        schedule: what was looked at.
        r: c1 log T/T, or the schedule's largest beta_t.
        lines: of the lemma.
        excess: one for each of EIGENVALUES.
    """

    schedule: Schedule
    r: float
    lines: tuple[Line, ...]
    excess: tuple[Excess, ...]

    def to_dict(self) -> dict[str, Any]:
        """The audit as JSON-ready data, of the schema ctverify/audit/1."""
        rows = [asdict(excess) | {"ratio": excess.ratio} for excess in self.excess]
        lines = [asdict(line) for line in self.lines]
        return {
            "schema": SCHEMA,
            "schedule": self.schedule.spec,
            "T": self.schedule.T,
            "r": self.r,
            "lemma": lines,
            "excess": rows,
        }


def audit(schedule: Schedule) -> Audit:
    """Lemma (27) and the excess of a schedule.

    Arguments:
        schedule: any schedule; claims are named for li_huang_wei alone.

    Returns:
        The audit.

    Example:
        >>> result = audit(Schedule.cosine(64))
        >>> [line.law for line in result.lines if line.status == "violated"][0]
        '(27b) beta_t/(1 - abar_{t-1}) <= 4 r'
        >>> round(result.excess[2].ratio, 6)  # cosine is optimal for a variance of 1
        1.0
    """
    has_r = schedule.spec["kind"] == "li_huang_wei"
    r = float(schedule.beta[2:].max())
    if has_r:
        r = step_size(schedule)
    lines = [*_lemma(schedule, r, has_r), *_ends(schedule, r, has_r)]
    excess = [_excess(schedule, eigenvalue) for eigenvalue in EIGENVALUES]
    return Audit(schedule=schedule, r=r, lines=tuple(lines), excess=tuple(excess))


def _excess(schedule: Schedule, eigenvalue: float) -> Excess:
    return Excess(
        eigenvalue=eigenvalue,
        shrinkage=gaussian_law.shrinkage(schedule, eigenvalue),
        floor=gaussian_law.floor(schedule, eigenvalue),
    )


def _lemma(schedule: Schedule, r: float, has_r: bool) -> list[Line]:
    """(27a) to (27c) as the paper states them, and with the constants that are proved."""
    beta, ratio, growth = ratios_27(schedule)
    proved = has_r and r <= PROVED_UP_TO

    def line(law: str, values: Any, limit: float, claim: str) -> Line:
        """values <= limit at every level, judged where it is closest."""
        index = int(np.argmax(values))
        return Line(
            law=law,
            observed=float(values[index]),
            limit=limit,
            t=index + 2,  # ratios_27 begins at t = 2
            status=_status(values[index] <= limit * SLACK),
            claim=claim if proved else "",
        )

    lines = [
        line("(27a) beta_t <= r", beta, r, "schedule.27a"),
        line("(27b) beta_t/(1 - abar_{t-1}) <= 4 r", ratio, 4 * r, "schedule.27b"),
        line("(27c) (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4 r", growth, 1 + 4 * r, "schedule.27c"),
    ]
    if not proved:
        return lines
    best = max(2.0, (1 + r) ** 2) * r
    sharp = (1 + r) / -math.expm1(-1) * r
    growth_limit = 1 + r * (1 + r) ** 2
    return [
        *lines,
        line("(27b) proved: <= r max(2, (1+r)^2)", ratio, best, "schedule.27b.best"),
        line("(27b) proved: <= r (1+r)/(1-1/e)", ratio, sharp, "schedule.27b.sharp"),
        line("(27c) proved: <= 1 + r (1+r)^2", growth, growth_limit, "schedule.27c.best"),
    ]


def _ends(schedule: Schedule, r: float, has_r: bool) -> list[Line]:
    """r <= 1/2, and (27d) with the exponent that is proved and with the theorem's."""
    exponent = c2(schedule)
    small_step = r <= PROVED_UP_TO
    lines = [
        Line(
            law="r <= 1/2",
            observed=r,
            limit=PROVED_UP_TO,
            t=None,
            status=_status(small_step),
            claim="",
        )
    ]
    if has_r and small_step and schedule.beta[1] * (1 + r) <= 1:
        proved = schedule.spec["c1"] - schedule.spec["c0"] / (1 - r / 2)
        lines.append(
            Line(
                law="(27d) c2 >= c1 - c0/(1 - r/2)",
                observed=exponent,
                limit=proved,
                t=schedule.T,
                status=_status(exponent * SLACK >= proved),
                claim="schedule.27d",
            )
        )
    lines.append(
        Line(
            law="(27d) c2 >= 1000",
            observed=exponent,
            limit=C2_OF_THE_THEOREM,
            t=schedule.T,
            status=_status(exponent >= C2_OF_THE_THEOREM),
            claim="theorem1.c2",
        )
    )
    return lines


def _status(holds: Any) -> str:
    return HOLDS if holds else VIOLATED
