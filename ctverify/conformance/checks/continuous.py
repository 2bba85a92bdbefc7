"""Losses in continuous time, whose pair is (x_t, t) twice: they are told by their gradients alone.

With r = df(x_t, t)/dt along the path x_t = a x_0 + b z the gradient in the network's output is
c_out W(r), W the gradient of a distance or a normalised tangent. The exact solution F* has E[r |
x_t] = 0, and F = F* + delta h, h constant, adds delta h c_out' to r; for Gaussian targets r is
normal given x_t. So whatever W(r) = w(|r|, t) r is, w >= 0:

    F*             E[G k(x_t)] = 0 for every k
    F* + delta h   delta <G, h> is more often positive than negative, where c_out^2 grows

Lu and Song (arXiv 2410.11081), Sections 2 and 4; Song et al. (arXiv 2303.01469), Theorem 6.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from hypothesis import strategies as st

from ..cases import line_gaussians, seeds
from ..oracle.exact import Exact, factors
from ..oracle.probe import NotApplicable, Probe
from .check import (
    RATE,
    ROUNDINGS,
    Replay,
    check,
    generator,
    require,
    require_centred,
)
from .gradients import gradients, of_student
from .granted import EXACT
from .pair import data, zero
from .scripts import stationarity

CONTINUOUS = "Lu and Song (arXiv 2410.11081), Section 2"
ERRORS = (2.0, 8.0)  # of the network, in units of its output; the data's scale makes these 1
GROWTH = 2.0**-8  # the relative step in time over which c_out^2 has to grow

gaussians = line_gaussians.filter(lambda case: 0.25 <= case.spread <= 4 and case.offset <= 3)


def continuous(probe: Probe, seed: int) -> None:
    """NotApplicable for training in discrete time, whose minimiser is not the flow."""
    _, t, _, s = probe.pair(data(probe, 4, 1, seed), zero, seed)
    if not bool((t == s).all()):
        raise NotApplicable("training is in discrete time, whose minimiser is not the flow")


@check(
    "loss.stationary",
    "at the exact solution for a Gaussian the expected gradient of a continuous-time loss vanishes:"
    " E[g h(x_t)] = 0",
    "Lu and Song (arXiv 2410.11081), Section 2: at the flow map the tangent's conditional mean"
    " is 0",
    "loss",
    "training_pair",
    "network",
    statistical=True,
    examples=10,
    rests_on=(*EXACT, "loss.finite", "loss.gradient", "pair.noise", "pair.inputs"),
    target=gaussians,
    seed=seeds,
)
def stationary(probe: Probe, target: Any, seed: int) -> None:
    """Given x_t the tangent is normal, so any odd normalisation of it is symmetric; h: 1, sign(x_t
    - mean), sign(t - median).
    """
    continuous(probe, seed)
    exact = target.exact(probe.convention)
    x0 = exact.target.sample(8192, generator(seed)).to(probe.dtype)
    x_t, t, _, _ = probe.pair(x0, zero, seed)
    seen, _ = gradients(probe, x0, probe.tangent_oracle(exact), seed)
    grad = of_student(seen)
    a, _ = factors(probe.convention, t)
    side, late = torch.sign(x_t - a * exact.target.mean), torch.sign(t - t.median())[:, None]
    replay = Replay("loss", {}, lines=stationarity(probe, exact, seed))
    for name, h in (
        ("1", torch.ones_like(grad)),
        ("sign(x_t - mean)", side),
        ("sign(t - median)", late),
        ("their product", side * late),
    ):
        require_centred(f"E[g h] with h = {name}", grad * h, replay)


@check(
    "loss.restoring",
    "the gradient of a continuous-time loss pushes a constant error of the network back: <G(F* +"
    " delta h) - G(F* - delta h), h> > 0",
    CONTINUOUS,
    "loss",
    "training_pair",
    "network",
    statistical=True,
    examples=4,
    rests_on=(*EXACT, "loss.finite", "loss.gradient", "pair.noise", "pair.inputs"),
    target=gaussians,
    delta=st.sampled_from(ERRORS),
    seed=seeds,
)
def restoring(probe: Probe, target: Any, delta: float, seed: int) -> None:
    """Rows whose time lets c_out^2 grow, those below and above the median of t each for themselves.

    With r symmetric and unimodal given x_t, each row's delta G has either sign with probability at
    least, or at most, 1/2 given its size: sum delta G/|G| is stochastically at least a sum of
    independent signs, and below -sqrt(2 log(1/p)) with probability at most p (Hoeffding). Where W
    is monotone, as in square, pseudo-Huber and normalised losses, no row goes down at all.
    """
    continuous(probe, seed)
    exact = target.exact(probe.convention)
    x0 = exact.target.sample(1024, generator(seed)).to(probe.dtype)
    _, t, _, _ = probe.pair(x0, zero, seed)
    grown = _grows(probe, t)
    up, down = (_moved(probe, exact, x0, sign * delta, seed) for sign in (1.0, -1.0))
    difference, rounding = up - down, ROUNDINGS * probe.body_eps * (up.abs() + down.abs())
    replay = Replay("loss", {"x0": x0, "seed": seed})
    late = t >= t[grown].median()
    for rows, when in ((grown & ~late, "below"), (grown & late, "above")):
        count, back = int(rows.sum()), int((difference > rounding)[rows].sum())
        if not count:
            continue
        where = f"in {count} rows at times {when} their median {float(t[grown].median()):.4g}"
        require(
            f"F* + {delta:g} and F* - {delta:g} have the same gradient {where}: the loss does not"
            " feel a constant error of the network",
            float(bool((difference.abs() <= rounding)[rows].all())),
            0.0,
            replay,
        )
        for gradient, error in ((up, delta), (down, -delta)):
            g = gradient[rows] * math.copysign(1, error)
            share = float(g.sum() / g.square().sum().sqrt().clamp_min(1e-300))
            require(
                f"the gradient pushes an error of {error:+g} in the network's output on, not back"
                f" (its sign is reversed), {where}; minus its sum over its root sum of squares, in"
                " the error's direction",
                -share,
                math.sqrt(2 * math.log(2 / RATE)),
                replay,
            )
        require(
            f"no row's gradient grows with the network's error, {where}; the gradient's sign is"
            " reversed",
            float(back == 0),
            0.0,
            replay,
        )


def _moved(probe: Probe, exact: Exact, x0: torch.Tensor, by: float, seed: int) -> torch.Tensor:
    """The gradient (n,) at F* + by; d = 1."""
    oracle = probe.tangent_oracle(exact)
    seen, _ = gradients(probe, x0, lambda x, e: oracle(x, e) + by, seed)
    return of_student(seen)[:, 0]


def _grows(probe: Probe, t: torch.Tensor) -> torch.Tensor:
    """The rows at whose time c_out^2 grows; NotApplicable where it does at none."""
    low, high = (probe.scales_at(t * (1 + step))[1].square() for step in (-GROWTH, GROWTH))
    grown: torch.Tensor = high > low * (1 + ROUNDINGS * probe.eps)
    if not bool(grown.any()):
        raise NotApplicable("c_out^2 does not grow with t")
    return grown
