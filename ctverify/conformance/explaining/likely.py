"""Simple relations between the numbers that are seen and those that are right: "twice what is
right", "shifted by 0.002, as the boundary is".

A relation is named only where it holds for every number, to the tolerance of the comparison itself,
and where that tolerance is fine enough to tell it from its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import torch

SHARP = 1e-2  # a relation is judged by numbers that are known at least as well, relatively
SHARPER = 1e-5  # a whole factor, of which there are many
FACTORS = {
    "minus what is right": -1.0,
    "twice what is right": 2.0,
    "half of what is right": 0.5,
    "minus twice what is right": -2.0,
    "minus half of what is right": -0.5,
    "3 times what is right": 3.0,
    "4 times what is right": 4.0,
    "a quarter of what is right": 0.25,
    "sqrt(2) times what is right": math.sqrt(2),
    "1/sqrt(2) times what is right": math.sqrt(0.5),
    "pi/2 times what is right": math.pi / 2,
    "2/pi times what is right": 2 / math.pi,
    "1,000 times what is right": 1000.0,
    "1/1,000 of what is right": 0.001,
}
FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "the square of what is right": torch.square,
    "the square root of what is right": torch.sqrt,
    "1 over what is right": torch.reciprocal,
    "the logarithm of what is right": torch.log,
    "the exponential of what is right": torch.exp,
    "the absolute value of what is right": torch.abs,
}
DTYPES = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32}


def relation(
    seen: torch.Tensor,
    right: torch.Tensor,
    allowed: torch.Tensor,
    known: Mapping[str, float] | None = None,
) -> str:
    """What `seen` is to `right`, in words; "" where nothing simple holds.

    Arguments:
        seen, right, allowed: float64, of one shape: |seen - right| <= allowed is right.
        known: numbers of the setting by name, such as {"sigma_data": 0.5}.

    Returns:
        A phrase that goes after "seen is".

    Example:
        >>> right = torch.tensor([0.5, 3.0], dtype=torch.float64)
        >>> relation(2 * right, right, 1e-6 * right)
        'twice what is right'
        >>> relation(right - 0.002, right, 1e-7 * right, {"the boundary": 0.002})
        'what is right less 0.002, which the boundary is'
        >>> relation(right**1.1, right, 1e-6 * right)
        ''
    """
    seen, right, allowed = (v.detach().double().reshape(-1) for v in (seen, right, allowed))
    known = {name: value for name, value in (known or {}).items() if math.isfinite(value)}
    if not bool(seen.isfinite().all() and right.isfinite().all() and len(seen)):
        return ""
    sharp = right.abs() * SHARP > allowed
    if not bool(sharp.any()):
        return ""
    for named in (_factor, _known, _function, _shift, _order, _dtype, _constant):
        found = named(seen, right, allowed, known)
        if found:
            return found
    return ""


def ratio(seen: float, right: float, error: float, known: Mapping[str, float] | None = None) -> str:
    """What a measured positive number is to the right one, its relative standard error given; ""
    where no simple factor is within two of these.

    Example:
        >>> ratio(1.009, 0.5, 0.008)
        'about twice what is right'
    """
    if not (math.isfinite(seen) and right > 0 and 0 < error < 0.02):
        return ""
    quotient = seen / right
    for name, factor in [*FACTORS.items(), *_powers(known or {})]:
        if abs(quotient / factor - 1) <= 2 * error and abs(factor - 1) > 4 * error:
            return f"about {name}"
    return ""


def _close(seen: torch.Tensor, other: torch.Tensor, allowed: torch.Tensor) -> bool:
    return bool((other.isfinite() & ((seen - other).abs() <= allowed)).all())


def _told(
    seen: torch.Tensor, other: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor
) -> bool:
    """Whether `seen` is `other` throughout, and somewhere well apart from `right`."""
    apart = (other - right).abs() * SHARP > allowed
    return bool(apart.any()) and _close(seen, other, allowed)


def _powers(known: Mapping[str, float]) -> Iterable[tuple[str, float]]:
    """sigma_data times, 1/sigma_data times, ... what is right, where that is a factor."""
    for name, value in known.items():
        if value not in (0.0, 1.0):
            yield f"{name} ({value:g}) times what is right", value
            yield f"1/({name}) times what is right ({name}: {value:g})", 1 / value
            yield f"the square of {name} ({value:g}) times what is right", value**2
            yield f"1/({name})^2 times what is right ({name}: {value:g})", 1 / value**2


def _factor(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, known: Mapping[str, float]
) -> str:
    """A constant factor: by a name, by the setting's names, or a number where several agree."""
    if not bool(seen.any()):
        return "0 throughout"
    plain = [
        n for n, c in FACTORS.items() if _told(seen, c * right, right, allowed * max(abs(c), 1))
    ]
    named = [
        n for n, c in _powers(known) if _told(seen, c * right, right, allowed * max(abs(c), 1))
    ]
    if plain or named:
        return "; also ".join([*plain[:1], *named[:2]])
    largest = int(right.abs().argmax())
    factor = float(seen[largest] / right[largest])
    whole = _whole(factor)
    if whole and bool(((seen - right * whole[1]).abs() <= SHARPER * right.abs()).all()):
        return whole[0]
    if _several(right, allowed) and _told(
        seen, factor * right, right, 2 * allowed * max(abs(factor), 1)
    ):
        return f"{factor:.4g} times what is right throughout"
    return ""


def _whole(factor: float) -> tuple[str, float] | None:
    """A whole number of times, or of parts."""
    if round(factor) >= 5 and abs(factor / round(factor) - 1) <= SHARPER:
        return f"{round(factor):,} times what is right", float(round(factor))
    if 0 < factor <= 0.2 and abs(factor * round(1 / factor) - 1) <= SHARPER:
        return f"1/{round(1 / factor):,} of what is right", 1 / round(1 / factor)
    return None


def _known(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, known: Mapping[str, float]
) -> str:
    """One of the setting's numbers, or minus it."""
    found = [
        (name, sign, number)
        for name, value in known.items()
        for sign, number in (("", value), ("minus ", -value))
        if value and _told(seen, torch.full_like(seen, number), right, allowed)
    ]
    if not found:
        return ""
    return f"{' and '.join(sign + name for name, sign, _ in found)}, {found[0][2]:g}"


def _function(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, _: Mapping[str, float]
) -> str:
    for name, function in FUNCTIONS.items():
        value = function(right)
        nudged = (function(right + allowed) - value).abs().nan_to_num(0.0)
        if _told(seen, value, right, allowed + nudged):
            return name
    return ""


def _shift(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, known: Mapping[str, float]
) -> str:
    for name, value in known.items():
        for sign, shift in (("plus", value), ("less", -value)):
            if _told(seen, right + shift, right, allowed):
                return f"what is right {sign} {value:g}, which {name} is"
    gap = float((seen - right)[0])
    if _several(right, allowed) and _told(seen, right + gap, right, 2 * allowed):
        return f"what is right {'plus' if gap > 0 else 'less'} {abs(gap):.4g} throughout"
    return ""


def _order(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, _: Mapping[str, float]
) -> str:
    if not _several(right, allowed):
        return ""
    if _close(seen, right.flip(0), allowed):
        return "what is right in the reverse order"
    if _close(seen.sort().values, right.sort().values, allowed.min().expand_as(seen)):
        return "what is right in another order"
    return ""


def _dtype(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, _: Mapping[str, float]
) -> str:
    """`right`, rounded; only where the rounding is what cannot be allowed."""
    for name, dtype in DTYPES.items():
        rounded = right.to(dtype).double()
        if _close(seen, rounded, allowed) and not _close(seen, right, allowed):
            return f"what is right, rounded to {name}"
    return ""


def _constant(
    seen: torch.Tensor, right: torch.Tensor, allowed: torch.Tensor, _: Mapping[str, float]
) -> str:
    if _several(right, allowed) and _close(seen, seen[:1].expand_as(seen), allowed):
        return "one number throughout, where what is right varies"
    return ""


def _several(right: torch.Tensor, allowed: torch.Tensor) -> bool:
    """Whether `right` holds at least two numbers that are well apart."""
    spread = float(right.max() - right.min())
    return len(right) > 1 and spread * SHARP > float(allowed.max())
