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
    from ..core.verdict import Verdict
    from .bracket import Bracket
    from .certificate import Certificate
    from .chain_defects import ChainDefects
    from .theorem1 import Theorem

ROWS = 12  # of an error budget
BAR = 40  # signs of a share of 1
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
FLUSH_LEFT = ("target", "model", "verdict")
MEASURED = 5  # columns that an unmeasured model leaves empty
NOTE = (
    "Limits are for the model started at N(0, I) and hold together at the stated confidence "
    "(Student's approximation of means; quadrature in d = 1). The law reached for is that of X_1, "
    "the target smoothed by sigma_1, not X_0."
)


def certificate_text(certificate: Certificate, width: int = 110) -> str:
    """One certificate as plain text.

    Arguments:
        certificate: what is shown.
        width: columns of the text.

    Returns:
        Its numbers, error budget, theorem and verdicts, without colours.
    """
    stream = io.StringIO()
    page = Console(file=stream, width=width, color_system=None)
    page.print(certificate_view(certificate))
    return stream.getvalue().rstrip("\n")


def show(certificates: Sequence[Certificate], closing: str | None) -> None:
    """Print certificates.

    Arguments:
        certificates: one or more of them.
        closing: the line below a comparison of them; None shows the first one whole.
    """
    if closing is None:
        console().print(certificate_view(certificates[0]))
        return
    console().print(comparison(certificates))
    console().print(closing, highlight=False, markup=False)


def certificate_view(certificate: Certificate) -> Group:
    """One certificate for rich: numbers, error budget, theorem, verdicts.

    Arguments:
        certificate: what is shown; of one without measured parts, the verdicts alone.

    Returns:
        What rich prints.
    """
    setting = [
        _target_name(certificate),
        model_name(certificate.model),
        certificate.schedule["kind"],
        f"T = {certificate.steps}",
        f"seed {certificate.seed}",
        certificate.device,
    ]
    parts: list[Any] = [Text(", ".join(setting), style="bold")]
    budget = certificate.budget
    w1 = certificate.w1
    theorem = certificate.theorem
    if budget is not None and w1 is not None and theorem is not None:
        parts.append(_numbers(w1, budget))
        parts.append(_budget(budget))
        parts.append(_theorem(theorem))
    parts.append(_verdicts(certificate.verdicts))
    parts.append(Text(NOTE, style="dim"))
    return Group(*parts)


def comparison(certificates: Sequence[Certificate]) -> Group:
    """One row a certificate, to compare models; readable in 80 columns.

    Arguments:
        certificates: what is compared.

    Returns:
        What rich prints.
    """
    table = Table(
        title="W_1(f_T(Z), X_1): bracket, error budget and Theorem 1",
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in COLUMNS:
        if name in FLUSH_LEFT:
            table.add_column(name, justify="left", overflow="fold")
        else:
            table.add_column(name, justify="right", no_wrap=True, overflow="fold")
    for certificate in certificates:
        table.add_row(*_row(certificate))
    draws = ", ".join(map(_draws, certificates))
    explained = (
        "budget: an upper limit of W_1 too, of which share is the model's own defects. Theorem 1: "
        "its right-hand side in units of C_1; * exceeds what a constant model reaches at C_1 = 1. "
        f"Draws of the budget + of the bracket: {draws}. "
    )
    return Group(table, Text(explained + NOTE, style="dim"))


def _row(certificate: Certificate) -> list[str | Text]:
    """The cells of a comparison, in the order of COLUMNS."""
    head = [_target_name(certificate), str(certificate.dim), model_name(certificate.model)]
    verdict = worst(certificate)
    budget = certificate.budget
    w1 = certificate.w1
    theorem = certificate.theorem
    if budget is None or w1 is None or theorem is None:
        return [*head, *["-"] * MEASURED, verdict]
    mark = "*" if theorem.vacuous else " "
    return [
        *head,
        f"{w1.lower:.4g}",
        f"{w1.upper:.4g}",
        f"{budget.total_upper:.4g}",
        f"{_share(budget.eps_sum, budget):.0%}",
        f"{theorem.rhs_over_C1:.2g}{mark}",
        verdict,
    ]


def _draws(certificate: Certificate) -> str:
    counts = certificate.counts
    return f"{_target_name(certificate)} {counts['samples']:,} + {counts['pairs']:,}"


def _share(part: float, budget: ChainDefects) -> float:
    """A part of the budget as a share of it; 0 where there is no error at all."""
    return part / budget.total if budget.total else 0.0


def worst(certificate: Certificate) -> Text:
    """The gravest verdict of a certificate, and what it is on.

    Arguments:
        certificate: whose verdicts they are.

    Returns:
        fail, else inconclusive, with the laws that are; else pass, with the number of verdicts.
    """
    for status in ("fail", "inconclusive"):
        laws = [verdict.law for verdict in certificate.verdicts if verdict.status == status]
        if laws:
            words = ", ".join(laws)
            return Text(f"{status}: {words}", style=COLOURS[status])
    return Text(f"pass ({len(certificate.verdicts)})", style=COLOURS["pass"])


def model_name(model: Any) -> str:
    """What a model is called.

    Arguments:
        model: a certificate's `model`: a saved model's spec, or the name of a callable.

    Returns:
        The spec's kind, or that name.

    Example:
        >>> model_name({"kind": "mlp"}), model_name("mine:f")
        ('mlp', 'mine:f')
    """
    if isinstance(model, dict):
        return str(model.get("kind", "?"))
    return str(model)


def _target_name(certificate: Certificate) -> Any:
    return certificate.target.get("name", "?")


def _numbers(w1: Bracket, budget: ChainDefects) -> Table:
    """The bracket, and the sums of the error budget."""
    rows = [
        ("W_1 at least", w1.lower_estimate, w1.lower),
        ("W_1 at most", w1.upper_estimate, w1.upper),
        ("W_2 at most", None, w1.w2_upper),
        ("error budget, total", budget.total, budget.total_upper),
        ("  |f_1 - id|", budget.initial, None),
        ("  start at N(0, I)", budget.start, None),
        ("  model defects, sum", budget.eps_sum, None),
        ("  discretisation defects, sum", sum(budget.discretisation_defect), None),
    ]
    table = plain("", "estimate", "limit")
    for name, estimate, limit in rows:
        table.add_row(name, _number(estimate), _number(limit))
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.5g}"


def _budget(budget: ChainDefects) -> Table:
    """The profile over the noise levels, neighbouring levels summed where there are many."""
    table = plain("t", "sigma", "model defect", "discretisation defect", "share of total")
    size = -(-len(budget.t) // ROWS)  # rounded up
    for low in range(0, len(budget.t), size):
        rows = slice(low, low + size)
        t = budget.t[rows]
        model = sum(budget.model_defect[rows])
        discretisation = sum(budget.discretisation_defect[rows])
        share = _share(model + discretisation, budget)
        marks = "#" * round(BAR * share)
        table.add_row(
            f"{t[0]}" if len(t) == 1 else f"{t[0]}..{t[-1]}",
            f"{budget.sigma[rows][-1]:.4g}",
            f"{model:.4g}",
            f"{discretisation:.4g}",
            f"{share:.0%} {marks}",
        )
    return table


def _theorem(theorem: Theorem) -> Text:
    """Theorem 1 in words, its hypotheses by their state."""
    by_state: dict[str, list[str]] = {}
    for name, state in theorem.hypotheses.items():
        by_state.setdefault(state, []).append(name)
    listed = [f"{state}: {', '.join(names)}" for state, names in by_state.items()]
    vacuous = "vacuous" if theorem.vacuous else "not vacuous"
    return Text(
        f"Theorem 1: right-hand side {theorem.rhs_over_C1:.4g} C_1 "
        f"with L_f = {theorem.lipschitz:.4g}; C_1 >= {theorem.C1_needed:.3g} is needed; "
        f"{vacuous} at C_1 = 1; c2 = {theorem.c2:.4g}. Hypotheses {'; '.join(listed)}."
    )


def _verdicts(verdicts: Sequence[Verdict]) -> Table:
    """One row a verdict."""
    table = plain("verdict", "law", "equation", "observed", "limit")
    for verdict in verdicts:
        law = verdict.law
        if verdict.detail:
            law = f"{law}: {verdict.detail}"
        table.add_row(
            Text(verdict.status, style=COLOURS[verdict.status]),
            law,
            verdict.equation,
            _number(verdict.observed),
            _number(verdict.limit),
        )
    return table
