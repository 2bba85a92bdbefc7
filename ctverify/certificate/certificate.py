"""The certificate of a model f_1..f_T on a known target: a bracket on W_1, the error budget,
Theorem 1 and verdicts.

All four limits (total_upper, lower, upper, w2_upper) are for the model started at N(0, I) and hold
together with probability `confidence` under Student's approximation of means (exact quadrature in d
= 1): each is given (1 - confidence)/4.

The law that is reached for is that of X_1, the target smoothed by sigma_1, not that of X_0.
Few-step sampling is not certified.

In JSON (schema ctverify/certificate/1) the limit on W_2 stands beside w1, not in it; kept samples
are not part of it.
"""

from __future__ import annotations

import io
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from msgspec import Meta

from ..core.files import write_atomically
from ..core.schemas import Count, Natural, NonNegative, Number, Share, builtins, read_schema
from ..core.verdict import Verdict, at_most, spread_over_draws, threshold
from ..core.version import __version__
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target
from .bracket import (
    PAIR_TOLERANCE,
    Bracket,
    Pairs,
    coupled_bracket,
    coupled_pairs,
    quantile_bracket,
)
from .chain_defects import ChainDefects, sampled_defects
from .chain_defects_1d import quadrature_defects
from .checked_model import Centred, NotFinite
from .counts import Counts
from .request import checked_arguments
from .sanity import sanity_verdicts
from .theorem1 import Theorem, theorem_1

SCHEMA = "ctverify/certificate/1"
GRID_EDGE = 3.0  # a grid of starts is kept beside samples in d = 1 and d = 2: how far it reaches
GRID_POINTS = (201, 25)  # an axis, in d = 1 and in d = 2

Steps = Annotated[int, Meta(ge=2)]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What was certified, and how: the part of a certificate that was not measured.

    Attributes:
        target: the JSON that rebuilds the target.
        dim: its dimension d.
        schedule: the JSON that rebuilds the schedule.
        model: the model's own JSON where it has one, else the callable's name.
        steps: T.
        seed: of all random streams.
        device: where the model ran.
        versions: of what the numbers depend on.
        confidence: with which all limits hold together.
        counts: paths of the budget (samples) and coupled pairs of the bracket (pairs).
    """

    target: dict[str, Any]
    dim: Count
    schedule: dict[str, Any]
    model: Any
    steps: Steps
    seed: Natural
    device: str
    versions: dict[str, str]
    confidence: Share
    counts: Counts


@dataclass(frozen=True, kw_only=True)
class BracketFile:
    """A bracket as its JSON has it: without the limit on W_2."""

    lower: NonNegative
    upper: NonNegative
    lower_estimate: Number
    upper_estimate: NonNegative
    concentration: NonNegative
    method: str


@dataclass(frozen=True, kw_only=True)
class CertificateFile(Setting):
    """A certificate as its JSON has it."""

    budget: ChainDefects | None
    w1: BracketFile | None
    theorem: Theorem | None
    w2_upper: NonNegative | None
    verdicts: tuple[Verdict, ...]

    def __post_init__(self) -> None:
        """ValueError where the parts do not belong together."""
        if not isinstance(self.schedule.get("kind"), str):
            raise ValueError("its schedule must have a kind")
        parts = (self.budget, self.w1, self.theorem, self.w2_upper)
        missing = [part is None for part in parts]
        if any(missing) and not all(missing):
            raise ValueError("budget, w1, theorem and w2_upper must be all there or all null")
        if self.budget is not None:
            _check_levels(self.budget, self.steps)


def _check_levels(budget: ChainDefects, steps: int) -> None:
    """ValueError where a list of the budget has not an entry for each of t = 2..T in order."""
    if budget.t != list(range(2, steps + 1)):
        raise ValueError(f"its budget must have the levels 2..{steps} as t")
    columns = [value for value in vars(budget).values() if isinstance(value, list)]
    if any(len(column) != steps - 1 for column in columns):
        raise ValueError(f"each list of its budget must have an entry for each of t = 2..{steps}")
    if any(after <= before for before, after in pairwise(budget.sigma)):
        raise ValueError("its budget's sigma must increase")


@dataclass(frozen=True, kw_only=True)
class Certificate(Setting):
    """What `certify` found. Prints as a table.

    Attributes:
        budget, w1, theorem: the error budget, the bracket on W_1 and Theorem 1; None where f was
            not finite.
        verdicts: each law judged.
        samples: kept arrays by name; not part of the JSON.
    """

    budget: ChainDefects | None
    w1: Bracket | None
    theorem: Theorem | None
    verdicts: tuple[Verdict, ...]
    samples: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def failed(self) -> bool:
        """Whether some verdict is fail."""
        return any(verdict.status == "fail" for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON values, without its samples.

        Returns:
            The schema ctverify/certificate/1; numbers that are not finite are strings
            (core/schemas.py).
        """
        content = builtins(replace(self, samples={}))
        del content["samples"]
        w1 = content["w1"]
        verdicts = content.pop("verdicts")
        w2_upper = None if w1 is None else w1.pop("w2_upper")
        return {"schema": SCHEMA, **content, "w2_upper": w2_upper, "verdicts": verdicts}

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
            InputError: data are not of the schema ctverify/certificate/1; says where.
        """
        file = read_schema(CertificateFile, data, name, SCHEMA, finite=finite)
        parts = vars(file).copy()
        w2_upper = parts.pop("w2_upper")
        if file.w1 is not None:
            parts["w1"] = Bracket(**vars(file.w1), w2_upper=w2_upper)
        return cls(**parts)

    def save(self, path: str | Path) -> None:
        """Write the JSON, and kept samples beside it, each atomically.

        Arguments:
            path: the JSON's file; arrays (z, model, exact; in d <= 2 the grid too) go into an .npz
                of the same name.

        Raises:
            InputError: a file cannot be written.
        """
        path = Path(path)
        if self.samples:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, allow_pickle=False, **self.samples)
            write_atomically(path.with_suffix(".npz"), buffer.getvalue())
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False)
        write_atomically(path, (text + "\n").encode())

    def __str__(self) -> str:
        from .table import certificate_text

        return certificate_text(self)


def certify(
    f: Model,
    target: Target,
    schedule: Schedule,
    *,
    samples: int | None = None,
    pairs: int | None = None,
    confidence: float = 0.999999,
    device: str = "auto",
    seed: int = 0,
    max_w1: float | None = None,
    keep_samples: int = 0,
    dtype: str | torch.dtype = "auto",
    progress: Callable[..., Any] = lambda: None,
) -> Certificate:
    """Certify a consistency model on a known target.

    Arguments:
        f: any deterministic callable f(x, t) on x (n, d) and t in 1..T that returns floats (n, d);
            called without gradients.
        target: the law of X_0.
        schedule: the noise levels t = 1..T.
        samples: paths behind the error budget, at least 16, each with two draws a level; d = 1 is
            integrated by quadrature instead. None for what the target's cost allows.
        pairs: coupled pairs behind the bracket (quantiles in d = 1), at least 32; None likewise.
        confidence: with which all limits hold together, between 0 and 1.
        device: auto, cpu, cuda or cuda:N.
        seed: of all random streams, at least 0.
        max_w1: a threshold to judge W_1 by, above 0.
        keep_samples: how many pairs to keep in the certificate's `samples`; in d <= 2 also a grid
            of starts within 3, and where f_T and Phi_T carry it.
        dtype: of the x that f gets: float64, float32, bfloat16, float16 or such a torch dtype; auto
            takes the one of the parameters of the network in f, float64 where there is none.
        progress: called after each level.

    Returns:
        The certificate; a model that is not finite fails, and has no numbers.

    Raises:
        InputError: an argument outside what is allowed, or an f that cannot be called so.

    Example:
        >>> from ctverify import Schedule, certify, population_model
        >>> from ctverify.targets import load
        >>> target, schedule = load("mild"), Schedule.li_huang_wei(16, 1, 2)
        >>> found = certify(population_model(target, schedule), target, schedule, samples=16)
        >>> found.failed
        False
    """
    asked = checked_arguments(
        f,
        target,
        schedule,
        samples=samples,
        pairs=pairs,
        confidence=confidence,
        device=device,
        seed=seed,
        max_w1=max_w1,
        keep_samples=keep_samples,
        dtype=dtype,
    )
    with torch.no_grad():
        try:
            findings = _measure(
                asked.f,
                asked.samples,
                asked.pairs,
                (1 - asked.confidence) / 4,
                asked.seed,
                asked.max_w1,
                asked.keep_samples,
                progress,
            )
        except NotFinite as error:
            findings = _not_finite(str(error))
    return Certificate(
        target=target.spec,
        dim=target.dim,
        schedule=schedule.spec,
        model=_description(f),
        steps=schedule.T,
        seed=asked.seed,
        device=str(asked.device),
        versions=versions(),
        confidence=asked.confidence,
        counts={"samples": asked.samples, "pairs": asked.pairs},
        **vars(findings),
    )


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    import scipy

    return {
        "ctverify": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


@dataclass(frozen=True, eq=False, kw_only=True)
class Findings:
    """The measured part of a certificate."""

    budget: ChainDefects | None
    w1: Bracket | None
    theorem: Theorem | None
    verdicts: tuple[Verdict, ...]
    samples: dict[str, Any]


def _measure(
    f: Centred,
    samples: int,
    pairs: int,
    alpha: float,
    seed: int,
    max_w1: float | None,
    keep: int,
    progress: Callable[..., Any],
) -> Findings:
    """The measured part; each of the four limits holds with probability 1 - alpha."""
    form = f.target.one_dimensional_form()
    few = f.target.quadrature_form()
    sanity = sanity_verdicts(f, seed)
    if few is not None:
        budget = quadrature_defects(f, few, progress)
    else:
        budget = sampled_defects(f, samples, alpha, seed, progress)
    coupled = None
    if form is None:
        coupled = coupled_pairs(f, max(pairs, keep), seed)
        w1 = coupled_bracket(f, coupled, alpha, seed)
    else:
        if keep:  # to be kept: where there are quantiles the bracket needs no pairs
            coupled = coupled_pairs(f, keep, seed)
        w1 = quantile_bracket(f, form, pairs)
    theorem = theorem_1(f.target, f.schedule, budget.eps_sum, budget.start, w1.lower, seed)
    spread = spread_over_draws(max(budget.concentration, w1.concentration))
    verdicts = [
        at_most("f is finite", "(14)", 0.0, 0.0),
        *sanity,
        at_most("bracket is ordered", "duality and coupling", w1.lower, w1.upper),
        at_most(
            "W_1 within the error budget", "instance certificate", w1.lower, budget.total_upper
        ),
        spread,
    ]
    if max_w1 is not None:
        verdicts.append(threshold(w1.lower, w1.upper, max_w1, spread.status))
    kept = {}
    if coupled is not None and keep:
        kept = _kept(coupled, f, keep) | _grid(f)
    return Findings(budget=budget, w1=w1, theorem=theorem, verdicts=tuple(verdicts), samples=kept)


def _not_finite(detail: str) -> Findings:
    """What is known of a model that returned NaN or infinity."""
    verdict = Verdict(
        law="f is finite",
        equation="(14)",
        status="fail",
        observed=None,
        limit=None,
        detail=detail,
    )
    return Findings(budget=None, w1=None, theorem=None, verdicts=(verdict,), samples={})


def _description(f: Model) -> Any:
    """The model's own JSON, else the callable's name."""
    spec = getattr(f, "spec", None)
    if spec:
        return spec
    module = getattr(f, "__module__", "")
    name = getattr(f, "__qualname__", type(f).__name__)
    return f"{module}:{name}"


def _kept(pairs: Pairs, f: Centred, count: int) -> dict[str, Any]:
    """The first `count` pairs in the paper's coordinates."""
    first = f.schedule.scales(1)[0] * f.target.mean
    return {
        "z": pairs.z[:count].cpu().numpy(),
        "model": (pairs.model + first)[:count].cpu().numpy(),
        "exact": (pairs.exact + first)[:count].cpu().numpy(),
    }


def _grid(f: Centred) -> dict[str, Any]:
    """A grid of starts x within 3, f_T(x) and Phi_T(x), x_1 varying slowest. Empty in d > 2, or
    where f_T is not finite on it.
    """
    d = f.target.dim
    if d > 2:
        return {}
    T = f.schedule.T
    a, _ = f.schedule.scales(T)
    first, _ = f.schedule.scales(1)
    axis = torch.linspace(-GRID_EDGE, GRID_EDGE, GRID_POINTS[d - 1]).to(f.target.mean)
    x = torch.cartesian_prod(*[axis] * d).reshape(-1, d)
    start = x - a * f.target.mean
    shift = first * f.target.mean
    try:
        model = f(start, T) + shift
    except NotFinite:  # seen on the grid alone: the verdict is on the law of X_t
        return {}
    exact = f.target.centred_flow(f.schedule, start[None], [T], 1, PAIR_TOLERANCE)[0] + shift
    return {
        "grid_z": x.cpu().numpy(),
        "grid_model": model.cpu().numpy(),
        "grid_exact": exact.cpu().numpy(),
    }
