"""The interface: documented calls work, shapes and dtypes are kept, rows are independent, a saved
state comes back.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from ..cases import dims, seeds, shares, steps
from ..probe import Probe, SubjectError
from ..protocol import at_most, offers
from .check import Replay, check, randn, require, require_equal
from .pair import data, zero


def _smooth(x: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    """A network that acts on each row by itself and is not affine."""
    return torch.tanh(x) + x.mean(1, keepdim=True)


@check(
    "interface.calls",
    "documented calls do not raise",
    "the subject's documentation",
    n=steps,
    share=shares,
    seed=seeds,
)
def documented(probe: Probe, n: int, share: float, seed: int) -> None:
    """Each method that the subject has, with admissible arguments, and what it says in calls()."""
    n, x = at_most(probe.subject, n), data(probe, 2, 2, seed)
    t = probe.pick(share)
    for name, arguments in (
        ("times", (n,)),
        ("scalings", (t,)),
        ("add_noise", (x, t, seed)),
        ("consistency", (x, t, zero)),
        ("sample", (x, n, zero, seed)),
        ("training_pair", (x, zero, seed)),
        ("loss", (x, zero, seed)),
        ("time_law", ()),
    ):
        if offers(probe.subject, name):
            try:
                with torch.enable_grad():
                    probe.call(name, *arguments)
            except SubjectError as error:
                require(str(error), math.nan, 0, _replay(name, n, t, x, seed))
    for what, thunk in probe.call("calls") if offers(probe.subject, "calls") else ():
        try:
            thunk()
        except Exception as error:
            require(
                f"{what} raised {type(error).__name__}: {error}",
                math.nan,
                0,
                Replay("", {"call": what}),
            )


def _replay(name: str, n: int, t: float, x: torch.Tensor, seed: int) -> Replay | None:
    known: dict[str, dict[str, Any]] = {
        "times": {"n": n},
        "add_noise": {"x0": x, "t": t, "seed": seed},
        "consistency": {"x": x, "t": t},
        "sample": {"z": x, "n": n, "seed": seed},
    }
    return Replay(name, known[name]) if name in known else None


@check(
    "interface.kept",
    "shape, dtype and device of x are kept",
    "the subject's documentation",
    "consistency",
    n=steps,
    share=shares,
    d=dims,
)
def kept(probe: Probe, n: int, share: float, d: int) -> None:
    """f, noise and samples, in each of the subject's dtypes."""
    n, t = at_most(probe.subject, n), probe.pick(share)
    for dtype in probe.dtypes:
        x = torch.ones(3, d, dtype=dtype)
        given = {"consistency": (x, t, zero), "add_noise": (x, t, 0), "sample": (x, n, zero, 0)}
        for name, arguments in given.items():
            if offers(probe.subject, name):
                out = probe.call(name, *arguments)
                same = (out.shape, out.dtype, out.device) == (x.shape, x.dtype, x.device)
                shown = (
                    f"{name} makes {tuple(out.shape)} {out.dtype} on {out.device} of"
                    f" {tuple(x.shape)} {x.dtype} on {x.device}"
                )
                require(shown, not same, 0, _replay(name, n, t, x, 0))


@check(
    "interface.batch",
    "a batch is its rows",
    "f acts on each row by itself",
    "consistency",
    share=shares,
    seed=seeds,
    d=dims,
)
def batch(probe: Probe, share: float, seed: int, d: int) -> None:
    """To rounding, around a network that is not affine."""
    x, t = 3 * randn(probe, 4, d, seed), probe.pick(share)
    whole = probe.consistency(x, t, _smooth)
    rows = torch.cat([probe.consistency(row[None], t, _smooth) for row in x])
    s = probe.scales(t)
    size = abs(s.skip) * x.abs() + abs(s.out) * (2 + 2 * abs(s.scale_in) * x.abs().max())
    require_equal(
        f"f of a batch at t = {t:.6g} against f of its rows",
        whole,
        rows,
        size,
        Replay("consistency", {"x": x, "t": t}),
    )


@check(
    "interface.state",
    "after the subject's own save and load times, f and samples are the same",
    "the subject's documentation",
    "restored",
    n=steps,
    share=shares,
    seed=seeds,
)
def state(probe: Probe, n: int, share: float, seed: int) -> None:
    """Bit for bit."""
    other, n, x = (
        Probe(probe.call("restored")),
        at_most(probe.subject, n),
        randn(probe, 3, 1, seed),
    )
    if offers(probe.subject, "times"):
        pairs = zip(probe.times(n), other.times(n), strict=True)
        require(f"times({n}) differ by", max(abs(a - b) for a, b in pairs), 0)
    if offers(probe.subject, "consistency"):
        t = probe.pick(share)
        gap = (probe.consistency(x, t, _smooth) - other.consistency(x, t, _smooth)).abs().max()
        require(f"f at t = {t:.6g} differs by", gap, 0)
    if offers(probe.subject, "sample"):
        gap = (probe.sample(x, n, _smooth, seed) - other.sample(x, n, _smooth, seed)).abs().max()
        require(f"samples of {n} steps differ by", gap, 0)
