"""The loss: a gradient for the student alone, towards the teacher, of each row by itself;
stationary at the exact solution.

Song et al. (arXiv 2303.01469) Eq. (10); Song and Dhariwal (arXiv 2310.14189); Lu and Song (arXiv
2410.11081) Sections 2 and 4.
"""

from __future__ import annotations

import math

import torch
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from ..cases import dims, seeds, several
from ..oracle.network import Recorder
from ..oracle.probe import NotApplicable, Probe
from .check import (
    EPS,
    RATE,
    ROUNDINGS,
    Deviation,
    Replay,
    check,
    randn,
    require,
    require_equal,
)
from .gradients import gradients, has_gradient, of_student, student
from .granted import READ
from .pair import data, discrete, zero
from .recognised import recognised
from .scripts import rows_alone
from .weights import of_law

GRADIENT = "Song et al. (arXiv 2303.01469), Eq. (10)"


@check(
    "loss.finite",
    "the loss is a finite number in every row, whatever finite numbers the network answers",
    GRADIENT,
    "loss",
    examples=20,
    rests_on=("scalings.finite", "pair.finite"),
    seed=seeds,
    n=st.sampled_from([1, 2, 64]),
    d=dims,
    raw=st.sampled_from([0.0, 1.0, -1.0, 0.25, 100.0]),
)
def finite_loss(probe: Probe, seed: int, n: int, d: int, raw: float) -> None:
    """Batches of one row and of many."""
    x0, seen = data(probe, n, d, seed), Recorder(lambda x, _: torch.full_like(x, raw) + 0 * x)
    with torch.enable_grad():
        loss = probe.call("loss", x0, seen, seed).detach()
    bad = loss[~loss.isfinite()].flatten()
    shown = f": {float(bad[0])}" if len(bad) else ""
    require(
        f"{len(bad)} of the loss's {loss.numel()} numbers are not finite, for {n} rows of {d}"
        f" coordinates and F = {raw:g}{shown}",
        len(bad),
        0,
        Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls)),
    )


@check(
    "loss.gradient",
    "the gradient reaches one call of the network, the student's, at the noisier time; it is"
    " finite, and zero in no row",
    GRADIENT,
    "loss",
    "network",
    rests_on=(*READ, "pair.adjacent", "pair.inputs"),
    seed=seeds,
)
def gradient(probe: Probe, seed: int) -> None:
    """One row in ten may have a residual that rounds to 0."""
    x0 = data(probe, 64, 1, seed)
    seen, _ = gradients(probe, x0, zero, seed)
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    reached = [call for call in seen.calls if has_gradient(call)]
    require(
        f"the gradient reaches {len(reached)} of {len(seen.calls)} calls of the network where 1,"
        f" the student's, is right{_reached(len(reached))}",
        abs(len(reached) - 1),
        0,
        replay,
    )
    grad = of_student(seen)
    bad = int((~grad.isfinite()).sum())
    require(f"the gradient of {bad} of 64 rows is not finite", bad, 0, replay)
    require("rows of 64 whose gradient is zero", (grad == 0).all(1).sum(), 6, replay)
    times = [probe.time_of(call.embedding) for call in seen.calls]
    own = probe.time_of(reached[0].embedding)
    blur = probe.reading.time_rounding(own, reached[0].embedding)  # of a body's few digits
    above = max(float(((t - own - 2 * blur) / t.abs().clamp_min(1e-300)).max()) for t in times)
    require(
        f"the gradient reaches the call at t = {float(own[0]):.6g} alone, and there is one at a"
        " noisier time: the teacher's for the student's? relative difference",
        above,
        ROUNDINGS * probe.eps * 16,
        replay,
    )


def _reached(count: int) -> str:
    """What a wrong number of calls that the gradient reaches comes from."""
    if count == 0:
        return ": is the student under no_grad, or detached?"
    return ": the teacher is not detached" if count == 2 else ""


@check(
    "loss.law",
    "the loss is the declared weight, positive and finite, times the declared distance of f(x_t, t)"
    " and f(x_s, s), averaged",
    "Song and Dhariwal (arXiv 2310.14189), Sections 3.1 and 3.3",
    "loss",
    "training_pair",
    "network",
    rests_on=(
        *READ,
        "scalings.equivariance",
        "pair.shared",
        "pair.adjacent",
        "pair.inputs",
        "loss.one_f",
    ),
    seed=seeds,
    d=dims,
)
def declared_loss(probe: Probe, seed: int, d: int) -> None:
    """f around the zero network; the distance is taken of a difference known to the roundings of
    both. Where no law is declared, the built-in one that the loss follows is told.
    """
    x0, law = data(probe, 8, d, seed), getattr(probe.subject, "loss_law", None)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    if law is None:
        raise NotApplicable(f"the subject has no loss_law; {recognised(probe, seed)}")
    f_t, f_s = probe.scales_at(t)[0][:, None] * x_t, probe.scales_at(s)[0][:, None] * x_s
    weight, size = of_law(law, t, s)
    gap, rounding = f_t - f_s, ROUNDINGS * probe.eps * (f_t.abs() + f_s.abs())
    right = weight * law.distance(gap)
    slack = weight * (
        law.distance(gap.abs() + rounding) - law.distance((gap.abs() - rounding).clamp_min(0))
    )
    slack = slack / (ROUNDINGS * EPS) + probe.eps / EPS * size * law.distance(gap)
    seen = Recorder(zero)
    loss = probe.loss(x0, seen, seed).detach().double()
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    bad = weight[~((weight > 0) & weight.isfinite())]
    require(
        f"{len(bad)} of {len(weight)} weights of the declared law are not positive and finite",
        len(bad),
        0,
        replay,
    )
    right, slack = (right, slack) if loss.ndim else (right.mean(), slack.mean())
    try:
        require_equal("the loss, against its declared law", loss, right, slack, replay)
    except Deviation as found:
        found.detail += f"; {recognised(probe, seed)}"
        raise


@check(
    "loss.direction",
    "a step against the gradient moves f(x_t, t) towards f(x_s, s)",
    GRADIENT,
    "loss",
    "training_pair",
    "network",
    rests_on=(*READ, "pair.shared", "pair.adjacent", "pair.inputs", "loss.gradient"),
    seed=seeds,
)
def direction(probe: Probe, seed: int) -> None:
    """sign(dL/dF) = sign(c_out (f_t - f_s)) in d = 1, wherever the difference is more than
    rounding.
    """
    x0 = data(probe, 64, 1, seed)
    x_t, t, x_s, s = probe.pair(x0, zero, seed)
    discrete(t, s)
    seen, _ = gradients(probe, x0, zero, seed)
    (skip_t, out, _), (skip_s, _, _) = probe.scales_at(t), probe.scales_at(s)
    f_t, f_s = skip_t[:, None] * x_t, skip_s[:, None] * x_s
    clear = (f_t - f_s).abs() > 2 * ROUNDINGS * probe.eps * (f_t.abs() + f_s.abs())
    grad = of_student(seen)
    wrong = (torch.sign(grad) * torch.sign(out[:, None] * (f_t - f_s)) < 0) & clear
    replay = Replay("loss", {"x0": x0, "seed": seed}, tuple(seen.calls))
    reversed_everywhere = bool((wrong == clear).all())
    cause = (
        "the sign of the gradient is reversed"
        if reversed_everywhere
        else "are the f_t and f_s of the loss those of consistency()?"
    )
    require(
        f"{int(wrong.sum())} of {int(clear.sum())} rows are pushed away from the teacher: {cause}",
        wrong.sum(),
        0,
        replay,
    )


@check(
    "loss.rows",
    "a row's share of the loss's gradient has the same law in a batch of one as in a batch of many",
    "the loss is an expectation over rows: Song et al. (arXiv 2303.01469), Eq. (10)",
    "loss",
    "network",
    statistical=True,
    rests_on=("loss.finite", "loss.gradient", "loss.law"),
    examples=3,
    seed=seeds,
)
def rows(probe: Probe, seed: int) -> None:
    """All rows hold the same data point: the exact two-sample Kolmogorov-Smirnov test of
    |gradient|. A (B, B) broadcast fails.
    """
    point = data(probe, 1, 1, seed)
    many = torch.cat(
        [
            of_student(gradients(probe, point.expand(256, 1).clone(), zero, seed + i)[0])
            for i in range(4)
        ]
    )
    single = [gradients(probe, point, zero, seed + 10 + i) for i in range(300)]
    alone = torch.cat(
        [
            of_student(seen) if student(seen) else torch.zeros(1, 1, dtype=torch.float64)
            for seen, _ in single
        ]
    )
    p = float(
        ks_2samp(alone.abs().flatten().numpy(), many.abs().flatten().numpy(), method="exact").pvalue
    )
    ratio = float(alone.abs().median() / many.abs().median())
    replay = Replay("loss", {}, lines=rows_alone(float(point), probe.dtype))
    shown = (
        f"a row's |gradient| has a median {ratio:.4g} times as large alone as in a batch of 256:"
        " rows are mixed; -log10 of the probability"
    )
    require(shown, -math.log10(max(p, 1e-300)), -math.log10(RATE), replay)


@check(
    "loss.ema",
    "the averaged parameters after a step are decay * average + (1 - decay) * value",
    "Song et al. (arXiv 2303.01469), Eq. (8)",
    "ema",
    decay=st.sampled_from([0.9, 0.0, 0.5, 0.99, 0.9999]),
    seed=seeds,
    n=several,
)
def ema(probe: Probe, decay: float, seed: int, n: int) -> None:
    """For any pair of tensors."""
    average, value = randn(probe, n, 1, seed), randn(probe, n, 1, seed + 1)
    right = decay * average.double() + (1 - decay) * value.double()
    seen = probe.call("ema", average.clone(), value.clone(), decay)
    replay = Replay("ema", {"average": average, "value": value, "decay": decay})
    require_equal(
        f"the average at decay {decay:g}", seen, right, average.abs() + value.abs(), replay
    )
