"""A witness for each claim: a world in which its hypotheses and definitions hold, looked for here
and checked by the kernel.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .context import BEYOND, Context, known_facts
from .kernel.analysis import increasing
from .kernel.axioms import axiom
from .kernel.formal import CONSTANTS, J, Random
from .kernel.interval import Undefined, enclose
from .kernel.order import below, by_form, product, restate, total
from .kernel.terms import (
    NUMBER,
    Refused,
    free,
    function_sort,
    gap,
    kind,
    le,
    lt,
    replace,
    sort,
    strict,
)
from .kernel.theorem import Fact, Theorem, assume, instantiate
from .kernel.witness import Reading, World

if TYPE_CHECKING:
    from .claim import Claim, Result

DRAWS = 2000
SHOWN: dict[Any, Theorem] = {}  # many claims ask for the same
Lemma = Callable[[str], "Result"]
NUMBERS = [
    sp.Rational(*pq) for pq in ((1, 2), (1, 3), (1, 4), (1, 10), (1, 50), (1, 1), (2, 1), (5, 1))
]
WHOLE = [sp.Integer(k) for k in (1, 2, 3, 30)]
FORMULAS = (
    lambda x: sp.Integer(0),
    lambda x: sp.Integer(1),
    lambda x: x / (x + 1),
    lambda x: sp.Rational(1, 2),
    lambda x: sp.Rational(3, 2),
)


def witness(claim: Claim, facts: Iterable[Fact], lemma: Lemma) -> World | None:
    """A world in which all facts are true, or None."""
    facts, told = tuple(facts), claim.witness
    known = [instantiate(lemma(id).theorems[0], values) for id, values in told.lemmas]
    plain = [fact.relation for fact in facts if not fact.relation.atoms(AppliedUndef, Random)]
    for numbers in _points(claim, facts):
        if not all(_possible(relation, numbers) for relation in plain + _sorts(numbers)):
            continue
        for formulas in _formulas(claim, facts):
            world = World(
                numbers,
                formulas,
                definitions(facts, formulas, told.first),
                told.points,
                told.known,
                told.first,
            )
            if met(facts, world, known, lemma):
                return world
    return None


def met(facts: tuple[Fact, ...], world: World, known: Sequence[Theorem], lemma: Lemma) -> bool:
    """Whether the kernel finds all facts true there, with what it needs shown as it asks."""

    def show(relations: tuple[Any, ...], true: frozenset[Fact]) -> Theorem | None:
        return shown(relations, true, known, lemma)

    try:
        return Reading(world, show).meets(facts)
    except (ArithmeticError, Refused, TypeError):
        return False


def shown(
    relations: tuple[Any, ...], true: Iterable[Fact], lemmas: Sequence[Theorem], lemma: Lemma
) -> Theorem | None:
    """One of the relations as a theorem, from definitions alone."""
    for relation in relations:
        if relation in SHOWN and SHOWN[relation].given <= frozenset(true):
            return SHOWN[relation]
        known = {f"lemma {i}": theorem for i, theorem in enumerate(lemmas)}
        functions = {part.func for part in relation.atoms(AppliedUndef)}
        for i, fact in enumerate(true):
            if fact.relation.lhs.func in functions and fact.every:
                known[f"{i}"] = assume(fact.relation, fact.every)
        parts = [relation, *(theorem.states for theorem in known.values())]
        known |= _divisors(parts, known, lemma)
        for u in relation.atoms(sp.atan):
            known[f"{u} < pi/2"] = axiom("atan is below pi/2", (u.args[0],))
        try:
            theorem = _first((_risen, _stepped, _bounded), relation, known, lemma)
        except BEYOND:
            continue
        SHOWN[relation] = theorem
        return theorem
    return None


def _first(ways: Iterable[Callable[..., Theorem]], *arguments: Any) -> Theorem:
    for way in ways:
        try:
            return way(*arguments)
        except BEYOND:
            continue
    raise Refused("it is not shown")


def _stepped(relation: Any, known: dict[str, Theorem], lemma: Lemma) -> Theorem:
    """u < h(t + 1) by the definition of h."""
    high = relation.rhs
    for equation in known.values():
        if equation.states.lhs == high and isinstance(equation.states, sp.Eq):
            e = equation.states.rhs - relation.lhs
            kept = {x: sp.Dummy("x", positive=True) for x in e.atoms(sp.Min, AppliedUndef)}
            back = {place: x for x, place in kept.items()}
            e = sp.factor(sp.cancel(sp.together(e.xreplace(kept)))).xreplace(back)
            support = [*known.values(), *_divisors([e], known, lemma).values()]
            return restate(by_form(e, support), relation, None, [equation], support)
    raise Refused(f"{relation} has no definition")


def _show(relation: Any, known: dict[str, Theorem]) -> Theorem:
    context = Context(None, _none, known, frozenset())
    plain = not relation.atoms(sp.Min)
    for way in (context._fact, context._form, context._more) if plain else (context._fact,):
        try:
            theorem = way(relation)
        except BEYOND:
            continue
        if theorem is not None:
            return theorem
    raise Refused(f"{relation} is not shown")


def _divisors(parts: Iterable[Any], known: dict[str, Theorem], lemma: Lemma) -> dict[str, Theorem]:
    """That the sums by which something is divided are positive."""
    powers = {p for e in parts for p in e.atoms(sp.Pow) if p.exp.is_negative}
    found = {}
    for u in {p.base for p in powers if p.base.atoms(sp.Min)}:
        for turn in (u, -u):
            try:
                found[f"{u}"] = _bounded(lt(0, turn), known, lemma)
            except BEYOND:
                continue
    return found


def _bounded(relation: Any, known: dict[str, Theorem], lemma: Lemma) -> Theorem:
    """0 < a - c x by x <= y and 0 < a - c y, x a minimum or a logarithm."""
    try:
        return _show(relation, known)
    except BEYOND:
        e = gap(relation)
    for x in sorted(e.atoms(sp.Min, sp.log, J), key=lambda x: -x.count_ops()):
        place = sp.Dummy("x", positive=True)
        form = sp.expand(replace(e, x, place))
        c, rest = -form.coeff(place, 1), form.coeff(place, 0)
        if c == 0 or place in free(form - rest + c * place):
            continue
        for bound, y in _bounds(x, known, lemma):
            try:
                order = relation.func(0, rest - c * y, evaluate=False)
                parts = [product(by_form(c), bound), _bounded(order, known, lemma)]
                return restate(total(parts), relation)
            except BEYOND:
                continue
    raise Refused(f"{relation} is not shown")


def _bounds(x: Any, known: Mapping[str, Theorem], lemma: Lemma) -> Iterator[tuple[Theorem, Any]]:
    """x <= y, the simplest first: a minimum below a part, log u below u/e, an integral as known."""
    if isinstance(x, J):
        states = [theorem for theorem in known.values() if theorem.states.lhs == x]
        yield from ((theorem, theorem.states.rhs) for theorem in states)
        return
    if isinstance(x, sp.Min):
        yield from ((below(x, part), part) for part in sorted(x.args, key=lambda y: y.count_ops()))
        return
    u = x.args[0] / sp.E
    tangent = instantiate(lemma("calculus.log").theorems[0], {sp.Symbol("y", positive=True): u})
    yield restate(tangent, le(x, u)), u


def _risen(relation: Any, known: dict[str, Theorem], lemma: Lemma) -> Theorem:
    """c F(u) < c F(v) by u < v, F one of atan, sqrt."""
    signs = {term.could_extract_minus_sign(): term for term in sp.Add.make_args(gap(relation))}
    (c, high), (other, low) = (
        sp.Mul(turn, signs.get(turn < 0, 0)).as_independent(AppliedUndef) for turn in (1, -1)
    )
    alike = c == other and (high.func == low.func == sp.atan or (high.is_Pow and low.is_Pow))
    if not alike or (high.is_Pow and not high.exp == low.exp == sp.S.Half):
        raise Refused(f"{relation} is no rise")
    order = relation.func(low.args[0], high.args[0], evaluate=False)
    inner = _first((_risen, _stepped, _bounded), order, known, lemma)
    function = sp.atan if high.func == sp.atan else sp.sqrt
    return restate(increasing(function, inner, support=[inner]), relation, by_form(1 / c))


def _none(id: str, part: int) -> Theorem:
    raise LookupError(id)


def words(world: World) -> str:
    """The world in words."""
    shown = [f"{s} = {value}" for s, value in world.numbers.items() if not isinstance(s, Random)]
    for function, (variables, value) in world.formulas.items():
        shown.append(f"{function}({', '.join(map(str, variables))}) = {value}")
    return ", ".join(shown) or "any point"


def definitions(
    facts: tuple[Fact, ...], formulas: Mapping[Any, Any], first: Mapping[Any, Any]
) -> tuple[tuple[tuple[Fact, Any], ...], ...]:
    """For function after function the facts that define it, in an order in which they can."""
    within = {function: value.atoms(AppliedUndef) for function, (_, value) in formulas.items()}
    for (function, *_), (_, value) in first.items():
        within[function] = within.get(function, set()) | value.atoms(AppliedUndef)
    uses = {function: {part.func for part in parts} for function, parts in within.items()}
    groups: dict[Any, list[tuple[Fact, Any]]] = {}
    for fact in facts:
        relation = fact.relation
        if not isinstance(relation, sp.Eq):
            continue
        for head in (relation.lhs, relation.rhs):
            own = _defines(head, fact) and head.func not in formulas
            if own and not any(
                head.func in uses.get(f, ()) for f in _functions(_other(fact, head))
            ):
                groups.setdefault(head.func, []).append((fact, head))
                break
    based = {f: group for f, group in groups.items() if _based(group)}
    ordered, left = [], based
    while left:
        ready = [f for f, group in left.items() if not _needed(group, uses) & left.keys() - {f}]
        if not ready:
            break
        for function in ready:
            ordered.append(tuple(left.pop(function)))
    return tuple(ordered)


def _functions(e: Any) -> set[Any]:
    return {part.func for part in e.atoms(AppliedUndef)}


def defining(claim: Claim) -> tuple[str, ...]:
    """The names of a claim's definitions that can define a function."""
    try:
        facts = known_facts(claim)
    except Refused:
        return ()
    given = tuple(fact for theorem in facts.values() for fact in theorem.given)
    used = {fact for group in definitions(given, {}, {}) for fact, _ in group}
    return tuple(name for name in claim.definitions if facts[name].given <= used)


def _based(group: Iterable[tuple[Fact, Any]]) -> bool:
    """Whether the equations say where a recursion starts."""
    recurs = [_other(fact, head).has(head.func) for fact, head in group]
    return not all(recurs)


def _other(fact: Fact, head: Any) -> Any:
    return fact.relation.rhs if head == fact.relation.lhs else fact.relation.lhs


def _defines(head: Any, fact: Fact) -> bool:
    if not isinstance(head, AppliedUndef) or head.func in CONSTANTS:
        return False
    other = _other(fact, head)
    symbols = [s for part in head.args for s in free(part)]
    plain = all(
        isinstance(part, (sp.Integer, sp.Symbol)) or (len(free(part)) == 1 and (part - 1).is_Symbol)
        for part in head.args
    )
    own = [part for part in other.atoms(AppliedUndef) if part.func == head.func]
    steps = all(any(x == y + 1 for x, y in zip(head.args, part.args, strict=False)) for part in own)
    within = all(s in fact.every or isinstance(s, Random) for s in symbols)
    return plain and within and steps and len(set(symbols)) == len(symbols)


def _needed(group: Iterable[tuple[Fact, Any]], uses: Mapping[Any, set[Any]]) -> set[Any]:
    """The functions in a definition, and in the formulas of those."""
    found: set[Any] = set()
    new = set().union(*(_functions(fact.relation) for fact, _ in group))
    while new - found:
        found |= new
        new = set().union(*(uses.get(function, set()) for function in new))
    return found


def _sorts(numbers: Mapping[Any, Any]) -> list[Any]:
    """What the symbols' sorts ask of the numbers that are computed."""
    found = []
    for symbol, value in numbers.items():
        if not isinstance(symbol, Random) and not sp.sympify(value).atoms(AppliedUndef):
            if "integer" in sort(symbol) and not value.is_Integer:
                found.append(lt(1, 0))
            if sort(symbol) & {"positive", "nonnegative"}:
                order = lt if "positive" in sort(symbol) else le
                found.append(order(0, value))
    return found


def _possible(relation: Any, numbers: Mapping[Any, Any]) -> bool:
    """False where the relation is certainly false."""
    try:
        value = enclose(gap(relation).xreplace(dict(numbers)), bits=100)
    except (Undefined, TypeError, ValueError):
        return False
    if isinstance(relation, sp.Eq):
        return bool(value.contains(0))
    return not (value < 0 or (strict(relation) and value <= 0))


def _points(claim: Claim, facts: tuple[Fact, ...]) -> Iterator[dict[Any, Any]]:
    values = claim.witness.values
    told = {s: _number(s, value) for s, value in values.items() if isinstance(s, sp.Symbol)}
    symbols: set[Any] = set()
    for fact in facts:
        symbols |= {s for s in fact.free() if kind(s) == NUMBER and not isinstance(s, Random)}
    given = {}
    used = {fact for group in definitions(facts, {}, {}) for fact, _ in group}
    for fact in facts:
        relation = fact.relation
        if isinstance(relation, sp.Eq) and not fact.every and fact not in used:
            for left, right in ((relation.lhs, relation.rhs), (relation.rhs, relation.lhs)):
                plain = left in symbols and left not in free(right)
                plain = plain and left not in told and left not in given
                if plain:
                    given[left] = right
                    break
    drawn = sorted(symbols - given.keys() - told.keys(), key=str)
    ends = {symbol: _ends(symbol, facts) for symbol in drawn}
    source, seen = random.Random(1), set()
    for i in range(DRAWS if drawn else 1):
        point = dict(told)
        for symbol in drawn:
            usual = WHOLE if "integer" in sort(symbol) else NUMBERS
            choices = [*usual, *ends.get(symbol, ())]
            if "positive" not in sort(symbol):
                choices = [sp.Integer(0), *choices]
            point[symbol] = choices[0] if i == 0 else source.choice(choices)
        for _ in given:
            for symbol, right in given.items():
                if symbol not in point and _told(right, point):
                    point[symbol] = right.xreplace(point)
        key = tuple(point.items())
        if key not in seen:
            seen.add(key)
            yield point


def _number(symbol: Any, value: Any) -> Any:
    """A random symbol has a value at each point."""
    if isinstance(symbol, Random):
        return tuple(map(sp.sympify, value if isinstance(value, tuple) else (value,)))
    return sp.sympify(value)


def _told(e: Any, point: Mapping[Any, Any]) -> bool:
    return all(s in point or kind(s) != NUMBER for s in free(e))


def _ends(symbol: Any, facts: tuple[Fact, ...]) -> list[Any]:
    """The numbers in what is assumed of the symbol, and their neighbours."""
    relations = [fact.relation for fact in facts if symbol in fact.free()]
    numbers = {number for relation in relations for number in relation.atoms(sp.Rational)}
    near = {number + step for number in numbers for step in (-1, 0, 1)}
    return sorted(number for number in near if number > 0)


def _formulas(claim: Claim, facts: tuple[Fact, ...]) -> Iterator[dict[Any, Any]]:
    parts = {part for fact in facts for part in fact.relation.atoms(AppliedUndef)}
    places = {
        p.func: sp.symbols(f"x:{len(p.args)}", real=True) for p in parts if p.func not in CONSTANTS
    }
    given = {
        f: value if isinstance(value, tuple) else (places[f], sp.sympify(value))
        for f, value in claim.witness.values.items()
        if f in places or (isinstance(value, tuple) and not isinstance(f, sp.Symbol))
    }
    defined = {group[0][1].func for group in definitions(facts, given, claim.witness.first)}
    open_ = sorted(places.keys() - defined - given.keys(), key=str)
    if not open_:
        yield given
        return
    choices = []
    for function in open_:
        found = [(places[function], make(places[function][0])) for make in FORMULAS]
        choices.append(found[1:] if function_sort(function) == "positive" else found)
    for i in range(max(map(len, choices))):
        yield given | {f: c[min(i, len(c) - 1)] for f, c in zip(open_, choices, strict=True)}
    for chosen in itertools.islice(itertools.product(*choices), 60):
        yield given | dict(zip(open_, chosen, strict=True))
