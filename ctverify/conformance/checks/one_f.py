"""Training and sampling use one f.

With the teacher's output F_s given and the student's chosen so that the f of SAMPLING agree,

    F_t = (f_s - c_skip(t) x_t)/c_out(t),   f_s = c_skip(s) x_s + c_out(s) F_s,

a discrete loss of f_t - f_s is at its minimum, whatever its weight and distance: the gradient in
F_t changes sign there. Where training scales otherwise, it does so elsewhere, and where tells which
factor differs: the outputs F_t at which it does solve

    k1 c_out(t) F_t + k2 c_skip(t) x_t = k3 c_skip(s) x_s + k4 c_out(s) F_s

with the ratios k of training's scalings to sampling's, up to a common factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ..cases import seeds
from ..oracle.network import Recorder
from ..oracle.probe import Probe
from .check import ROUNDINGS, Replay, check, require
from .gradients import gradients, of_student, student
from .pair import data, discrete, zero

ROWS = 64
OUTPUTS = (0.5, -1.0)  # of the teacher
HALVINGS = 60
NAMES = (
    "the student's c_out",
    "the student's c_skip",
    "the teacher's c_skip",
    "the teacher's c_out",
)


@dataclass(frozen=True, eq=False)
class Pair:
    """A pair of one seed, columns (n, 1) float64, seen with the scalings of sampling."""

    x_t: torch.Tensor
    x_s: torch.Tensor
    skip_t: torch.Tensor
    skip_s: torch.Tensor
    out_t: torch.Tensor
    out_s: torch.Tensor
    t: torch.Tensor
    s: torch.Tensor

    def agreeing(self, raw: float) -> torch.Tensor:
        """The student's output that makes f_t = f_s where the teacher's is `raw`."""
        return (self.skip_s * self.x_s + self.out_s * raw - self.skip_t * self.x_t) / self.out_t

    def rounding(self, probe: Probe, raw: float) -> torch.Tensor:
        """How far roundings may move it."""
        own = (self.skip_t * self.x_t).abs() + (self.skip_s * self.x_s).abs()
        body = (self.out_t * self.agreeing(raw)).abs() + (self.out_s * raw).abs()
        return ROUNDINGS * (probe.eps * own + probe.body_eps * body) / self.out_t.abs()


@check(
    "loss.one_f",
    "training uses the f of sampling: where f(x_t, t) = f(x_s, s) by the scalings of sampling, the"
    " student's gradient vanishes",
    "Song et al. (arXiv 2303.01469), Eq. (5) and Eq. (10)",
    "loss",
    "training_pair",
    "network",
    examples=15,
    rests_on=("loss.finite", "loss.gradient", "loss.direction", "pair.shared", "pair.inputs"),
    seed=seeds,
)
def one_f(probe: Probe, seed: int) -> None:
    """The sign of the gradient on both sides of that output, to its roundings; d = 1."""
    x0 = data(probe, ROWS, 1, seed)
    pair = _pair(probe, x0, seed)
    seen, _ = gradients(probe, x0, zero, seed)
    of_student(seen)
    index = next(i for i, call in enumerate(seen.calls) if call is student(seen))
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    for raw in OUTPUTS:
        right, slack = pair.agreeing(raw), pair.rounding(probe, raw)

        def slope(by: torch.Tensor, raw: float = raw, right: torch.Tensor = right) -> torch.Tensor:
            return _slope(probe, x0, seed, index, raw, right + by)

        wrong = (slope(slack) < 0) | (slope(-slack) > 0)
        if bool(wrong.any()):
            require(
                _sentence(probe, pair, x0, seed, index, wrong, raw),
                float(wrong.sum()),
                0.0,
                replay,
            )


def _pair(probe: Probe, x0: torch.Tensor, seed: int) -> Pair:
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    (skip_t, out_t, _), (skip_s, out_s, _) = (probe.scales_at(v)[:, :, None] for v in (t, s))
    return Pair(x_t, x_s, skip_t, skip_s, out_t, out_s, t[:, None], s[:, None])


def _slope(
    probe: Probe, x0: torch.Tensor, seed: int, index: int, raw: float, output: torch.Tensor
) -> torch.Tensor:
    """The gradient (n, 1) where call number `index` answers `output` and the others `raw`."""
    count = 0

    def network(x: torch.Tensor, _: Any) -> torch.Tensor:
        nonlocal count
        count += 1
        return output.to(x) if count == index + 1 else torch.full_like(x, raw)

    seen = Recorder(network, leaves=True)
    loss = probe.loss(x0, seen, seed)
    with torch.enable_grad():
        (loss.mean() * len(x0)).backward()
    leaf = seen.calls[index].leaf
    if leaf is None or leaf.grad is None:
        return torch.zeros(x0.shape, dtype=torch.float64)
    return leaf.grad.double()


def _sentence(
    probe: Probe,
    pair: Pair,
    x0: torch.Tensor,
    seed: int,
    index: int,
    wrong: torch.Tensor,
    raw: float,
) -> str:
    """Which factor differs, by how much, or at least where the gradient vanishes instead."""
    found = [_vanishing(probe, pair, x0, seed, index, output) for output in OUTPUTS]
    row = int(wrong.flatten().to(torch.int8).argmax())
    where = f"at t = {float(pair.t[row]):.6g}, s = {float(pair.s[row]):.6g}"
    own, right = float(found[OUTPUTS.index(raw)][row]), float(pair.agreeing(raw)[row])
    told = (
        f"training and sampling differ in {int(wrong.sum())} of {len(wrong)} rows: the gradient"
        f" vanishes at F = {own:.6g} {where}, where f(x_t, t) = f(x_s, s) at F = {right:.6g}"
    )
    factors = _factors(pair, found)
    return f"{told}; {factors}" if factors else told


def _vanishing(
    probe: Probe, pair: Pair, x0: torch.Tensor, seed: int, index: int, raw: float
) -> torch.Tensor:
    """The student's outputs at which the gradient changes sign, by bisection in every row."""
    right = pair.agreeing(raw)
    width = 4 * (right.abs() + (pair.x_t / pair.out_t).abs() + 1)
    low, high = right - width, right + width
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        up = _slope(probe, x0, seed, index, raw, middle) > 0
        low, high = torch.where(up, low, middle), torch.where(up, middle, high)
    return (low + high) / 2


def _factors(pair: Pair, found: list[torch.Tensor]) -> str:
    """The factors that differ and their ratios, by the rows of the commonest pair of times."""
    times = torch.cat([pair.t, pair.s], 1)
    _, group, count = times.unique(dim=0, return_inverse=True, return_counts=True)
    rows = group == count.argmax()
    columns = torch.cat(
        [
            torch.cat(
                [
                    (pair.out_t * output)[rows],
                    (pair.skip_t * pair.x_t)[rows],
                    -(pair.skip_s * pair.x_s)[rows],
                    -(pair.out_s * raw)[rows],
                ],
                1,
            )
            for raw, output in zip(OUTPUTS, found, strict=True)
        ]
    )
    present = (columns != 0).any(0)
    columns = columns[:, present]
    size = columns.norm(dim=0)
    _, spread, turned = torch.linalg.svd(columns / size, full_matrices=False)
    if len(spread) < columns.shape[1] or not spread[-1] < 1e-3 * spread[-2]:
        return ""
    ratios = turned[-1] / size
    names = [name for name, there in zip(NAMES, present.tolist(), strict=True) if there]
    unit = max(ratios.tolist(), key=lambda one: int(((ratios / one - 1).abs() < 1e-3).sum()))
    ratios = ratios / unit
    told = [
        f"{name} is {ratio:.5g} times sampling's"
        for name, ratio in zip(names, ratios.tolist(), strict=True)
        if abs(ratio - 1) >= 1e-3
    ]
    first = int(rows.to(torch.int8).argmax())
    at = f" at t = {float(pair.t[first]):.6g}, s = {float(pair.s[first]):.6g}"
    return " and ".join(told) + at if told else ""
