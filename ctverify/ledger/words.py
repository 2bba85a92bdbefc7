"""How a step follows, in words that a reader can check by hand: the facts that it uses, and an
inequality's certificate.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import sympy as sp

from .rules import Argued, Combine, Rule


def reason(rule: Rule) -> str:
    """The rule with its facts: for an inequality `scale * gap = c_1 [fact] [fact] + c_2 [fact] +
    rest`, gaps in brackets.
    """
    if isinstance(rule, Combine):
        return _certificate(rule)
    if isinstance(rule, Argued):
        return f"argued: {rule.text}"
    parts = []
    for f in fields(rule):  # type: ignore[arg-type]
        value = getattr(rule, f.name)
        if value:
            parts.append(f"{f.name}: {_value(value)}")
    return f"{rule.method} ({'; '.join(parts)})" if parts else rule.method


def _certificate(rule: Combine) -> str:
    left = "".join(
        [
            f"({rule.scale}) " if rule.scale != 1 else "",
            *(f"[{name}] " for name in rule.times),
            "gap",
        ]
    )
    terms = [
        " ".join(
            [f"({coefficient})" if coefficient != 1 else "", *(f"[{n}]" for n in names)]
        ).strip()
        for coefficient, *names in rule.terms
    ]
    right = " + ".join(term or "1" for term in terms) or "0"
    using = f", rewritten by {', '.join(rule.using)}" if rule.using else ""
    return f"inequality: {left} = {right} + what is >= 0 by its form{using}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} := {sp.sstr(x)}" for key, x in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    return getattr(value, "__name__", None) or (value if isinstance(value, str) else sp.sstr(value))
