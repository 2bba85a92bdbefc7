"""A sweep's files in JSON, schema ctverify/sweep/1: sweep.json, and a case's file.

Tables, exponents and the report count with every number in a case's file: all of them are finite,
and whole ones are at most 2^53, beyond which they are no floats. Bracket and theorem are those of a
certificate, which is not imported here: reading a sweep needs no torch.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from ..core.schemas import EXACT, NonNegative, Number, Positive, Share, builtins, read
from ..core.verdict import Verdict

Countable = Annotated[int, Meta(ge=1, le=EXACT)]
Seed = Annotated[int, Meta(ge=0, le=EXACT)]
Seconds = Annotated[float, Meta(ge=0, le=EXACT)]


class Definition(Struct, frozen=True, kw_only=True):
    """What defines a case (case.py). Settings that it does not use are null; those that a version
    did not have are absent.
    """

    target: str
    model: str
    schedule: str
    dim: Countable | UnsetType | None = UNSET
    contrast: Positive | UnsetType | None = UNSET
    bandwidth: Positive | UnsetType | None = UNSET
    steps: Countable | UnsetType | None = UNSET
    c0: Positive | UnsetType | None = UNSET
    c1: Positive | UnsetType | None = UNSET
    train_samples: Countable | UnsetType | None = UNSET
    paths: Countable | UnsetType | None = UNSET
    pairs: Countable | UnsetType | None = UNSET
    seed: Seed | UnsetType = UNSET
    device: str | UnsetType = UNSET
    sha256: dict[str, str] | UnsetType = UNSET
    ctverify: str | UnsetType = UNSET


class Limits(Struct, frozen=True, kw_only=True):
    """A lower and an upper limit."""

    lower: NonNegative
    upper: NonNegative


class Bracket(Struct, frozen=True, kw_only=True):
    """A certificate's bracket on W_1; what a version did not have is absent."""

    lower: NonNegative
    upper: NonNegative
    lower_estimate: Number
    upper_estimate: NonNegative
    concentration: NonNegative | UnsetType = UNSET
    method: str | UnsetType = UNSET
    scale: NonNegative | UnsetType | None = UNSET
    scale_upper: NonNegative | UnsetType | None = UNSET
    draws: Countable | UnsetType | None = UNSET
    relative: Limits | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        """ValueError where a logarithm of it would not be."""
        if self.upper == 0 < self.lower:
            raise ValueError("it must not have upper 0 and lower above it")


class Theorem(Struct, frozen=True, kw_only=True):
    """A certificate's Theorem 1."""

    lipschitz: Positive
    rhs_over_C1: NonNegative | UnsetType = UNSET
    C1_needed: NonNegative | UnsetType = UNSET
    eps_sum: NonNegative | UnsetType = UNSET
    hypotheses: dict[str, str] | UnsetType = UNSET
    vacuous: bool | UnsetType = UNSET
    c2: Number | UnsetType = UNSET


class Sums(Struct, frozen=True, kw_only=True):
    """A certificate's profile without its levels; of the population model by chains some of it is
    not known. defect_sum, the sum of D_t, is known of the population model alone, and of every
    model in results of 0.1.0, whose total was of eps_t + D_t.
    """

    initial: NonNegative | None
    start: NonNegative | None
    eps_sum: NonNegative | None
    defect_sum: NonNegative | None
    total: NonNegative | UnsetType | None = UNSET
    total_upper: NonNegative | UnsetType | None = UNSET
    w2_total_upper: NonNegative | UnsetType | None = UNSET
    root_bias: NonNegative | UnsetType | None = UNSET
    concentration: NonNegative | UnsetType | None = UNSET
    method: str | UnsetType | None = UNSET


class ShareSums(Struct, frozen=True, kw_only=True):
    """A certificate's shares without their levels."""

    model_total: Number
    schedule_total: Number
    model_total_error: NonNegative
    schedule_total_error: NonNegative
    initial: Number
    start: Number
    total: Positive


class Measured(Struct, frozen=True, kw_only=True):
    """What a case found. w1, budget, theorem and w2_upper are null where f was not finite, shares
    where the error is of the solver's size; results of 0.1.0 have none.
    """

    dim: Countable
    T: Countable
    r: Positive | None
    verdicts: tuple[Verdict, ...]
    w1: Bracket | None = None
    budget: Sums | None = None
    shares: ShareSums | UnsetType | None = UNSET
    resolution: Share | UnsetType | None = UNSET
    theorem: Theorem | None = None
    w2_upper: NonNegative | UnsetType | None = UNSET
    spread: Positive | UnsetType = UNSET
    counts: dict[str, Countable | None] | UnsetType = UNSET
    confidence: Share | UnsetType = UNSET
    device: str | UnsetType = UNSET
    versions: dict[str, str] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """ValueError where the parts do not belong together."""
        if self.w1 is not None and (self.budget is None or self.theorem is None):
            raise ValueError("a result with w1 must have its budget and its theorem")


class CaseFile(Struct, frozen=True, kw_only=True):
    """cases/HASH.json: a finished case."""

    hash: str
    case: Definition
    status: Literal["done", "failed"]
    result: Measured | None
    error: str | None
    seconds: Seconds

    def __post_init__(self) -> None:
        """ValueError where there is neither a result nor a reason."""
        reason = self.result if self.status == "done" else self.error
        if reason is None:
            raise ValueError("a case must be done with a result or failed with an error")


class SweepFile(Struct, frozen=True, kw_only=True):
    """sweep.json: the cases that are asked for, by hash; the grid that spans them, and by which
    version.
    """

    cases: tuple[str, ...]
    spec: dict[str, Any] = {}
    ctverify: str = ""


def check(result: dict[str, Any]) -> None:
    """Refuse a result that could not be read again.

    Arguments:
        result: what a case found, as JSON values.

    Raises:
        InputError: a number is not finite, or something is not of the schema.
    """
    read(Measured, builtins(result), "a case's result must have finite numbers", finite=True)
