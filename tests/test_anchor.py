"""Edits survive reformatting and moves, and are refused where their code is not the one meant."""

from __future__ import annotations

import ast

import pytest

from tests.anchor import Edit, Mutant, replace

SOURCE = '''
SCALE = 2


class Line:
    """A line."""

    def height(self, x):
        """a x + b."""
        return (self.a * x  # the slope
                + self.b)

    def slope(self, x):
        def difference(h):
            return (self.height(x + h) - self.height(x)) / h

        value = difference(1e-3)
        return value


def height(x):
    return SCALE * x
'''
EDIT = Edit("Line.height", "self.a * x", "self.a + x")


def package(folder, **modules):
    """A package in `folder`: its modules' sources by path, with __ for /."""
    for name, source in modules.items():
        path = folder / "package" / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return folder / "package"


def same(one, other):
    """Whether two sources have one syntax tree."""
    return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))


@pytest.mark.parametrize(
    ("function", "old", "new"),
    [
        ("Line.height", "self.a * x", "self.a + x"),
        ("Line", "self.a * x", "self.a + x"),
        ("Line.slope.difference", "self.height(x)", "self.height(x - h)"),
        ("Line.slope", "value = difference(1e-3)", "step = 1\n        value = difference(step)"),
        ("height", "SCALE * x", "SCALE + x"),
    ],
)
def test_what_an_edit_changes(function, old, new):
    """Expressions and statements, in methods, classes, inner functions and functions."""
    statements = new.replace("\n        ", "\n")
    edited = replace(SOURCE, Edit(function, old, statements))
    assert same(edited, SOURCE.replace(old, new, 1))
    assert not same(edited, SOURCE)


def test_an_expression_becomes_an_expression_where_it_stands():
    """With the parentheses that it needs."""
    edited = replace("def f(a, b):\n    return 2 * f(a)\n", Edit("f", "f(a)", "a + b"))
    assert same(edited, "def f(a, b):\n    return 2 * (a + b)\n")


def test_a_call_becomes_a_statement():
    """An expression that is a statement of its own can be dropped."""
    edited = replace("def f(a):\n    g(a)\n    return a\n", Edit("f", "g(a)", "pass"))
    assert same(edited, "def f(a):\n    pass\n    return a\n")


def test_reformatting_and_moving_break_nothing(tmp_path):
    """The same edit of a file as it is, rewritten in another format, and in another folder."""
    reformatted = ast.unparse(ast.parse(SOURCE))
    assert reformatted != SOURCE
    spread = SOURCE.replace("self.a * x", "self.a\n * \\\n x")
    first = package(tmp_path / "first", line=SOURCE)
    second = package(tmp_path / "second", curves__straight__lines=reformatted, other="x = 1\n")
    third = package(tmp_path / "third", line=spread)
    path, edited = EDIT.applied(first)
    assert path.as_posix() == "line.py"
    path, moved = EDIT.applied(second)
    assert path.as_posix() == "curves/straight/lines.py"
    assert same(edited, moved)
    assert same(edited, EDIT.applied(third)[1])


def test_functions_of_one_name_are_told_apart_by_the_code(tmp_path):
    """The module that has the code is edited."""
    other = "def height(x):\n    return x\n"
    folder = package(tmp_path, a=other, b=SOURCE)
    path, _ = Edit("height", "SCALE * x", "x").applied(folder)
    assert path.as_posix() == "b.py"


def test_refusals(tmp_path):
    """A missing function, missing code, code that occurs twice: a sentence with the mutant."""
    folder = package(tmp_path, line=SOURCE, copy=SOURCE)
    refused = {
        Edit("Line.width", "x", "0"): "no module of package has a function Line.width",
        Edit("height", "x - 1", "0"): "'x - 1' must occur once in height, but occurs 0 times",
        EDIT: "'self.a * x' must occur once in Line.height, but occurs 2 times in copy.py, line.py",
    }
    for edit, sentence in refused.items():
        with pytest.raises(LookupError) as error:
            Mutant("a mutant", "a law", edit).applied(folder)
        assert str(error.value) == f"mutant 'a mutant': {sentence}"


def test_one_expression_or_statement():
    """`old` cannot be several statements."""
    with pytest.raises(ValueError, match="must be one expression or one statement"):
        replace(SOURCE, Edit("height", "x = 1\ny = 2", "pass"))
