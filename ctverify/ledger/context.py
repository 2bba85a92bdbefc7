"""What is known while a claim is proved, as theorems, and how small things are shown from it.

Nothing here is trusted: it looks for arguments of the kernel's rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .guess import may_be_multiple, may_vanish
from .kernel.analysis import increasing
from .kernel.axioms import at_greatest_index
from .kernel.formal import CONSTANTS
from .kernel.normal import zero
from .kernel.order import box, by_form, identity, product, restate, total
from .kernel.sign import Support, sign
from .kernel.terms import NUMBER, Needs, Refused, free, gap, kind, le, lt, strict, substitute
from .kernel.terms import replace as substitute_term
from .kernel.theorem import Fact, Theorem, assume, at_every, cut
from .sign import usual

if TYPE_CHECKING:
    from .claim import Claim

DEPTH = 4  # of what is shown to show something
TRIES = 12
LONG = 200  # operations of an expression that is not reshaped without need


class Unproved(Exception):
    """The step does not follow by its rule, for this reason."""


BEYOND = (Refused, Unproved, ArithmeticError, AttributeError, LookupError, NotImplementedError)


def indices(claim: Claim) -> frozenset[Any]:
    """The numbers that the functions of the definitions are applied to."""
    found: set[Any] = set()
    for definition in claim.definitions.values():
        for f in definition.atoms(AppliedUndef):
            if f.func not in CONSTANTS:
                for part in f.args:
                    found |= _numbers(part)
    return frozenset(found - set(claim.fixed))


def _numbers(part: Any) -> set[Any]:
    plain = isinstance(part, sp.Symbol)
    return {
        s
        for s in free(part)
        if kind(s) == NUMBER and (plain or s.is_integer) and kind(part) == NUMBER
    }


@dataclass(frozen=True)
class Context:
    """`other(id, part)`: a part of another claim's statement, as a theorem; `steps`: what the steps
    of this claim showed, with what each was given; `indexed`: indices that an axiom says to exist.
    """

    claim: Claim | None
    other: Callable[[str, int], Theorem]
    facts: dict[str, Theorem]
    allowed: frozenset[Fact]
    steps: dict[str, tuple[Theorem, tuple[Any, ...]]] = field(default_factory=dict)
    indexed: dict[Any, tuple[Any, Any, Any]] = field(default_factory=dict)
    given: tuple[Any, ...] = ()
    depth: list[int] = field(default_factory=lambda: [0])

    def step(self, given: tuple[Any, ...]) -> Context:
        """The context of a step with these conditions."""
        given = tuple(map(usual, given))
        more = frozenset(map(Fact, given))
        return replace(self, given=given, allowed=self.allowed | more)

    def fact(self, name: str) -> Theorem:
        """The named fact."""
        if name.startswith("@"):
            return assume(self.given[int(name[1:])])
        if name in self.facts:
            return self.facts[name]
        return self.conditional(name)[0]

    def conditional(self, name: str) -> tuple[Theorem, tuple[Any, ...]]:
        """What a checked step showed, with its conditions."""
        if name not in self.steps:
            raise Unproved(f"{name} is not an earlier step that was checked")
        return self.steps[name]

    def here(self) -> list[Theorem]:
        """All that is known here without further conditions, the simplest first."""
        known = [assume(relation) for relation in self.given]
        known += self.facts.values()
        known += [theorem for theorem, _ in self.steps.values() if theorem.given <= self.allowed]
        return sorted(known, key=lambda theorem: len(theorem.given))

    def apply(self, rule: Callable[..., Theorem], *arguments: Any, **more: Any) -> Theorem:
        """The rule, with what it needs shown as it asks."""
        extra: list[Theorem] = []
        known = self.here()
        for _ in range(TRIES):
            try:
                return rule(*arguments, support=[*extra, *known], **more)
            except Needs as need:
                with self.deeper("what it needs"):
                    extra.append(self.one_of(need.relations))
        raise Unproved("it needs ever more")

    @contextmanager
    def deeper(self, reason: str) -> Iterator[None]:
        """One level down, as far as DEPTH."""
        if self.depth[0] >= DEPTH:
            raise Unproved(reason)
        self.depth[0] += 1
        try:
            yield
        finally:
            self.depth[0] -= 1

    def one_of(self, relations: tuple[Any, ...]) -> Theorem:
        """The first of the relations that can be shown."""
        for relation in relations:
            try:
                return self.show(relation)
            except BEYOND:
                continue
        raise Unproved(f"it is not shown that {' or '.join(map(sp.sstr, relations))}")

    def show(self, relation: Any) -> Theorem:
        """The relation, from a fact, by form, by e^u > 1, or by intervals."""
        if isinstance(relation, sp.Eq):
            return self._equation(relation)
        for way in (
            self._fact,
            self._form,
            self._more,
            self._primitive,
            self._exponential,
            self._by_equation,
            self._box,
        ):
            try:
                theorem = way(relation)
            except BEYOND:
                continue
            if theorem is not None:
                return theorem
        raise Unproved(f"it is not shown that {sp.sstr(relation)}")

    def _equation(self, relation: Any) -> Theorem:
        for theorem in self.here():
            if theorem.states == relation:
                return theorem
        for theorem in self.here():
            differs = gap(theorem.states) - gap(relation)
            if isinstance(theorem.states, sp.Eq) and may_vanish(differs) and zero(differs):
                return self.apply(restate, theorem, relation)
        return self.apply(identity, relation.lhs, relation.rhs)

    def _fact(self, relation: Any) -> Theorem | None:
        known = [
            theorem
            for theorem in self.here()
            if not isinstance(theorem.states, sp.Eq)
            and (strict(theorem.states) or not strict(relation))
        ]
        for theorem in known:
            if theorem.states == relation:
                return theorem
        e = gap(relation)
        symbols = free(e)
        for theorem in known:
            g = gap(theorem.states)
            if free(g) != symbols or not may_be_multiple(e, g):
                continue
            if zero(e - g):
                return self.apply(restate, theorem, relation)
            (content, plain), (factor, other) = sp.expand(e).primitive(), sp.expand(g).primitive()
            if (content > 0) == (factor > 0) and other == plain:
                return self.apply(restate, theorem, relation, by_form(factor / content))
        return None

    def _form(self, relation: Any) -> Theorem | None:
        e = gap(relation)
        theorem = self.nonnegative(e, strict(relation))
        return self.apply(restate, theorem, relation)

    def nonnegative(self, e: Any, certain: bool = False) -> Theorem:
        """0 <= a form of e (0 < .. if certain): e as it is, expanded, over one denominator, or in
        factors.
        """
        least = 2 if certain else 1
        if may_vanish(e) and zero(e):
            e = sp.Integer(0)
        support = self.here()
        form, long = None, e.count_ops() > LONG
        for reshape in (lambda x: x, sp.expand, _cancelled, lambda x: sp.factor(_cancelled(x))):
            if long and form is not None:
                break
            try:
                form = reshape(e)
            except (sp.PolynomialError, NotImplementedError, RecursionError):
                continue
            if sign(form) >= least or sign(form, Support(support)) >= least:
                try:
                    return self.apply(by_form, form)
                except BEYOND:
                    continue
        raise Unproved(f"{e} is not shown to be {'> 0' if certain else '>= 0'}")

    def _more(self, relation: Any) -> Theorem | None:
        """A fact, and something that is >= 0 by form."""
        e = gap(relation)
        if e.count_ops() > LONG:
            return None
        for theorem in self.here():
            g = gap(theorem.states)
            if isinstance(theorem.states, sp.Eq) or not free(g) <= free(e) or g.count_ops() > LONG:
                continue
            rest = sp.expand(e - g)
            if sign(rest) >= (2 if strict(relation) and not strict(theorem.states) else 1):
                parts = [theorem, self.apply(by_form, rest)]
                return self.apply(restate, total(parts), relation)
        return None

    def _primitive(self, relation: Any) -> Theorem | None:
        """Without a common factor."""
        content, plain = gap(relation).primitive()
        if content == 1 or content < 0:
            return None
        with self.deeper("a factor"):
            shown = self.show(relation.func(0, plain, evaluate=False))
        return self.apply(restate, shown, relation, by_form(1 / content))

    def _exponential(self, relation: Any) -> Theorem | None:
        """e^u - 1, 1 - e^-u and their sums with what is >= 0, for u > 0 or u >= 0."""
        e = gap(relation)
        for u in sorted({part.args[0] for part in e.atoms(sp.exp)}, key=str):
            for low, high in ((sp.Integer(0), u), (u, sp.Integer(0))):
                rest = sp.expand(e - sp.exp(high) + sp.exp(low))
                if sign(rest) < 1 and rest != 0:
                    continue
                try:
                    with self.deeper("the exponent's sign"):
                        weak = not strict(relation) or sign(rest) == 2
                        order = self.show(le(low, high) if weak else lt(low, high))
                except BEYOND:
                    continue
                risen = increasing(sp.exp, order)
                summed = total([risen, self.apply(by_form, rest)])
                return self.apply(restate, summed, relation)
        return None

    def _by_equation(self, relation: Any) -> Theorem | None:
        """With a function's value in place of what it equals, or the other way round."""
        e = gap(relation)
        for theorem in self.here():
            equation = theorem.states
            if not isinstance(equation, sp.Eq) or not isinstance(equation.lhs, AppliedUndef):
                continue
            turned = None
            if e.has(equation.lhs):
                turned = substitute_term(e, equation.lhs, equation.rhs)
            elif may_vanish(e - equation.rhs) and zero(e - equation.rhs):
                turned = equation.lhs
            if turned is None or turned == e:
                continue
            try:
                with self.deeper("an equation"):
                    shown = self.show(relation.func(0, turned, evaluate=False))
                return self.apply(restate, shown, relation, None, [theorem])
            except BEYOND:
                continue
        return None

    def _box(self, relation: Any) -> Theorem | None:
        return self.apply(_with_no_support(box), relation, self.boxed(relation))

    def boxed(self, relation: Any) -> list[Any]:
        """The facts that place one symbol of the relation between numbers."""
        symbols = free(relation)
        return [
            fact.relation
            for fact in sorted(self.allowed, key=str)
            if not fact.every
            and not isinstance(fact.relation, sp.Eq)
            and len(free(fact.relation)) == 1
            and free(fact.relation) <= symbols
            and gap(fact.relation).is_polynomial(*free(fact.relation))
            and sp.degree(gap(fact.relation), *free(fact.relation)) == 1
        ]

    def multiple(self, name: str, e: Any) -> Theorem:
        """0 <= e, a positive multiple of the named fact's gap."""
        theorem = self.fact(name)
        differs = e - gap(theorem.states)
        if not (may_vanish(differs) and zero(differs)):
            ratio = self.nonnegative(sp.cancel(sp.together(e / gap(theorem.states))), True)
            theorem = product(ratio, theorem)
        order = lt if strict(theorem.states) else le
        return self.apply(restate, theorem, order(0, e))

    def settled(self, theorem: Theorem, states: Any) -> Theorem:
        """The theorem as stated, resting on nothing but what is known here."""
        if theorem.states != states:
            theorem = self.apply(restate, theorem, states)
        for symbol, (path, t, last) in self.indexed.items():
            spoken = any(symbol in fact.free() for fact in theorem.given)
            if spoken and symbol not in free(states):
                needed = (
                    le(substitute(path, {t: sp.Integer(1)}), 1),
                    le(1, substitute(path, {t: last})),
                    le(2, last),
                )
                shown = [self.show(relation) for relation in needed]
                theorem = self.apply(at_greatest_index, theorem, path, t, symbol, last, shown)
        for fact in sorted(theorem.given - self.allowed, key=str):
            if any(symbol in fact.free() for symbol in self.indexed):
                continue
            wider = [
                f for f in self.allowed if f.relation == fact.relation and f.every > fact.every
            ]
            if wider:
                for symbol in sorted(wider[0].every - fact.every, key=str):
                    theorem = at_every(theorem, fact, symbol)
                    fact = Fact(fact.relation, fact.every | {symbol})
            else:
                with self.deeper(f"it needs {fact.relation}"):
                    theorem = cut(theorem, fact, self.show(fact.relation))
        return theorem


def _with_no_support(rule: Callable[..., Theorem]) -> Callable[..., Theorem]:
    return lambda *arguments, support=(): rule(*arguments)


def _cancelled(e: Any) -> Any:
    return sp.cancel(sp.together(e))


def known_facts(claim: Claim) -> dict[str, Theorem]:
    """Hypotheses and definitions as theorems, by name."""
    every = indices(claim)
    facts = {name: assume(usual(relation)) for name, relation in claim.hypotheses.items()}
    facts |= {name: assume(usual(d), every) for name, d in claim.definitions.items()}
    return facts
