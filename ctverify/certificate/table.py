"""Certificates as tables for people."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from ..core.console import COLOURS, console, plain
from .sentence import START, bands, first_part, percent, sentence

if TYPE_CHECKING:
    from ..core.verdict import Verdict
    from .bracket import Bracket
    from .budget import Budget
    from .certificate import Certificate, SamplerPart
    from .explicit import ExplicitBounds
    from .flow_shares import FlowMapPart
    from .theorem1 import Theorem

ROWS = 12  # of a profile over the noise levels
BAR = 18  # signs of a share of 1
COLUMNS = (
    "target",
    "d",
    "model",
    "W_1\nlower",
    "W_1\nupper",
    "of\nspread",
    "share:\nmodel",
    "share:\nschedule",
    "verdict",
)
WIDTHS = {"target": 11, "model": 7, "verdict": 8}  # of what is flush left, at least
MEASURED = 5  # columns that an unmeasured model leaves empty
HEADINGS = {
    "sanity": "can the certificate be relied on?",
    "quality": "is the model good?",
}
LIMITS = (
    "Limits are for the model started where its convention starts it and hold together at the "
    "stated confidence "
    "(Student's approximation of means). The law reached for is that of X_1, the target smoothed "
    "by sigma_1. Spread: W_1 of the best constant model."
)
SHARES = (
    "Shares are parts of the mean distance of coupled samples: they sum to it, level by level, and "
    "are negative where errors cancel."
)
TRAJECTORY = (
    "|d_t|: how far the error moves at a level. Their sum bounds W_1 too, but the bracket's upper "
    "end is the tighter one: for trained models errors that are fresh at each level add up in the "
    "sum and average out in the samples, and at large T the sum grows."
)


def certificate_text(certificate: Certificate, width: int = 110) -> str:
    """One certificate as plain text.

    Arguments:
        certificate: what is shown.
        width: columns of the text.

    Returns:
        Its sentence, numbers, shares, theorem and verdicts, without colours.
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
    """One certificate for rich: its sentence, numbers, shares, steps, theorem and verdicts.

    Arguments:
        certificate: what is shown; parts that it does not have are left out.

    Returns:
        What rich prints.
    """
    sampler = certificate.sampler or certificate.flow_map
    steps = 1 if sampler is None else len(sampler.levels)
    setting = [
        _target_name(certificate),
        model_name(certificate.model),
        certificate.schedule["kind"],
        f"T = {certificate.steps}",
        f"{steps} step" if steps == 1 else f"{steps} steps",
        f"seed {certificate.seed}",
        certificate.device,
    ]
    shown: list[Any] = [Text(", ".join(setting), style="bold"), Text(sentence(certificate))]
    notes = []
    if certificate.w1 is not None:
        shown.append(_numbers(certificate, certificate.w1))
        notes.append(LIMITS)
    if certificate.sampler is not None:
        shown.append(_steps(certificate.sampler))
    if certificate.flow_map is not None:
        shown.append(_flow_steps(certificate.flow_map))
    if certificate.shares is not None:
        notes.append(SHARES)
    if certificate.budget is not None:
        shown.append(_profile(certificate, certificate.budget))
        notes.append(TRAJECTORY)
    if certificate.explicit is not None:
        shown.append(_explicit(certificate.explicit))
    if certificate.theorem is not None:
        shown.append(_theorem(certificate.theorem))
    shown += _verdicts(certificate.verdicts)
    shown.append(Text(" ".join(notes), style="dim"))
    return Group(*shown)


def comparison(certificates: Sequence[Certificate]) -> Group:
    """One row a certificate, to compare models; readable in 80 columns.

    Arguments:
        certificates: what is compared.

    Returns:
        What rich prints.
    """
    title = Text("W_1(f_T(Z), X_1): limits, and whose the error is", style="bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in COLUMNS:
        if name in WIDTHS:
            table.add_column(name, justify="left", overflow="fold", min_width=WIDTHS[name])
        else:
            table.add_column(name, justify="right", no_wrap=True)
    for certificate in certificates:
        table.add_row(*_row(certificate))
    told = [Text(f"{_target_name(one)}: {sentence(one)}") for one in certificates]
    draws = ", ".join(map(_draws, certificates))
    notes = f"{LIMITS} {SHARES} Draws of the shares + of the bracket: {draws}."
    return Group(title, table, *told, Text(notes, style="dim"))


def _row(certificate: Certificate) -> list[str | Text]:
    """The cells of a comparison, in the order of COLUMNS."""
    model = callable_name(model_name(certificate.model))
    head = [_target_name(certificate), str(certificate.dim), model]
    verdict = worst(certificate)
    w1 = certificate.w1
    if w1 is None:
        return [*head, *["-"] * MEASURED, verdict]
    relative = "-"
    if w1.relative is not None:
        relative = percent(w1.relative.upper)
    return [*head, f"{w1.lower:.4g}", f"{w1.upper:.4g}", relative, *_whose(certificate), verdict]


def _whose(certificate: Certificate) -> list[str]:
    """The model's and the schedule's share, with their signs."""
    shares = certificate.shares
    if shares is None or not shares.total > 0:
        return ["-", "-"]
    return [
        percent(shares.model_total / shares.total),
        percent(shares.schedule_total / shares.total),
    ]


def _draws(certificate: Certificate) -> str:
    counts = certificate.counts
    return f"{_target_name(certificate)} {counts['samples']:,} + {counts['pairs']:,}"


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


def callable_name(name: str) -> str:
    """The part of a callable's name that tells it from others.

    Arguments:
        name: "package.module:f", or any other name, which stays as it is.

    Returns:
        What follows the module; of a function inside another that one's name.

    Example:
        >>> callable_name("mine.models:trained.<locals>.f"), callable_name("mlp")
        ('trained', 'mlp')
    """
    return name.rpartition(":")[2].partition(".<locals>")[0]


def _target_name(certificate: Certificate) -> Any:
    return certificate.target.get("name", "?")


def _numbers(certificate: Certificate, w1: Bracket) -> Table:
    """The bracket and what goes with it."""
    table = plain("", "estimate", "limit", "of the spread")
    relative = w1.relative
    low = "" if relative is None else percent(relative.lower)
    high = "" if relative is None else percent(relative.upper)
    table.add_row("W_1 at least", _number(w1.lower_estimate), _number(w1.lower), low)
    table.add_row("W_1 at most", _number(w1.upper_estimate), _number(w1.upper), high)
    table.add_row("W_2 at most", "", _number(w1.w2_upper))
    data = certificate.to_data
    if data is not None:
        table.add_row("W_1 to the data X_0 at least", "", _number(data.lower))
        table.add_row("W_1 to the data X_0 at most", "", _number(data.upper))
    budget = certificate.budget
    if budget is not None:
        total = _number(budget.total)
        table.add_row("sum along the trajectory", total, _number(budget.total_upper))
    if w1.scale is not None:
        table.add_row("spread: W_1 of a constant", _number(w1.scale))
    if certificate.resolution is not None:
        table.add_row("p*: rarer events go unseen", "", _number(certificate.resolution))
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _steps(sampler: SamplerPart) -> Table:
    """W_1 after each step of a sampler."""
    table = plain("step", "from t", "W_1 at least", "at most", "estimates")
    for number, (level, w1) in enumerate(zip(sampler.levels, sampler.w1, strict=True), 1):
        table.add_row(
            f"{number}",
            f"{level}",
            _number(w1.lower),
            _number(w1.upper),
            f"{_number(w1.lower_estimate)} to {_number(w1.upper_estimate)}",
        )
    return table


def _flow_steps(sampler: FlowMapPart) -> Table:
    """The steps of a two-time map's sampler, and their shares of the mean distance."""
    table = plain("step", "from t", "to t", "share", left=("share",))
    shares = sampler.shares
    rows = zip(sampler.levels, sampler.landings, strict=True)
    for k, (level, landing) in enumerate(rows):
        share = "" if shares is None else _bar(shares.step[k] / shares.total)
        table.add_row(f"{k + 1}", f"{level}", f"{landing}", share)
    if shares is not None:
        table.add_row("start", "", "", _bar(shares.start / shares.total))
    return table


def _profile(certificate: Certificate, budget: Budget) -> Table:
    """The shares over the noise levels beside |d_t|, neighbouring levels summed where there are
    many.
    """
    shares = certificate.shares
    if shares is None or not shares.total > 0:
        return _moves(budget, _levels_of(certificate), _start(certificate))
    table = plain("t", "sigma", "|d_t|", "model", "schedule", "both", left=("both",))
    for band in bands(_levels_of(certificate), ROWS):
        model = sum(shares.model[band]) / shares.total
        schedule = sum(shares.schedule[band]) / shares.total
        table.add_row(
            *_levels(budget, band),
            percent(model),
            percent(schedule),
            _bar(model + schedule),
        )
    table.add_row(
        _start(certificate), "", _number(budget.start), "", "", _bar(shares.start / shares.total)
    )
    first = shares.initial / shares.total
    table.add_row("|f_1 - id|", "", _number(budget.initial), "", "", _bar(first))
    table.add_row(
        "sum",
        "",
        _number(budget.total),
        _with_error(shares.model_total, shares.model_total_error, shares.total),
        _with_error(shares.schedule_total, shares.schedule_total_error, shares.total),
        f"of {_number(shares.total)}, the mean distance",
    )
    return table


def _start(certificate: Certificate) -> str:
    """What the budget's start is called."""
    return "start" if first_part(certificate) == START else "carried over"


def _levels_of(certificate: Certificate) -> int:
    """How many levels t = 2, 3, ... the last step passes."""
    top = certificate.steps
    if certificate.sampler is not None:
        top = certificate.sampler.levels[-1]
    if certificate.flow_map is not None:
        top = certificate.flow_map.top
    return max(1, top - 1)


def _moves(budget: Budget, count: int, start: str) -> Table:
    """|d_t| alone, where there are no shares."""
    table = plain("t", "sigma", "|d_t|", "of the sum", left=("of the sum",))
    for band in bands(count, ROWS):
        part = sum(budget.step[band])
        # of no error at all there are no parts
        share = part / budget.total if budget.total else 0.0
        table.add_row(*_levels(budget, band), _bar(share))
    table.add_row(start, "", _number(budget.start), "")
    table.add_row("|f_1 - id|", "", _number(budget.initial), "")
    table.add_row("sum", "", _number(budget.total), "")
    return table


def _levels(budget: Budget, band: slice) -> tuple[str, str, str]:
    """A band's levels, its largest sigma, and the sum of its |d_t|."""
    t = budget.t[band]
    name = f"{t[0]}" if len(t) == 1 else f"{t[0]}..{t[-1]}"
    return name, f"{budget.sigma[band][-1]:.3g}", f"{sum(budget.step[band]):.3g}"


def _bar(share: float) -> str:
    """A share as signs, - where it is negative, and in percent."""
    if not math.isfinite(share):
        return ""
    sign = "#" if share >= 0 else "-"
    marks = sign * min(BAR, round(BAR * abs(share)))
    return f"{percent(share):>6} {marks}".rstrip()


def _with_error(part: float, error: float, total: float) -> str:
    """A share and twice its standard error."""
    return f"{percent(part / total)} ± {200 * error / total:.0f}"


def _explicit(explicit: ExplicitBounds) -> Text:
    """The explicit bounds on W_2 in words, the smallest named."""
    return Text(f"Explicit bounds on W_2: {explicit_words(explicit)}")


def explicit_words(explicit: ExplicitBounds) -> str:
    """Every explicit bound, what it rests on, and which one is the smallest.

    Arguments:
        explicit: a certificate's.

    Returns:
        A sentence or two without line breaks.
    """
    told = [
        f"loss form {explicit.loss_form:.4g}",
        f"spread form {explicit.spread_form:.4g}",
        f"trivial {explicit.trivial:.4g}",
    ]
    if explicit.log_concave is not None:
        told.append(f"log-concave (Theorem A2) {explicit.log_concave:.4g}")
    if explicit.theorem_a is not None:
        words = f"L = {explicit.lipschitz:.4g}, {explicit.lipschitz_from}"
        if explicit.lipschitz_from == "given":
            words = f"if L <= {explicit.lipschitz:.4g}, as given"
        told.append(f"Theorem A {explicit.theorem_a:.4g} ({words})")
    terms = explicit.terms
    return (
        f"{', '.join(told)}. The smallest is {explicit.smallest:.4g}, {explicit.smallest_by}. "
        f"E, the model's own defect, is at most {terms.defect_upper:.4g}; "
        f"the losses sum to {terms.loss:.4g}."
    )


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


def _verdicts(verdicts: Sequence[Verdict]) -> list[Text | Table]:
    """A heading and a table a kind, a row a verdict."""
    shown: list[Text | Table] = []
    for kind, question in HEADINGS.items():
        own = [verdict for verdict in verdicts if verdict.kind == kind]
        if own:
            shown += [Text(f"{kind}: {question}", style="bold"), _table(own)]
    return shown


def _table(verdicts: Sequence[Verdict]) -> Table:
    """The verdicts of one kind."""
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
