"""The pages about adapters: every block of Python is a file, as it stands, and what the page says
of it is so.
"""

import re
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import pytest
import torch

from ctverify.conformance import check, search
from ctverify.conformance.checks import ALL

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STYLES = ("training-script", "module", "images", "scheduler")
MODULE = re.compile(r"# (\w+)\.py\n")
few_examples = pytest.mark.parametrize("most", [2, pytest.param(None, marks=pytest.mark.slow)])


def blocks(page):
    """(language, text) of each fenced block."""
    return FENCE.findall((DOCS / page).read_text(encoding="utf-8"))


@contextmanager
def files(page, folder):
    """The page's Python blocks as files named by their first lines, importable; their names."""
    names = []
    for language, code in blocks(page):
        if language == "python" and MODULE.match(code):
            name = MODULE.match(code)[1]
            (folder / f"{name}.py").write_text(code)
            names.append(name)
    sys.path.insert(0, str(folder))
    try:
        yield names
    finally:
        sys.path.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)


@few_examples
@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # of torch.func.jvp
def test_flow_map_conforms(most, tmp_path):
    """So does that of a map of two times."""
    with files("adapter-flow-map.md", tmp_path), torch.random.fork_rng():
        made = import_module("my_flow_adapter").Mine()
        report = check(made, max_examples=most)
    statuses = {result.id: result.status for result in report.results}
    assert report.conforms, [result.detail for result in report.failed]
    assert "inconclusive" not in statuses.values(), statuses
    for id in ("map.exact", "loss.residual", "loss.orthogonal", "times.pairs", "sampler.flow"):
        assert statuses[id] == "pass"


@few_examples
@pytest.mark.parametrize("style", STYLES)
def test_adapter_conforms(style, most, tmp_path):
    """What the page's command names conforms, and none of its checks is left unjudged."""
    page = f"adapter-{style}.md"
    (command,) = [text.strip() for language, text in blocks(page) if language == "console"]
    name = command.removeprefix("$ ctverify check ")
    with files(page, tmp_path), torch.random.fork_rng():
        module, _, factory = name.partition(":")
        report = check(getattr(import_module(module), factory)(), max_examples=most)
    statuses = {result.id: result.status for result in report.results}
    assert report.conforms, [result.detail for result in report.failed]
    assert "inconclusive" not in statuses.values(), statuses
    assert statuses["sampler.renoise"] == "pass"
    assert statuses["scalings.boundary"] == "pass"


def test_a_defect_of_the_training_script_is_found(tmp_path, monkeypatch):
    """The page claims it: a wrong scaling shows in the pair, although the adapter undoes it."""
    monkeypatch.setattr(search, "SHRINKS", 5)
    with files("adapter-training-script.md", tmp_path), torch.random.fork_rng():
        script = tmp_path / "train.py"
        right = script.read_text()
        wrong = right.replace("model(x / variance.sqrt(),", "model(x / variance,")
        assert wrong != right
        script.write_text(wrong)
        adapter = import_module("train_adapter").Script()
        (by_id,) = [one for one in ALL if one.id == "pair.noise"]
        assert search.judge(by_id, adapter, 0, None).status == "fail"


def test_awkward_settings_find_what_defaults_hide(tmp_path, capsys):
    """The block prints what the page says."""
    with files("admissible-settings.md", tmp_path) as names:
        for name in names:
            import_module(name)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "Sampler conforms"
    assert second.startswith("Awkward ")
    assert "not finite" in second


def test_conventions_are_as_measured(tmp_path, capsys):
    """The block's measured factors are those declared, to 6 standard errors of the standard
    deviation of 100,000 draws, 6/sqrt(2 10^5), and the printed digits.
    """
    with files("which-convention.md", tmp_path) as names:
        for name in names:
            import_module(name)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for line in lines:
        a, b, right_a, right_b = map(float, re.findall(r"\d\.\d{4}", line))
        assert abs(a - right_a) <= 1e-4
        assert abs(b / right_b - 1) <= 6 / (2e5) ** 0.5 + 1e-4 / right_b


def test_the_page_s_defect_is_found_as_it_says(tmp_path, monkeypatch):
    """docs/conformance.md: one failure, its sentence and its setting; the tests in CI expect it."""
    page = (DOCS / "conformance.md").read_text(encoding="utf-8")
    seen = " ".join(re.search(r"  seen: (.*?)\n  at: ", page, re.DOTALL)[1].split())
    with files("conformance.md", tmp_path):
        report = check(import_module("my_adapter").Mine(), checks=["sampler.renoise"])
        import_module("test_mine")
    (failure,) = report.failed
    assert failure.id == "sampler.renoise"
    assert failure.detail == seen
    assert failure.configuration.startswith(
        "Mine(sigma_min=0.02); n = 17, target = Case(spread=1.0"
    )


def test_the_adapter_of_the_readme_runs(tmp_path):
    """Pasted as it stands, into the file that it names, it conforms."""
    codes = [code for language, code in blocks("../README.md") if language == "python"]
    (code,) = [code for code in codes if MODULE.match(code)]
    name = MODULE.match(code)[1]
    assert f"`ctverify check {name}:Mine`" in (DOCS.parent / "README.md").read_text()
    with files("../README.md", tmp_path):
        report = check(import_module(name).Mine(), max_examples=5)
    statuses = {result.id: result.status for result in report.results}
    assert report.conforms, [result.detail for result in report.failed]
    assert statuses["scalings.semigroup"] == "pass"


def test_declared_conventions_exist():
    """Every `Convention....` of the page's first table is one."""
    from ctverify import Convention

    text = (DOCS / "which-convention.md").read_text(encoding="utf-8")
    codes = re.findall(r"`(Convention\.\w+\(.*?\))` \|", text)
    assert len(codes) == 4
    known = {"Convention": Convention, "sigma_min": 0.002, "sigma_max": 80.0, "sigma_data": 0.5}
    for code in codes:
        assert isinstance(eval(code, {**known, "ab": [0.9] * 1000}), Convention)
