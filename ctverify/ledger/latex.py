"""The ledger as a LaTeX document: the main theorems and what they rest on, notation, axioms, and
every claim by subject with its hypotheses, witness and every step of its proof.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

from sympy.printing.latex import LatexPrinter

from .axioms import NOTATION, RULES
from .claim import Result
from .view import HEADLINES
from .words import reason

PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage{amsmath,amssymb,graphicx}
\usepackage[margin=2cm]{geometry}
\usepackage[hidelinks]{hyperref}
\setlength{\parindent}{0pt}
\setcounter{tocdepth}{1}
\newsavebox{\formulabox}
\newcommand{\formula}[1]{\par\smallskip\sbox{\formulabox}{$\displaystyle #1$}%
  \ifdim\wd\formulabox>0.95\linewidth\resizebox{0.95\linewidth}{!}{\usebox{\formulabox}}%
  \else\usebox{\formulabox}\fi\par\smallskip}
\title{ctverify: the ledger}
\author{}
\date{}
\begin{document}
\maketitle
\sloppy
"""
READING = r"""
\section*{How to read a proof}
A step is checked by the machine. The gap of a relation is the difference of its sides, which it
says to be at least 0; \emph{inequality} means that a positive multiple of the step's gap is a sum
of products of gaps of facts (in brackets), with coefficients that are not negative, plus a rest
that is at least 0 by its form; @0, @1 are what the step is given. A witness is a world in which the
hypotheses and definitions of a claim are true together.
"""
GREEK = {"lam": r"\lambda", "Lam": r"\Lambda", "u_integrated": "u"}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\^{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
NAMES = {
    "mean": r"\mathbb{E}",
    "tr_cov": r"\operatorname{tr\,Cov}",
    "f_star": r"f^{*}",
    "W_2_squared": "W_2^2",
    "X_0": "X_{0}",
}
LETTERS = ("lam", "sigma", "psi", "eps", "phi", "Lambda", "mu")


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Names typeset: f*, E given X_k, lengths, W_2, sums of errors."""

    def _hprint_Function(self, func: str) -> str:
        if func in NAMES:
            return NAMES[func]
        name, _, below = func.partition("_")
        greek = {"lam": r"\lambda", "eps": r"\varepsilon"}.get(name)
        upright = len(name) > 1 and name not in LETTERS
        shown = greek or (rf"\mathrm{{{name}}}" if upright else super()._hprint_Function(name))
        return rf"{shown}_{{{_text(below)}}}" if below else str(shown)

    def _print_Function(self, expr: Any, exp: Any = None) -> str:
        name = expr.func.__name__
        power = f"^{{{exp}}}" if exp is not None else ""
        if name == "norm":
            return rf"\left\lVert {self._print(expr.args[0])} \right\rVert{power}"
        if name == "E_from":
            x, k = map(self._print, expr.args)
            return rf"\mathbb{{E}}\left[{x} \mid X_{{\geq {k}}}\right]{power}"
        if name == "dot":
            x, u = map(self._print, expr.args)
            return rf"\left\langle {x}, {u} \right\rangle{power}"
        told = [part for part in expr.args if str(part) not in ("draw", "omega")]
        if told and len(told) < len(expr.args):  # X_t, not X_t at a draw
            expr = expr.func(*told)
        shown: str = super()._print_Function(expr, exp)
        return shown


def document(results: Sequence[Result]) -> str:
    """A document that compiles with pdflatex (twice, for the contents)."""
    known = {result.claim.id: result for result in results}
    main = [known[id] for id in HEADLINES if id in known]
    subjects = dict.fromkeys(_subject(result) for result in results)
    parts = [PREAMBLE, *_overview(main, known), r"\tableofcontents", READING]
    parts += [*_notation(), *_axioms(results)]
    for subject in subjects:
        parts.append(rf"\section{{{_text(subject)}}}")
        parts += [_claim(result, known) for result in results if _subject(result) == subject]
    return "\n".join([*parts, r"\end{document}", ""])


def _subject(result: Result) -> str:
    return result.claim.id.partition(".")[0]


def _overview(main: Sequence[Result], known: dict[str, Result]) -> list[str]:
    """The main theorems, each with the claims that it rests on, near and far."""
    if not main:
        return []
    lines = [r"\section*{The main theorems, and what they rest on}", r"\begin{description}"]
    for result in main:
        near = [id for id in _uses(result) if id in known]
        far = sorted(_far(result, known) - set(near))
        lines.append(
            rf"\item[{{{_link(result.claim.id)}}}] {result.status}. {_text(result.claim.title)}"
        )
        if near:
            rest = f"; by way of these {len(far)} more" if far else ""
            lines.append(rf"\\ \small Rests on {', '.join(map(_link, near))}{rest}.")
    return [*lines, r"\end{description}"]


def _uses(result: Result) -> list[str]:
    return sorted({name for outcome in result.outcomes for name in outcome.claims})


def _far(result: Result, known: dict[str, Result]) -> set[str]:
    found: set[str] = set()
    new = set(_uses(result))
    while new - found:
        found |= new
        new = {id for name in new if name in known for id in _uses(known[name])}
    return found


def _notation() -> list[str]:
    """The letters with a fixed meaning."""
    lines = [r"\section*{Notation}", r"\begin{description}"]
    lines += [rf"\item[{{{_text(name)}}}] {_text(meaning)}" for name, meaning in NOTATION.items()]
    return [*lines, r"\end{description}"]


def _axioms(results: Iterable[Result]) -> list[str]:
    """Every axiom, by what it says, and how many claims use it."""
    results = list(results)
    lines = [r"\section*{Axioms}", r"\begin{description}"]
    for name, rule in RULES.items():
        words = re.sub(r"\s+", " ", inspect.getdoc(rule) or "")
        users = sum(name in result.axioms for result in results)
        lines.append(
            rf"\item[{{{_text(name)}}}]\phantomsection\label{{axiom:{_key(name)}}} {_text(words)}"
            rf" \emph{{(in {users} claims)}}"
        )
    return [*lines, r"\end{description}"]


def _claim(result: Result, known: dict[str, Result]) -> str:
    claim = result.claim
    lines = [
        rf"\subsection*{{{_text(claim.id)}: {result.status}}}\phantomsection",
        rf"\label{{claim:{_key(claim.id)}}}",
        _text(claim.title),
        rf"\par Source: {_text(claim.source)}.",
    ]
    if claim.tautology:
        lines.append(r"\par A definition: it only says how something is written.")
    for heading, relations in (
        ("Hypotheses", claim.hypotheses),
        ("Hypotheses, at every index", result.everywhere),
        ("Definitions, at every index", result.definitions),
    ):
        if relations:
            lines += [rf"\par {heading}:", *map(_formula, relations.values())]
    lines += [r"\par States:", *map(_formula, claim.statement)]
    if claim.assumed:
        lines.append(rf"\par Assumed: {_text(claim.assumed)}.")
    if result.counterexample:
        lines.append(rf"\par Counterexample {_text(result.counterexample)}.")
    if result.witness:
        lines.append(rf"\par These hold together where {_text(result.witness)}.")
    uses = [_link(id) if id in known else _text(id) for id in _uses(result)]
    if uses:
        lines.append(rf"\par Uses: {', '.join(uses)}.")
    if result.axioms:
        names = (rf"\hyperref[axiom:{_key(name)}]{{{_text(name)}}}" for name in result.axioms)
        lines.append(rf"\par Rests on: {', '.join(names)}.")
    return "\n".join([*lines, *_proof(result)])


def _proof(result: Result) -> list[str]:
    if not result.outcomes:
        return []
    lines = [r"\par Proof.", r"\begin{enumerate}"]
    for step, outcome in zip(result.claim.steps, result.outcomes, strict=False):
        verdict = "" if outcome.checked else f" NOT CHECKED: {outcome.reason}"
        lines.append(
            rf"\item {_text(f'{step.name}, by {reason(step.rule)}{verdict}')}"
            + _formula(step.states)
        )
        if step.given:
            lines += ["given", *map(_formula, step.given)]
    return [*lines, r"\end{enumerate}"]


def _formula(relation: Any) -> str:
    names = {symbol: GREEK[symbol.name] for symbol in relation.free_symbols if symbol.name in GREEK}
    return rf"\formula{{{_Printer({'symbol_names': names}).doprint(relation)}}}"


def _link(id: str) -> str:
    return rf"\hyperref[claim:{_key(id)}]{{{_text(id)}}}"


def _key(name: str) -> str:
    """A label of letters, digits and points."""
    return re.sub(r"[^A-Za-z0-9.]", "-", name)


def _text(words: str) -> str:
    """Plain words in LaTeX."""
    return "".join(SPECIAL.get(c, "\\" + c if c in "_&%$#{}" else c) for c in words)
