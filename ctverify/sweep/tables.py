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

LISTED = 20  # bad cases, at most
NOTE = (
    "error: the mean distance of coupled samples, an upper bound of W_1 and W_1 itself in d = 1, "
    "grows as x to the exponent; +- is half a 95 % interval, in which a bend counts as noise; "
    "[W_1's own exponent, as far as the brackets confine it]. Theorem 1, (24): 1, 5/2, 3 up to "
    "logarithms; the Gaussian law: 1 in r, 1/2 in d; the explicit Theorem A: 1/2 in r, 1/2 in d, 1 "
    "in L. log^5 T exceeds T for 4 <= T <= 332,105: "
    "there the size of Theorem 1's right-hand side at C_1 = 1 cannot be contradicted, its "
    "exponents can be compared."
)


def show_summary(summary: Summary, out: str) -> None:
    """Print how many cases there are, and those without a result or with a verdict that fails.

    Arguments:
        summary: what the sweep came to.
        out: its folder.
    """
    failed = len(summary.failed)
    words = f"{len(summary.records):,} cases in {out}: {len(summary.records) - failed:,} done"
    if summary.kept:
        words += f" ({summary.kept:,} of them before)"
    if failed:
        words += f", {failed:,} failed"
    _say(words)
    bad = [record for record in summary.records if record.verdict in ("failed", "fail")]
    if not bad:
        return
    table = plain("case", "verdict", "what", "settings", left=("verdict", "what", "settings"))
    for record in bad[:LISTED]:
        verdict = Text(record.verdict, style=COLOURS["fail"])
        table.add_row(record.hash, verdict, Text(record.why), Text(record.settings))
    console().print(table)
    if len(bad) > LISTED:
        more = len(bad) - LISTED
        _say(f"and {more:,} more: ctverify merge {out} -o results.csv lists all")


def _say(words: str) -> None:
    console().print(words, highlight=False, markup=False)


def show_exponents(fitted: Sequence[Fit], absent: int) -> None:
    """Print a row a family, a column an axis, its regime and refusals.

    Arguments:
        fitted: the fits.
        absent: how many cases failed or are missing.
    """
    families = list(dict.fromkeys(map(_family, fitted)))
    names = ["family"]
    for name in ("model", "schedule"):  # told where they differ
        if len({getattr(fit, name) for fit in fitted}) > 1:
            names.append(name)
    table = plain(*names, *AXES, "regime", left=("family", "model", "schedule", "regime"))
    for family in families:
        own = [fit for fit in fitted if _family(fit) == family]
        told = dict(zip(("family", "model", "schedule"), family, strict=True))
        head = [Text(told[name]) for name in names]
        cells = [Text(_column(own, axis)) for axis in AXES]
        remarks = Text("\n".join(_remarks(own)))
        table.add_row(*head, *cells, remarks)
    title = "How the error grows: exponents in r = c1 log T/T, d and L_f"
    note = NOTE
    if absent:
        note = f"Cases that failed or are missing: {absent:,}. {NOTE}"
    console().print(Group(Text(title, style="bold"), table, Text(note, style="dim")))


def _family(fit: Fit) -> tuple[str, str, str]:
    return fit.target, fit.model, fit.schedule


def _column(own: Sequence[Fit], axis: str) -> str:
    """A family's fits on an axis."""
    several = [fit for fit in own if fit.axis == axis]
    return "\n".join(_cell(fit, several) for fit in several)


def _cell(fit: Fit, several: Sequence[Fit]) -> str:
    """The exponent and, below it, W_1's own range; with what is held fixed where the family has
    `several` fits on this axis.
    """
    differ = [key for key in fit.at if _differs(key, several)]
    where = "".join(f" at {key} {fit.at[key]:g}" for key in differ)
    if fit.exponent is None or fit.high is None:
        return f"{'no fit' if fit.points else '-'}{where}"
    words = f"{fit.exponent:.2f} +- {fit.high - fit.exponent:.2f}{where}"
    if fit.w1_low is not None:
        words += f"\n[{fit.w1_low:.2f}, {fit.w1_high:.2f}]"
    return words


def _differs(key: str, several: Sequence[Fit]) -> bool:
    return len({repr(fit.at.get(key)) for fit in several}) > 1


def _remarks(own: Sequence[Fit]) -> list[str]:
    """The regime in r, what else varied along d, and why there is no fit where there are points for
    one.
    """
    remarks = [fit.regime for fit in own if fit.axis == "r" and fit.points]
    for fit in own:
        if fit.axis != "r" and fit.points and (fit.exponent is None or ";" in fit.regime):
            remarks.append(f"{fit.axis}: {fit.regime}")
    return list(dict.fromkeys(remarks))
