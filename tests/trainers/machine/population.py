"""All mutants of the training's formulas and of the schedule, in a fixed order, each with a name
that outlives edits elsewhere.
"""

from __future__ import annotations

import ast
import functools
import importlib
import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ctverify
from tests.conformance.machine import population as engine
from tests.conformance.machine.operators import changes

MODULES = (
    "training.pairs",
    "training.linear",
    "training.adam",
    "training.mlp",
    "training.recursion",
    "model.schedule",
)
SCOPES = (ast.FunctionDef, ast.ClassDef)
# what is told and kept, and how work is spread: no formulas
OTHER = ("__repr__", "spec", "from_spec", "together", "__post_init__")


@dataclass(frozen=True)
class Mutant:
    """Change number `change` of node number `node`, in the order of ast.walk, of a module."""

    key: str
    module: str
    function: str
    node: int
    change: int

    def source(self) -> str:
        """The mutated module."""
        tree = _tree(self.module)
        node = list(ast.walk(tree))[self.node]
        engine._Replacement(node, list(changes(node))[self.change]).visit(tree)
        return ast.unparse(ast.fix_missing_locations(tree))

    def install(self) -> None:
        """Give the function the mutated code, wherever it has been imported to; there is no way
        back in this process.
        """
        module = importlib.import_module(f"ctverify.{self.module}")
        namespace = dict(vars(module))
        exec(compile(self.source(), f"{self.module}.py", "exec"), namespace)
        old = _function(vars(module), self.function)
        new = _function(namespace, self.function)
        old.__code__ = new.__code__
        old.__defaults__ = new.__defaults__
        old.__kwdefaults__ = new.__kwdefaults__


@functools.cache
def population() -> tuple[Mutant, ...]:
    """Every mutant, those of one code once."""
    return tuple(mutant for module in MODULES for mutant in _of_module(module))


def _tree(module: str) -> ast.Module:
    path = f"{ctverify.__path__[0]}/{module.replace('.', '/')}.py"
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read())


def _function(namespace: dict[str, Any], name: str) -> types.FunctionType:
    """The plain function of a qualified name."""
    first, _, rest = name.partition(".")
    found = namespace[first]
    if rest:
        found = vars(found)[rest]
    for inner in ("fget", "func", "__func__"):
        found = getattr(found, inner, found)
    assert isinstance(found, types.FunctionType), name
    return found


def _of_module(module: str) -> Iterator[Mutant]:
    tree = _tree(module)
    numbers = {node: i for i, node in enumerate(ast.walk(tree))}
    seen: dict[str, int] = {}
    for name, function in _functions(tree):
        codes = {engine._shown(function)}
        for node in (inner for one in function.body for inner in ast.walk(one)):
            if isinstance(node, ast.expr) and _is_refusal(function, node):
                continue
            around = engine._around(function, node)
            for i, new in enumerate(changes(node)):
                code = engine._shown(engine._replaced(function, node, new))
                if code in codes:
                    continue
                codes.add(code)
                shown = engine._shown(engine._replaced(around, node, new))
                key = f"{name}: {engine._shown(around)} -> {shown}"
                seen[key] = seen.get(key, 0) + 1
                key = key if seen[key] == 1 else f"{key} ({seen[key]})"
                yield Mutant(key, module, name, numbers[node], i)


def _is_refusal(function: ast.FunctionDef, node: ast.AST) -> bool:
    """Whether a node is in the words of a refusal: they are other tests' business."""
    raised = (one for one in ast.walk(function) if isinstance(one, ast.Raise))
    return any(inner is node for one in raised for inner in ast.walk(one))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions and methods with formulas, with their qualified names."""
    for top in tree.body:
        if isinstance(top, ast.FunctionDef) and top.name not in OTHER:
            yield top.name, top
        elif isinstance(top, ast.ClassDef):
            for inner in top.body:
                if isinstance(inner, ast.FunctionDef) and inner.name not in OTHER:
                    yield f"{top.name}.{inner.name}", inner
