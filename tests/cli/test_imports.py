"""Nothing in the current directory is imported that the user did not name."""

from __future__ import annotations

import functools
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest

from ctverify import InputError
from ctverify.core.arguments import imported
from ctverify.core.processes import Context, begin, side_by_side

from ..core.tasks import doubled

# modules that Python, multiprocessing, torch or ctverify's commands import, some of them late
SHADOWS = (
    "random",
    "signal",
    "pickle",
    "socket",
    "multiprocessing",
    "colorsys",
    "numpy",
    "scipy",
    "torch",
    "safetensors",
    "rich",
    "jinja2",
    "msgspec",
    "ot",
)
TRAP = "raise SystemExit('imported from the current directory')\n"
QUICK = "--steps 8 --c0 1 --c1 2 --samples 16"


@pytest.fixture
def trapped(tmp_path, monkeypatch):
    """A current directory in which each of them lies, and a model of the user's."""
    for name in SHADOWS:
        (tmp_path / f"{name}.py").write_text(TRAP)
    (tmp_path / "mine.py").write_text("import colorsys\nfrom beside import f\n")
    (tmp_path / "beside.py").write_text("def f(x, t):\n    return x\n")
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "beside", "colorsys"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


def test_what_the_user_names(trapped):
    """It is found, with what lies beside it; what is installed stays what it is."""
    path = list(sys.path)
    finders = list(sys.meta_path)
    f = imported("MODEL", "mine:f")
    assert f.__module__ == "beside"
    assert sys.modules["colorsys"].__file__ != str(trapped / "colorsys.py")
    assert sys.path == path and sys.meta_path == finders


def test_the_users_comes_first(trapped, monkeypatch):
    """Where another package of that name is installed; a mere directory is none."""
    (trapped / "installed").mkdir()
    (trapped / "installed" / "mine.py").write_text("f = None\n")
    monkeypatch.syspath_prepend(str(trapped / "installed"))
    assert imported("MODEL", "mine:f") is not None
    (trapped / "colorsys.py").unlink()
    (trapped / "colorsys").mkdir()
    assert imported("MODEL", "colorsys:rgb_to_hls")(0.0, 0.0, 0.0) == (0.0, 0.0, 0.0)


def test_one_that_fails(trapped):
    """One sentence, and the path is what it was."""
    (trapped / "mine.py").write_text("import sys\nsys.path.clear()\n1 / 0\n")
    path = list(sys.path)
    try:
        with pytest.raises(InputError, match="ZeroDivisionError"):
            imported("MODEL", "mine:f")
    finally:
        sys.path[:] = path


def test_processes(trapped):
    """Those that commands start look for modules of Python's own when they start."""
    results = []
    tasks = [functools.partial(doubled, 1), functools.partial(doubled, 2)]
    side_by_side(tasks, 2, lambda *_: None, lambda _, result: results.append(result))
    assert sorted(results) == [2, 4]
    with ProcessPoolExecutor(1, Context(), begin) as pool:
        assert pool.submit(abs, -1).result() == 1


COMMANDS = {
    "run": f"run --target mild --target separated --model affine --train-samples 100 {QUICK}",
    "certify": f"certify mine:f --target mild --pairs 64 --report r.html {QUICK}",
    "sweep": "sweep spec.toml --out o --executor local:1",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_commands(trapped, name):
    """With all that they import, also late."""
    (trapped / "spec.toml").write_text(
        'target = "mild"\nmodel = "affine"\nsteps = 8\nc0 = 1\nc1 = 2\ntrain_samples = 50\n'
        "paths = 16\npairs = 32\n"
    )
    command = [sys.executable, "-P", "-m", "ctverify", *COMMANDS[name].split()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "current directory" not in done.stderr + done.stdout
    assert done.returncode in (0, 1, 3), done.stderr
