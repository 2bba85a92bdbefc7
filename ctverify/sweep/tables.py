"""Sweeps and measured exponents as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from ..core.console import COLOURS, console, plain
from .exponents import AXES

if TYPE_CHECKING:
    from .engine import Summary
    from .exponents import Fit

MOST = 20  # bad cases that are listed
NOTE = (
    "error: the mean distance of coupled samples, an upper bound of W_1 and W_1 itself in d = 1, grows as x to the exponent; "
    "+- is half a 95 % interval, in which a bend counts as noise; [W_1's own exponent, as far as the brackets confine it]. "
    "Theorem 1, (24): 1, 5/2, 3 up to logarithms; the Gaussian law: 1 in r, 1/2 in d. log^5 T exceeds T for 4 <= T <= 332,105: "
    "there the size of Theorem 1's right-hand side at C_1 = 1 cannot be contradicted, its exponents can be compared."
)


def show_summary(summary: Summary, out: str) -> None:
    """How many cases there are, and those without a result or with a verdict that fails."""
    done = len(summary.records) - len(summary.failed)
    words = f"{len(summary.records):,} cases in {out}: {done:,} done"
    words += f" ({summary.kept:,} of them before)" if summary.kept else ""
    console().print(
        words + (f", {len(summary.failed):,} failed" if summary.failed else ""),
        highlight=False,
        markup=False,
    )
    bad = [record for record in summary.records if record.verdict in ("failed", "fail")]
    if not bad:
        return
    table = plain("case", "verdict", "what", "settings", left=("verdict", "what", "settings"))
    for record in bad[:MOST]:
        table.add_row(
            record.hash,
            Text(record.verdict, style=COLOURS["fail"]),
            Text(record.why),
            Text(record.settings),
        )
    console().print(table)
    if len(bad) > MOST:
        console().print(
            f"and {len(bad) - MOST:,} more: ctverify merge {out} -o results.csv lists all",
            highlight=False,
            markup=False,
        )


def show_exponents(found: Sequence[Fit], absent: int) -> None:
    """A row a family, a column an axis, its regime and refusals; absent: cases that failed or are
    missing.
    """
    families = list(dict.fromkeys(map(_who, found)))
    models, schedules = {fit.model for fit in found}, {fit.schedule for fit in found}
    names = [
        "family",
        *(["model"] if len(models) > 1 else []),
        *(["schedule"] if len(schedules) > 1 else []),
    ]
    table = plain(*names, *AXES, "regime", left=("family", "model", "schedule", "regime"))
    for family in families:
        own = [fit for fit in found if _who(fit) == family]
        head = [
            family[0],
            *([family[1]] if "model" in names else []),
            *([family[2]] if "schedule" in names else []),
        ]
        cells = [
            Text("\n".join(_cell(fit, own) for fit in own if fit.axis == axis)) for axis in AXES
        ]
        table.add_row(*map(Text, head), *cells, Text("\n".join(_remarks(own))))
    title = "How the error grows: exponents in r = c1 log T/T, d and L_f"
    note = (f"Cases that failed or are missing: {absent:,}. " if absent else "") + NOTE
    console().print(Group(Text(title, style="bold"), table, Text(note, style="dim")))


def _who(fit: Fit) -> tuple[str, str, str]:
    return fit.target, fit.model, fit.schedule


def _cell(fit: Fit, own: Sequence[Fit]) -> str:
    """The exponent and, below it, W_1's own range; with what is held fixed where the family has
    several fits on this axis.
    """
    several = [other for other in own if other.axis == fit.axis]
    differ = [key for key in fit.at if len({repr(other.at.get(key)) for other in several}) > 1]
    where = "".join(f" at {key} {fit.at[key]:g}" for key in differ)
    if fit.exponent is None or fit.high is None:
        return f"{'no fit' if fit.points else '-'}{where}"
    w1 = "" if fit.w1_low is None else f"\n[{fit.w1_low:.2f}, {fit.w1_high:.2f}]"
    return f"{fit.exponent:.2f} +- {fit.high - fit.exponent:.2f}{where}{w1}"


def _remarks(own: Sequence[Fit]) -> list[str]:
    """The regime in r, what else varied along d, and why there is no fit where there are points for
    one.
    """
    found = [fit.regime for fit in own if fit.axis == "r" and fit.points]
    others = [fit for fit in own if fit.axis != "r" and fit.points]
    found += [
        f"{fit.axis}: {fit.regime}" for fit in others if fit.exponent is None or ";" in fit.regime
    ]
    return list(dict.fromkeys(found))
