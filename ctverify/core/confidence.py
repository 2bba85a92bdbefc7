"""Confidence limits, and how they carry over to a sum of roots.

A mean of n draws gets Student's one-sided limit, mean + t_{n-1} se (exact for normal draws, a
normal approximation otherwise).

sum_r sqrt(q_r) of R unknown squares q_r = E S_r: for any a > 0 fixed beforehand, sqrt(q) <= (q/a +
a)/2, equal at a = sqrt(q), so

    sum_r sqrt(q_r) <= E [ sum_r (S_r/a_r + a_r)/2 ],

ONE mean instead of R roots: no level is split over the R terms, negative estimates of squares need
no care, and draws that are dependent across r may be used. The a_r come from one half of the draws
and the mean from the other, both ways round.
"""

from __future__ import annotations

import math

import torch
from scipy.special import stdtrit

LEAST = 16  # draws below which no limit is offered


def standard_error(draws: torch.Tensor) -> torch.Tensor:
    """The standard error of the mean over the last axis."""
    return draws.std(-1) / math.sqrt(draws.shape[-1])


def upper_limit(draws: torch.Tensor, level: float) -> float:
    """A number that the mean exceeds with probability `level` at most."""
    return float(draws.mean() - stdtrit(len(draws) - 1, level) * standard_error(draws))


def lower_limit(draws: torch.Tensor, level: float) -> float:
    """A number that the mean falls below with probability `level` at most."""
    return -upper_limit(-draws, level)


def concentration(draws: torch.Tensor) -> float:
    """How far one draw moves the mean: max |x_i - mean| / sum |x_i|. Near 1 the mean, and Student's
    limit, hang on that draw.
    """
    total = float(draws.abs().sum())
    return float((draws - draws.mean()).abs().max()) / total if total > 0 else 0.0


def sum_of_roots_limit(squares: torch.Tensor, level: float, unit: float) -> tuple[float, float]:
    """An upper limit for sum_r sqrt(E S_r) from draws (R, n) of S, and the concentration behind it.

    A root below 1e-9 of `unit` counts as 0.
    """
    halves = squares[:, ::2], squares[:, 1::2]
    bounds = [_bound(halves[i], halves[1 - i], 1e-9 * unit) for i in (0, 1)]
    return sum(upper_limit(b, level / 2) for b in bounds) / 2, max(map(concentration, bounds))


def _bound(fitted: torch.Tensor, held: torch.Tensor, floor: float) -> torch.Tensor:
    """Draws (n,) of sum_r (S_r/a_r + a_r)/2 with a_r from the other half."""
    q = torch.maximum(fitted.mean(1), standard_error(fitted))
    a = q.clamp_min(floor * floor).sqrt()
    return (0.5 * (held / a[:, None] + a[:, None])).sum(0)


def root_bias(squares: torch.Tensor, errors: torch.Tensor) -> float:
    """A bound on the bias of sum_r sqrt(max(x_r, 0)): |sqrt(x) - sqrt(q)| <= min(|x - q|/sqrt(q),
    sqrt|x - q|), q = E x.

    `squares` stands for q and `errors` for E |x - q|.
    """
    root = squares.clamp_min(0.0).sqrt()
    return float(torch.minimum(errors / root.clamp_min(1e-300), errors.sqrt()).sum())
