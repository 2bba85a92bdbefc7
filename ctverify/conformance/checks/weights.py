"""The weight of a discrete loss: what it says it is, and that no gradient passes through it.

With the declared law w(t, s) distance(f_t - f_s) the gradient in the student's output is

    G = c_out(t) w(t, s) grad distance(f_t - f_s)

and nothing else, also where the loss has the right value: weights that depend on the residual are
detached (AdaptiveSquared), a pseudo-Huber distance is not.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import torch

from ..cases import dims, seeds
from ..laws.loss_laws import gradient_of
from ..oracle.probe import Probe
from .check import EPS, ROUNDINGS, Replay, check, require, require_equal
from .gradients import gradients, of_student
from .pair import data, discrete, zero

WEIGHTS = "Song and Dhariwal (arXiv 2310.14189), Section 3.1"


@check(
    "loss.weight",
    "weight(t, s) is positive, finite and the declared law's at every pair of training times",
    WEIGHTS,
    "weight",
    "training_pair",
    rests_on=("pair.adjacent",),
    seed=seeds,
)
def weight(probe: Probe, seed: int) -> None:
    """Asked without gradients. Of an undeclared weight only the sign and finiteness are known."""
    x0 = data(probe, 8, 1, seed)
    _, t, _, s = probe.pair(x0, zero, seed)
    with torch.no_grad():
        seen = probe.call("weight", t.to(probe.dtype), s.to(probe.dtype))
    replay = Replay("weight", {"t": t, "s": s})
    bad = seen[~((seen > 0) & seen.isfinite())]
    shown = f", the first {float(bad[0]):.6g}" if len(bad) else ""
    require(
        f"{len(bad)} of {len(seen)} weights are not positive and finite{shown}",
        len(bad),
        0.0,
        replay,
    )
    if probe.offers("loss_law"):
        right, size = of_law(probe.subject.loss_law, t, s)
        require_equal("weight(t, s) against the declared law's", seen, right, size, replay)


def of_law(law: Any, t: torch.Tensor, s: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The law's weights (n,) float64, and the size of their roundings: those of t and of s move
    them too, most where they are close.
    """
    right = torch.as_tensor(law.weight(t, s)).double()
    nudge = 2.0**-30
    moved = [
        (torch.as_tensor(law.weight(*times)).double() - right).abs() / nudge
        for times in ((t * (1 + nudge), s), (t, s * (1 + nudge)))
    ]
    return right, right.abs() + moved[0] + moved[1]


@check(
    "loss.detached",
    "the student's gradient is c_out times the declared weight times the gradient of the declared"
    " distance: none passes through a weight, a scale or the teacher",
    "Song et al. (arXiv 2303.01469), Eq. (10)",
    "loss",
    "training_pair",
    "loss_law",
    "network",
    rests_on=(
        "loss.finite",
        "loss.gradient",
        "loss.direction",
        "pair.shared",
        "pair.inputs",
        "loss.law",
    ),
    seed=seeds,
    d=dims,
)
def detached(probe: Probe, seed: int, d: int) -> None:
    """f around the zero network. The gradient may move as far as it does when f_t - f_s moves by
    its roundings in any of the 2^d directions.
    """
    x0, law = data(probe, 16, d, seed), probe.subject.loss_law
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    (skip_t, out, _), (skip_s, _, _) = (probe.scales_at(v)[:, :, None] for v in (t, s))
    f_t, f_s = skip_t * x_t, skip_s * x_s
    w, size = of_law(law, t, s)
    slope = gradient_of(law, f_t - f_s)
    rounding = ROUNDINGS * probe.eps * (f_t.abs() + f_s.abs())
    moved = torch.stack(
        [
            (gradient_of(law, f_t - f_s + torch.tensor(signs) * rounding) - slope).abs()
            for signs in product((-1.0, 1.0), repeat=d)
        ]
    ).amax(0)
    # in units of a rounding, as require_equal takes it
    slack = out.abs() * (
        size[:, None] * slope.abs() + w[:, None] * 2 * moved / (ROUNDINGS * probe.eps)
    )
    seen, _ = gradients(probe, x0, zero, seed)
    require_equal(
        "the gradient in the student's output against c_out weight grad distance",
        of_student(seen),
        out * w[:, None] * slope,
        slack * probe.eps / EPS,
        Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls)),
        body=probe.body_eps * (out * w[:, None] * slope).abs(),
    )
