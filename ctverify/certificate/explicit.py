"""Explicit bounds on W_2 in a certificate: E, V and the spread of f_T measured on the trajectory's
paths, put into explicit_forms.py, explicit_bounds.py and explicit_laws.py.

Three upper limits, each at the failure probability of every other limit of the certificate:

    E = start + |f_1 - id| + sum_t eps_t    in L2, start = f_T(start) - f_T(X_T), so that the bounds
                                            are of the model as it is started
    V = sum_t (loss_t - eps_t^2)            half |f_{t-1}(Y) - f_{t-1}(Y')|^2 of two posterior
                                            draws; in d = 1 f_{t-1}(X_{t-1})^2 - g_t(X_t)^2
    tr Cov X_1 - tr Cov f_T(X_T)            E (|X_1|^2 - |f_T|^2) + |E (f_T - X_1)|^2, the last as a
                                            product of two independent paths

f is asked nothing more for them. Student's limits, of sums of roots by core/confidence.py. Theorem
A is no certificate unless L is known: of an affine f, or of a Gaussian target by Theorem A2. An L
read off samples is a lower estimate, and is never used; one that the user gives is an "if".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float

from ..core.confidence import sum_of_roots_limit, upper_limit
from ..core.schemas import NonNegative, Number, Positive
from ..core.streams import stream
from . import explicit_forms
from .checked_model import Centred
from .explicit_bounds import theorem_a
from .explicit_laws import log_concave, log_concave_lipschitz

Name = Literal["loss form", "spread form", "trivial", "log-concave", "Theorem A"]
Source = Literal["given", "affine", "log-concave"]


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the bounds are made of, estimates and upper limits.

    Attributes:
        defect, defect_upper: E, in the data's unit.
        loss: sum_t loss_t, an estimate, in its square.
        spread, spread_upper: V, in its square.
        deficit, deficit_upper: tr Cov X_1 - tr Cov f_T(X_T), in its square; either sign.
    """

    defect: NonNegative
    defect_upper: NonNegative
    loss: Number
    spread: Number
    spread_upper: NonNegative
    deficit: Number
    deficit_upper: Number


@dataclass(frozen=True, kw_only=True)
class ExplicitBounds:
    """Explicit bounds on W_2 of the model as it is started, from upper limits.

    Attributes:
        terms: what they are made of.
        loss_form, spread_form, trivial: hold for any f.
        log_concave: by Theorem A2, for Gaussian targets; else None.
        lipschitz, lipschitz_from: L in VP coordinates, and where it is from: the user ("given"), f
            itself, which is affine, or the target, which is Gaussian; None where L is not known.
        theorem_a: by Theorem A, IF f_1..f_{T-1} or the population models are L-Lipschitz; None
            without L.
        smallest, smallest_by: the least of those that rest on no L that was given.
    """

    terms: Terms
    loss_form: NonNegative
    spread_form: NonNegative
    trivial: NonNegative
    log_concave: NonNegative | None
    lipschitz: Positive | None
    lipschitz_from: Source | None
    theorem_a: NonNegative | None
    smallest: NonNegative
    smallest_by: Name


def measured_terms(
    squares: Float[torch.Tensor, "R n"],
    spread: Float[torch.Tensor, "m"],
    lost: Float[torch.Tensor, "k"],
    gap: Float[torch.Tensor, "k d"],
    *,
    unit: float,
    solver: float,
    alpha: float,
    seed: int,
) -> Terms:
    """The terms from paths; rows of each are independent, and those of one may be of another.

    Arguments:
        squares: draws of start^2, |f_1 - id|^2 and eps_t^2, t = 2..T; either sign.
        spread: draws of V.
        lost: |X_1|^2 - |f_T(X_T)|^2, centred.
        gap: f_T(X_T) - X_1.
        unit: the size of X_1, sqrt(tr Cov X_1).
        solver: a bound on how far the paths' X_1 are off, in L2.
        alpha: the failure probability of each limit, in (0, 1).
        seed: of the pairing of paths.
    """
    defect_upper, _ = sum_of_roots_limit(squares, alpha, unit)
    roots = squares.mean(1).clamp_min(0.0).sqrt()
    count = len(lost) // 2
    order = torch.randperm(len(lost), generator=stream("certificate/explicit", seed))
    first = order[:count].to(lost.device)
    second = order[count : 2 * count].to(lost.device)
    deficit = (lost[first] + lost[second]) / 2 + (gap[first] * gap[second]).sum(1)
    off = solver * (2 * unit + solver)
    # one row a stratum: two of them are of different strata, and their product that much smaller
    off += float(gap.square().sum(1).mean()) / (len(lost) - 1)
    spread_upper = max(0.0, upper_limit(spread, alpha))
    return Terms(
        defect=float(roots.sum()),
        defect_upper=defect_upper + solver,
        loss=float(squares[2:].mean(1).sum() + spread.mean()),
        spread=float(spread.mean()),
        spread_upper=spread_upper,
        deficit=float(deficit.mean()),
        deficit_upper=upper_limit(deficit, alpha) + off,
    )


def explicit_bounds(f: Centred, terms: Terms, lipschitz: float | None) -> ExplicitBounds | None:
    """The bounds that these terms make.

    Arguments:
        f: the model, with its target and schedule.
        terms: measured on it.
        lipschitz: L as the user gives it, in VP coordinates, or None.

    Returns:
        The record; None where f is so large that a term is not a number.
    """
    if any(map(math.isnan, (terms.defect_upper, terms.spread_upper, terms.deficit_upper))):
        return None
    schedule = f.schedule
    covariance = (f.target.covariance + f.target.covariance.T) / 2
    lam = torch.linalg.eigvalsh(covariance).clamp_min(0.0).tolist()
    total = explicit_forms.total_variance(schedule, lam)
    defect = terms.defect_upper
    kept = max(0.0, total - terms.deficit_upper)
    bounds: dict[Name, float] = {
        "loss form": explicit_forms.loss_form(defect, terms.spread_upper),
        "spread form": explicit_forms.spread_form(defect, total, kept),
        "trivial": explicit_forms.trivial(defect, total),
    }
    concavity = None
    if f.target.normal_form() is not None and max(lam) > 0:
        concavity = 1 / max(lam)
        bounds["log-concave"] = defect + log_concave(schedule, concavity, f.target.dim)
    source: Source | None = None
    if lipschitz is not None:
        source = "given"
    elif _is_affine(f):
        lipschitz = _largest_slope(f)
        source = "affine"
    elif concavity is not None:
        lipschitz = log_concave_lipschitz(schedule, concavity)
        source = "log-concave"
    by_a = None
    if lipschitz is not None:
        by_a = defect + theorem_a(schedule, lipschitz, lam)
        if source != "given":
            bounds["Theorem A"] = by_a
    smallest_by = min(bounds, key=lambda name: _order(bounds[name]))
    return ExplicitBounds(
        terms=terms,
        loss_form=bounds["loss form"],
        spread_form=bounds["spread form"],
        trivial=bounds["trivial"],
        log_concave=bounds.get("log-concave"),
        lipschitz=lipschitz,
        lipschitz_from=source,
        theorem_a=by_a,
        smallest=bounds[smallest_by],
        smallest_by=smallest_by,
    )


def _order(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _is_affine(f: Centred) -> bool:
    """Whether f is a model of this package's affine class."""
    return getattr(getattr(f.f, "levels", None), "kind", None) == "affine"


def _largest_slope(f: Centred) -> float:
    """The largest singular value of any f_1..f_{T-1}, for f affine."""
    d = f.target.dim
    like = f.target.mean
    points = torch.cat([torch.zeros(1, d).to(like), torch.eye(d).to(like)])
    largest = 1.0
    for t in range(1, f.schedule.T):
        values = f(points, t)
        slopes = values[1:] - values[0]
        largest = max(largest, float(torch.linalg.matrix_norm(slopes, 2)))
    return largest
