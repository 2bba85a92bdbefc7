"""The interface: documented calls work, shapes and dtypes are kept, rows are independent, a saved
state comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from numpy.typing import NDArray

from ..cases import dims, seeds, shares, steps
from ..laws.pair_laws import PairLaw
from ..oracle.map_network import MapRecorder
from ..oracle.probe import Probe
from ..oracle.refusals import Misshapen, NotApplicable, Refusal, SubjectError, asked
from ..oracle.returns import number
from ..oracle.two_times import TwoTimes, smooth
from ..protocol import at_most, offers, setting
from .check import EPS, Replay, check, randn, require, require_equal
from .drawn import Grid, declared
from .pair import data, zero

ROUNDING = 1e-4  # of times, relative: more than checks of times allow


def _smooth(x: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    """A network that acts on each row by itself and is not affine."""
    return torch.tanh(x) + x.mean(1, keepdim=True)


@check(
    "interface.returns",
    "what each method returns, and each attribute, is of the type and the shape that the protocol"
    " asks for",
    "ctverify.conformance.Adapter",
    n=steps,
    share=shares,
    rows=st.integers(1, 3),
    d=dims,
    seed=seeds,
)
def returns(probe: Probe, n: int, share: float, rows: int, d: int, seed: int) -> None:
    """Everything that is wrong, at once; what raises is another check's."""
    wrong: list[str] = []
    replay: Replay | None = None
    for name, arguments in _asked(probe, n, share, rows, d, seed):
        try:
            _answer(probe, name, arguments)
        except Misshapen as error:
            wrong.append(str(error))
            replay = replay or _replay(name, arguments)
        except SubjectError:
            continue
    require("; ".join(wrong), len(wrong), 0, replay)


@check(
    "interface.calls",
    "documented calls do not raise",
    "the subject's documentation",
    rows=st.sampled_from([2, 64]),
    n=steps,
    share=shares,
    seed=seeds,
)
def documented(probe: Probe, rows: int, n: int, share: float, seed: int) -> None:
    """Each method that the subject has, with admissible arguments, and what it says in calls()."""
    wrong: list[str] = []
    replay: Replay | None = None
    for name, arguments in _asked(probe, n, share, rows, 2, seed):
        try:
            _answer(probe, name, arguments)
        except Misshapen:
            continue
        except SubjectError as error:
            wrong.append(str(error))
            replay = replay or _replay(name, arguments)
    require("; ".join(wrong), len(wrong), 0, replay)
    for what, thunk in probe.call("calls") if offers(probe.subject, "calls") else ():
        try:
            asked(what, thunk)
        except SubjectError as error:
            require(str(error), 1, 0, Replay("", {"call": what}))


def _asked(
    probe: Probe, n: int, share: float, rows: int, d: int, seed: int
) -> list[tuple[str, tuple[Any, ...]]]:
    """The methods and attributes that the subject has, with admissible arguments."""
    try:
        n, x, t = at_most(probe.subject, n), data(probe, rows, d, seed), probe.pick(share)
    except SubjectError:  # no time to ask for f at
        return [("grid", ())]
    given: dict[str, tuple[Any, ...]] = {
        "times": (n,),
        "grid": (),
        "scalings": (t,),
        "add_noise": (x, t, seed),
        "consistency": (x, t, zero),
        "sample": (x, n, zero, seed),
        "training_pair": (x, zero, seed),
        "loss": (x, zero, seed),
        "time_law": (),
        "ema": (x, x, share),
        "calls": (),
        "initial_std": (),
    }
    if offers(probe.subject, "flow_map"):
        given |= _asked_of_two(probe, x, t, share, n, seed)
    if offers(probe.subject, "curriculum_law"):
        given["curriculum"] = (0, probe.subject.curriculum_law.K)
    if offers(probe.subject, "weight") and offers(probe.subject, "training_pair"):
        given |= _weighed(probe, x, seed)
    if not _runs(probe, n):
        del given["sample"]
    return [(name, arguments) for name, arguments in given.items() if offers(probe.subject, name)]


def _weighed(probe: Probe, x: torch.Tensor, seed: int) -> dict[str, tuple[Any, ...]]:
    """The weight, at the times of a training pair."""
    try:
        _, t, _, s = probe.pair(x, zero, seed)
    except Refusal:
        return {}
    return {"weight": (t.to(probe.dtype), s.to(probe.dtype))}


def _asked_of_two(
    probe: Probe, x: torch.Tensor, t: float, share: float, n: int, seed: int
) -> dict[str, tuple[Any, ...]]:
    """The methods on two times, with admissible arguments."""
    two = TwoTimes(probe)
    late = torch.full((len(x),), max(t, probe.pick(0.1)), dtype=torch.float64)
    both = (
        two.given(late),
        two.given(probe.convention.boundary + share * (late - probe.convention.boundary)),
    )
    network, guided = MapRecorder(smooth), 1.0 + share
    stops = [float(two.own(torch.tensor(probe.pick(1 - i / n)))) for i in range(n)]
    return {
        "flow_map": (x, *both, network),
        "velocity": (x, both[0], network),
        "half_steps": (x, *both, network),
        "target": (x, *both, x, network),
        "derivative": (x, *both, x, network),
        "embedding": (both[0],),
        "flow_pair": (x, network, seed),
        "sample_at": (x, stops, network, seed),
        "visited": (stops,),
        "guided_velocity": (x, both[0], x, network, guided),
        "guided_map": (x, *both, network, guided),
    }


def _runs(probe: Probe, n: int) -> bool:
    """Whether the sampler's own times let it run: n numbers between the boundary and the noise end,
    which other checks judge.
    """
    if not offers(probe.subject, "times"):
        return True
    try:
        times, c = probe.times(n), probe.convention
    except Refusal:
        return False
    low, high = c.boundary * (1 - ROUNDING), c.t_max * (1 + ROUNDING)
    return len(times) == n and all(low <= t <= high for t in times)


def _answer(probe: Probe, name: str, arguments: tuple[Any, ...]) -> None:
    """Ask for it."""
    if name == "initial_std":
        number(name, asked(name, lambda: getattr(probe.subject, name)))
        return
    with torch.enable_grad():
        probe.call(name, *arguments)


def _replay(name: str, arguments: tuple[Any, ...]) -> Replay | None:
    """The call again; the network is zero."""
    words = {
        "times": ("n",),
        "scalings": ("t",),
        "add_noise": ("x0", "t", "seed"),
        "consistency": ("x", "t"),
        "sample": ("z", "n", "", "seed"),
        "training_pair": ("x0", "", "seed"),
        "loss": ("x0", "", "seed"),
        "weight": ("t", "s"),
        "flow_map": ("x", "t", "s"),
    }
    if name not in words:
        return None
    known = zip(words[name], arguments, strict=False)
    return Replay(name, {word: value for word, value in known if word})


@check(
    "interface.kept",
    "shape, dtype and device of x are kept",
    "the subject's documentation",
    n=steps,
    share=shares,
    d=dims,
)
def kept(probe: Probe, n: int, share: float, d: int) -> None:
    """f, noise and samples, in each of the subject's dtypes."""
    possible = ("consistency", "add_noise", "sample", "flow_map")
    names = [name for name in possible if offers(probe.subject, name)]
    if not names:
        raise NotApplicable(f"the subject has none of {', '.join(possible)}")
    n, t = at_most(probe.subject, n), probe.pick(share)
    for dtype in probe.dtypes:
        x = torch.ones(3, d, dtype=dtype)
        given = {"consistency": (x, t, zero), "add_noise": (x, t, 0), "sample": (x, n, zero, 0)}
        both = torch.full((2, 3), t, dtype=dtype)
        given["flow_map"] = (x, *both, MapRecorder(smooth))
        for name in names:
            out = probe.call(name, *given[name])
            same = (out.shape, out.dtype, out.device) == (x.shape, x.dtype, x.device)
            shown = (
                f"{name} makes {tuple(out.shape)} {out.dtype} on {out.device} of"
                f" {tuple(x.shape)} {x.dtype} on {x.device}"
            )
            require(shown, not same, 0, _replay(name, given[name]))


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
    size = size * probe.body_eps / EPS
    require_equal(
        f"f of a batch at t = {t:.6g} against f of its rows",
        whole,
        rows,
        size,
        Replay("consistency", {"x": x, "t": t}),
    )


@check(
    "interface.state",
    "after the subject's own save and load its times, curriculum, training pair and law, f and"
    " samples are the same",
    "the subject's documentation",
    "restored",
    rests_on=("pair.seed", "pair.again", "sampler.seed"),
    n=steps,
    share=shares,
    seed=seeds,
)
def state(probe: Probe, n: int, share: float, seed: int) -> None:
    """Bit for bit."""
    try:
        other = Probe(probe.call("restored"))
    except SubjectError as error:
        require(str(error), 1, 0)
    for what, before, after in _stated(probe, other, at_most(probe.subject, n), share, seed):
        same = before.shape == after.shape
        gap = float((before - after).abs().max()) if same and before.numel() else 0.0
        count = "" if same else f": {tuple(after.shape)} numbers where {tuple(before.shape)} were"
        require(f"{what} differ after save and load by {gap:.4g}{count}", gap or not same, 0)


def _stated(
    probe: Probe, other: Probe, n: int, share: float, seed: int
) -> Iterator[tuple[str, torch.Tensor, torch.Tensor]]:
    """What is asked for, in words, and both answers."""
    x, t = randn(probe, 3, 1, seed), probe.pick(share)
    questions: dict[str, tuple[str, Callable[[Probe], Any]]] = {
        "times": (f"times({n})", lambda p: p.times(n)),
        "curriculum": ("numbers of levels N(k)", lambda p: _counts(p, probe, share)),
        "consistency": (f"values of f at t = {t:.6g}", lambda p: p.consistency(x, t, _smooth)),
        "training_pair": (
            "training pairs of one seed",
            lambda p: torch.stack([part.reshape(-1) for part in p.pair(x, _smooth, seed)]),
        ),
        "flow_pair": (
            "training pairs of one seed",
            lambda p: torch.stack([part.reshape(-1) for part in TwoTimes(p).pair(x, seed)[:3]]),
        ),
        "time_law": ("declared laws of training times", lambda p: _law(p, probe)),
        "sample": (f"samples of {n} steps", lambda p: p.sample(x, n, _smooth, seed)),
    }
    for name, (what, ask) in questions.items():
        if probe.offers(name):
            before, after = (torch.as_tensor(ask(p), dtype=torch.float64) for p in (probe, other))
            yield what, before, after


def _counts(p: Probe, probe: Probe, share: float) -> list[float]:
    """N(k) at the start, at the end and between."""
    law = setting(probe.subject, "curriculum_law")
    K = 1000 if law is None else law.K
    return [float(p.call("curriculum", k, K)) for k in (0, round(share * (K - 1)), K - 1)]


def _law(p: Probe, probe: Probe) -> NDArray[np.float64]:
    """Levels and their probabilities, or the distribution function on the way to the noise end."""
    if isinstance(pair := p.call("time_law"), PairLaw):
        times = np.array([probe.pick(share) for share in np.arange(1, 16) / 16])
        ranks = pair.ranks(times, (times + probe.convention.boundary) / 2, probe.convention)
        return np.concatenate([[pair.equal], *ranks])
    law = declared(p)
    if isinstance(law, Grid):
        return np.concatenate([law.levels, law.probabilities])
    times = np.array([probe.pick(share) for share in np.arange(1, 16) / 16])
    return np.asarray(law.cdf(times), dtype=float)
