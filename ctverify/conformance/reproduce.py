"""A failure as a short script: the subject's own API, the network's answers as formulas or numbers,
what is seen, what is right.

The network's answers are affine in its input wherever that holds for the recorded ones (it does for
Gaussian targets in d = 1), else the recorded numbers. Adapters show their subject's API by
`source(method)`; without it the script calls the adapter.
"""

from __future__ import annotations

from typing import Any

import torch

from .checks.check import Check, Deviation, Replay
from .network import Call
from .protocol import offers

SHOWN = 8  # rows of a tensor that a script spells out


def script(check: Check, found: Deviation, subject: Any) -> str:
    """The script; running it prints what is observed."""
    head = [f"# {check.id}: {check.statement}", f"# ({check.reference})", "import torch"]
    numbers = f" (observed {found.observed:.6g}, limit {found.limit:.6g})"
    seen = [
        f'print("expected: {_quoted(check.statement)}")',
        f'print("ctverify saw: {_quoted(found.detail)}{numbers}")',
    ]
    if found.replay is None:
        return "\n".join([*head, f"# subject: {subject!r}", *seen, ""])
    return "\n".join(
        [
            *head,
            *_setting(subject, found.replay.method),
            *_network(found.replay),
            *_call(found.replay),
            *seen,
            "",
        ]
    )


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', "'").replace("\n", " ")


def _setting(subject: Any, method: str) -> list[str]:
    if offers(subject, "source"):
        return list(subject.source(method).rstrip().splitlines())
    kind = type(subject)
    imports = ["from ctverify import Convention"] if "Convention." in repr(subject) else []
    return [
        *imports,
        f"from {kind.__module__} import {kind.__qualname__}",
        "",
        f"subject = {subject!r}",
        f"{method or 'calls'} = subject.{method or 'calls'}",
    ]


def _network(replay: Replay) -> list[str]:
    """A network that answers as it did, and remembers what it is shown."""
    if replay.lines or replay.method not in _NETWORKS:
        return []
    if not replay.calls:
        return ["network = lambda x_in, t: torch.zeros_like(x_in)"]
    return [
        "answers = iter([  # of the network, call by call",
        *(f"    {_answer(call)}," for call in replay.calls),
        "])",
        "shown = []",
        "network = lambda x_in, t: shown.append(x_in) or next(answers)(x_in)",
    ]


_NETWORKS = ("consistency", "sample", "training_pair", "loss")


def _answer(call: Call) -> str:
    """The recorded answer as a function of the input."""
    x, raw = call.x_in.double(), call.raw.double()
    if not bool(x.isfinite().all() and raw.isfinite().all()):
        return "lambda x: torch.zeros_like(x)"
    slope, shift = _affine(x.flatten(), raw.flatten())
    shift = 0.0 if abs(shift) <= 1e-12 * float(raw.abs().max()) else shift
    if float((raw - slope * x - shift).abs().max()) <= 1e-5 * (float(raw.abs().max()) + 1e-12):
        return f"lambda x: {slope:.9g} * x + {shift:.9g}"
    if len(raw) <= SHOWN:
        return f"lambda x: torch.tensor({call.raw.tolist()}, dtype=x.dtype)"
    return f"lambda x: {slope:.9g} * x + {shift:.9g}"  # the affine part of a mixture's


def _affine(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
    if float(x.max() - x.min()) <= 1e-12 * float(x.abs().max() + 1e-300):
        return 0.0, float(y[0])
    dx, dy = x - x.mean(), y - y.mean()
    slope = float((dx * dy).sum() / (dx * dx).sum())
    return slope, float(y.mean() - slope * x.mean())


def _call(replay: Replay) -> list[str]:
    """The call, and what it shows."""
    if replay.lines:
        return list(replay.lines)
    if "call" in replay.arguments:
        return [str(replay.arguments["call"])]
    if not replay.arguments:  # an attribute
        return [f'print("observed:", {replay.method})']
    arguments = {name: _literal(value) for name, value in replay.arguments.items()}
    if replay.method in _NETWORKS:
        arguments["network"] = "network"
    call = f"result = {replay.method}({', '.join(f'{k}={v}' for k, v in arguments.items())})"
    if not any(isinstance(v, torch.Tensor) and len(v) > SHOWN for v in replay.arguments.values()):
        return [call, 'print("observed:", result, getattr(result, "dtype", ""))']
    steps = [
        "for x in shown:",
        (
            '    print("observed: network input, mean", float(x.mean()), "standard deviation",'
            " float(x.std()))"
        ),
    ]
    first = "result[0]" if replay.method == "training_pair" else "result"
    end = [
        f'print("observed: result, mean", float({first}.mean()), "standard deviation",'
        f" float({first}.std()))"
    ]
    return [call, *(steps if replay.calls else []), *end]


def _literal(value: Any) -> str:
    if not isinstance(value, torch.Tensor):
        return repr(value)
    if len(value) <= SHOWN:
        return f"torch.tensor({value.tolist()}, dtype={value.dtype})"
    mean, spread = float(value.mean()), float(value.std())
    return (
        f"{mean:.6g} + {spread:.6g} * torch.randn({len(value)}, {value.shape[1]},"
        f" dtype={value.dtype})"
    )
