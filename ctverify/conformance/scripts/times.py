"""Plain scripts for the times of a sampler."""

from __future__ import annotations

from collections.abc import Callable

from ..checks.deviation import EPS, ROUNDINGS
from .write import Shown


def finite(shown: Shown) -> list[str]:
    """Every time is a number."""
    return [*_seen(shown, "finite numbers"), shown.asserted("all(map(math.isfinite, seen))")]


def count(shown: Shown) -> list[str]:
    """n of them."""
    n = shown.given("n")
    return [*_seen(shown, f"{n} times"), shown.asserted(f"len(seen) == {n}")]


def monotone(shown: Shown) -> list[str]:
    """They fall, or rise where that is declared."""
    way = "rise" if shown.probe.convention.ascending else "fall"
    sign = "<" if way == "rise" else ">"
    return [
        *_seen(shown, f"times that {way}"),
        shown.asserted(f"all(one {sign} other for one, other in zip(seen, seen[1:]))"),
    ]


def ends(shown: Shown) -> list[str]:
    """From t_max, not below the boundary."""
    c = shown.probe.convention
    slack = ROUNDINGS * EPS
    return [
        *_seen(shown, f"the largest is t_max = {c.t_max!r}, none is below e = {c.boundary!r}"),
        shown.asserted(
            f"abs(max(seen) / {c.t_max!r} - 1) <= {slack:.3g}"
            f" and min(seen) >= {c.boundary!r} - {slack * c.t_max:.3g}"
        ),
    ]


def ramp(shown: Shown) -> list[str]:
    """Each time is where the declared ramp has it."""
    n, c, law = shown.given("n"), shown.probe.convention, shown.probe.subject.ramp_law
    share = law.shares(n)
    right = law.at(share, c.boundary, c.t_max).tolist()
    allowed = (ROUNDINGS * EPS * law.size(share, c.boundary, c.t_max)).tolist()
    return [
        f"seen = [float(t) for t in times({n})]",
        f"right = {right}  # {law!r}",
        f"allowed = {allowed}",
        'print("seen: ", seen)',
        'print("right:", right)',
        shown.asserted(
            "all(abs(one - other) <= gap for one, other, gap in zip(seen, right, allowed))"
        ),
    ]


def curriculum(shown: Shown) -> list[str]:
    """The number of levels is the declared curriculum's."""
    k, K = shown.given("k"), shown.given("K")
    law = shown.probe.subject.curriculum_law
    return [
        f"seen = int(curriculum({k}, {K}))",
        f"right = {sorted(law.allowed(k))}  # {law!r}",
        'print("seen: ", seen)',
        'print("right:", *right)',
        shown.asserted("seen in right"),
    ]


def _seen(shown: Shown, right: str) -> list[str]:
    return [
        "import math",
        "",
        f"seen = [float(t) for t in times({shown.given('n')})]",
        'print("seen: ", seen)',
        f'print("right:", {right!r})',
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "times.finite": finite,
    "times.count": count,
    "times.monotone": monotone,
    "times.ends": ends,
    "times.ramp": ramp,
    "times.curriculum": curriculum,
}
