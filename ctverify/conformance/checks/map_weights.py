"""The declared law of a flow map's loss, of the network's output less its target: its value, its
gradient, row by row. A weight that depends on the residual is told by both: its power by the value
at residuals of several sizes, whether it has a gradient by the gradient.

Geng et al. (arXiv 2505.13447), Section 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st

from ..cases import dims, seeds
from ..laws.loss_laws import gradient_of
from ..oracle.map_gradients import map_gradients
from ..oracle.probe import Probe
from ..oracle.two_times import TwoTimes, smooth
from .check import EPS, ROUNDINGS, Replay, check, require_equal
from .map_loss import GRADIENTS, PAIR
from .pair import data
from .weights import of_law

WEIGHTS = "Geng et al. (arXiv 2505.13447), Section 4.3"
NEEDED = ("flow_map", "flow_pair", "loss", "loss_law", "target")
BEFORE = (*GRADIENTS, *PAIR, "tangent.identity", "loss.residual", "loss.orthogonal")


@check(
    "loss.value",
    "a flow map's loss is the declared weight times the declared distance of the network's output"
    " and its target, averaged",
    WEIGHTS,
    *NEEDED,
    rests_on=BEFORE,
    examples=20,
    seed=seeds,
    d=dims,
    size=st.sampled_from([1.0, 0.1, 30.0]),
)
def value(probe: Probe, seed: int, d: int, size: float) -> None:
    """Around a network of several sizes; the residual is known to the roundings of its parts."""
    known = _known(probe, seed, d, size)
    law, rounding = known.law, known.rounding
    distance = law.distance(known.gap)
    right = known.weight * distance
    high = law.distance(known.gap.abs() + rounding)
    low = law.distance((known.gap.abs() - rounding).clamp_min(0))
    slack = known.weight * (high - low).abs() / (ROUNDINGS * EPS) + known.weight_size * distance
    slack = slack + right * probe.body_eps / EPS
    loss = known.loss
    right, slack = (right, slack) if loss.ndim else (right.mean(), slack.mean())
    require_equal(
        f"the loss by its declared law, of a network of size {size:g}",
        loss,
        right,
        slack,
        known.replay,
    )


@check(
    "loss.adaptive",
    "the gradient of a flow map's loss is that of its declared law, whose weight has none of its"
    " own",
    WEIGHTS,
    *NEEDED,
    rests_on=(*BEFORE, "loss.value"),
    examples=20,
    seed=seeds,
    d=dims,
    size=st.sampled_from([1.0, 0.1, 30.0]),
)
def adaptive(probe: Probe, seed: int, d: int, size: float) -> None:
    """Row by row, through the student alone."""
    known = _known(probe, seed, d, size)
    slope = gradient_of(known.law, known.gap)
    right = known.weight[:, None] * slope
    moved = torch.zeros_like(right)
    for sign in (-1, 1):
        near = gradient_of(known.law, known.gap + sign * known.rounding)
        moved = moved + (known.weight[:, None] * near - right).abs()
    slack = moved / (ROUNDINGS * EPS) + known.weight_size[:, None] * slope.abs()
    require_equal(
        f"the gradient in the network's output by the declared law, of a network of size {size:g}",
        known.gradient,
        right,
        slack + right.abs() * probe.body_eps / EPS,
        known.replay,
    )


@dataclass(frozen=True, eq=False)
class Known:
    """A loss around a network that is known: its law, value and gradient, the gap of output and
    target and its roundings, the law's weights and theirs.
    """

    law: Any
    loss: torch.Tensor
    gradient: torch.Tensor
    gap: torch.Tensor
    rounding: torch.Tensor
    weight: torch.Tensor
    weight_size: torch.Tensor
    replay: Replay


def _known(probe: Probe, seed: int, d: int, size: float) -> Known:
    two, x0 = TwoTimes(probe), data(probe, 16, d, seed)
    x_t, t, s, velocity = two.pair(x0, seed)

    def network(x: torch.Tensor, first: Any, second: Any, label: Any = None) -> torch.Tensor:
        return size * smooth(x, first, second)

    rate = x_t if velocity is None else two.direction * velocity
    goal = two.ask("target", x_t, two.given(t), two.given(s), rate.to(probe.dtype), network)
    answer = network(x_t, *two.embed(t, s))
    found = map_gradients(two, x0, network, seed)
    law = probe.subject.loss_law
    weight, weight_size = of_law(law, t, s)
    gap = answer - goal
    return Known(
        law=law,
        loss=found.loss,
        gradient=found.total,
        gap=gap,
        rounding=ROUNDINGS * probe.body_eps * (answer.abs() + goal.abs() + size),
        weight=weight,
        weight_size=weight_size,
        replay=Replay("loss", {"x0": x0, "seed": seed}),
    )
