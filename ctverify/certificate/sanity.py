"""What must hold before numbers mean anything: f_1 is the identity, f is a function (the same at
every call), and it maps each row by itself.

    |f_1(x) - x|             <= 8 eps max |x|                        (14)
    |f(x) - f(x) once more|  <= 32 eps s
    |f(x)_i - f(x_i)|        <= 32 eps s + 16 |f(x (1 + 4 eps)) - f(x)| + 1e-5 s

eps is the coarsest rounding that f computes in, s the largest of |f(x)| and |x|, the latter in the
coordinates in which f computes: VE's x, 80 sigma wide, loses more to rounding than what f returns.

A sum's terms are added in another order when a batch is cut otherwise, so that equal rows may
differ in their last bits. By backward error analysis a stable f computes its exact value at an
input a few eps away: a difference of a few eps s where |D f| is moderate, and of a few times
|f(x (1 + eps)) - f(x)| where it is not. Seen, however 64 rows were cut and permuted, on MLPs (16 to
4,096 wide, 2 to 12 layers), residual, convolution and attention networks in float32 and float64: at
most 6 eps s, and 2 |f(x (1 + 4 eps)) - f(x)|. In float32 with s = 4 the first term is 2e-5, which
batch statistics, dropout and noise of 1e-3 exceed by far. The second term is not given to repeated
calls: noise would be in it. The last is for an f that solves an equation in steps that suit its
worst row: rows then depend on one another by its tolerance, and W_1 by no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.streams import normal, stream
from ..core.verdict import Verdict, at_most
from ..model.convention import KINDS, Convention, named
from .checked_model import Centred
from .precision import networks, rounding

IDENTITY_ROUNDINGS = 8  # scaling in, a skip connection, scaling out
IDENTITY_DRAWS = 256
ROWS = 64
BLOCKS = (64, 32, 22)  # of the permuted rows: all, halves, thirds
ROUNDINGS = 32
NUDGE = 4  # roundings
NUDGES = 16
SOLVER = 1e-5  # the tolerance of an adaptive solver within f

Rows = Float[torch.Tensor, "n d"]


def sanity_verdicts(f: Centred, seed: int) -> list[Verdict]:
    """Whether f_1 is the identity, f deterministic and f applied row by row.

    f is called on 64 draws of X_t on three levels: the lowest where it is not the identity, a
    middle one and T.

    Arguments:
        f: the model.
        seed: of the draws.

    Returns:
        Three verdicts of kind "sanity", which pass or fail.

    Raises:
        NotFinite: f returned NaN or infinity, or has diverged.
        InputError: f cannot be called so, or returns something else.
    """
    T = f.schedule.T
    trials = [_trial(f, t, seed) for t in sorted({2, (T + 2) // 2, T})]
    repeated = max((trial.repeated for trial in trials), key=_excess)
    by_rows = max((trial.by_rows for trial in trials), key=_excess)
    return [
        identity(f, seed),
        _judged("f is deterministic", "f(x, t) at every call", repeated, f),
        _judged("f acts row by row", "f(x, t)_i = f(x_i, t)", by_rows, f),
    ]


def identity(f: Centred, seed: int) -> Verdict:
    """f_1(x) = x up to 8 roundings at numbers of the size of the largest |x|.

    Where it is not, and f came without its convention, the verdict names those whose boundary it is
    the identity at.

    Arguments:
        f: the model.
        seed: of the draws of X_1.

    Returns:
        The verdict.
    """
    a, b = f.schedule.scales(1)
    generator = stream("certificate/identity", seed)
    x0 = f.target.sample(IDENTITY_DRAWS, generator)
    x = a * x0 + b * normal(tuple(x0.shape), generator, x0)
    f(x - a * f.target.mean, 1)  # refuses what is no finite tensor of this shape
    y = f.raw(x, 1)  # once more, for the dtype that f returns
    size = IDENTITY_ROUNDINGS * float(x.abs().max())
    limit = size * rounding(f.f, f.dtype, y.dtype)
    error = float((y.to(x) - x).abs().max())
    detail = ""
    if not error <= limit:
        detail = _other_convention(f, x, limit)
        if not detail and error <= size * torch.finfo(torch.float32).eps:
            detail = _coarser(f)
    return at_most("f_1 is the identity", "(14)", error, limit, detail)


def _other_convention(f: Centred, x: Rows, limit: float) -> str:
    """The conventions under which f would be the identity at its boundary, in words."""
    if hasattr(f.f, "convention"):
        return ""
    conventions = [named(kind) for kind in KINDS if kind != "vp"]
    fitting = [one.kind for one in conventions if _is_identity_in(one, f, x, limit)]
    if not fitting:
        return ""
    return (
        f"it is the identity at the boundary of {' and '.join(fitting)}: wrap the model in its "
        f"convention, Convention.{fitting[0]}().wrap(f, schedule) (--convention {fitting[0]})"
    )


def _is_identity_in(convention: Convention, f: Centred, x: Rows, limit: float) -> bool:
    """Whether f(x, e) = x at the convention's boundary e."""
    try:
        y = f.f(x.to(f.dtype), convention.boundary)
        return float((y.to(x) - x).abs().max()) <= limit
    except Exception:  # a model of the paper's convention need not take such a time
        return False


def _coarser(f: Centred) -> str:
    """What to do where f errs by no more than float32's roundings."""
    if f.dtype != torch.float64:
        return ""
    return "that is within float32's roundings: pass dtype='float32' (--dtype float32)"


@dataclass(frozen=True)
class _Difference:
    """How far two values of f are apart at level t, and how far roundings may take them."""

    t: int
    observed: float
    limit: float
    in_float32: float  # the limit, were that the coarsest dtype


@dataclass(frozen=True)
class _Trial:
    repeated: _Difference
    by_rows: _Difference


def _excess(difference: _Difference) -> float:
    """By which factor the limit is exceeded; exact agreement counts as none at all."""
    if difference.observed == 0:
        return 0.0
    return difference.observed / max(difference.limit, 1e-300)


def _trial(f: Centred, t: int, seed: int) -> _Trial:
    """f at level t on the same rows: as they are, permuted, in blocks, moved by a few roundings,
    and once more.
    """
    generator = stream("certificate/sanity", seed, t)
    a, b = f.schedule.scales(t)
    x0 = f.target.sample(ROWS, generator) - f.target.mean
    x = a * x0 + b * normal(tuple(x0.shape), generator, x0)
    order = torch.randperm(ROWS, generator=generator).to(x.device)
    value = f(x, t)
    apart = 0.0
    for rows in BLOCKS:
        parts = [f(part, t) for part in x[order].split(rows)]
        apart = max(apart, _distance(torch.cat(parts), value[order]))
    shift = a * f.target.mean
    eps = rounding(f.f, f.dtype, f.raw(x + shift, t).dtype)
    nudged = _distance(f((x + shift) * (1 + NUDGE * eps) - shift, t), value)
    again = _distance(f(x, t), value)  # last, so that what drifts is seen
    stretch = getattr(f.f, "stretch", None)
    inner = 1.0 if stretch is None else float(stretch(t))
    mean = f.schedule.scales(1)[0] * f.target.mean
    size = max(inner * float((x + shift).abs().max()), float((value + mean).abs().max()))
    limit = ROUNDINGS * eps * size
    coarse = ROUNDINGS * max(eps, torch.finfo(torch.float32).eps) * size
    slack = NUDGES * nudged + SOLVER * size
    return _Trial(
        repeated=_Difference(t, again, limit, coarse),
        by_rows=_Difference(t, apart, limit + slack, coarse + slack),
    )


def _distance(y: Rows, other: Rows) -> float:
    return float((y - other).abs().max())


def _judged(law: str, equation: str, difference: _Difference, f: Centred) -> Verdict:
    """The verdict on the largest difference, with what may be its cause where it is too large."""
    detail = ""
    if not difference.observed <= difference.limit:
        words = [f"seen at t = {difference.t}"]
        if any(net.training for net in networks(f.f)):
            words.append("the network is in training mode: call eval()")
        elif difference.observed <= difference.in_float32:
            words.append(_coarser(f))
        detail = "; ".join(filter(None, words))
    return at_most(law, equation, difference.observed, difference.limit, detail)
