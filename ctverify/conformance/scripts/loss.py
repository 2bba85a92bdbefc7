"""Plain scripts for the loss and the averaged parameters."""

from __future__ import annotations

from collections.abc import Callable

from .write import ZERO, Shown, literal

LEAVES = [
    "leaves = []",
    "",
    "def network(x_in, t):",
    "    leaves.append(torch.zeros_like(x_in).requires_grad_())",
    "    return torch.zeros_like(x_in) + leaves[-1]",
    "",
]


def lines(shown: Shown) -> list[str] | None:
    """Those that the check itself wrote (checks/scripts.py)."""
    return [*shown.replay.lines, shown.asserted("holds")] if shown.replay.lines else None


def gradient(shown: Shown) -> list[str]:
    """How many calls of the network the gradient reaches."""
    return [
        f"x0 = {shown.written('x0')}",
        *LEAVES,
        f"value = loss(x0, network, {shown.given('seed')!r}).mean()",
        "if value.requires_grad:",
        "    value.backward()",
        "reached = [leaf.grad is not None and bool(leaf.grad.any()) for leaf in leaves]",
        'print("seen:  the gradient reaches the calls", reached)',
        'print("right: it reaches one, the student\'s")',
        shown.asserted("sum(reached) == 1"),
    ]


def law(shown: Shown) -> list[str] | None:
    """The loss against its declared law, a number."""
    values = shown.found.values
    if values is None or not shown.probe.offers("source"):
        return None
    seed = shown.given("seed")
    why = "the declared weight times the declared distance of f(x_t, t) and f(x_s, s)"
    return [
        f"x0 = {shown.written('x0')}",
        *ZERO,
        *shown.compared(f"loss(x0, network, {seed!r}).detach()", literal(values.right), why),
    ]


def detached(shown: Shown) -> list[str] | None:
    """The gradient against that of the declared law, numbers."""
    values = shown.found.values
    if values is None or not shown.probe.offers("source"):
        return None
    return [
        f"x0 = {literal(shown.given('x0'))}",
        *LEAVES,
        f"(loss(x0, network, {shown.given('seed')!r}).mean() * len(x0)).backward()",
        "(student,) = [leaf for leaf in leaves if leaf.grad is not None and leaf.grad.any()]",
        *shown.compared(
            "student.grad",
            literal(values.right),
            "c_out times the declared weight times the gradient of the declared distance, by rows",
        ),
    ]


def ema(shown: Shown) -> list[str]:
    """decay average + (1 - decay) value."""
    decay = shown.given("decay")
    names = ("average", "value")
    return [
        *(f"{name} = {literal(shown.given(name))}" for name in names),
        *shown.compared(
            f"ema(average.clone(), value.clone(), {decay!r})",
            f"{decay!r} * average.double() + (1 - {decay!r}) * value.double()",
        ),
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "loss.rows": lines,
    "loss.stationary": lines,
    "loss.ema": ema,
    "loss.gradient": gradient,
    "loss.law": law,
    "loss.detached": detached,
}
