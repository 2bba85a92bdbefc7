"""The choice of a coupling, from draws that are not reported.

The mean distance of pairs bounds W_1 under every coupling: row by row, re-paired in batches
(repairing.py), with the noise turned (recoupling.py). Which gives the lowest limit is judged here,
by the limit that each would have; choosing by the cost on the reported draws would certify too
little.

How many draws: JUDGES batches to judge by, and TURN_ROWS d rows to fit a turn on, where those are
at most a 1/TURN_SHARE of the reported ones. Regression on r rows adds d/r to the residual
variance of a prediction: 16 d rows add 3 % to a residual's size. Altogether a quarter of the
reported draws at most.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy.special import stdtrit

from ..core.streams import stream
from .coupling import Coupling, Pairs, turned
from .recoupling import fitted_turn
from .repairing import repaired

JUDGES = 4  # batches
TURN_ROWS = 16  # a dimension
TURN_SHARE = 12
WORTHWHILE = 0.99  # of the plain coupling's limit: what is not below it gains nothing


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """A coupling that was chosen.

    Attributes:
        repaired: whether the ends are re-paired in batches.
        mended: whether twins are re-paired between a sampler's steps too.
        turn: h, with which the noise is turned for the model; None for the identity.
    """

    repaired: bool = False
    mended: bool = False
    turn: Float[torch.Tensor, "d d"] | None = None

    def words(self, batch: int) -> str:
        """What was done to the pairs."""
        words = "coupled pairs"
        if self.turn is not None:
            words += ", re-coupled by an orthogonal map of the noise"
        if self.mended:
            words += f", re-paired after each step in batches of {batch}"
        elif self.repaired:
            words += f", re-paired in batches of {batch}"
        return words


Trial = tuple[Plan, torch.Tensor, torch.Tensor]  # with the sampler's ends and their exact twins


def chosen_plan(coupling: Coupling, batch: int, batches: int, alpha: float, seed: int) -> Plan:
    """The plan whose limit a pilot finds lowest; the plain one where none gains.

    Arguments:
        coupling: how pairs are drawn.
        batch: rows of a reported batch.
        batches: how many are reported.
        alpha: the failure probability of the limit.
        seed: of the pilot's streams, which nothing else draws from.

    Returns:
        The plan.
    """
    if batch == 1:
        return Plan()
    generator = stream("certificate/pilot", seed)
    count = JUDGES * batch
    starts = coupling.starts(count, batch, generator, mended=False)
    exact = coupling.flow(starts)
    model = coupling.run(starts, generator)
    trials = [(Plan(), model, exact), (Plan(repaired=True), model, exact)]
    turn = _turn(coupling, batch, batches, seed)
    if turn is not None:
        moved = coupling.run(turned(starts, turn, coupling.start_std), generator)
        trials.append((Plan(turn=turn), moved, exact))
        trials.append((Plan(turn=turn, repaired=True), moved, exact))
    if coupling.between is not None:
        mended = coupling.starts(count, batch, stream("certificate/pilot", seed), mended=True)
        ends = coupling.flow(mended)
        plan = Plan(repaired=True, mended=True)
        trials.append((plan, coupling.run(mended, generator), ends))
    return _best_of(trials, batch, batches, alpha)


def better_plan(judged: Pairs, batch: int, batches: int, alpha: float) -> Plan:
    """Whether pairs are to be re-paired at their end, from pairs that are not reported.

    Arguments:
        judged: JUDGES batches of pairs.
        batch, batches, alpha: as in chosen_plan.

    Returns:
        A plan without a turn.
    """
    trials = [(plan, judged.model, judged.exact) for plan in (Plan(), Plan(repaired=True))]
    return _best_of(trials, batch, batches, alpha)


def _best_of(trials: Sequence[Trial], batch: int, batches: int, alpha: float) -> Plan:
    """The plan with the lowest expected limit, the first one unless another gains."""
    if batch == 1:
        return trials[0][0]
    expected = [_expected_limit(*trial, batch, batches, alpha) for trial in trials]
    best = min(range(len(trials)), key=lambda i: expected[i])
    return trials[best if expected[best] < WORTHWHILE * expected[0] else 0][0]


def _turn(
    coupling: Coupling, batch: int, batches: int, seed: int
) -> Float[torch.Tensor, "d d"] | None:
    """A turn fitted on rows of its own, where there is one and it is affordable."""
    rows = TURN_ROWS * coupling.dim
    if coupling.dim == 1 or TURN_SHARE * rows > batch * batches:
        return None
    generator = stream("certificate/turn", seed)
    starts = coupling.starts(rows, 1, generator, mended=False)
    if starts.level != coupling.turns_at:
        return None
    model = coupling.run(starts, generator)
    return fitted_turn(Pairs(starts.z, model, coupling.flow(starts)))


def _expected_limit(
    plan: Plan, model: torch.Tensor, exact: torch.Tensor, batch: int, batches: int, alpha: float
) -> float:
    """The limit that the plan would have on the reported draws."""
    if plan.repaired:
        twins = repaired(model, exact, batch)
        draws = (model - twins).norm(dim=1).reshape(-1, batch).mean(1)
        count = batches
    else:
        draws = (model - exact).norm(dim=1)
        count = batch * batches
    error = float(draws.std()) / math.sqrt(count)
    return float(draws.mean()) - float(stdtrit(count - 1, alpha)) * error
