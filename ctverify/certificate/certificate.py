"""The certificate of a model f_1..f_T on a known target: how far off its samples are, at which
noise levels and for which reason, Theorem 1 and verdicts.

    w1          a bracket on W_1(f_T(Z), X_1) and its scale, the W_1 of the best constant model
    budget      the profile of the error along the flow (budget.py)
    shares      how much of it is the model's and how much the schedule's (shares.py)
    resolution  p*: an event that is rarer may have gone unseen
    to_data     the same limits for X_0 in place of X_1
    sampler     W_1 after each step of a sampler of several steps
    explicit    explicit bounds on W_2 of one step (explicit.py)
    flow_map    the steps of a two-time map's sampler, and whose the error is (flow_shares.py)

The law that is reached for is that of X_1, the target smoothed by sigma_1. certify.py measures a
certificate; here it is written, read and shown.

In JSON (schema ctverify/certificate/2) the limit on W_2 stands beside w1, not in it, and of kept
samples there is the hash (kept.py). The schema ctverify/certificate/1 is read too (schema_1.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from ..core import drawing
from ..core.schemas import (
    Count,
    NonNegative,
    Number,
    Sha256,
    Share,
    builtins,
    load,
    read_schema,
)
from ..core.signatures import checked
from ..core.verdict import Verdict
from . import kept, schema_1
from .bracket import Bracket, Limits
from .budget import Budget
from .explicit import ExplicitBounds
from .flow_shares import FlowMapPart
from .setting import Setting, check_levels, check_schedule
from .shares import Shares
from .theorem1 import Theorem

SCHEMA = "ctverify/certificate/2"

Levels = Annotated[list[Count], Meta(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class ToData:
    """Limits on the distance to the data's own law, W_1(f_T(Z), X_0).

    Attributes:
        lower, upper: w1's limits, `extra` taken off and added.
        extra: at least W_1(X_1, X_0): (1 - sqrt(abar_1)) E|X_0| + sqrt(1 - abar_1) E|Z|,
            E|X_0| by its root mean square.
    """

    lower: NonNegative
    upper: NonNegative
    extra: NonNegative


@dataclass(frozen=True, kw_only=True)
class StepLimits:
    """A bracket on W_1 after a sampler's step: limits and estimates."""

    lower: NonNegative
    upper: NonNegative
    lower_estimate: Number
    upper_estimate: NonNegative


@dataclass(frozen=True, kw_only=True)
class SamplerPart:
    """What a sampler of several steps reaches.

    Attributes:
        levels: where its steps start, T first, falling.
        w1: W_1 after each step; the last one's limits are those of the certificate, earlier ones
            rest on fewer draws.
    """

    levels: Levels
    w1: tuple[StepLimits, ...]

    def __post_init__(self) -> None:
        """ValueError where levels and limits do not belong together."""
        if any(after >= before for before, after in pairwise(self.levels)):
            raise ValueError("its sampler's levels must fall")
        if len(self.w1) != len(self.levels):
            raise ValueError("its sampler must have limits for each of its levels")


@dataclass(frozen=True, kw_only=True)
class BracketFile:
    """A bracket as its JSON has it: without the limit on W_2, with the limits over scale."""

    lower: NonNegative
    upper: NonNegative
    lower_estimate: Number
    upper_estimate: NonNegative
    concentration: NonNegative
    method: str
    scale: NonNegative | None
    scale_upper: NonNegative | None
    draws: Count | None
    relative: Limits | None

    def bracket(self, w2_upper: float) -> Bracket:
        """The bracket, whose relative limits follow from the others."""
        fields = vars(self).copy()
        del fields["relative"]
        return Bracket(**fields, w2_upper=w2_upper)


@dataclass(frozen=True, kw_only=True)
class CertificateFile(Setting):
    """A certificate as its JSON has it."""

    budget: Budget | None
    shares: Shares | None
    w1: BracketFile | None
    resolution: Share | None
    to_data: ToData | None
    sampler: SamplerPart | None
    theorem: Theorem | None
    w2_upper: NonNegative | None
    verdicts: tuple[Verdict, ...]
    explicit: ExplicitBounds | None = None
    flow_map: FlowMapPart | None = None
    model_sha256: Sha256 | None = None
    samples_sha256: Sha256 | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        """ValueError where the parts do not belong together."""
        check_schedule(self.schedule)
        if (self.w1 is None) != (self.w2_upper is None):
            raise ValueError("w1 and w2_upper must be both there or both null")
        for name in ("budget", "resolution", "to_data", "sampler", "flow_map"):
            if self.w1 is None and getattr(self, name) is not None:
                raise ValueError(f"{name} must be null where w1 is")
        for name in ("shares", "theorem", "explicit"):
            if self.budget is None and getattr(self, name) is not None:
                raise ValueError(f"{name} must be null where budget is")
        if self.budget is not None:
            check_levels("budget", self.budget, self.steps)
        if self.shares is not None:
            check_levels("shares", self.shares, self.steps)
        if self.sampler is not None and self.sampler.levels[0] != self.steps:
            raise ValueError(f"its sampler's levels must begin at T = {self.steps}")
        if self.flow_map is not None and self.flow_map.levels[0] != self.steps:
            raise ValueError(f"its flow map's levels must begin at T = {self.steps}")

    def parts(self) -> dict[str, Any]:
        """The fields of a certificate."""
        fields = vars(self).copy()
        fields.pop(kept.FIELD, None)
        w2_upper = fields.pop("w2_upper")
        if self.w1 is not None:
            fields["w1"] = self.w1.bracket(w2_upper)
        return fields


@checked
@dataclass(frozen=True, kw_only=True, repr=False)
class Certificate(Setting):
    """What `certify` found. Prints as a table; a notebook shows its figures.

    Attributes:
        budget: the profile of the error along the flow; None where f was not finite, and where a
            sampler without an f was certified.
        shares: the model's and the schedule's shares of the coupled distance; None where that is of
            the solver's size.
        w1: the bracket on W_1(f_T(Z), X_1); None where f was not finite.
        resolution: p*: at a model that errs only on an event of a smaller probability the draws
            need not have seen anything.
        to_data: limits on W_1(f_T(Z), X_0).
        sampler: W_1 after each step, for several steps; the certificate's w1 is the last one's.
        theorem: where Theorem 1 stands; None without a budget.
        explicit: explicit bounds on W_2; None without a budget, of several steps, and in files of
            versions that had none.
        flow_map: the sampler of a two-time map; None of a one-time model.
        verdicts: each law judged.
        model_sha256: of which saved model it is, by the SHA-256 of its manifest.json; None for
            other functions, and in files of versions that had none.
        samples: kept arrays by name; not part of the JSON, which has their hash.
    """

    budget: Budget | None
    shares: Shares | None = None
    w1: Bracket | None
    resolution: float | None = None
    to_data: ToData | None = None
    sampler: SamplerPart | None = None
    theorem: Theorem | None
    explicit: ExplicitBounds | None = None
    flow_map: FlowMapPart | None = None
    verdicts: tuple[Verdict, ...]
    model_sha256: str | None = None
    samples: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def failed(self) -> bool:
        """Whether some verdict is fail."""
        return any(verdict.status == "fail" for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, without its samples.

        Returns:
            The schema ctverify/certificate/2; numbers that are not finite are strings
            (core/schemas.py).
        """
        content = builtins(replace(self, samples={}))
        del content["samples"]
        verdicts = content.pop("verdicts")
        w2_upper = None
        if self.w1 is not None:
            w2_upper = content["w1"].pop("w2_upper")
            content["w1"]["relative"] = builtins(self.w1.relative)
        return {
            "schema": SCHEMA,
            **content,
            "w2_upper": w2_upper,
            "verdicts": verdicts,
            kept.FIELD: None,
        }

    @classmethod
    def from_dict(
        cls, data: Any, *, name: str = "the certificate", finite: bool = False
    ) -> Certificate:
        """The certificate that to_dict wrote.

        Arguments:
            data: JSON values; unknown fields are ignored.
            name: what a refusal calls them.
            finite: whether numbers that are not finite are refused.

        Returns:
            The certificate, without samples.

        Raises:
            InputError: data are neither of the schema ctverify/certificate/2 nor of
                ctverify/certificate/1; says where.
        """
        file: CertificateFile | schema_1.CertificateFile1
        if isinstance(data, dict) and data.get("schema") == schema_1.SCHEMA:
            file = read_schema(
                schema_1.CertificateFile1, data, name, schema_1.SCHEMA, finite=finite
            )
        else:
            file = read_schema(CertificateFile, data, name, SCHEMA, finite=finite)
        return cls(**file.parts())

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """The certificate that `save` wrote.

        Arguments:
            path: the JSON's file; samples are read from the .npz beside it that it names, where
                that is there, and nothing in it is executed.

        Returns:
            The certificate, with its samples.

        Raises:
            InputError: a file cannot be read, or is not what `save` writes.

        Example:
            >>> from ctverify import Certificate, Schedule, certify, population_model
            >>> from ctverify.targets import load
            >>> target, schedule = load("mild"), Schedule.li_huang_wei(16, 1, 2)
            >>> f = population_model(target, schedule)
            >>> certify(f, target, schedule, samples=16).save("certificate.json")
            >>> Certificate.load("certificate.json").steps
            16
        """
        path = Path(path)
        name = f"the certificate {str(path)!r}"
        data = load(path, name)
        certificate = cls.from_dict(data, name=name)
        return replace(certificate, samples=kept.read(path, data))

    def save(self, path: str | Path) -> None:
        """Write kept samples and then the JSON, which names them by their hash, each atomically.

        Arguments:
            path: the JSON's file, NAME.json; arrays (z, model, exact; in d <= 2 the grid too) go
                into NAME.HASH.npz beside it. A certificate that is there is replaced, and stands
                until the new one is whole.

        Raises:
            InputError: a file cannot be written.
        """
        kept.write(Path(path), self.samples, self._text)

    def _text(self, samples_sha256: str | None) -> bytes:
        """The JSON of certificates whose samples have that hash."""
        content = self.to_dict() | {kept.FIELD: samples_sha256}
        return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()

    def plot(self) -> drawing.Figures:
        """The certificate's figures: its bracket, the shares by noise level and, of kept samples,
        the densities and the errors.

        Returns:
            What a notebook shows, and `.save("figures.html")` or `.save("figures.svg")` writes.
        """
        return drawing.figures(self)

    def _repr_html_(self) -> str:
        return self.plot()._repr_html_()

    def __repr__(self) -> str:
        name = self.target.get("name", self.target.get("kind", "?"))
        words = [f"{name!s}", f"d={self.dim}", f"T={self.steps}"]
        if self.w1 is not None:
            words.append(f"W_1 in [{self.w1.lower:.4g}, {self.w1.upper:.4g}]")
        words.append("failed" if self.failed else "not failed")
        return f"<Certificate {', '.join(words)}>"

    def __str__(self) -> str:
        from .table import certificate_text

        return certificate_text(self)
