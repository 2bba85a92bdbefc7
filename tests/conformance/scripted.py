"""Scripts of failures, run as their readers do: by a Python started anew, in a folder of its own,
without PYTHONPATH.
"""

import ast
import os
import subprocess
import sys
from contextlib import contextmanager
from importlib import import_module, invalidate_caches

from .mutants import PACKAGE


def python(folder, *arguments):
    """The finished Python process, started in the folder."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def run(script, folder):
    """The finished process of a script in the folder."""
    file = folder / "reproduce.py"
    file.write_text(script)
    return python(folder, file)


def standing_alone(path, source):
    """The source of a module of the package as one that stands outside: imports are absolute."""
    package = ("ctverify", *path.parent.parts)
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            node.module = ".".join([*base, *([node.module] if node.module else [])])
            node.level = 0
    return ast.unparse(tree)


@contextmanager
def written(folder, name, source):
    """A module of this name and source in the folder, imported from there."""
    (folder / f"{name}.py").write_text(source)
    sys.path.insert(0, str(folder))
    invalidate_caches()
    try:
        yield import_module(name)
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop(name, None)


def wrong_and_right(mutant):
    """The mutated module and the original one, each standing alone."""
    path, source = mutant.applied(PACKAGE)
    return standing_alone(path, source), standing_alone(path, (PACKAGE / path).read_text())
