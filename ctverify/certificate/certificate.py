"""The certificate of a model f_1..f_T on a known target: a bracket on W_1, the error budget,
Theorem 1 and verdicts.

All four limits (total_upper, lower, upper, w2_upper) are for the model started at N(0, I) and hold
together with probability `confidence` under Student's approximation of means (exact quadrature in d
= 1): each is given (1 - confidence)/4.

The law that is reached for is that of X_1, the target smoothed by sigma_1, not that of X_0.
Few-step sampling is not certified.
"""

from __future__ import annotations

import io
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..core import arguments
from ..core.confidence import LEAST
from ..core.files import write_atomically
from ..core.streams import normal, stream
from ..core.verdict import Verdict, at_most, spread_over_draws, threshold
from ..core.version import __version__
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target, handed_in
from .bracket import (
    PAIR_TOLERANCE,
    Bracket,
    Pairs,
    coupled_bracket,
    coupled_pairs,
    quantile_bracket,
)
from .budget import Budget, sampled_budget
from .budget_1d import quadrature_budget
from .checked_model import Centred, NotFinite
from .theorem1 import Theorem, theorem_1

SCHEMA = "ctverify/certificate/1"
IDENTITY_ROUNDINGS = 8  # of the returned dtype: scaling in, a skip connection, scaling out
GRID_EDGE, GRID_POINTS = (
    3.0,
    (201, 25),
)  # kept beside samples in d = 1 and d = 2: starts within 3, points an axis


@dataclass(frozen=True)
class Certificate:
    """What `certify` found. budget, w1 and theorem are None where f was not finite. Prints as a
    table.
    """

    target: dict[str, Any]
    dim: int
    schedule: dict[str, Any]
    model: Any
    steps: int
    seed: int
    device: str
    versions: dict[str, str]
    confidence: float
    counts: dict[str, int]
    budget: Budget | None
    w1: Bracket | None
    theorem: Theorem | None
    verdicts: tuple[Verdict, ...]
    samples: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def failed(self) -> bool:
        """Whether some verdict is fail."""
        return any(verdict.status == "fail" for verdict in self.verdicts)

    def to_dict(self) -> dict[str, Any]:
        """The certificate as JSON-ready data, schema ctverify/certificate/1; kept samples are not
        part of it.
        """
        plain = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ("samples", "budget", "w1", "theorem", "verdicts")
        }
        parts = {
            name: None if (part := getattr(self, name)) is None else asdict(part)
            for name in ("budget", "w1", "theorem")
        }
        w2_upper = parts["w1"].pop("w2_upper") if parts["w1"] else None
        return {
            "schema": SCHEMA,
            **plain,
            **parts,
            "w2_upper": w2_upper,
            "verdicts": [asdict(v) for v in self.verdicts],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Certificate:
        """The certificate that to_dict wrote; unknown fields are ignored, missing ones raise
        InputError.
        """
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            raise arguments.InputError(
                f"a certificate must be a JSON object with the schema {SCHEMA!r}"
            )
        try:
            w1 = None if data["w1"] is None else data["w1"] | {"w2_upper": data["w2_upper"]}
            parts = {
                "budget": _build(Budget, data["budget"]),
                "w1": _build(Bracket, w1),
                "theorem": _build(Theorem, data["theorem"]),
            }
            verdicts = tuple(_build(Verdict, verdict) for verdict in data["verdicts"])
            names = [f.name for f in fields(cls) if f.name not in ("samples", "verdicts", *parts)]
            return cls(**{name: data[name] for name in names}, **parts, verdicts=verdicts)
        except (KeyError, TypeError) as error:
            raise arguments.InputError(
                f"the certificate lacks a field of the schema {SCHEMA!r}: {error}"
            ) from None

    def save(self, path: str | Path) -> None:
        """Write the JSON atomically, and kept samples (z, model, exact; in d <= 2 the grid too)
        into an .npz beside it.
        """
        path = Path(path)
        if self.samples:
            np.savez_compressed(buffer := io.BytesIO(), allow_pickle=False, **self.samples)
            write_atomically(path.with_suffix(".npz"), buffer.getvalue())
        write_atomically(
            path, (json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n").encode()
        )

    def __str__(self) -> str:
        from .table import certificate_text

        return certificate_text(self)


def certify(
    f: Model,
    target: Target,
    schedule: Schedule,
    *,
    samples: int = 4096,
    pairs: int = 20_000,
    confidence: float = 0.999999,
    device: str = "auto",
    seed: int = 0,
    max_w1: float | None = None,
    keep_samples: int = 0,
    progress: Callable[..., Any] = lambda: None,
) -> Certificate:
    """Certify f(x, t), any deterministic callable on float64 (n, d) and t in 1..T, called without
    gradients.

    samples: paths, each with two draws a level (d = 1 is integrated by quadrature instead), at
    least 16. pairs: coupled pairs for the bracket (quantiles in d = 1), at least 32. max_w1: a
    threshold to judge W_1 by. keep_samples: how many pairs to keep in the certificate's `samples`,
    in d <= 2 beside a grid of starts within 3 and where f_T and Phi_T carry it. progress: called
    after each level.
    """
    samples, pairs = (
        arguments.whole("samples", samples, LEAST),
        arguments.whole("pairs", pairs, 2 * LEAST),
    )
    confidence, place = arguments.real("confidence", confidence, 0, 1), arguments.device(device)
    keep_samples, seed = (
        arguments.whole("keep_samples", keep_samples, 0),
        arguments.whole("seed", seed, 0),
    )
    max_w1 = None if max_w1 is None else arguments.real("max_w1", max_w1, 0)
    _ = schedule.sigma  # refuses a schedule beyond float64 before any work
    model = Centred(f, handed_in(target).to(place, torch.float64), schedule)
    with torch.no_grad():
        try:
            found = _measure(
                model, samples, pairs, (1 - confidence) / 4, seed, max_w1, keep_samples, progress
            )
        except NotFinite as error:
            found = Found(
                (None, None, None),
                (Verdict("f is finite", "(14)", "fail", None, None, str(error)),),
                {},
            )
    spec = (
        getattr(f, "spec", None)
        or f"{getattr(f, '__module__', '')}:{getattr(f, '__qualname__', type(f).__name__)}"
    )
    counts = {"samples": samples, "pairs": pairs}
    about = (
        target.spec,
        target.dim,
        schedule.spec,
        spec,
        schedule.T,
        seed,
        str(place),
        versions(),
        confidence,
        counts,
    )
    return Certificate(*about, *found.parts, found.verdicts, found.samples)


@dataclass(frozen=True, eq=False)
class Found:
    """The measured parts of a certificate."""

    parts: tuple[Budget | None, Bracket | None, Theorem | None]
    verdicts: tuple[Verdict, ...]
    samples: dict[str, Any]


def _measure(
    f: Centred,
    samples: int,
    pairs: int,
    level: float,
    seed: int,
    max_w1: float | None,
    keep: int,
    tick: Callable[..., Any],
) -> Found:
    identity = _identity(f, seed)
    form = f.target.one_dimensional_form()
    few = f.target.quadrature_form()
    if few is not None:
        budget = quadrature_budget(f, few, tick)
    else:
        budget = sampled_budget(f, samples, level, seed, tick)
    coupled: Pairs | None = None
    if form is not None:
        coupled = coupled_pairs(f, keep, seed) if keep else None
        w1 = quantile_bracket(f, form, pairs)
    else:
        coupled = coupled_pairs(f, max(pairs, keep), seed)
        w1 = coupled_bracket(f, coupled, level, seed)
    theorem = theorem_1(f.target, f.schedule, budget.eps_sum, budget.start, w1.lower, seed)
    verdicts = [
        Verdict("f is finite", "(14)", "pass", 0.0, 0.0),
        identity,
        at_most("bracket is ordered", "duality and coupling", w1.lower, w1.upper),
        at_most(
            "W_1 within the error budget", "instance certificate", w1.lower, budget.total_upper
        ),
        spread_over_draws(max(budget.concentration, w1.concentration)),
    ]
    if max_w1 is not None:
        verdicts.append(threshold(w1.lower, w1.upper, max_w1))
    kept = _kept(coupled, f, keep) | _grid(f) if coupled is not None and keep else {}
    return Found((budget, w1, theorem), tuple(verdicts), kept)


def _identity(f: Centred, seed: int) -> Verdict:
    """f_1(x) = x up to 8 roundings of the dtype that f returns, at numbers of the size of the
    largest |x|.
    """
    a, b = f.schedule.scales(1)
    generator = stream("certificate/identity", seed)
    x0 = f.target.sample(256, generator)
    x = a * x0 + b * normal(tuple(x0.shape), generator, x0)
    f(x - a * f.target.mean, 1)
    y = f.f(x, 1)
    limit = IDENTITY_ROUNDINGS * torch.finfo(y.dtype).eps * float(x.abs().max())
    return at_most("f_1 is the identity", "(14)", float((y.to(x) - x).abs().max()), limit)


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
    if f.target.dim > 2:
        return {}
    (a, _), (first, _), T = f.schedule.scales(f.schedule.T), f.schedule.scales(1), f.schedule.T
    axis = torch.linspace(-GRID_EDGE, GRID_EDGE, GRID_POINTS[f.target.dim - 1]).to(f.target.mean)
    x = torch.cartesian_prod(*[axis] * f.target.dim).reshape(-1, f.target.dim)
    start, shift = x - a * f.target.mean, first * f.target.mean
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


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    import scipy

    found = {
        "ctverify": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    return found | {"numpy": np.__version__, "scipy": scipy.__version__}


def _build(kind: type[Any], data: dict[str, Any] | None) -> Any:
    return None if data is None else kind(**{f.name: data[f.name] for f in fields(kind)})
