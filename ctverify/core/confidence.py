"""Confidence limits, and how they carry over to a sum of roots.

A mean of n draws gets Student's one-sided limit, mean + t_{n-1} se (exact for normal draws, a
normal approximation otherwise).

sum_r sqrt(q_r) of R unknown squares q_r = E S_r: for any a > 0 fixed beforehand, sqrt(q) <= (q/a +
a)/2, equal at a = sqrt(q), so

    sum_r sqrt(q_r) <= E [ sum_r (S_r/a_r + a_r)/2 ],

ONE mean instead of R roots: no failure probability is split over the R terms, negative estimates of
squares need no care, and draws that are dependent across r may be used. The a_r come from one half
of the draws and the mean from the other, both ways round.

Stratified draws h_i, one independent draw in each of n cells of equal probability, get the same
limit as n draws without cells: with s their standard deviation,

    E s^2/n >= Var(mean of h_i),

so that s^2/n is never too small in mean: the cells make the estimate more accurate, not its limit.
The difference of neighbours would give a variance that is smaller by far; but of a function that
has a slope in its tails the two end cells hold most of it, their sum has no normal limit, and the
quantile that allows for that is beyond use at a small alpha.
"""

from __future__ import annotations

import math

import torch
from scipy.special import stdtrit

FEWEST_DRAWS = 16  # draws below which no limit is offered
NEGLIGIBLE = 1e-9  # of a unit: a root below it counts as 0


def standard_error(draws: torch.Tensor) -> torch.Tensor:
    """The standard error of means.

    Arguments:
        draws: (..., n) draws along the last axis, n >= 2.

    Returns:
        (...), the standard deviation over sqrt(n).

    Example:
        >>> standard_error(torch.tensor([0.0, 2.0, 4.0, 6.0]))
        tensor(1.2910)
    """
    count = draws.shape[-1]
    return draws.std(-1) / math.sqrt(count)


def upper_limit(draws: torch.Tensor, alpha: float) -> float:
    """Student's upper limit of a mean.

    Arguments:
        draws: (n,) independent draws, n >= 2.
        alpha: the failure probability, in (0, 1).

    Returns:
        A number that the mean exceeds with probability `alpha` at most.

    Example:
        >>> round(upper_limit(torch.tensor([0.0, 2.0]), 0.05), 4)
        7.3138
    """
    quantile = stdtrit(len(draws) - 1, alpha)
    return float(draws.mean() - quantile * standard_error(draws))


def lower_limit(draws: torch.Tensor, alpha: float) -> float:
    """Student's lower limit of a mean.

    Arguments:
        draws: (n,) independent draws, n >= 2.
        alpha: the failure probability, in (0, 1).

    Returns:
        A number that the mean falls below with probability `alpha` at most.

    Example:
        >>> round(lower_limit(torch.tensor([0.0, 2.0]), 0.05), 4)
        -5.3138
    """
    return -upper_limit(-draws, alpha)


def resolution(n: int, alpha: float) -> float:
    """The probability p* of the rarest event that n draws exclude.

        (1 - p*)^n = alpha

    An event of probability p* or more has shown up in n independent draws with probability 1 -
    alpha. What is rarer may have gone unseen: a model that errs by H there adds up to p* H to W_1,
    and sqrt(p*) H to W_2, however small a limit is, and H has no bound unless f has. Stratified
    draws, one in each of n cells of equal probability, exclude what independent ones do, and more.

    Arguments:
        n: the draws behind the reported mean, at least 1; not those that something was fitted to.
        alpha: the probability that the event is missed, in (0, 1).

    Returns:
        p*, in (0, 1).

    Example:
        >>> round(resolution(20_000, 2.5e-7), 6)
        0.00076
    """
    return -math.expm1(math.log(alpha) / n)


def concentration(draws: torch.Tensor) -> float:
    """How far one draw moves the mean: max |x_i - mean| / sum |x_i|.

    Arguments:
        draws: (n,) draws.

    Returns:
        A share in [0, 1]. Near 1 the mean, and Student's limit, hang on that draw.

    Example:
        >>> concentration(torch.tensor([0.0, 0.0, 0.0, 4.0]))
        0.75
    """
    total = float(draws.abs().sum())
    if not total > 0:  # NaN too
        return 0.0
    farthest = float((draws - draws.mean()).abs().max())
    return farthest / total


def sum_of_roots_limit(squares: torch.Tensor, alpha: float, unit: float) -> tuple[float, float]:
    """An upper limit of sum_r sqrt(E S_r), by the inequality of the module's head.

    Arguments:
        squares: (R, n) draws of S_r, n >= 4; they may be negative, and dependent across r.
        alpha: the failure probability, in (0, 1).
        unit: the scale of the roots, above 0: a root below 1e-9 of it counts as 0.

    Returns:
        The limit, and the concentration of the draws behind it.

    Example:
        >>> limit, _ = sum_of_roots_limit(torch.full((3, 8), 4.0), 0.05, 1.0)
        >>> limit
        6.0
    """
    even = squares[:, ::2]
    odd = squares[:, 1::2]
    floor = NEGLIGIBLE * unit
    bounds = [_bound(even, odd, floor), _bound(odd, even, floor)]
    limits = [upper_limit(bound, alpha / 2) for bound in bounds]
    return sum(limits) / 2, max(map(concentration, bounds))


def _bound(fitted: torch.Tensor, held: torch.Tensor, floor: float) -> torch.Tensor:
    """Draws (n,) of sum_r (S_r/a_r + a_r)/2 with a_r from the other half."""
    q = torch.maximum(fitted.mean(1), standard_error(fitted))
    a = q.clamp_min(floor * floor).sqrt()
    return (0.5 * (held / a[:, None] + a[:, None])).sum(0)


def root_bias(squares: torch.Tensor, errors: torch.Tensor) -> float:
    """A bound on the bias of sum_r sqrt(max(x_r, 0)), where E x_r = q_r.

    |sqrt(x) - sqrt(q)| <= min(|x - q|/sqrt(q), sqrt|x - q|)

    Arguments:
        squares: (R,), standing for q_r.
        errors: (R,), standing for E |x_r - q_r|, at least 0.

    Returns:
        The sum over r of that minimum.

    Example:
        >>> root_bias(torch.tensor([4.0, 0.0]), torch.tensor([0.5, 0.25]))
        0.75
    """
    root = squares.clamp_min(0.0).sqrt()
    relative = errors / root.clamp_min(1e-300)
    return float(torch.minimum(relative, errors.sqrt()).sum())
