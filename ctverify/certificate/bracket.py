"""The two-sided bracket on W_1(Y, X_1), Y where a sampler ends, and the upper limit on W_2.

UPPER  the mean distance of pairs (Y, Y*), Y* of X_1's own law, bounds W_1 and the root mean square
       W_2 under every coupling, at rate n^(-1/2) in every dimension. Pairs share their noises
       (starts.py, coupling.py); a pilot chooses whether they are also re-paired in batches
       (repairing.py) or re-coupled (recoupling.py). Student's limit is over pairs, or over B >= 30
       independent batches where they are re-paired.
LOWER  a potential fitted on one half of the pairs, its gain estimated on the other
       (lower_end.py).
SCALE  E|X_1 - m|, m the geometric median of X_1: W_1 of the best constant model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core.arguments import InputError, whole
from ..core.confidence import concentration, lower_limit, upper_limit
from ..core.schemas import NonNegative
from ..core.streams import stream
from .checked_model import Centred
from .coupling import Coupling, Pairs, model_coupling, turned
from .lower_end import fit
from .pilot import Plan, chosen_plan
from .potentials import Potential
from .repairing import repaired
from .starts import DrawStarts

FEWEST_BATCHES = 30
LARGEST_BATCH = 500  # by default: an assignment costs batch^3
MEDIAN_STEPS = 60  # of Weiszfeld's iteration

Fit = Callable[[torch.Tensor, torch.Tensor, torch.Generator], Potential]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """A lower and an upper limit."""

    lower: NonNegative
    upper: NonNegative


@dataclass(frozen=True, kw_only=True)
class Bracket:
    """Limits on W_1 and W_2 in the data's unit of length, and estimates.

    Attributes:
        lower, upper: limits on W_1, each with its own failure probability.
        lower_estimate, upper_estimate: the means behind them.
        w2_upper: the limit on W_2.
        concentration: how far one draw moves a mean behind a limit (core/confidence.py).
        method: how they were found.
        scale: E|X_1 - m|, W_1 of the best constant model m, an estimate; None in certificates of
            0.1.0.
        scale_upper: its upper limit.
        draws: how many pairs are in the mean behind `upper`; None in certificates of 0.1.0.
    """

    lower: float
    upper: float
    lower_estimate: float
    upper_estimate: float
    w2_upper: float
    concentration: float
    method: str
    scale: float | None = None
    scale_upper: float | None = None
    draws: int | None = None

    @property
    def relative(self) -> Limits | None:
        """The limits in units of scale: 1 is what a constant model reaches."""
        if not self.scale:
            return None
        return Limits(lower=self.lower / self.scale, upper=self.upper / self.scale)


def bracket(
    f: Centred,
    draw_starts: DrawStarts,
    pairs: int,
    alpha: float,
    seed: int,
    repair_batch: int | None = None,
    between: Callable[[int], DrawStarts] | None = None,
) -> Bracket:
    """The bracket of a model's last step from coupled starts, in any dimension.

    Arguments:
        f: the model.
        draw_starts: starts of the last step; in d = 1 each call is one batch, and may be
            stratified.
        pairs: how many pairs, at least 30; a remainder of a batch is dropped.
        alpha: with which each of the three limits may fail.
        seed: of all random streams.
        repair_batch: rows of a batch that is re-paired; None for min(500, pairs // 30).
        between: of a sampler, its starts re-paired between steps in batches of so many rows; None
            for one step.

    Returns:
        The bracket.

    Raises:
        InputError: repair_batch leaves fewer than 30 batches.
        NotFinite: f returned NaN or infinity, or has diverged.

    Example:
        >>> from functools import partial
        >>> from ctverify import Schedule, population_model
        >>> from ctverify.targets import load
        >>> from ctverify.certificate.starts import noise_starts
        >>> target, schedule = load("gaussian-2d"), Schedule.li_huang_wei(16, 1, 2)
        >>> f = Centred(population_model(target, schedule), target, schedule)
        >>> found = bracket(f, partial(noise_starts, f), 300, 0.01, 0)
        >>> found.lower <= found.upper < found.scale
        True
    """
    coupling = model_coupling(f, draw_starts, between)
    return bracket_and_pairs(coupling, pairs, alpha, seed, repair_batch)[0]


def bracket_and_pairs(
    coupling: Coupling, pairs: int, alpha: float, seed: int, repair_batch: int | None = None
) -> tuple[Bracket, Pairs]:
    """The bracket of any sampler, and the pairs that it rests on.

    Arguments:
        coupling: how pairs are drawn.
        pairs, alpha, seed, repair_batch: as in `bracket`.

    Returns:
        The bracket; the pairs before they were re-paired at the end.

    Raises:
        InputError: repair_batch leaves fewer than 30 batches.
    """
    batch = batch_size(pairs, repair_batch)
    batches = pairs // batch
    plan = chosen_plan(coupling, batch, batches, alpha, seed)
    generator = stream("certificate/pairs", seed)
    starts = coupling.starts(batch * batches, batch, generator, plan.mended)
    if plan.turn is not None:
        starts = turned(starts, plan.turn, coupling.start_std)
    drawn = Pairs(starts.z, coupling.run(starts, generator), coupling.flow(starts))
    return limits(drawn, plan, batch, alpha, seed, coupling.solver), drawn


def batch_size(pairs: int, repair_batch: int | None) -> int:
    """m, rows of a batch.

    Arguments:
        pairs: how many are reported, at least 30.
        repair_batch: what the user asks for, or None.

    Returns:
        repair_batch, or min(500, pairs // 30).

    Raises:
        InputError: repair_batch is no whole number, or leaves fewer than 30 batches.

    Example:
        >>> batch_size(20_000, None)
        500
        >>> batch_size(2000, 100)
        Traceback (most recent call last):
        ctverify.core.arguments.InputError: repair_batch must leave at least 30 batches of 2000 \
pairs, so be at most 66, got 100
    """
    largest = pairs // FEWEST_BATCHES
    if repair_batch is None:
        return max(1, min(LARGEST_BATCH, largest))
    batch = whole("repair_batch", repair_batch)
    if batch > largest:
        raise InputError(
            f"repair_batch must leave at least {FEWEST_BATCHES} batches of {pairs} pairs, so be at "
            f"most {largest}, got {repair_batch!r}"
        )
    return batch


def limits(
    pairs: Pairs,
    plan: Plan,
    batch: int,
    alpha: float,
    seed: int,
    solver: float,
    fit_potential: Fit = fit,
) -> Bracket:
    """The bracket from pairs; each of its three limits holds with probability 1 - alpha.

    Arguments:
        pairs: rows that the plan was not chosen on.
        plan: whether they are re-paired.
        batch: rows of a batch; they divide the pairs.
        alpha: the failure probability of each limit.
        seed: of the potential's fit.
        solver: the error of the flow, added once.
        fit_potential: finds the lower end's potential.

    Returns:
        The bracket.
    """
    exact = pairs.exact
    if plan.repaired:
        exact = repaired(pairs.model, exact, batch)
    distance = torch.linalg.vector_norm(pairs.model - exact, dim=1)
    square = distance.square()
    if plan.repaired:  # rows of a batch depend on one another, batches do not
        distance = distance.reshape(-1, batch).mean(1)
        square = square.reshape(-1, batch).mean(1)
    # whole batches, which may be stratified
    half = len(pairs.exact) // batch // 2 * batch
    generator = stream("certificate/potential", seed)
    potential = fit_potential(pairs.model[:half], pairs.exact[:half], generator)
    gain = potential.gain(pairs.model[half:], pairs.exact[half:])
    if plan.mended:  # which rows were paired, earlier, depends on the whole batch
        gain = gain.reshape(-1, batch).mean(1)
    spread = distances_from_median(pairs.exact[:half], pairs.exact[half:])
    return Bracket(
        lower=max(0.0, lower_limit(gain, alpha) - solver),
        upper=upper_limit(distance, alpha) + solver,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=upper_limit(square, alpha) ** 0.5 + solver,
        concentration=max(map(concentration, (gain, distance, square))),
        method=(
            f"{plan.words(batch)}; potential fitted on a held-out half: {potential.form}; "
            "Student limits"
        ),
        scale=float(spread.mean()),
        scale_upper=upper_limit(spread, alpha) + solver,
        draws=len(pairs.exact),
    )


def distances_from_median(
    fitting: Float[torch.Tensor, "k d"], held: Float[torch.Tensor, "n d"]
) -> Float[torch.Tensor, "n"]:
    """Draws of |X - m|, m the geometric median of other draws: their mean is W_1 of the best
    constant model of X, but for m's own error, of second order, which makes it larger.

    Arguments:
        fitting: independent draws of X, (k, d), k >= 1, whose median is taken.
        held: others, (n, d).

    Returns:
        The distances of `held` from the median of `fitting`, (n,).

    Example:
        >>> distances_from_median(torch.zeros(2, 1), torch.tensor([[1.0], [3.0]]))
        tensor([1., 3.])
    """
    return (held - _geometric_median(fitting)).norm(dim=1)


def _geometric_median(x: torch.Tensor) -> torch.Tensor:
    """The point of least mean distance, by Weiszfeld's iteration (Tohoku Math. J. 43, 1937)."""
    if x.shape[1] == 1:
        return x.median(0).values
    point = x.mean(0)
    for _ in range(MEDIAN_STEPS):
        weight = 1 / (x - point).norm(dim=1, keepdim=True).clamp_min(1e-300)
        point = (weight * x).sum(0) / weight.sum()
    return point
