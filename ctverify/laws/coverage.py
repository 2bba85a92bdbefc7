"""What a run of the laws has drawn, and how near it came to each bound: told in the terminal.

Strategies say what they draw (`drew`), laws how near a bound is to what it bounds (`approached`).
Both are also told to Hypothesis: the first as an event, shown by --hypothesis-show-statistics in
anyone's tests, the second as a target, which the search then tries to raise. The plugin takes what
a law has recorded into its report, as text, so that pytest-xdist's workers report it too.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable

PROPERTY = "recorded"  # of a report: the name under which a law's record stands
KINDS = ("target", "schedule")  # quantities that are words
# the others are numbers, recorded by the first range whose upper edge they do not exceed
RANGES: dict[str, tuple[tuple[float, str], ...]] = {
    "d": ((1, "1"), (2, "2"), (4, "3..4"), (16, "5..16"), (math.inf, "above 16")),
    "condition": ((1, "1"), (1e2, "to 100"), (1e4, "to 1e4"), (math.inf, "above 1e4")),
    "separation": ((1e-3, "to 0.001"), (1, "to 1"), (4, "to 4"), (math.inf, "above 4")),
    "bandwidth": ((0.1, "to 0.1"), (0.5, "to 0.5"), (math.inf, "above 0.5")),
    "T": (
        (2, "2"),
        (16, "3..16"),
        (64, "17..64"),
        (1024, "65..1,024"),
        (math.inf, "above 1,024"),
    ),
}
EDGE = 1 + 1e-9  # times an edge: what rounding has moved beyond it

_DRAWN: dict[str, Counter[str]] = {}
_NEAREST: dict[str, float] = {}


def drew(quantity: str, value: float | str) -> None:
    """Record one draw, within a test that Hypothesis runs.

    Arguments:
        quantity: one of KINDS, whose value is a word, or the name of a number in RANGES.
        value: what was drawn; a number is recorded by the range that it lies in.
    """
    from hypothesis import event

    words = value if isinstance(value, str) else _range(quantity, value)
    _DRAWN.setdefault(quantity, Counter())[words] += 1
    event(f"{quantity}: {words}")


def approached(bound: str, ratio: float) -> None:
    """Record how near a bound is, and let Hypothesis search for draws that come nearer.

    Arguments:
        bound: its name, once an example.
        ratio: what is bounded over the bound: at most 1 where the bound holds. A number that is
            not finite (0/0) is passed over.
    """
    from hypothesis import target

    if not math.isfinite(ratio):
        return
    _NEAREST[bound] = max(ratio, _NEAREST.get(bound, -math.inf))
    target(float(ratio), label=f"ratio: {bound}")


def taken() -> str:
    """What was recorded since the last call, as JSON; it is forgotten here."""
    record = {"drawn": _DRAWN, "nearest": _NEAREST}
    text = json.dumps(record, sort_keys=True)
    _DRAWN.clear()
    _NEAREST.clear()
    return text


def summary(records: Iterable[tuple[str, str]]) -> list[str]:
    """The lines of the terminal.

    Arguments:
        records: a law's id and what `taken` gave after it, for each law that ran.

    Returns:
        The largest ratio of each bound, then how many draws fell into each range of each quantity;
        nothing where nothing was recorded.

    Example:
        >>> drawn = '{"drawn": {"d": {"1": 3, "2": 1}}, "nearest": {"W_2 / loss form": 0.5}}'
        >>> print("\\n".join(summary([("bound.loss_form", drawn)])))
        how near each bound came: the largest ratio to it
          0.5000  bound.loss_form: W_2 / loss form
        what was drawn
          d           1: 3   2: 1
    """
    nearest: dict[str, float] = {}
    drawn: dict[str, Counter[str]] = {}
    for law, text in records:
        record = json.loads(text)
        for bound, ratio in record["nearest"].items():
            name = f"{law}: {bound}"
            nearest[name] = max(ratio, nearest.get(name, -math.inf))
        for quantity, counts in record["drawn"].items():
            drawn.setdefault(quantity, Counter()).update(counts)
    lines = []
    if nearest:
        lines.append("how near each bound came: the largest ratio to it")
        lines += [f"  {ratio:.4f}  {name}" for name, ratio in sorted(nearest.items())]
    if drawn:
        lines.append("what was drawn")
        lines += [
            f"  {quantity:<12}{_counted(quantity, drawn[quantity])}"
            for quantity in (*KINDS, *RANGES)
            if quantity in drawn
        ]
    return lines


def _range(quantity: str, value: float) -> str:
    """The range that a number lies in."""
    return next(words for high, words in RANGES[quantity] if value <= high * EDGE)


def _counted(quantity: str, counts: Counter[str]) -> str:
    """Each range, or each word, with its count."""
    ranges = RANGES.get(quantity)
    names = [words for _, words in ranges] if ranges else sorted(counts)
    return "   ".join(f"{name}: {counts[name]:,}" for name in names if counts[name])
