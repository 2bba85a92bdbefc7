"""Other forms of an expression, in which limits compose: logarithms of powers opened, one fraction,
in factors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp


def forms_of(e: Any, x: Any) -> Iterator[Any]:
    """The expression, and forms of it."""
    yield e
    opened = sp.expand_log(e, force=True)
    yield opened
    names: dict[Any, Any] = {}

    def named(part: Any) -> Any:
        return names.setdefault(part, sp.Dummy(positive=True))

    shifted = [part for part in (x + 1, x) if opened.has(part)]
    for base in shifted[:1]:
        log, ratio = named(sp.log(base)), sp.Dummy(positive=True)
        plain = opened.xreplace({sp.log(base): log})
        powers = {p: named(p) for p in plain.atoms(sp.Pow) if p.base == base and p.exp.free_symbols}
        plain = plain.xreplace(powers).subs(base, log / ratio)
        back = {ratio: sp.log(base) / base} | {dummy: part for part, dummy in names.items()}
        for reshape in (sp.cancel, sp.factor, _apart):
            try:
                yield reshape(sp.together(plain)).xreplace(back)
            except (sp.PolynomialError, NotImplementedError):
                continue
    small = sp.Dummy(positive=True)
    if opened.is_rational_function(x):
        yield sp.cancel(sp.together(opened.subs(x, 1 / small))).subs(small, 1 / x)
    for reshape in (sp.expand, sp.cancel, sp.factor):
        try:
            yield reshape(opened)
        except (sp.PolynomialError, NotImplementedError):
            continue


def _apart(e: Any) -> Any:
    """Each term of the numerator over the denominator."""
    above, below = sp.fraction(sp.cancel(e))
    return sp.Add(*(sp.cancel(term / below) for term in sp.Add.make_args(sp.expand(above))))
