"""The README and docs/: links resolve, commands and symbols exist, the example runs."""

from __future__ import annotations

import importlib
import re
import textwrap
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from ctverify.cli.main import main

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
WORDS = 700
SET_UP = (
    "pip install -c constraints.txt '.[data]' && ctverify run",
    "pip install -c constraints.txt '.[test]' && pytest",
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

by_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def python_blocks(page: Path) -> list[str]:
    """The page's blocks of Python."""
    blocks = FENCE.findall(page.read_text(encoding="utf-8"))
    return [code for language, code in blocks if language == "python"]


def anchors(page: Path) -> set[str]:
    """The fragments of the page's headings, as GitHub names them."""
    titles = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", title.lower()) for title in titles]
    return {title.replace(" ", "-") for title in plain}


def has(kind: type, name: str) -> bool:
    """Whether a class has the attribute, or its instances the field."""
    declared = {field.name for field in fields(kind)} if is_dataclass(kind) else set()
    return hasattr(kind, name) or name in declared


def test_readme_is_one_page():
    """At most 700 words, code and tables included."""
    assert len(re.findall(r"\S+", README.read_text(encoding="utf-8"))) <= WORDS


def test_set_up_commands_stand_verbatim():
    """Each on a line of its own, in the README."""
    lines = [line.strip() for line in README.read_text(encoding="utf-8").splitlines()]
    for command in SET_UP:
        assert command in lines


@by_page
def test_links_resolve(page):
    """Relative links name a file, and fragments a heading of it."""
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith("https://"):
            continue
        path, _, fragment = link.partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.is_file(), link
        assert not fragment or fragment in anchors(goal), link


def test_every_page_is_in_the_index():
    """docs/index.md links to all other pages."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.name == "index.md" or f"{page.name})" in index


@by_page
def test_lines_are_wrapped(page):
    """At most 120 columns; a row of a table cannot be broken."""
    for number, text in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        assert len(text) <= 120 or text.startswith("|"), f"{page.name}:{number}"


@by_page
def test_python_compiles(page):
    """Every block of Python is valid."""
    for code in python_blocks(page):
        compile(textwrap.dedent(code), page.name, "exec")


def test_readme_example_runs(capsys):
    """The README's example as it stands, with fewer levels and draws."""
    (code,) = [code for code in python_blocks(README) if "certify(" in code]
    for written, smaller in (
        ("li_huang_wei(64)", "li_huang_wei(16)"),
        ("samples=16_384", "samples=512"),
        ("max_w1=0.1", "max_w1=0.1, samples=64, pairs=256"),
    ):
        assert code.count(written) == 1
        code = code.replace(written, smaller)
    exec(compile(code, "README.md", "exec"), {})
    assert "W_1 at most" in capsys.readouterr().out


def test_readme_tells_every_command():
    """Its table has a row for each command, and for nothing else."""
    rows = re.findall(r"^\| `ctverify (\w+)` \|", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(main.commands)


def test_readme_tells_every_extra():
    """Each extra of pyproject.toml, and no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    section = README.read_text(encoding="utf-8").partition("## Extras")[2].partition("##")[0]
    named = set(re.findall(r"`(\w+)`", section))
    assert named == set(project["optional-dependencies"])


def test_symbols_are_where_the_notation_says():
    """Each `module:name` of docs/notation.md, with the field named after it, exists."""
    text = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    places = re.findall(r"`([a-z_0-9.]+):([\w.]+)`(?:, field `(\w+)`)?", text)
    assert len(places) > 50
    for module, path, field in places:
        if module == "module":  # the pattern, as the page explains it
            continue
        home = importlib.import_module(f"ctverify.{module}")
        owner, _, attribute = path.partition(".")
        assert hasattr(home, owner), f"{module}:{path}"
        for name in filter(None, (attribute, field)):
            assert has(getattr(home, owner), name), f"{module}:{path} {name}"


def test_files_of_the_architecture_exist():
    """Each path that docs/architecture.md names."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"`([\w/]+(?:\.py|\.toml|/))`", text)
    assert len(paths) > 30
    for path in paths:
        assert (ROOT / path).exists() or (ROOT / "ctverify" / path).exists(), path


def test_claims_of_the_notation_are_in_the_ledger():
    """Each claim that docs/notation.md cites."""
    from ctverify.ledger import claims

    text = (ROOT / "docs" / "notation.md").read_text(encoding="utf-8")
    cited = set(re.findall(r"`((?:gaussian|explicit|schedule)\.[\w.]+)`", text))
    assert cited and cited <= {claim.id for claim in claims()}
