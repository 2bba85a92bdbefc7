"""A schedule against the theory: lemma (27) line by line, and its excess over the Gaussian floor,
eigenvalue by eigenvalue.

    (27a) beta_t <= r       (27b) beta_t/(1 - abar_{t-1}) <= 4 r        (27c) (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4 r
    (27d) abar_T <= T^-c2
    proved for schedule (23), r <= 1/2: (27b) with r (1+r)/(1-1/e), (27c) with 1 + r (1+r)^2, c2 >= c1 - c0/(1 - r/2)
    floor: 1 - R >= 1 - cos(Delta/(T-1))^(T-1) for every schedule with these ends

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


@dataclass(frozen=True)
class Line:
    """observed <= limit (or >= for floors), at the noise level t where it is closest; claim: where
    the ledger proves it.
    """

    law: str
    observed: float
    limit: float
    t: int | None
    status: str
    claim: str


@dataclass(frozen=True)
class Excess:
    """How much a Gaussian of this eigenvalue shrinks, 1 - R, and the least that any schedule with
    these ends shrinks it.
    """

    eigenvalue: float
    shrinkage: float
    floor: float

    @property
    def ratio(self) -> float:
        """shrinkage over floor, at least 1."""
        return self.shrinkage / self.floor


@dataclass(frozen=True)
class Audit:
    """The lemma's lines and the excess."""

    schedule: Schedule
    r: float
    lines: tuple[Line, ...]
    excess: tuple[Excess, ...]

    def to_dict(self) -> dict[str, Any]:
        """The schema ctverify/audit/1."""
        rows = [asdict(e) | {"ratio": e.ratio} for e in self.excess]
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
    """Lemma (27) and the excess of one schedule."""
    own = schedule.spec["kind"] == "li_huang_wei"
    r = step_size(schedule) if own else float(schedule.beta[2:].max())
    excess = tuple(
        Excess(lam, gaussian_law.shrinkage(schedule, lam), gaussian_law.floor(schedule, lam))
        for lam in EIGENVALUES
    )
    return Audit(schedule, r, (*_lemma(schedule, r, own), *_ends(schedule, r, own)), excess)


def _lemma(schedule: Schedule, r: float, own: bool) -> list[Line]:
    beta, ratio, growth = ratios_27(schedule)
    best, sharp = max(2.0, (1 + r) ** 2), (1 + r) / -math.expm1(-1)
    proved = own and r <= 0.5

    def line(law: str, values: Any, limit: float, claim: str, needs_proof: bool = False) -> Line:
        index = int(np.argmax(values))
        status = HOLDS if values[index] <= limit * SLACK else VIOLATED
        return Line(
            law,
            float(values[index]),
            limit,
            index + 2,
            status,
            claim if proved or not needs_proof else "",
        )

    lines = [
        line("(27a) beta_t <= r", beta, r, "schedule.27a", True),
        line("(27b) beta_t/(1 - abar_{t-1}) <= 4 r", ratio, 4 * r, "schedule.27b", True),
        line(
            "(27c) (1 - abar_t)/(1 - abar_{t-1}) <= 1 + 4 r",
            growth,
            1 + 4 * r,
            "schedule.27c",
            True,
        ),
    ]
    if proved:
        lines += [
            line("(27b) proved: <= r max(2, (1+r)^2)", ratio, best * r, "schedule.27b.best"),
            line("(27b) proved: <= r (1+r)/(1-1/e)", ratio, sharp * r, "schedule.27b.sharp"),
            line(
                "(27c) proved: <= 1 + r (1+r)^2", growth, 1 + r * (1 + r) ** 2, "schedule.27c.best"
            ),
        ]
    return lines


def _ends(schedule: Schedule, r: float, own: bool) -> list[Line]:
    c_2 = c2(schedule)
    lines = [Line("r <= 1/2", r, 0.5, None, HOLDS if r <= 0.5 else VIOLATED, "")]
    if own and r <= 0.5 and schedule.beta[1] * (1 + r) <= 1:
        least = schedule.spec["c1"] - schedule.spec["c0"] / (1 - r / 2)
        lines.append(
            Line(
                "(27d) c2 >= c1 - c0/(1 - r/2)",
                c_2,
                least,
                schedule.T,
                HOLDS if c_2 * SLACK >= least else VIOLATED,
                "schedule.27d",
            )
        )
    lines.append(
        Line(
            "(27d) c2 >= 1000",
            c_2,
            1000.0,
            schedule.T,
            HOLDS if c_2 >= 1000 else VIOLATED,
            "theorem1.c2",
        )
    )
    return lines
