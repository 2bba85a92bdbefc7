"""Plans and audits as tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.text import Text

from ..certificate.budget import paths
from ..certificate.theorem1 import HOLDS
from ..core.console import console, plain

if TYPE_CHECKING:
    from pathlib import Path

    from ..flow.defects import Defects
    from ..model.schedule import Schedule
    from ..targets import Target
    from .audit import Audit
    from .plan import Ask, Problem


def show_plan(p: Problem, answers: Sequence[Ask], status: dict[str, str]) -> None:
    """One row a claim that answers: the least T, what it needs, what it rests on."""
    low, high = p.eigenvalues.min(), p.eigenvalues.max()
    law = (
        p.target.name
        if p.target is not None
        else f"Gaussian, eigenvalue{f's {low:g} to {high:g}' if high > low else f' {low:g}'}"
    )
    title = f"Steps T for a distance of {p.error:g}: d = {p.dim}, {law}, schedule {p.spec['kind']}"
    table = plain("answer by", "T", "needs", "rests on", left=("answer by", "needs", "rests on"))
    for a in answers:
        steps = "-" if a.steps is None else f"{a.steps:,}" if a.steps < 10**9 else f"{a.steps:.2e}"
        counts = Counter(status[name] for name in a.claims)
        rests = f"{', '.join(a.claims)} ({', '.join(f'{n} {s}' for s, n in counts.items())})"
        table.add_row(
            a.method, steps, Text(a.hypotheses + (f"; {a.note}" if a.note else "")), Text(rests)
        )
    note = (
        "necessary: no schedule with these ends does with less. exact, explicit: W_2, hence W_1. certificate: the sum of "
        "discretisation defects. Theorem 1: its C_1 is not known. `ctverify prove CLAIM` shows a claim's proof."
    )
    console().print(Group(Text(title, style="bold"), table, Text(note, style="dim")))


def show_audit(found: Audit) -> None:
    """The lemma's lines, then the excess."""
    schedule = found.schedule
    origin = "c1 log T/T" if schedule.spec["kind"] == "li_huang_wei" else "its largest beta_t"
    title = f"{schedule!r}, T = {schedule.T}, r = {found.r:.4g} ({origin})"
    lemma = plain("law", "observed", "limit", "at t", "", "claim", left=("law", "", "claim"))
    for line in found.lines:
        style = "green" if line.status == HOLDS else "bold red"
        row: list[Any] = [
            line.law,
            f"{line.observed:.6g}",
            f"{line.limit:.6g}",
            "" if line.t is None else str(line.t),
        ]
        lemma.add_row(*row, Text(line.status, style=style), line.claim)
    excess = plain("eigenvalue", "1 - R", "floor", "1 - R over floor", "(1 - R)/r")
    for e in found.excess:
        excess.add_row(
            f"{e.eigenvalue:g}",
            f"{e.shrinkage:.6g}",
            f"{e.floor:.6g}",
            f"{e.ratio:.4f}",
            f"{e.shrinkage / found.r:.4f}",
        )
    note = (
        "1 - R: how much exact consistency training shrinks a Gaussian's standard deviation, X_T ~ p_T; floor: the least of any "
        "schedule with these ends and this T (gaussian.floor). For (23), r <= 1/2, 1 - R <= 0.3 r is proved (gaussian.excess.r)."
    )
    console().print(
        Group(Text(title, style="bold"), lemma, Text(""), excess, Text(note, style="dim"))
    )


def show_optimal(
    target: Target, schedule: Schedule, sums: dict[str, Defects], export: Path | None
) -> None:
    """The sum of D_t under each schedule, with its error, and its ratio to the optimal one's."""
    ends = f"alpha_bar from {schedule.alpha_bar[1]:.6g} to {schedule.alpha_bar[-1]:.4g}"
    table = plain("schedule", "sum of D_t", "over optimal")
    for name, value in sums.items():
        error = f" +- {value.error:.1g}" if value.error else ""
        table.add_row(
            name, f"{value.total:.4g}{error}", f"{value.total / sums['optimal'].total:.3f}"
        )
    note = (
        "D_t: what a step adds to the certificate of an exactly trained model; their sum bounds its W_2 from X_T ~ p_T. "
        f"Closed form for Gaussians, quadrature in d = 1, else from {paths(target):,} paths. Same T and ends for all."
    )
    if any(
        sums["optimal"].total - other.total > sums["optimal"].error + other.error
        for other in sums.values()
    ):
        note += " It is not the least here: D_t is not yet quadratic in the step at this T, and no order of these sums is promised."
    title = f"Schedule for {target.name}, d = {target.dim}, T = {schedule.T}, {ends}"
    console().print(Group(Text(title, style="bold"), table, Text(note, style="dim")))
    if export is not None:
        console().print(f"alpha_bar and sigma are in {export}", highlight=False, markup=False)
