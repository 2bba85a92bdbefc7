"""Certificates as tables for people."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ..core.console import COLOURS, console, plain

if TYPE_CHECKING:
    from .certificate import Certificate

ROWS = 12  # of an error budget
COLUMNS = (
    "target",
    "d",
    "model",
    "W_1\nlower",
    "W_1\nupper",
    "budget",
    "share",
    "Theorem\n1 / C_1",
    "verdict",
)
NOTE = (
    "Limits are for the model started at N(0, I) and hold together at the stated confidence (Student's approximation of means; "
    "quadrature in d = 1). The law reached for is that of X_1, the target smoothed by sigma_1, not X_0."
)


def certificate_text(certificate: Certificate, width: int = 110) -> str:
    """One certificate as plain text."""
    stream = io.StringIO()
    Console(file=stream, width=width, color_system=None).print(certificate_view(certificate))
    return stream.getvalue().rstrip("\n")


def show(certificates: Sequence[Certificate], closing: str | None) -> None:
    """Print a comparison and then `closing`, or one certificate whole where there is no closing
    line.
    """
    view: Any = certificate_view(certificates[0]) if closing is None else comparison(certificates)
    console().print(view)
    if closing is not None:
        console().print(closing, highlight=False, markup=False)


def certificate_view(c: Certificate) -> Group:
    """One certificate: numbers, error budget, theorem, verdicts."""
    title = f"{c.target.get('name', '?')}, {model_name(c.model)}, {c.schedule['kind']}, T = {c.steps}, seed {c.seed}, {c.device}"
    parts: list[Any] = [Text(title, style="bold")]
    if c.budget is not None and c.w1 is not None and c.theorem is not None:
        parts += [_numbers(c), _budget(c), _theorem(c)]
    return Group(*parts, _verdicts(c), Text(NOTE, style="dim"))


def comparison(certificates: Sequence[Certificate]) -> Group:
    """One row a certificate, to compare models; readable in 80 columns."""
    table = Table(
        title="W_1(f_T(Z), X_1): bracket, error budget and Theorem 1",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in COLUMNS:
        left = name in ("target", "model", "verdict")
        table.add_column(
            name, justify="left" if left else "right", no_wrap=not left, overflow="fold"
        )
    for c in certificates:
        table.add_row(*_row(c))
    counts = ", ".join(
        f"{c.target.get('name', '?')} {c.counts['samples']:,} + {c.counts['pairs']:,}"
        for c in certificates
    )
    explained = (
        "budget: an upper limit of W_1 too, of which share is the model's own defects. Theorem 1: its right-hand side in units "
        f"of C_1; * exceeds what a constant model reaches at C_1 = 1. Draws of the budget + of the bracket: {counts}. "
    )
    return Group(table, Text(explained + NOTE, style="dim"))


def _row(c: Certificate) -> list[str | Text]:
    head = [c.target.get("name", "?"), str(c.dim), model_name(c.model)]
    if c.budget is None or c.w1 is None or c.theorem is None:
        return [*head, *"-----", worst(c)]
    share = c.budget.eps_sum / c.budget.total if c.budget.total else 0.0
    bracket = [
        f"{c.w1.lower:.4g}",
        f"{c.w1.upper:.4g}",
        f"{c.budget.total_upper:.4g}",
        f"{share:.0%}",
    ]
    return [
        *head,
        *bracket,
        f"{c.theorem.rhs_over_C1:.2g}{'*' if c.theorem.vacuous else ' '}",
        worst(c),
    ]


def worst(c: Certificate) -> Text:
    """The gravest verdict, and how many there are."""
    for status in ("fail", "inconclusive"):
        names = [verdict.law for verdict in c.verdicts if verdict.status == status]
        if names:
            return Text(f"{status}: {', '.join(names)}", style=COLOURS[status])
    return Text(f"pass ({len(c.verdicts)})", style=COLOURS["pass"])


def model_name(model: Any) -> str:
    """The model's kind, or the callable's name."""
    return str(model.get("kind", "?")) if isinstance(model, dict) else str(model)


def _numbers(c: Certificate) -> Table:
    assert c.budget and c.w1
    table = plain("", "estimate", "limit")
    table.add_row("W_1 at least", f"{c.w1.lower_estimate:.5g}", f"{c.w1.lower:.5g}")
    table.add_row("W_1 at most", f"{c.w1.upper_estimate:.5g}", f"{c.w1.upper:.5g}")
    table.add_row("W_2 at most", "", f"{c.w1.w2_upper:.5g}")
    table.add_row("error budget, total", f"{c.budget.total:.5g}", f"{c.budget.total_upper:.5g}")
    for name, value in (("|f_1 - id|", c.budget.initial), ("start at N(0, I)", c.budget.start)):
        table.add_row(f"  {name}", f"{value:.5g}", "")
    table.add_row("  model defects, sum", f"{c.budget.eps_sum:.5g}", "")
    table.add_row("  discretisation defects, sum", f"{sum(c.budget.discretisation_defect):.5g}", "")
    return table


def _budget(c: Certificate) -> Table:
    """The profile over the noise levels, neighbouring levels summed where there are many."""
    assert c.budget
    b = c.budget
    table = plain("t", "sigma", "model defect", "discretisation defect", "share of total")
    size = -(-len(b.t) // ROWS)
    for low in range(0, len(b.t), size):
        rows = slice(low, low + size)
        t, model, discretisation = (
            b.t[rows],
            sum(b.model_defect[rows]),
            sum(b.discretisation_defect[rows]),
        )
        levels = f"{t[0]}" if len(t) == 1 else f"{t[0]}..{t[-1]}"
        share = (model + discretisation) / b.total if b.total else 0.0
        table.add_row(
            levels,
            f"{b.sigma[rows][-1]:.4g}",
            f"{model:.4g}",
            f"{discretisation:.4g}",
            f"{share:.0%} " + "#" * round(40 * share),
        )
    return table


def _theorem(c: Certificate) -> Text:
    assert c.theorem
    t = c.theorem
    groups: dict[str, list[str]] = {}
    for name, state in t.hypotheses.items():
        groups.setdefault(state, []).append(name)
    states = "; ".join(f"{state}: {', '.join(names)}" for state, names in groups.items())
    return Text(
        f"Theorem 1: right-hand side {t.rhs_over_C1:.4g} C_1 with L_f = {t.lipschitz:.4g}; C_1 >= {t.C1_needed:.3g} is needed; "
        f"{'vacuous' if t.vacuous else 'not vacuous'} at C_1 = 1; c2 = {t.c2:.4g}. Hypotheses {states}."
    )


def _verdicts(c: Certificate) -> Table:
    table = plain("verdict", "law", "equation", "observed", "limit")
    for v in c.verdicts:
        observed, limit = ("" if x is None else f"{x:.5g}" for x in (v.observed, v.limit))
        table.add_row(
            Text(v.status, style=COLOURS[v.status]),
            f"{v.law}{': ' + v.detail if v.detail else ''}",
            v.equation,
            observed,
            limit,
        )
    return table
