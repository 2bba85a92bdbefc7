"""Plans and audits as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..certificate.counts import paths
from ..certificate.theorem1 import HOLDS
from ..core.console import console, plain

if TYPE_CHECKING:
    from pathlib import Path

    from ..flow.defects import Defects
    from ..model.schedule import Schedule
    from ..targets import Target
    from .audit import Audit, Excess, Line
    from .problem import Ask, Problem

WRITTEN_OUT = 10**9  # steps below it are printed digit by digit
PLAN_NOTE = (
    "necessary: no schedule with these ends does with less. exact, explicit: W_2, hence W_1. "
    "Theorem A, A2, B: W_2 with every constant explicit, of any target, of a strongly log-concave "
    "one, of a smoothed data set. "
    "certificate: the sum of discretisation defects. Theorem 1: its C_1 is not known. "
    "`ctverify prove CLAIM` shows a claim's proof."
)
AUDIT_NOTE = (
    "1 - R: how much exact consistency training shrinks a Gaussian's standard deviation, "
    "X_T ~ p_T; floor: the least of any schedule with these ends and this T (gaussian.floor). "
    "For (23), r <= 1/2, 1 - R <= 0.3 r is proved (gaussian.excess.r)."
)
NO_ORDER_NOTE = (
    " It is not the least here: D_t is not yet quadratic in the step at this T, and no order of "
    "these sums is promised."
)


def show_plan(problem: Problem, answers: Sequence[Ask], status: Mapping[str, str]) -> None:
    """Print a plan: one row a claim that answers, with the least T, what it needs and rests on.

    Arguments:
        problem: what was asked.
        answers: the answers to it.
        status: what the ledger says of each claim that they rest on, by id.
    """
    table = plain("answer by", "T", "needs", "rests on", left=("answer by", "needs", "rests on"))
    for answer in answers:
        needs = answer.hypotheses
        if answer.note:
            needs = f"{needs}; {answer.note}"
        table.add_row(
            answer.method,
            _steps(answer.steps),
            Text(needs),
            Text(_rests(answer.claims, status)),
        )
    title = (
        f"Steps T for a distance of {problem.error:g}: d = {problem.dim}, {_law(problem)}, "
        f"schedule {problem.spec['kind']}"
    )
    _show(title, table, PLAN_NOTE)


def _law(problem: Problem) -> str:
    """The law of a problem, in words."""
    if problem.target is not None:
        return problem.target.name
    low = problem.eigenvalues.min()
    high = problem.eigenvalues.max()
    if high > low:
        return f"Gaussian, eigenvalues {low:g} to {high:g}"
    return f"Gaussian, eigenvalue {low:g}"


def _steps(steps: int | None) -> str:
    if steps is None:
        return "-"
    if steps < WRITTEN_OUT:
        return f"{steps:,}"
    return f"{steps:.2e}"


def _rests(claims: Sequence[str], status: Mapping[str, str]) -> str:
    """The claims, and how many of them are proved, assumed and so on."""
    counts = Counter(status[claim] for claim in claims)
    states = [f"{count} {state}" for state, count in counts.items()]
    return f"{', '.join(claims)} ({', '.join(states)})"


def show_audit(audit: Audit) -> None:
    """Print an audit: the lemma's lines, then the excess.

    Arguments:
        audit: what is shown.
    """
    schedule = audit.schedule
    own = schedule.spec["kind"] == "li_huang_wei"
    origin = "c1 log T/T" if own else "its largest beta_t"
    title = f"{schedule!r}, T = {schedule.T}, r = {audit.r:.4g} ({origin})"
    lemma = plain("law", "observed", "limit", "at t", "", "claim", left=("law", "", "claim"))
    for line in audit.lines:
        lemma.add_row(*_lemma_row(line))
    gaussians = plain("eigenvalue", "1 - R", "floor", "1 - R over floor", "(1 - R)/r")
    for excess in audit.excess:
        gaussians.add_row(*_excess_row(excess, audit.r))
    _show(title, lemma, Text(""), gaussians, AUDIT_NOTE)


def _lemma_row(line: Line) -> list[str | Text]:
    style = "green" if line.status == HOLDS else "bold red"
    return [
        line.law,
        f"{line.observed:.6g}",
        f"{line.limit:.6g}",
        "" if line.t is None else str(line.t),
        Text(line.status, style=style),
        line.claim,
    ]


def _excess_row(excess: Excess, r: float) -> list[str]:
    return [
        f"{excess.eigenvalue:g}",
        f"{excess.shrinkage:.6g}",
        f"{excess.floor:.6g}",
        f"{excess.ratio:.4f}",
        f"{excess.shrinkage / r:.4f}",
    ]


def show_optimal(
    target: Target, schedule: Schedule, sums: Mapping[str, Defects], export: Path | None
) -> None:
    """Print the sum of D_t under each schedule, with its error, and its ratio to the optimal one's.

    Arguments:
        target: the law that the schedule is optimal for.
        schedule: the optimal schedule.
        sums: the defects under each schedule by its name, under "optimal" those of `schedule`.
        export: the file that the schedule is in, None where there is none.
    """
    best = sums["optimal"]
    table = plain("schedule", "sum of D_t", "over optimal")
    for name, defects in sums.items():
        total = f"{defects.total:.4g}"
        if defects.error:
            total = f"{total} +- {defects.error:.1g}"
        table.add_row(name, total, f"{defects.total / best.total:.3f}")
    note = (
        "D_t: what a step adds to the certificate of an exactly trained model; their sum bounds "
        "its W_2 from X_T ~ p_T. Closed form for Gaussians, quadrature in d = 1, else from "
        f"{paths(target):,} paths. Same T and ends for all."
    )
    if any(best.total - rival.total > best.error + rival.error for rival in sums.values()):
        note += NO_ORDER_NOTE
    first = schedule.alpha_bar[1]
    last = schedule.alpha_bar[-1]
    title = (
        f"Schedule for {target.name}, d = {target.dim}, T = {schedule.T}, "
        f"alpha_bar from {first:.6g} to {last:.4g}"
    )
    _show(title, table, note)
    if export is not None:
        console().print(f"alpha_bar and sigma are in {export}", highlight=False, markup=False)


def _show(title: str, *parts: Table | Text | str) -> None:
    """Print a bold title, tables, and what stands as text in dim letters."""
    shown = [Text(part, style="dim") if isinstance(part, str) else part for part in parts]
    console().print(Group(Text(title, style="bold"), *shown))
