"""Scalings: f(x, t) = c_skip(t) x + c_out(t) F(c_in(t) x, embedding(t)), the identity at the
boundary, of unit scale within.

Song et al. (arXiv 2303.01469) Eq. (5) and Appendix C; Karras et al. (arXiv 2206.00364) Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from hypothesis import strategies as st

from ..cases import lines, plane_gaussians, seeds, shares
from ..oracle.exact import Exact
from ..oracle.network import Recorder
from ..oracle.probe import Probe
from ..oracle.reading import NEAR, Scales
from ..oracle.rounding import rounding
from ..protocol import at_most
from .check import EPS, ROUNDINGS, Replay, check, generator, randn, require, require_equal
from .granted import EXACT, READ

EQUATION_5 = "Song et al. (arXiv 2303.01469), Eq. (5)"
EDM = "Karras et al. (arXiv 2206.00364), Table 1"
values = st.sampled_from([1.0, -1.0, 2.0, 0.25, -16.0, 100.0])


def _replay(x: torch.Tensor, t: float, seen: Recorder) -> Replay:
    return Replay("consistency", {"x": x, "t": t}, tuple(seen.calls))


def _clipped(probe: Probe, value: torch.Tensor) -> torch.Tensor:
    clip = probe.convention.clipping
    return value if clip is None else value.clamp(-clip, clip)


@check(
    "scalings.finite",
    "f is finite at every time between the boundary and the noise end, both included",
    EQUATION_5,
    "consistency",
    share=shares,
    value=values | st.just(0.0),
    raw=st.sampled_from([0.0, 1.0, -1.0]),
)
def finite_f(probe: Probe, share: float, value: float, raw: float) -> None:
    """At the ends too, where radicands vanish; of x = 0 and around F = 0 too."""
    t, seen = probe.pick(share), Recorder(lambda x, _: torch.full_like(x, raw))
    x = torch.full((1, 1), value, dtype=probe.dtype)
    f = probe.call("consistency", x, t, seen)
    bad = (~f.isfinite()).sum()
    shown = f"f({value:g}, {t:.9g}) with F = {raw:g} is {float(f.reshape(-1)[0])}, not finite"
    require(shown, bad, 0, _replay(x, t, seen))


@check(
    "scalings.affine",
    "f is affine in x and in the network's output (clipped only where that is declared)",
    EQUATION_5,
    "network",
    share=shares,
    value=values,
    raw=values,
)
def affine(probe: Probe, share: float, value: float, raw: float) -> None:
    """c_skip and c_out, read off at 2^-20, hold for outputs of any size; without input or output
    nothing is added.
    """
    t = probe.pick(share)
    nothing, still = torch.zeros((1, 1), dtype=probe.dtype), Recorder(lambda x, _: 0 * x)
    require_equal(
        f"f(0, {t:.6g}) with F = 0",
        probe.consistency(nothing, t, still),
        nothing,
        (abs(value) + abs(raw)) * probe.eps / EPS,
        _replay(nothing, t, still),
    )
    x, seen = (
        torch.full((1, 1), value, dtype=probe.dtype),
        Recorder(lambda x, _: torch.full_like(x, raw)),
    )
    s = probe.scales(t)
    f, size = probe.consistency(x, t, seen), abs(s.skip * value) + abs(s.out * raw)
    require_equal(
        f"f({value:g}, {t:.6g})",
        f,
        _clipped(probe, s.skip * x.double() + s.out * raw),
        size * probe.eps / EPS,
        _replay(x, t, seen),
        body=probe.body_eps * abs(s.out * raw),
    )


@check(
    "scalings.boundary",
    "f(x, e) = x at the boundary e, and at the last time the sampler visits where that is e, in"
    " each dtype",
    EQUATION_5,
    "consistency",
    rests_on=READ,
    value=values,
    raw=values,
    share=shares,
)
def boundary(probe: Probe, value: float, raw: float, share: float) -> None:
    """The last time may be e up to its rounding, by which f may then move too."""
    e = probe.convention.boundary
    times = [e]
    if probe.offers("times"):
        times += [
            t
            for t in probe.times(at_most(probe.subject, 40))
            if abs(t - e) <= ROUNDINGS * EPS * abs(e)
        ]
    for t in times:
        for dtype in probe.dtypes:
            x, seen = (
                torch.full((1, 2), value, dtype=dtype),
                Recorder(lambda x, _: torch.full_like(x, raw)),
            )
            shown = f"f({value:g}, {t:.9g}) with F = {raw:g} in {dtype}"
            require_equal(
                shown,
                probe.consistency(x, t, seen),
                _clipped(probe, x),
                rounding(dtype) / EPS * (abs(value) + abs(raw * e)),
                _replay(x, t, seen),
            )


@check(
    "scalings.declared",
    "scalings(t) are those that f uses",
    EQUATION_5,
    "scalings",
    "network",
    rests_on=READ,
    share=shares,
)
def declared(probe: Probe, share: float) -> None:
    """c_skip, c_out, c_in and the embedding, each to roundings of its own size and of its time."""
    t = probe.pick(share)
    used, size = _four(probe.scales(t)), _four(probe.sizes(t))
    said = [float(v) for v in probe.call("scalings", t)]
    where = f"at t = {t:.6g} by scalings(t), against what f uses"
    _require_scalings(probe, where, said, used, size, Replay("scalings", {"t": t}))


def _four(scales: Scales) -> tuple[float, float, float, float]:
    return scales.skip, scales.out, scales.scale_in, scales.embedding


def _require_scalings(
    probe: Probe,
    where: str,
    seen: Sequence[float],
    right: Sequence[float],
    sizes: Sequence[float],
    replay: Replay,
) -> None:
    """c_skip, c_out, c_in and the embedding, each to roundings of its own size; nothing is right,
    NaN, where f does not ask its network.
    """
    names = ("c_skip", "c_out", "c_in", "embedding")
    for name, one, other, size in zip(names, seen, right, sizes, strict=True):
        if math.isnan(other):
            continue
        skips = name == "c_skip"
        require_equal(
            f"{name} {where}",
            torch.tensor(one, dtype=torch.float64),
            torch.tensor(other, dtype=torch.float64),
            (max(size, 1.0) if skips else size) * probe.eps / EPS,
            replay,
            body=0.0 if skips else probe.body_eps * abs(other),
        )


@check(
    "scalings.input",
    "data of standard deviation sigma_data give the network inputs of unit variance (unless"
    " declared unscaled)",
    EDM,
    "network",
    rests_on=READ,
    share=shares,
)
def unit_input(probe: Probe, share: float) -> None:
    """c_in^2 (a^2 sigma_data^2 + b^2 z_std^2) = 1."""
    t, c = probe.pick(share), probe.convention
    if not c.scaled_input:
        variance = 1 / probe.scales(t).scale_in ** 2
        require_equal(
            f"c_in, declared to be 1, at t = {t:.6g}",
            torch.tensor(variance),
            torch.tensor(1.0),
            1.0,
            body=probe.body_eps,
        )
        return
    variance = (c.a(t) * c.sigma_data) ** 2 + (c.b(t) * c.z_std) ** 2
    x, seen = (
        torch.full((1, 1), math.sqrt(variance), dtype=probe.dtype),
        Recorder(lambda x, _: torch.zeros_like(x)),
    )
    probe.consistency(x, t, seen)
    if seen.calls:
        shown = f"the network's input for x_t of one standard deviation at t = {t:.6g}"
        require_equal(
            shown,
            seen.calls[0].x_in.abs(),
            torch.tensor(1.0),
            1.0,
            _replay(x, t, seen),
            body=probe.body_eps,
        )


@check(
    "scalings.output",
    "for data N(0, sigma_data^2) the raw output that makes f exact is of unit scale: its standard"
    " deviation is at most 2",
    EDM,
    "network",
    rests_on=(*READ, "scalings.boundary"),
    share=shares,
)
def unit_output(probe: Probe, share: float) -> None:
    """Preconditioning that blows the target of the network up, or its errors, is wrong; e <=
    sigma_data is assumed.
    """
    c, t = probe.convention, probe.pick(share)
    s = probe.scales(t)
    if (
        s.out == 0
        or c.b(c.boundary) * c.z_std > c.a(c.boundary) * c.sigma_data
        or not c.scaled_input
    ):
        return
    spread = [math.hypot(c.a(time) * c.sigma_data, c.b(time) * c.z_std) for time in (c.boundary, t)]
    slack = ROUNDINGS * probe.eps * spread[1] / abs(s.out)  # of c_skip, where c_out vanishes
    raw = abs(spread[0] / spread[1] - s.skip) * spread[1] / abs(s.out)
    require(
        f"the standard deviation of the exact raw output at t = {t:.6g}",
        raw,
        2.0 + slack,
        Replay("scalings", {"t": t}),
    )


def _oracle_f(
    probe: Probe, exact: Exact, x: torch.Tensor, t: float
) -> tuple[torch.Tensor, Recorder, float, float]:
    """f around the oracle, its network, the size of what is added up, and one rounding of what
    passes through the network's body.
    """
    seen, s = Recorder(probe.oracle(exact)), probe.scales(t)
    f = probe.consistency(x, t, seen)
    raw = max((float(call.raw.abs().max()) for call in seen.calls), default=0.0)
    size = (exact.size(x) * (1 + abs(s.skip)) + abs(s.out) * raw) * probe.eps / EPS
    return f.double(), seen, size, float(probe.through(exact, x, t).sum()) / ROUNDINGS


@check(
    "scalings.semigroup",
    "with the exact oracle f(x, t) = f(Phi_{t->s} x, s): one flow line has one end",
    "Song et al. (arXiv 2303.01469), Section 3: self-consistency",
    "network",
    rests_on=(*READ, "scalings.boundary"),
    share=shares,
    other=shares,
    target=lines,
    seed=seeds,
)
def semigroup(probe: Probe, share: float, other: float, target: Any, seed: int) -> None:
    """The network knows t from its embedding alone, so that an embedding which confuses two times
    shows.
    """
    exact, (s, t) = target.exact(probe.convention), sorted((probe.pick(share), probe.pick(other)))
    x = exact.draw(1, t, seed)
    moved = exact.flow(x, [t], s)
    (late, seen, size, body), (early, _, size_s, body_s) = (
        _oracle_f(probe, exact, x.to(probe.dtype), t),
        _oracle_f(probe, exact, moved.to(probe.dtype), s),
    )
    require_equal(
        f"f(x, {t:.6g}) against f(Phi x, {s:.6g})",
        late,
        early,
        size + size_s,
        _replay(x, t, seen),
        body=body + body_s,
    )


@check(
    "scalings.equivariance",
    "with the network moved along, f commutes with rotations and scalings; with the oracle of a"
    " shifted target, with shifts",
    "change of variables: the flow commutes with rotations, scalings and shifts of its target",
    "network",
    rests_on=(*READ, "scalings.boundary", "scalings.semigroup"),
    share=shares,
    target=plane_gaussians,
    seed=seeds,
)
def equivariance(probe: Probe, share: float, target: Any, seed: int) -> None:
    """Scalings are numbers, the same for every coordinate."""
    t, exact = probe.pick(share), target.exact(probe.convention)
    x, d = exact.draw(1, t, seed).to(probe.dtype), target.dim
    turn = 0.5 * torch.linalg.qr(torch.randn(d, d, generator=generator(seed), dtype=torch.float64))[
        0
    ].to(probe.dtype)
    oracle = probe.oracle(exact)
    seen = Recorder(lambda x, e: (oracle(x @ turn.T.to(x) * 4, e)) @ turn.to(x))
    f, _, size, body = _oracle_f(probe, exact, x, t)
    turned = probe.consistency(x @ turn, t, seen)
    require_equal(
        f"f(x Q, {t:.6g}) against f(x, {t:.6g}) Q, Q half a rotation",
        turned,
        f @ turn.double(),
        size,
        _replay(x @ turn, t, seen),
        body=2 * body,
    )
    shift = randn(probe, 1, d, seed).double() * target.target(probe.convention).spread
    moved = Exact(_shifted(exact, shift[0]), probe.convention)
    there = x.double() + probe.convention.a(t) * shift
    g, seen, size_g, body_g = _oracle_f(probe, moved, there.to(probe.dtype), t)
    right = f + probe.convention.a(probe.convention.boundary) * shift
    require_equal(
        f"f(x + a v, {t:.6g}) for the target shifted by v",
        g,
        right,
        size + size_g,
        _replay(there, t, seen),
        body=body + body_g,
    )


def _shifted(exact: Exact, v: torch.Tensor) -> Any:
    from ...targets import Gaussian

    return Gaussian(exact.target.mean + v, exact.target.covariance)


@check(
    "scalings.law",
    "f has the declared scalings and time embedding",
    "Karras et al. (arXiv 2206.00364), Table 1, or what is declared",
    "network",
    "scalings_law",
    rests_on=(*EXACT, "scalings.declared", "scalings.input", "scalings.output"),
    share=shares,
)
def law(probe: Probe, share: float) -> None:
    """c_skip, c_out, c_in and the embedding, each to roundings of its own size and of its time."""
    t, law = probe.pick(share), probe.subject.scalings_law
    used, right = _four(probe.scales(t)), law.at(t, probe.convention)
    if math.isnan(used[-1]):  # the network is not asked at this time
        return
    sizes = _sizes(right, law.at(t * (1 + NEAR), probe.convention))
    x, seen = torch.full((1, 1), 1.0, dtype=probe.dtype), Recorder(lambda x, _: torch.zeros_like(x))
    probe.consistency(x, t, seen)
    where = f"at t = {t:.6g}, declared by {law!r},"
    _require_scalings(probe, where, used, right, sizes, _replay(x, t, seen))


def _sizes(at: Sequence[float], near: Sequence[float]) -> list[float]:
    """What roundings of each scaling are relative to: |c| + |t dc/dt|, since t may be rounded."""
    return [abs(one) + abs(one - other) / NEAR for one, other in zip(at, near, strict=True)]
