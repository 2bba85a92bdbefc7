"""The machine's mutants: each is other code, of the formulas alone; some are judged here, all by
python -m tests.conformance.machine.
"""

import ast
import re

import pytest

from ctverify.conformance import search

from .judging import BY_ID
from .machine.equivalent import EQUIVALENT
from .machine.judging import judged, killed
from .machine.operators import changes
from .machine.population import DECLARED, population, sample

SIX = (
    "Reference._ramp: high + share * (low - high) -> high - share * (low - high)",
    "Reference.curriculum: k // period -> period // k",
    "Reference._huber: c ** 2 -> c",
    "Reference.ema: decay * average + (1 - decay) * value -> decay * average",
    "TrigFlow.sample: math.cos(t) * x -> x",
    "TrigFlow._noised: (tau.exp() / self.sigma_data).arctan() -> tau.exp() / self.sigma_data",
)


def keys():
    """The names of all."""
    return [mutant.key for mutant in population()]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a + b", {"a - b", "a", "b"}),
        ("a - b", {"a + b", "b - a", "a", "b"}),
        ("a / b", {"a * b", "b / a", "a", "b", "-(a / b)"}),
        ("a ** b", {"a * b", "b ** a", "a"}),
        ("-a", {"a"}),
        ("a == b", {"a != b", "a <= b", "a >= b"}),
        ("2", {"3", "1"}),
        ("0.5", {"1.0", "-0.5", "0.0"}),
        ("True", {"False"}),
        ("math.sqrt(a)", {"a"}),
        ("a.square()", {"a"}),
        ("math.cos(a)", {"math.sin(a)", "a"}),
        ("f(a, b, c=d)", {"f(b, a, c=d)", "f(a, b)"}),
        ("(a, b)", {"(b, a)"}),
        ("a if b else c", {"a", "c"}),
    ],
)
def test_operators(code, changed):
    """Operators, constants, signs, functions and arguments."""
    found = [ast.unparse(new) for new in changes(ast.parse(code).body[0].value)]
    assert set(found) == changed
    assert len(found) == len(changed)


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a = b", {"pass"}),
        ("f(a)", {"pass"}),
        ("'docstring'", set()),
        ("for a in b:\n    c()", {"pass"}),
        ("with a:\n    b()", {"b()"}),
    ],
)
def test_statements(code, changed):
    """Deleted; a with statement's body stays."""
    found = [new if isinstance(new, list) else [new] for new in changes(ast.parse(code).body[0])]
    assert {"\n".join(map(ast.unparse, new)) for new in found} == changed


def test_population():
    """Some 800, of one name each, none of them in what is declared; each compiles."""
    assert len(population()) > 650
    assert len(set(keys())) == len(keys())
    assert {mutant.module for mutant in population()} == {"reference", "reference_trigflow"}
    assert not any(mutant.function.rpartition(".")[2] in DECLARED for mutant in population())
    for mutant in sample(population(), 40, 1):
        compile(mutant.source(), mutant.key, "exec")


def test_sample():
    """A seed gives the same ones, in their order."""
    chosen = sample(population(), 100, 0)
    assert chosen == sample(population(), 100, 0) != sample(population(), 100, 1)
    assert chosen == sorted(chosen, key=population().index)
    assert sample(population(), None, 0) == list(population())


def test_equivalent_ones_are_made():
    """No reason is left of a mutant that is no more, and each is a sentence."""
    assert set(EQUIVALENT) <= set(keys())
    assert all(re.fullmatch(r"[a-zA-Z0-9(|].{20,}", reason) for reason in EQUIVALENT.values())


@pytest.mark.parametrize("key", SIX)
def test_killed(key, monkeypatch):
    """By a check; a failure need not be small."""
    monkeypatch.setattr(search, "SHRINKS", 0)
    killer, detail = killed(population()[keys().index(key)], BY_ID)
    assert killer
    assert detail


def test_a_mutant_that_does_not_end():
    """Is told as that, in a process that is ended."""
    verdict = judged(population()[0], BY_ID, 0.0)
    assert verdict.killer == "hangs"
