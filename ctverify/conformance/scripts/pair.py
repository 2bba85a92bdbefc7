"""Plain scripts for the training pair and the noise that is added."""

from __future__ import annotations

from collections.abc import Callable

from .write import ZERO, Shown, factors, uniform


def noise(shown: Shown) -> list[str] | None:
    """(x_t - a x_0)/b is normal."""
    scales = factors(shown.probe, "t")
    if scales is None:
        return None
    return [
        *_pair(shown),
        *scales,
        "z = (x_t.double() - a * x0.double()) / b",
        'print("seen:  standard deviation of the noise", float(z.std()))',
        'print("right: standard deviation of the noise 1")',
        *uniform("torch.special.ndtr(z)", shown.given("x0").numel(), shown.found.limit),
        shown.asserted("close"),
    ]


def shared(shown: Shown) -> list[str] | None:
    """x_s of the data and the noise of x_t."""
    at_t, at_s = factors(shown.probe, "t"), factors(shown.probe, "s")
    if at_t is None or at_s is None:
        return None
    return [
        *_pair(shown),
        *at_t,
        "z = (x_t.double() - a * x0.double()) / b",
        *at_s,
        *shown.compared("x_s", "a * x0.double() + b * z", "with the noise of x_t"),
    ]


def add_noise(shown: Shown) -> list[str] | None:
    """a x_0 + b z at one time, and at the noise end with the same z."""
    t, c = shown.given("t"), shown.probe.convention
    a, b = c.a(t), c.b(t) * c.z_std
    call = f"add_noise(x0, {{}}, {shown.given('seed')!r}).double()"
    start = [f"x0 = {shown.written('x0')}", f"x_t = {call.format(repr(t))}"]
    if shown.found.values is None:
        return [
            *start,
            f"z = (x_t - {a!r} * x0.double()) / {b!r}  # a and b at t",
            'print("seen:  standard deviation of the noise", float(z.std()))',
            'print("right: standard deviation of the noise 1")',
            *uniform("torch.special.ndtr(z)", shown.given("x0").numel(), shown.found.limit),
            shown.asserted("close"),
        ]
    top = shown.probe.pick(1.0)
    if top == t or b == 0:
        return [*start, *shown.compared("x_t", "x0.double()")]
    return [
        *start,
        f"z = (x_t - {a!r} * x0.double()) / {b!r}  # a and b at t",
        *shown.compared(
            call.format(repr(top)),
            f"{c.a(top)!r} * x0.double() + {c.b(top) * c.z_std!r} * z",
            "with the noise that the seed gave at t",
        ),
    ]


def dropout(shown: Shown) -> list[str]:
    """Random answers, alike."""
    return [
        f"x0 = {shown.written('x0')}",
        "answers = []",
        "",
        "def network(x_in, t):",
        "    answers.append(torch.rand_like(x_in))",
        "    return answers[-1]",
        "",
        f"torch.manual_seed({shown.given('seed')!r})",
        f"loss(x0, network, {shown.given('seed')!r})",
        'print("seen:  random masks", [answer.flatten().tolist() for answer in answers])',
        'print("right: one and the same mask")',
        shown.asserted("all(torch.equal(answer, answers[0]) for answer in answers)"),
    ]


def _pair(shown: Shown) -> list[str]:
    seed = shown.given("seed")
    return [
        f"x0 = {shown.written('x0')}",
        *ZERO,
        f"x_t, t, x_s, s = training_pair(x0, network, {seed!r})",
        "t, s = (torch.as_tensor(v, dtype=torch.float64).reshape(-1, 1) for v in (t, s))",
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "pair.noise": noise,
    "pair.shared": shared,
    "pair.add_noise": add_noise,
    "pair.dropout": dropout,
}
