"""That hypotheses and definitions hold together: one world in which all of them are true.

A world is a space of equally likely points, on which random vectors of dimension 1 are functions
(a standard normal one is independent of them, E|Z| = sqrt(2/pi)); numbers for symbols; formulas for
functions, and for other functions the definitions that the facts themselves are: h(t) = .. or
h(1) = .., h(t + 1) = .. of what is defined before, so that there is such an h. All other facts are
read in the world and must be true there: a fact at every index at EVERY index, by form, or by a
theorem whose own facts were found true before.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from .formal import CONSTANTS, J, Normal, Random
from .interval import Undefined, enclose
from .normal import zero
from .sign import UNKNOWN, Support, finite, node_defined, sign
from .terms import (
    NUMBER,
    PAIRING,
    Needs,
    Refused,
    eq,
    free,
    function_sort,
    gap,
    integer,
    kind,
    le,
    lt,
    relation_of,
    require,
    sort,
    strict,
    substitute,
)
from .theorem import Fact, Theorem, of_sort

OF_CONSTANTS: dict[str, Callable[..., Any]] = {  # on a space of one point
    "norm": sp.Abs,
    "norm_q": sp.Abs,
    "W_1": lambda x, y: sp.Abs(x - y),
    "W_2": lambda x, y: sp.Abs(x - y),
    "W_q": lambda x, y: sp.Abs(x - y),
    "E": lambda x: x,
    "E_path": lambda x: x,
    "Cov": lambda x: sp.Integer(0),
    "phi": lambda x: x,
    "direction": sp.sign,
    "law": lambda x: x,
    "slot": lambda x, s: x,
    "reached": lambda s: sp.Integer(1),
    "batch_mean": lambda y, x, s: sp.Abs(y - x),
}
OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "W_2_squared": lambda m1, s1, m2, s2: (m1 - m2) ** 2 + (s1 - s2) ** 2,
    "product_of": lambda x, n: x**n,
    "average_of": lambda x, n: x,
}
Scope = Mapping[Any, Any]
Formula = tuple[tuple[Any, ...], Any]
Show = Callable[[tuple[Any, ...], frozenset[Fact]], Theorem | None]
TRIES = 12


@dataclass(frozen=True)
class World:
    """numbers: symbol -> number, random symbol -> its value at each point; formulas: function ->
    variables and value; first: (function, place, index) -> the formula where that argument is that
    index; definitions: for function after function the facts that define it, each with the
    side that is defined; known: what is known from index 1, 2, .. on, the last for all later ones,
    as sets of points that cannot be told apart.
    """

    numbers: Mapping[Any, Any]
    formulas: Mapping[Any, Formula] = field(default_factory=dict)
    definitions: tuple[tuple[tuple[Fact, Any], ...], ...] = ()
    points: int = 1
    known: tuple[tuple[tuple[int, ...], ...], ...] = ()
    first: Mapping[tuple[Any, int, int], Formula] = field(default_factory=dict)


class _Signs(Support):
    """Signs by theorems, and of numbers by balls in which defined functions are evaluated."""

    def __init__(self, theorems: Iterable[Theorem], balls: _Balls) -> None:
        super().__init__(theorems)
        self.balls = balls

    def sign(self, e: Any) -> int:
        if free(e):
            return super().sign(e)
        try:
            ball = enclose(e, self.balls)
        except Undefined:
            return UNKNOWN
        return 2 if ball > 0 else -2 if ball < 0 else int(zero(e))


class _Balls(dict[Any, Any]):
    """h(1), h(2), .. of defined functions, up to the one that is asked for."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self.reading = reading

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: Any) -> Any:
        place = self.reading.steps.get(key.func) if isinstance(key, AppliedUndef) else None
        if place is not None and key.args[place].is_Integer:
            for k in range(2, int(key.args[place])):
                self[key.func(*key.args[:place], sp.Integer(k), *key.args[place + 1 :])]
        value = self.reading.unfolded(key)
        self[key] = enclose(value, self)
        return self[key]


class Reading:
    """What expressions are worth in a world, as far as its functions are defined; show: looks for
    a theorem that states one of some relations, from definitions as they read here.
    """

    def __init__(self, world: World, show: Show) -> None:
        self.world = world
        self.show = show
        self.theorems: list[Theorem] = []
        self.true: set[Fact] = set()  # definitions as they read here
        self.rules: dict[Any, list[tuple[tuple[Any, ...], Any, Fact]]] = {}
        self.steps: dict[Any, int] = {}  # recursion's place
        self.own: tuple[Any, frozenset[Any]] = (None, frozenset())  # function now defined, where
        self.balls = _Balls(self)
        self.memo: dict[Any, Any] = {}
        self.signs = _Signs((), self.balls)

    def shown(self, goal: Callable[..., Any], *arguments: Any) -> Any:
        """What the goal gives, with theorems that rest on definitions alone for what it needs."""
        for _ in range(TRIES):
            try:
                return goal(*arguments)
            except Needs as need:
                theorem = self.show(need.relations, frozenset(self.true))
                if theorem is None:
                    raise
                require(theorem.states in need.relations, "it shows something else")
                require(theorem.given <= self.true, "it rests on more than definitions")
                self.theorems.append(theorem)
                self.signs = _Signs(self.theorems, self.balls)
        raise Refused("it needs ever more")

    def meets(self, facts: Iterable[Fact]) -> bool:
        """Whether all facts are true in the world."""
        rest = set(facts)
        for group in self.world.definitions:
            require({fact for fact, _ in group} <= rest, "a definition that is no fact")
            self.define(group)
            rest -= {fact for fact, _ in group}
        self.shown(self.numbers)
        return all(self._told(fact) and self.shown(self.holds, fact) for fact in rest)

    def _told(self, fact: Fact) -> bool:
        others = [s for s in fact.free() - self.world.numbers.keys() if kind(s) == NUMBER]
        return not others

    def scope(self, fact: Fact, bound: Scope) -> Scope:
        numbers = {s: v for s, v in self.world.numbers.items() if s not in fact.every}
        return {**numbers, **bound}

    def value(self, e: Any, at: Scope, w: int) -> Any:
        """The number that the expression is at the point w, defined node by node."""
        if isinstance(e, sp.Symbol):
            return self._symbol(e, at, w)
        if not e.args:
            return e
        if isinstance(e, AppliedUndef):
            if e.func in CONSTANTS:
                return self._formal(e, at, w)
            return self.call(e.func, tuple(self.value(part, at, w) for part in e.args), w)
        if isinstance(e, (sp.Limit, sp.Integral, sp.Derivative, sp.Sum, sp.Product)):
            raise Undefined(f"{e} has no value")
        parts = [self.value(part, at, w) for part in e.args]
        node_defined(e, parts, self.signs)
        value = _node(e.func, *parts)
        require(finite(value), "it is not finite")
        return value

    def _symbol(self, e: Any, at: Scope, w: int) -> Any:
        if kind(e) == PAIRING:
            return e
        if e not in at:
            plain = isinstance(e, Random) and not isinstance(e, Normal) and self.world.points == 1
            if not plain:
                raise Undefined(f"{e} has no value")
            return sp.Integer(0)
        if isinstance(e, Random):
            return at[e][w]
        known = self.world.numbers.get(e) is at[e]
        return self.value(at[e], {}, w) if known else at[e]

    def call(self, function: Any, places: tuple[Any, ...], w: int) -> Any:
        """The value of a function: by its formula, by a definition that is no recursion, or as it
        stands.
        """
        key = (function, places, w)
        if key in self.memo:
            return self.memo[key]
        value = self._called(function, places, w)
        self._of_sort(function, value)
        if self.own[0] is None or not value.has(self.own[0]):
            self.memo[key] = value
        return value

    def _called(self, function: Any, places: tuple[Any, ...], w: int) -> Any:
        for (other, place, index), formula in self.world.first.items():
            if other == function:
                if places[place] == index:
                    return self._by(formula, places, w)
                apart = places[place] - index
                if not (apart.is_Integer or sign(apart, self.signs) == 2):
                    raise Undefined(f"{function} has another formula at {index}")
        if function in self.world.formulas:
            return self._by(self.world.formulas[function], places, w)
        if function == self.own[0]:
            require(places in self.own[1], "{} is defined by itself", function)
            return function(*places)
        if function not in self.rules:
            raise Undefined(f"{function} has no formula")
        whole, step = function(*places), self.steps.get(function)
        return self.unfolded(whole) if step is None or places[step] == 1 else whole

    def _by(self, formula: Formula, places: tuple[Any, ...], w: int) -> Any:
        variables, value = formula
        return self.value(value, dict(zip(variables, places, strict=True)), w)

    def unfolded(self, e: Any) -> Any:
        """h(..) by its definition there, or as it stands where it has none."""
        for head, right, fact in self.rules.get(e.func, ()):
            for w in range(self.world.points):
                bound = self._matched(head, e.args, w)
                if bound is not None:
                    return self.value(right, self.scope(fact, bound), w)
        raise Undefined(f"{e} is not defined")

    def _matched(
        self, patterns: tuple[Any, ...], places: tuple[Any, ...], w: int
    ) -> Mapping[Any, Any] | None:
        """The indices at which the patterns are these places, at the point w."""
        bound: dict[Any, Any] = {}
        for pattern, place in zip(patterns, places, strict=True):
            if isinstance(pattern, Random):
                if self.value(pattern, self.world.numbers, w) != place:
                    return None
                bound[pattern] = self.world.numbers.get(pattern, (sp.Integer(0),))
            elif not free(pattern):
                if pattern != place:
                    return None
            else:
                (symbol,) = free(pattern)
                value = place - (pattern - symbol)
                try:
                    of_sort(symbol, value, self.signs)
                except Refused:
                    return None
                bound[symbol] = value
        return bound

    def _of_sort(self, function: Any, value: Any) -> None:
        needed = {"real": 0, "nonnegative": 1, "positive": 2}[function_sort(function)]
        if needed == 0 or sign(value, self.signs) >= needed:
            return
        if not (needed == 1 and zero(value)):
            raise Needs(lt(0, value) if needed == 2 else le(0, value))

    def _formal(self, e: Any, at: Scope, w: int) -> Any:
        name, every = e.func.__name__, range(self.world.points)
        normal = [s for s in e.free_symbols if isinstance(s, Normal)]
        if name == "dependence":
            shared = e.args[0].free_symbols & e.args[1].free_symbols & set(normal)
            if shared or len(every) > 1:
                raise Undefined(f"{e} is not shown to be 0")
            return sp.Integer(0)
        if normal:
            if name == "mean" and isinstance(e.args[0], sp.Abs) and e.args[0].args[0] in normal:
                return sp.sqrt(2 / sp.pi)
            raise Undefined(f"{e} is random")
        if name == "J":  # some number
            numbers = {s: self.value(s, at, w) for s in free(e) if s in at}
            return substitute(e, numbers)
        if name == "M":  # X_0 is 0
            return self.value(e.args[0], {**at, e.args[1]: sp.Integer(0)}, w)
        if name in OF_NUMBERS:
            return OF_NUMBERS[name](*(self.value(part, at, w) for part in e.args))
        if name in ("mean", "tr_cov") or (name == "norm" and len(every) > 1):
            x = [self.value(e.args[0], at, v) for v in every]
            middle = sp.Add(*x) / len(x)
            if name == "mean":
                return middle
            base = middle if name == "tr_cov" else sp.Integer(0)
            square = sp.Add(*((value - base) ** 2 for value in x)) / len(x)
            return square if name == "tr_cov" else sp.sqrt(square)
        if name == "dot":
            return self.value(e.args[0], at, w) * self.value(e.args[1], at, w)
        if name == "E_from":
            cell = self._cell(self.value(e.args[1], at, w), w)
            return sp.Add(*(self.value(e.args[0], at, v) for v in cell)) / len(cell)
        if name not in OF_CONSTANTS or len(every) > 1:
            raise Undefined(f"{e} has no value")
        return OF_CONSTANTS[name](*(self.value(part, at, w) for part in e.args))

    def _cell(self, k: Any, w: int) -> tuple[int, ...]:
        """The points that what is known from index k on does not tell from w."""
        known = self.world.known
        if self.world.points == 1:
            return (0,)
        if k.is_Integer and k >= 1 and known:
            cells = known[min(int(k), len(known)) - 1]
        elif known and integer(k) and sign(k - len(known), self.signs) >= 1:
            cells = known[-1]
        else:
            raise Undefined(f"what is known from {k} on")
        return next(cell for cell in cells if w in cell)

    def define(self, group: Sequence[tuple[Fact, Any]]) -> None:
        """Take the facts as the definition of one new function; refused unless they are one."""
        function = group[0][1].func
        new = function not in self.rules and function not in self.world.formulas
        require(new and function not in CONSTANTS, "{} is defined before", function)
        rules, heads = [], [head for _, head in group]
        for one, other in itertools.combinations(heads, 2):
            require(_apart(one, other), "{} and {} overlap", one, other)
        steps: set[int] = set()
        for fact, head in group:
            relation = fact.relation
            require(isinstance(relation, sp.Eq) and head.func == function, "no equation")
            require(head in (relation.lhs, relation.rhs), "{} is no side of {}", head, relation)
            right = relation.rhs if head == relation.lhs else relation.lhs
            _pattern(head, fact.every)
            told = frozenset().union(*map(free, head.args)) | self.world.numbers.keys()
            others = [s for s in free(right) - told if not isinstance(s, Random)]
            require(
                not [s for s in others if kind(s) == NUMBER],
                "{} does not tell {}",
                head,
                others,
            )
            drawn = [part for part in head.args if isinstance(part, Random)]
            for part in drawn:
                values = self.world.numbers.get(part, (sp.Integer(0),))
                require(len(set(values)) == self.world.points, "{} is alike at two points", part)
            require(drawn or kind(right) == NUMBER, "{} is random", right)
            rules.append((head.args, right, fact))
            steps |= _steps(head, right)
        require(len(steps) < 2, "{} recurs in two ways", function)
        for head, (fact, _) in zip(heads, group, strict=True):
            for at in self._cases(fact):
                self.shown(self._defines, head, fact, at)
        self.rules[function] = rules
        self.steps.update(dict.fromkeys([function], *steps) if steps else {})

    def _defines(self, head: Any, fact: Fact, bound: Scope) -> None:
        """The right side is defined and of the function's sort."""
        at = self.scope(fact, bound)
        right = fact.relation.rhs if head == fact.relation.lhs else fact.relation.lhs
        drawn = any(isinstance(part, Random) for part in head.args)
        for w in range(self.world.points if drawn else 1):
            own = {part.args for part in right.atoms(AppliedUndef) if part.func == head.func}
            allowed = frozenset(tuple(self.value(p, at, w) for p in args) for args in own)
            self.own = (head.func, allowed)
            try:
                value = self.value(right, at, w)
                self._of_sort(head.func, value)
            finally:
                self.own = (None, frozenset())
            left = head.func(*(self.value(part, at, w) for part in head.args))
            self.true.add(Fact(eq(left, value), fact.every & (free(left) | free(value))))

    def _cases(self, fact: Fact) -> Iterator[Scope]:
        """The indices that stand for all: those with a formula of their own, and any later one."""
        late = max((index for _, _, index in self.world.first), default=0)
        symbols = sorted(fact.every, key=str)
        choices = []
        for symbol in symbols:
            index = sort(symbol) == {"integer", "positive"}
            first = [sp.Integer(k) for k in range(1, late + 1)] if index else []
            choices.append([*first, symbol + late if index else symbol])
        for at in itertools.product(*choices):
            yield dict(zip(symbols, at, strict=True))

    def holds(self, fact: Fact) -> bool:
        """Whether the fact is certainly true, at every index and point; or what would show it."""
        relation = fact.relation
        drawn = kind(relation.lhs) != NUMBER or kind(relation.rhs) != NUMBER
        for bound in self._cases(fact):
            at = self.scope(fact, bound)
            for w in range(self.world.points if drawn else 1):
                low, high = self.value(relation.lhs, at, w), self.value(relation.rhs, at, w)
                if not self._true(relation_of(relation, low, high)):
                    return False
        return True

    def _true(self, relation: Any) -> bool:
        e, weak = gap(relation), not strict(relation)
        if (zero(e) and weak) or any(theorem.states == relation for theorem in self.theorems):
            return True
        found = sign(e, self.signs) or self.signs.sign(e)
        if not isinstance(relation, sp.Eq) and found >= (1 if weak else 2):
            return True
        if not free(e) and not e.has(J):  # a number: equal for certain, or not shown
            return weak and zero(self._unfolded(e))
        raise Needs(relation)

    def _unfolded(self, e: Any) -> Any:
        """The number without defined functions."""
        if isinstance(e, AppliedUndef):
            return self._unfolded(self.unfolded(e))
        return e.func(*map(self._unfolded, e.args)) if e.args else e

    def numbers(self) -> None:
        """Refuse numbers that are not of their symbols' sorts."""
        for symbol, value in self.world.numbers.items():
            require(isinstance(symbol, sp.Symbol), "{} is no symbol", symbol)
            if isinstance(symbol, Random):
                require(len(value) == self.world.points, "{} has no value at each point", symbol)
                require(not isinstance(symbol, Normal), "{} is standard normal", symbol)
                told, values = sort(symbol), [self.value(x, {}, 0) for x in value]
            else:
                told, values = sort(symbol), [self.value(value, {}, 0)]
            for x in values:
                require(not free(x) and kind(x) == NUMBER, "{} is given no number", symbol)
                require("integer" not in told or x.is_Integer, "{} is given no integer", symbol)
                least = 2 if "positive" in told else 1 if "nonnegative" in told else 0
                found = int(zero(x)) or sign(x, self.signs) if least else 2
                require(found >= least, "{} is given a value of the wrong sign", symbol)
        cells = [sorted(itertools.chain(*cells)) for cells in self.world.known]
        require(all(c == list(range(self.world.points)) for c in cells), "no partition")
        for finer, coarser in itertools.pairwise(self.world.known):
            within = all(any(set(cell) <= set(c) for c in coarser) for cell in finer)
            require(within, "what is known grows with the index")


@cache
def _node(function: Any, *parts: Any) -> Any:
    """The expression of these parts: sympy takes its time over minima, alike in many claims."""
    return function(*parts)


def _pattern(head: Any, every: frozenset[Any]) -> None:
    """Refuse arguments that are not symbols or, at one place each, the index after, or numbers."""
    seen: set[Any] = set()
    for part in head.args:
        symbols = free(part)
        if isinstance(part, sp.Integer):
            continue
        require(len(symbols) == 1 and not symbols & seen, "{} is no index", part)
        (symbol,) = symbols
        seen |= symbols
        if part == symbol:
            require(isinstance(symbol, Random) or symbol in every, "{} is one number", symbol)
        else:
            after = part - symbol == 1 and symbol in every
            require(after and sort(symbol) == {"integer", "positive"}, "{} is no index", part)


def _apart(one: Any, other: Any) -> bool:
    """Whether no arguments match both."""
    for x, y in zip(one.args, other.args, strict=True):
        numbers = [part for part in (x, y) if isinstance(part, sp.Integer)]
        if len(numbers) == 2 and x != y:
            return True
        after = x if not isinstance(x, sp.Integer) else y
        if len(numbers) == 1 and numbers[0] == 1 and isinstance(after, sp.Add):
            return True
    return False


def _steps(head: Any, right: Any) -> set[int]:
    """The places at which the right side has the index before."""
    found = set()
    for part in right.atoms(AppliedUndef):
        if part.func == head.func:
            require(len(part.args) == len(head.args), "{} has other arguments", part)
            places = [
                i for i, (x, y) in enumerate(zip(head.args, part.args, strict=True)) if x != y
            ]
            require(len(places) == 1, "{} is not one step before {}", part, head)
            require(
                head.args[places[0]] == part.args[places[0]] + 1,
                "{} is no step before",
                part,
            )
            found |= set(places)
    return found


__all__ = ["Reading", "World"]
