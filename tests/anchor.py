"""Edits of a package, anchored on a function and its syntax tree, not on a file and its text.

A function is sought by its qualified name in all modules of the package, and the code to replace by
its syntax tree, so that reformatting a file, moving it or moving the function to another one breaks
no edit. An edit is refused where the code itself has changed: then it has to be read again anyway.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Edit:
    """In `function`, the code `old` becomes `new`.

    `function` is a qualified name: "expect", "Schedule.karras", "_solve.velocity" (a function in a
    function), "Schedule" (all of a class). `old` is one expression or one statement, which occurs
    once in the functions of that name; where several modules have functions of one name, it tells
    them apart. `new` is an expression, or statements in place of a statement.
    """

    function: str
    old: str
    new: str

    def applied(self, package: Path) -> tuple[Path, str]:
        """The module to edit, relative to the folder `package`, and its edited source."""
        candidates = _functions(package).get(self.function, [])
        if not candidates:
            raise LookupError(f"no module of {package.name} has a function {self.function}")
        old, _ = _parsed(self)
        homes: list[Path] = []
        for path, function in candidates:
            homes += [path] * _count(function, old)
        _check_once(self, [home.name for home in homes])
        home = homes[0]
        return home.relative_to(package), replace(home.read_text(), self)


@dataclass(frozen=True)
class Mutant:
    """A wrong implementation; `killer`, a law of the suite or a check, is expected to find it."""

    name: str
    killer: str
    edit: Edit

    def applied(self, package: Path) -> tuple[Path, str]:
        """The module to edit, relative to the folder `package`, and its edited source."""
        try:
            return self.edit.applied(package)
        except LookupError as error:
            raise LookupError(f"mutant {self.name!r}: {error}") from error


def replace(source: str, edit: Edit) -> str:
    """The source of a module, edited; its comments and its formatting are lost."""
    tree = ast.parse(source)
    old, new = _parsed(edit)
    functions = [function for name, function in _scopes(tree) if name == edit.function]
    count = sum(_count(function, old) for function in functions)
    _check_once(edit, ["the module"] * count)
    for function in functions:
        _Replacement(old, new).visit(function)
    return ast.unparse(tree)


@functools.cache
def unedited(file: Path) -> str:
    """A module's source as `replace` would write it without an edit; cached."""
    return ast.unparse(ast.parse(file.read_text()))


class _Replacement(ast.NodeTransformer):
    """Puts `new` where the dumped tree is `old`."""

    def __init__(self, old: str, new: ast.expr | list[ast.stmt]) -> None:
        self.old = old
        self.new = new

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        """`new`, or the node with its children visited."""
        if ast.dump(node) == self.old:
            return self.new
        return self.generic_visit(node)


def _parsed(edit: Edit) -> tuple[str, ast.expr | list[ast.stmt]]:
    """The dumped tree to look for, and the tree to put there."""
    old = ast.parse(edit.old).body
    new = ast.parse(edit.new).body
    if len(old) != 1:
        raise ValueError(f"{edit.old!r} must be one expression or one statement")
    if len(new) == 1 and isinstance(old[0], ast.Expr) and isinstance(new[0], ast.Expr):
        return ast.dump(old[0].value), new[0].value
    return ast.dump(old[0]), new


def _count(function: ast.AST, old: str) -> int:
    """How often the dumped tree `old` occurs in a function."""
    return sum(ast.dump(node) == old for node in ast.walk(function))


def _check_once(edit: Edit, homes: Sequence[str]) -> None:
    """Refuse code that occurs never or more than once; `homes` has a file's name for each time."""
    if len(homes) == 1:
        return
    times = f"{len(homes)} times"
    if homes:
        times += f" in {', '.join(sorted(set(homes)))}"
    raise LookupError(f"{edit.old!r} must occur once in {edit.function}, but occurs {times}")


def _scopes(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """The qualified names of all functions and classes, with their trees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, SCOPES):
            name = prefix + child.name
            yield name, child
            yield from _scopes(child, f"{name}.")
        else:
            yield from _scopes(child, prefix)


@functools.cache
def _functions(package: Path) -> dict[str, list[tuple[Path, ast.AST]]]:
    """All functions and classes of a package by qualified name, each with its module; cached."""
    functions: dict[str, list[tuple[Path, ast.AST]]] = {}
    for path in sorted(package.rglob("*.py")):
        for name, function in _scopes(ast.parse(path.read_text())):
            functions.setdefault(name, []).append((path, function))
    return functions
