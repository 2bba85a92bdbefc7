"""The changes of one node of a syntax tree: operators, constants, signs, functions, arguments,
statements.

Each is small and leaves code that compiles; many raise, as wrong code does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

BINARY: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Pow: ast.Mult,
}
UNCOMMUTING = (ast.Sub, ast.Div, ast.FloorDiv, ast.Pow)
COMPARED = (ast.Eq, ast.NotEq, ast.LtE, ast.GtE)
OTHERS = {
    "cos": "sin",
    "sin": "cos",
    "ceil": "floor",
    "floor": "ceil",
    "log2": "log",
    "log1p": "log",
    "min": "max",
    "randn": "rand",
    "mean": "sum",
    "sum": "mean",
}
UNDONE = ("sqrt", "floor", "ceil", "log2", "log1p", "cos", "sin", "erf")  # of math and torch
MODULES = ("math", "torch", "json", "dataclasses", "self", "autograd", "functional", "random")

Node = ast.expr | ast.stmt | list[ast.stmt]


def changes(node: ast.AST) -> Iterator[Node]:
    """What may stand in place of an expression or a statement, without what is inside of it."""
    match node:
        case ast.BinOp():
            yield from _binary(node)
        case ast.UnaryOp(op=ast.USub()):
            yield node.operand
        case ast.Compare(ops=[one]):
            for other in COMPARED:
                if not isinstance(one, other):
                    yield ast.Compare(node.left, [other()], node.comparators)
        case ast.Constant():
            yield from _constants(node.value)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        case ast.Tuple(ctx=ast.Load()):
            for swapped in _swaps(node.elts):
                yield ast.Tuple(swapped, ast.Load())
        case ast.Call():
            yield from _calls(node)
        case ast.If():
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
            yield [*node.orelse, ast.Pass()]
            yield node.body
        case ast.With():
            yield node.body
        case ast.For() | ast.Assign() | ast.AugAssign():
            yield ast.Pass()
        case ast.Expr() if not isinstance(node.value, ast.Constant):
            yield ast.Pass()


def _binary(node: ast.BinOp) -> Iterator[ast.expr]:
    if type(node.op) in BINARY:
        yield ast.BinOp(node.left, BINARY[type(node.op)](), node.right)
    if isinstance(node.op, UNCOMMUTING):
        yield ast.BinOp(node.right, node.op, node.left)
    yield node.left
    if not isinstance(node.op, ast.Pow):
        yield node.right
    if isinstance(node.op, ast.Mult | ast.Div):
        yield ast.UnaryOp(ast.USub(), node)


def _constants(value: object) -> Iterator[ast.expr]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
        yield ast.Constant(value - 1)
    elif isinstance(value, float):
        yield ast.Constant(2 * value)
        yield ast.Constant(-value)
        yield ast.Constant(0.0)


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    function, arguments, keywords = node.func, node.args, node.keywords
    name = getattr(function, "attr", getattr(function, "id", ""))
    if name in OTHERS and isinstance(function, ast.Attribute):
        yield ast.Call(ast.Attribute(function.value, OTHERS[name], ast.Load()), arguments, keywords)
    elif name in OTHERS:
        yield ast.Call(ast.Name(OTHERS[name], ast.Load()), arguments, keywords)
    if isinstance(function, ast.Attribute) and not _is_module(function.value):
        yield function.value
    if name in UNDONE and len(arguments) == 1:
        yield arguments[0]
    for swapped in _swaps(arguments):
        yield ast.Call(function, swapped, keywords)
    for keyword in keywords:
        if keyword.arg is not None:
            yield ast.Call(function, arguments, [one for one in keywords if one is not keyword])


def _is_module(node: ast.expr) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) in MODULES


def _swaps(nodes: list[ast.expr]) -> Iterator[list[ast.expr]]:
    """Each pair of neighbours swapped."""
    for i in range(len(nodes) - 1):
        yield [*nodes[:i], nodes[i + 1], nodes[i], *nodes[i + 2 :]]
