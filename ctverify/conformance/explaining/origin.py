"""How a subject in its settings is written down, so that another process, in any folder, can build
it: what to import, from which folders, and an expression.

Dataclasses and classes whose attributes bear the names of their arguments are written as calls;
functions and classes by where they are defined; what else an object holds is pickled.
"""

from __future__ import annotations

import base64
import dataclasses
import enum
import inspect
import math
import pickle
import site
import sys
import sysconfig
import types
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

_made: dict[str, Any] = {}  # by the name of its factory


def remember(factory: str, subject: Any) -> None:
    """That a factory package.module:name made this subject."""
    _made[factory] = subject


class Unwritable(Exception):
    """An object that another process cannot build."""


@dataclass
class Writer:
    """Writes objects as expressions, and remembers what these import. `opaque`: objects are
    pickled.
    """

    opaque: bool = False
    modules: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)

    def expression(self, value: Any) -> str:
        """An expression whose value is `value`, after `lines`; Unwritable where there is none."""
        if value is None or isinstance(value, bool | int | str | bytes):
            return self._called(value) if isinstance(value, enum.Enum) else repr(value)
        if isinstance(value, float):
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        if isinstance(value, torch.dtype | torch.device):
            return repr(value) if isinstance(value, torch.dtype) else f"torch.{value!r}"
        if isinstance(value, torch.Tensor) and value.numel() <= 64:
            return f"torch.tensor({value.tolist()!r}, dtype={value.dtype})"
        if type(value) in (tuple, list, set, frozenset, dict):
            return self._container(value)
        if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
            return self.name(value)
        return self._called(value)

    def name(self, definition: Any) -> str:
        """The name of a class or a function, imported from the module that defines it."""
        module, path = definition.__module__, definition.__qualname__.split(".")
        home = sys.modules.get(module)
        found: Any = home
        for part in path:
            found = getattr(found, part, None)
        if home is None or found is not definition:
            raise Unwritable(f"{definition.__qualname__} is not defined at the top of a module")
        if module == "builtins":
            return path[0]
        if module == "__main__":
            module = _main(home)
        self.modules.add(module)
        self.imports.add(f"from {module} import {path[0]}")
        return ".".join(path)

    def made(self, value: Any) -> str:
        """The call of the factory that made it; Unwritable where none did."""
        for factory, subject in _made.items():
            if subject is value:
                module, _, name = factory.partition(":")
                self.modules.add(module)
                self.imports.add(f"from {module} import {name.partition('.')[0]}")
                return f"{name}()"
        raise Unwritable(f"no factory by name made {type(value).__qualname__}")

    def lines(self) -> list[str]:
        """The imports, sorted, those of ctverify last."""
        return sorted(self.imports, key=lambda line: ("ctverify" in line, line))

    def _container(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = (f"{self.expression(k)}: {self.expression(v)}" for k, v in value.items())
            return f"{{{', '.join(pairs)}}}"
        inside = ", ".join(self.expression(part) for part in value)
        if isinstance(value, tuple):
            return f"({inside}{',' if len(value) == 1 else ''})"
        if isinstance(value, list):
            return f"[{inside}]"
        return f"{type(value).__name__}([{inside}])"

    def _called(self, value: Any) -> str:
        if isinstance(value, enum.Enum):
            return f"{self.name(type(value))}.{value.name}"
        if self.opaque:
            return self._pickled(value)
        arguments = _arguments(value)
        if arguments is None:
            return self._pickled(value)
        name = self.name(type(value))
        given = (f"{key}={self.expression(part)}" for key, part in arguments.items())
        return f"{name}({', '.join(given)})"

    def _pickled(self, value: Any) -> str:
        if type(value).__module__ == "__main__":
            raise Unwritable(f"{type(value).__qualname__} is defined in the script that runs")
        try:
            data = base64.b64encode(pickle.dumps(value)).decode()
        except Exception as error:
            raise Unwritable(f"{type(value).__qualname__} cannot be pickled: {error}") from error
        if len(data) > 10_000:
            raise Unwritable(f"{type(value).__qualname__} holds too much to be written down")
        self.modules.add(type(value).__module__)
        self.imports |= {"import base64", "import pickle"}
        return f"pickle.loads(base64.b64decode({data!r}))  # {type(value).__qualname__}"


def _main(module: Any) -> str:
    """The name by which the script that runs can be imported."""
    file = getattr(module, "__file__", None)
    if getattr(module, "__spec__", None) is not None:
        return str(module.__spec__.name)
    if file is None or not Path(file).stem.isidentifier():
        raise Unwritable("it is defined in no file that can be imported")
    return Path(file).stem


def _arguments(value: Any) -> dict[str, Any] | None:
    """What a call of its class takes to build it anew, less defaults; None where that is not
    told.
    """
    if dataclasses.is_dataclass(value):
        fields = [one for one in dataclasses.fields(value) if one.init]
        found = {one.name: (one.default, getattr(value, one.name)) for one in fields}
    else:
        kind = type(value)
        if kind.__init__ is object.__init__:
            return None if getattr(value, "__dict__", None) else {}
        try:
            parameters = list(inspect.signature(kind).parameters.values())
        except (TypeError, ValueError):
            return None
        if any(p.kind in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
            return None
        if not all(p.name in vars(value) for p in parameters if hasattr(value, "__dict__")):
            return None
        found = {p.name: (p.default, vars(value)[p.name]) for p in parameters}
    return {name: given for name, (usual, given) in found.items() if not _same(usual, given)}


def _same(one: Any, other: Any) -> bool:
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:
        return False


def folders(modules: Iterable[str]) -> list[str]:
    """The folders that these modules come from and that a Python started anew does not search; with
    every other one that this process was told to search and found modules in.
    """
    usual = _usual()
    searched = [Path(entry or ".").resolve() for entry in sys.path]
    unusual = [path for path in searched if not any(path.is_relative_to(u) for u in usual)]
    roots = {_root(name) for name in list(sys.modules)} if unusual else set()
    told = [path for path in unusual if path in roots]
    own = sorted({root for name in modules if (root := _root(name)) is not None})
    found = dict.fromkeys([*told, *own])
    return [str(path) for path in found if not any(path.is_relative_to(u) for u in usual)]


def _root(name: str) -> Path | None:
    """The folder in which the import of a module begins."""
    module = sys.modules.get(name) or sys.modules.get("__main__")
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    path = Path(file).resolve()
    depth = name.count(".") + (path.name == "__init__.py")
    return path.parents[depth] if depth < len(path.parents) else None


def _usual() -> set[Path]:
    """What every start of this Python searches."""
    named = sysconfig.get_paths()
    paths = [named[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    return {Path(path).resolve() for path in [*paths, *site.getsitepackages()]}
