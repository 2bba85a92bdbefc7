"""Certify a model f_1..f_T on a known target: ask of it all that a certificate says.

All four limits (total_upper, lower, upper, w2_upper) are for the model started at N(0, I) and hold
together with probability `confidence` under Student's approximation of means (exact quadrature in d
= 1): each is given (1 - confidence)/4.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..core import arguments
from ..core.confidence import FEWEST_DRAWS
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
from .budget import Budget
from .certificate import Certificate
from .chain_defects import sampled_defects
from .chain_defects_1d import quadrature_defects
from .checked_model import Centred, NotFinite
from .schema_1 import Defects
from .theorem1 import Theorem, theorem_1

IDENTITY_ROUNDINGS = 8  # of the returned dtype: scaling in, a skip connection, scaling out
IDENTITY_DRAWS = 256
GRID_EDGE = 3.0  # a grid of starts is kept beside samples in d = 1 and d = 2: how far it reaches
GRID_POINTS = (201, 25)  # an axis, in d = 1 and in d = 2


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
    """Certify a consistency model on a known target.

    Arguments:
        f: any deterministic callable f(x, t) on x (n, d) float64 and t in 1..T that returns floats
            (n, d); called without gradients.
        target: the law of X_0.
        schedule: the noise levels t = 1..T.
        samples: paths behind the error budget, at least 16, each with two draws a level; d = 1 is
            integrated by quadrature instead.
        pairs: coupled pairs behind the bracket (quantiles in d = 1), at least 32.
        confidence: with which all limits hold together, between 0 and 1.
        device: auto, cpu, cuda or cuda:N.
        seed: of all random streams, at least 0.
        max_w1: a threshold to judge W_1 by, above 0.
        keep_samples: how many pairs to keep in the certificate's `samples`; in d <= 2 also a grid
            of starts within 3, and where f_T and Phi_T carry it.
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
    samples = arguments.whole("samples", samples, FEWEST_DRAWS)
    pairs = arguments.whole("pairs", pairs, 2 * FEWEST_DRAWS)
    confidence = arguments.real("confidence", confidence, 0, 1)
    torch_device = arguments.device(device)
    keep_samples = arguments.whole("keep_samples", keep_samples, 0)
    seed = arguments.whole("seed", seed, 0)
    max_w1 = None if max_w1 is None else arguments.real("max_w1", max_w1, 0)
    _ = schedule.sigma  # refuses a schedule beyond float64 before any work
    model = Centred(f, handed_in(target).to(torch_device, torch.float64), schedule)
    alpha = (1 - confidence) / 4
    with torch.no_grad():
        try:
            findings = _measure(model, samples, pairs, alpha, seed, max_w1, keep_samples, progress)
        except NotFinite as error:
            findings = _not_finite(str(error))
    return Certificate(
        target=target.spec,
        dim=target.dim,
        schedule=schedule.spec,
        model=_description(f),
        steps=schedule.T,
        seed=seed,
        device=str(torch_device),
        versions=versions(),
        confidence=confidence,
        counts={"samples": samples, "pairs": pairs},
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

    budget: Budget | None
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
    identity = _identity(f, seed)
    if few is not None:
        defects = quadrature_defects(f, few, progress)
    else:
        defects = sampled_defects(f, samples, alpha, seed, progress)
    budget = Defects(**vars(defects)).budget()
    coupled = None
    if form is None:
        coupled = coupled_pairs(f, max(pairs, keep), seed)
        w1 = coupled_bracket(f, coupled, alpha, seed)
    else:
        if keep:  # to be kept: where there are quantiles the bracket needs no pairs
            coupled = coupled_pairs(f, keep, seed)
        w1 = quantile_bracket(f, form, pairs)
    theorem = theorem_1(f.target, f.schedule, budget.eps_sum, budget.start, w1.lower, seed)
    verdicts = [
        at_most("f is finite", "(14)", 0.0, 0.0),
        identity,
        at_most("bracket is ordered", "duality and coupling", w1.lower, w1.upper),
        at_most(
            "W_1 within the error budget", "instance certificate", w1.lower, budget.total_upper
        ),
        spread_over_draws(max(budget.concentration, w1.concentration)),
    ]
    if max_w1 is not None:
        verdicts.append(threshold(w1.lower, w1.upper, max_w1))
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


def _identity(f: Centred, seed: int) -> Verdict:
    """f_1(x) = x up to 8 roundings of the dtype that f returns, at numbers of the size of the
    largest |x|.
    """
    a, b = f.schedule.scales(1)
    generator = stream("certificate/identity", seed)
    x0 = f.target.sample(IDENTITY_DRAWS, generator)
    x = a * x0 + b * normal(tuple(x0.shape), generator, x0)
    f(x - a * f.target.mean, 1)  # refuses what is no finite tensor of this shape
    y = f.f(x, 1)  # once more, for the dtype that f returns
    limit = IDENTITY_ROUNDINGS * torch.finfo(y.dtype).eps * float(x.abs().max())
    error = float((y.to(x) - x).abs().max())
    return at_most("f_1 is the identity", "(14)", error, limit)


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
