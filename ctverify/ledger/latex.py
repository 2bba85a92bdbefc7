"""The ledger as a LaTeX document: every claim with its hypotheses and every step of its proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp

from .claim import Result
from .words import reason

PREAMBLE = r"""\documentclass[10pt,a4paper]{article}
\usepackage{amsmath,amssymb,graphicx}
\usepackage[margin=2cm]{geometry}
\setlength{\parindent}{0pt}
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
A step is checked by the machine. The gap of a relation is the difference of its sides, which it
says to be at least 0; \emph{inequality} means that a positive multiple of the step's gap is a sum
of products of gaps of facts (in brackets), with coefficients that are not negative, plus a rest
that is at least 0 by its form; @0, @1 are what the step is given.
"""
GREEK = {"lam": r"\lambda", "Lam": r"\Lambda", "u_integrated": "u"}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\^{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def document(results: Sequence[Result]) -> str:
    """A document that compiles with pdflatex."""
    return PREAMBLE + "\n".join(map(_claim, results)) + "\n\\end{document}\n"


def _claim(result: Result) -> str:
    claim = result.claim
    lines = [
        rf"\subsection*{{{_text(claim.id)}: {result.status}}}",
        _text(claim.title),
        rf"\par Source: {_text(claim.source)}.",
    ]
    for heading, relations in (
        ("Hypotheses", claim.hypotheses),
        ("Definitions, at every index", claim.definitions),
    ):
        if relations:
            lines += [rf"\par {heading}:", *map(_formula, relations.values())]
    lines += [r"\par States:", *map(_formula, claim.statement)]
    if claim.assumed:
        lines.append(rf"\par Assumed: {_text(claim.assumed)}.")
    if result.counterexample:
        lines.append(rf"\par Counterexample {_text(result.counterexample)}.")
    if result.witness:
        lines.append(rf"\par These hold together at: {_text(result.witness)}.")
    if result.axioms:
        lines.append(rf"\par Rests on: {_text(', '.join(result.axioms))}.")
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
    return rf"\formula{{{sp.latex(relation, symbol_names=names)}}}"


def _text(words: str) -> str:
    """Plain words in LaTeX."""
    return "".join(SPECIAL.get(c, "\\" + c if c in "_&%$#{}" else c) for c in words)
