"""Numbers, tensors and networks as lines of Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from scipy.stats import kstwo

from ...core.streams import derive
from ..checks.deviation import RATE, Deviation, Replay
from ..oracle.network import Call
from ..oracle.probe import Probe

SHOWN = 8  # rows of a tensor that a script spells out
ZERO = ["network = lambda x_in, t: torch.zeros_like(x_in)"]


class Untold(Exception):
    """A failure of which a plain script does not know how to tell."""


@dataclass(frozen=True)
class Shown:
    """A failure that is to be shown, and what its check was given."""

    found: Deviation
    replay: Replay
    probe: Probe
    case: Mapping[str, Any]
    said: str

    def given(self, name: str) -> Any:
        """An argument of the call that shows it."""
        return self.replay.arguments[name]

    def written(self, name: str) -> str:
        """That argument as an expression: the same numbers."""
        value = self.given(name)
        return drawn(value, self.probe, self.case.get("seed", 0))

    def asserted(self, condition: str) -> str:
        """The last line: the condition, and the sentence where it does not hold."""
        return f"assert {condition}, {self.said!r}"

    def compared(self, seen: str, right: str, why: str = "") -> list[str]:
        """`seen` and `right`, printed and compared to the roundings that the check allows; Untold
        where it compared no two numbers.
        """
        allowed = self._allowed()
        return [
            f"seen = torch.as_tensor({seen}).double()",
            f"right = torch.as_tensor({right}).double()" + (f"  # {why}" if why else ""),
            "seen, right = torch.broadcast_tensors(seen, right)",
            "gap = (seen - right).abs()",
            "worst = int(gap.argmax())",
            'print("seen: ", seen.flatten()[worst].item())',
            'print("right:", right.flatten()[worst].item())',
            self.asserted(f"(gap <= {allowed}).all()"),
        ]

    def _allowed(self) -> str:
        """What the comparison allows, number by number where it differs and they are few."""
        values = self.found.values
        if values is None:
            raise Untold
        if bool((values.allowed == values.allowed.reshape(-1)[0]).all()):
            return f"{self.found.limit!r}"
        if values.allowed.numel() <= SHOWN:
            return f"torch.tensor({values.allowed.tolist()!r}, dtype=torch.float64)"
        return f"{float(values.allowed.max())!r}"


def literal(value: Any) -> str:
    """A number or a small tensor."""
    if isinstance(value, torch.Tensor):
        return f"torch.tensor({value.tolist()!r}, dtype={value.dtype})"
    return repr(value)


def drawn(value: Any, probe: Probe, seed: int) -> str:
    """A number or a tensor; a large one by the generator that made it."""
    if not isinstance(value, torch.Tensor) or len(value) <= SHOWN:
        return literal(value)
    number = derive("conformance/check", seed)
    shape, scale = tuple(value.shape), probe.convention.sigma_data
    normal = torch.randn(
        shape, generator=torch.Generator().manual_seed(number), dtype=torch.float64
    )
    code = (
        f"torch.randn({shape}, generator=torch.Generator().manual_seed({number}),"
        " dtype=torch.float64)"
    )
    normal = normal.to(probe.dtype)
    cast = "" if probe.dtype == torch.float64 else f".to({probe.dtype})"
    if torch.equal(normal.to(value.dtype), value):
        return f"{code}{cast}"
    if torch.equal((scale * normal).to(value.dtype), value):
        return f"{scale!r} * {code}{cast}"
    if torch.equal((scale * (1 + normal)).to(value.dtype), value):
        return f"{scale!r} * (1 + {code}{cast})"
    mean, spread = float(value.double().mean()), float(value.double().std())
    return f"({mean:.9g} + {spread:.9g} * {code}).to({value.dtype})"


def network(calls: tuple[Call, ...]) -> list[str]:
    """A network that answers as it did, call by call, and remembers what it is shown; `shown` has
    (x_in, embedding, answer) of each call.
    """
    answers = [_answer(call) for call in calls] or ["lambda x: torch.zeros_like(x)"]
    asked = [
        "shown = []",
        "",
        "def network(x_in, t):",
        f"    answer = {'next(answers)(x_in)' if len(set(answers)) > 1 else 'always(x_in)'}",
        "    shown.append((x_in.detach().double(), t, answer.detach().double()))",
        "    return answer",
        "",
    ]
    if len(set(answers)) == 1:
        return [f"always = {answers[0]}", *asked]
    return [
        "answers = iter([  # of the network, call by call",
        *(f"    {answer}," for answer in answers),
        "])",
        *asked,
    ]


def _answer(call: Call) -> str:
    """The recorded answer as a function of the input: affine where it is, else the numbers."""
    x, raw = call.x_in.double(), call.raw.double()
    if not bool(x.isfinite().all() and raw.isfinite().all()) or not bool(raw.any()):
        return "lambda x: torch.zeros_like(x)"
    slope, shift = _affine(x.flatten(), raw.flatten())
    size = float(raw.abs().max())
    shift = 0.0 if abs(shift) <= 1e-12 * size else shift
    slope = 0.0 if abs(slope) * float(x.abs().max()) <= 1e-12 * size else slope
    if float((raw - slope * x - shift).abs().max()) <= 1e-9 * size:
        terms = [f"{slope:.12g} * x" if slope else "0 * x", f"{shift:.12g}" if shift else ""]
        return f"lambda x: {' + '.join(filter(None, terms))}"
    if len(raw) <= SHOWN:
        return f"lambda x: torch.tensor({call.raw.tolist()}, dtype=x.dtype)"
    matrix = _matrix(x, raw)
    if matrix is not None:
        turned, moved = (f"torch.tensor({part}, dtype=x.dtype)" for part in matrix)
        return f"lambda x: x @ {turned} + {moved}"
    return f"lambda x: {slope!r} * x + {shift!r}"  # the affine part of a mixture's


def _affine(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    if float(x.max() - x.min()) <= 1e-12 * float(x.abs().max() + 1e-300):
        return 0.0, float(y[0])
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dx * dy).sum() / (dx * dx).sum())
    return slope, float(y.mean() - slope * x.mean())


def _matrix(x: torch.Tensor, y: torch.Tensor) -> tuple[list[Any], list[Any]] | None:
    """(A, b) with y = x A + b, where that holds."""
    padded = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)
    solved = torch.linalg.lstsq(padded, y).solution
    if float((padded @ solved - y).abs().max()) > 1e-6 * float(y.abs().max()):
        return None
    return solved[:-1].tolist(), solved[-1].tolist()


def uniform(ranks: str, count: int, limit: float | None = None) -> list[str]:
    """Kolmogorov's distance of `count` ranks, which is at most the critical value but once in 10^9;
    Untold where `limit`, of the failure, is another test's.
    """
    critical = float(kstwo.isf(RATE, count))
    if limit is not None and abs(limit / critical - 1) > 1e-6:
        raise Untold
    limit = critical
    return [
        f"ranks = {ranks}.flatten().sort().values",
        "steps = torch.arange(len(ranks) + 1) / len(ranks)",
        "distance = max((steps[1:] - ranks).max(), (ranks - steps[:-1]).max())",
        (
            'print("Kolmogorov\'s distance of", len(ranks), "ranks from uniform ones, seen:",'
            f' float(distance), "right: at most", {limit:.6g})'
        ),
        f"close = distance <= {limit:.6g}",
    ]


def factors(probe: Probe, t: str) -> list[str] | None:
    """Lines for a and b at times `t`, a tensor; None where they are in a table."""
    c = probe.convention
    if c.kind == "ve":
        return [f"a, b = 1.0, {t}"]
    if c.kind == "trigflow":
        return [f"a, b = torch.cos({t}), {c.z_std!r} * torch.sin({t})"]
    if c.kind == "linear":
        return [f"a, b = 1 - {t}, {t}"]
    return None
