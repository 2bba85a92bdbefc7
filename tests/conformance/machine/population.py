"""All mutants of the two references, in a fixed order, each with a name that outlives edits
elsewhere.
"""

from __future__ import annotations

import ast
import copy
import functools
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import ctverify

from .operators import Node, changes

FOLDER = Path(ctverify.__path__[0]) / "conformance" / "references"
MODULES = {"reference": "Reference", "reference_trigflow": "TrigFlow"}
# what ctverify judges by, and which settings it draws, are no formulas of the reference
DECLARED = (
    "configurations",
    "convention",
    "curriculum_law",
    "ramp_law",
    "scalings_law",
    "loss_law",
    "time_law",
)


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
        _Replacement(node, list(changes(node))[self.change]).visit(tree)
        return ast.unparse(ast.fix_missing_locations(tree))

    def subject(self) -> Any:
        """The adapter, from a module in the package of the original."""
        module = ModuleType("mutant")
        module.__package__ = "ctverify.conformance.references"
        module.__name__ = f"{module.__package__}.mutant"
        sys.modules[module.__name__] = module
        exec(compile(self.source(), f"{self.module}.py", "exec"), vars(module))
        return getattr(module, MODULES[self.module])()


@functools.cache
def population() -> tuple[Mutant, ...]:
    """Every mutant, those of one code once."""
    return tuple(mutant for module in MODULES for mutant in _of_module(module))


def sample(mutants: Sequence[Mutant], count: int | None, seed: int) -> list[Mutant]:
    """So many of them by a seed, in their order; all for None."""
    if count is None or count >= len(mutants):
        return list(mutants)
    chosen = random.Random(seed).sample(range(len(mutants)), count)
    return [mutants[i] for i in sorted(chosen)]


class _Replacement(ast.NodeTransformer):
    """Puts `new` in place of the node `old`."""

    def __init__(self, old: ast.AST, new: Node) -> None:
        self.old = old
        self.new = new

    def visit(self, node: ast.AST) -> Any:
        """`new`, or the node with its children visited."""
        return self.new if node is self.old else self.generic_visit(node)


def _tree(module: str) -> ast.Module:
    return ast.parse((FOLDER / f"{module}.py").read_text())


def _of_module(module: str) -> Iterator[Mutant]:
    tree = _tree(module)
    numbers = {node: i for i, node in enumerate(ast.walk(tree))}
    seen: dict[str, int] = {}
    for name, function in _functions(tree):
        codes = {_shown(function)}
        for node in (inner for one in function.body for inner in ast.walk(one)):
            around = _around(function, node)
            for i, new in enumerate(changes(node)):
                code = _shown(_replaced(function, node, new))
                if code in codes:
                    continue
                codes.add(code)
                key = f"{name}: {_shown(around)} -> {_shown(_replaced(around, node, new))}"
                seen[key] = seen.get(key, 0) + 1
                key = key if seen[key] == 1 else f"{key} ({seen[key]})"
                yield Mutant(key, module, name, numbers[node], i)


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The methods with formulas, with their qualified names."""
    for top in tree.body:
        if isinstance(top, ast.ClassDef):
            for inner in top.body:
                if isinstance(inner, ast.FunctionDef) and inner.name not in DECLARED:
                    yield f"{top.name}.{inner.name}", inner


def _around(function: ast.FunctionDef, node: ast.AST) -> ast.AST:
    """The smallest code that tells a constant or a tuple from others: a sum, a call, an index."""
    if not isinstance(node, ast.Constant | ast.Tuple):
        return node
    holds = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.expr | ast.stmt)
        and not isinstance(one, ast.Tuple | ast.Slice | ast.UnaryOp)
        and one is not node
        and any(inner is node for inner in ast.walk(one))
    ]
    return holds[-1]  # ast.walk goes from outside in


def _replaced(root: ast.AST, node: ast.AST, new: Node) -> ast.AST | list[ast.stmt]:
    """A copy of `root`, with `new` in place of the node."""
    place = next(i for i, one in enumerate(ast.walk(root)) if one is node)
    copied = copy.deepcopy(root)
    found: ast.AST | list[ast.stmt] = _Replacement(list(ast.walk(copied))[place], new).visit(copied)
    return found


def _shown(node: ast.AST | list[ast.stmt]) -> str:
    """The code on one line."""
    nodes = node if isinstance(node, list) else [node]
    return "; ".join(" ".join(ast.unparse(ast.fix_missing_locations(one)).split()) for one in nodes)
