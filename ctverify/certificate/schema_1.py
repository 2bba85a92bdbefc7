"""Certificates of the schema ctverify/certificate/1, which 0.1.0 wrote: read, never written.

Their budget was the conditional chain's: a model's defect eps_t and a discretisation's D_t a level,
in L2, and W_2 is at most their sum. As a profile of the error along the flow it reads

    step = step_l2 = eps_t + D_t,    w2_total_upper = total_upper:

an upper limit as good as before. They have no shares, no scale and no resolution.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..core.schemas import NonNegative, Number, Positive
from ..core.verdict import Kind, Status, Verdict
from .bracket import Bracket
from .budget import Budget
from .setting import Setting, check_levels, check_schedule
from .theorem1 import Theorem

SCHEMA = "ctverify/certificate/1"


@dataclass(frozen=True, kw_only=True)
class Defects:
    """The conditional chain's defects; lists have T - 1 entries, t = 2..T."""

    t: list[int]
    sigma: list[Positive]
    model_defect: list[NonNegative]
    discretisation_defect: list[NonNegative]
    model_defect_squared: list[Number]
    model_defect_squared_error: list[NonNegative]
    discretisation_defect_squared: list[Number]
    discretisation_defect_squared_error: list[NonNegative]
    initial: NonNegative
    start: NonNegative
    total: NonNegative
    total_upper: NonNegative
    root_bias: NonNegative
    concentration: NonNegative
    method: str

    def budget(self) -> Budget:
        """The profile that they are."""
        pairs = zip(self.model_defect, self.discretisation_defect, strict=True)
        step = [model + discretisation for model, discretisation in pairs]
        return Budget(
            t=self.t,
            sigma=self.sigma,
            step=step,
            step_l2=step,
            model_defect=self.model_defect,
            model_defect_squared=self.model_defect_squared,
            model_defect_squared_error=self.model_defect_squared_error,
            initial=self.initial,
            start=self.start,
            total=self.total,
            total_upper=self.total_upper,
            w2_total_upper=self.total_upper,
            concentration=self.concentration,
            method=self.method,
        )


@dataclass(frozen=True, kw_only=True)
class BracketFile1:
    """A bracket without the limit on W_2."""

    lower: NonNegative
    upper: NonNegative
    lower_estimate: Number
    upper_estimate: NonNegative
    concentration: NonNegative
    method: str


@dataclass(frozen=True, kw_only=True)
class VerdictFile1:
    """A verdict, of no kind yet."""

    law: str
    equation: str
    status: Status
    observed: Number | None
    limit: Number | None
    detail: str = ""

    def verdict(self) -> Verdict:
        """The verdict; of those laws one alone was about quality."""
        kind: Kind = "sanity"
        if self.law == "W_1 at most max_w1":
            kind = "quality"
        return Verdict(**vars(self), kind=kind)


@dataclass(frozen=True, kw_only=True)
class CertificateFile1(Setting):
    """A certificate as its JSON had it."""

    budget: Defects | None
    w1: BracketFile1 | None
    theorem: Theorem | None
    w2_upper: NonNegative | None
    verdicts: tuple[VerdictFile1, ...]

    def __post_init__(self) -> None:
        """ValueError where the parts do not belong together."""
        check_schedule(self.schedule)
        parts = (self.budget, self.w1, self.theorem, self.w2_upper)
        missing = [part is None for part in parts]
        if any(missing) and not all(missing):
            raise ValueError("budget, w1, theorem and w2_upper must be all there or all null")
        if self.budget is not None:
            check_levels("budget", self.budget, self.steps)

    def parts(self) -> dict[str, Any]:
        """The fields of a certificate that it has."""
        fields = vars(self).copy()
        w2_upper = fields.pop("w2_upper")
        if self.budget is not None and self.w1 is not None:
            fields["budget"] = self.budget.budget()
            fields["w1"] = Bracket(**vars(self.w1), w2_upper=w2_upper)
        fields["verdicts"] = tuple(verdict.verdict() for verdict in self.verdicts)
        return fields
