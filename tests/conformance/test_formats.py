"""Reports for other programs: SARIF by its published schema, GitHub's annotations, JUnit XML."""

import datetime
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from ctverify.conformance.explaining.place import place
from ctverify.conformance.formats.badge import badge
from ctverify.conformance.formats.github import github
from ctverify.conformance.formats.junit import junit
from ctverify.conformance.formats.sarif import sarif
from ctverify.conformance.references.reference import Reference
from ctverify.conformance.results.result import Report, Result

HERE = Path(__file__)
SCHEMA = json.loads((HERE.parent / "data" / "sarif-2.1.0.json").read_text())
AWKWARD = "50 % of\r\nwhat: is, \x00 right \N{SNOWMAN} ::error::\x1b"


def result(id, status, detail="", **more):
    """A result whose law is awkward."""
    return Result(
        id, id.partition(".")[0], f"the law of {id}: a, b", "Eq. (1)", status, detail, **more
    )


@pytest.fixture
def report(tmp_path, monkeypatch):
    """A report with a result of every kind, whose subject lies below the working directory."""
    monkeypatch.chdir(tmp_path)
    mine = str(tmp_path / "a folder" / "mine,50%.py")
    results = (
        result("times.first", "fail", AWKWARD, file=mine, line=7, configuration="Mine(n=1)"),
        result("times.follows", "fail", "so too", follows_from="times.first", file=mine, line=7),
        result("loss.law", "inconclusive", "raised", file="/elsewhere/their.py", line=1),
        result("loss.known", "fail", "as ever"),
        result("loss.expected", "expected_failure", "on purpose", reason="ours"),
        result("pair.surprise", "pass"),
        result("pair.fine", "pass"),
        result("pair.absent", "not_applicable", "the subject has no pair"),
    )
    return Report(
        "mine:Mine", "1.0", 3, results, unexpected=("pair.surprise",), known=("loss.known",)
    )


def test_sarif_keeps_its_schema(report):
    """The log is valid; every defect is a result at the subject's line, the rest is told apart."""
    log = json.loads(json.dumps(sarif(report), allow_nan=False))
    Draft4Validator(SCHEMA).validate(log)
    (run,) = log["runs"]
    found = {one["ruleId"]: one for one in run["results"]}
    assert set(found) == {
        "times.first",
        "loss.law",
        "loss.known",
        "loss.expected",
        "pair.surprise",
    }
    first = found["times.first"]
    assert first["level"] == "error" and "times.follows" in first["message"]["text"]
    where = first["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "a%20folder/mine%2C50%25.py"
    assert where["region"] == {"startLine": 7}
    assert found["loss.law"]["kind"] == "open"
    assert {id for id, one in found.items() if "suppressions" in one} == {
        "loss.known",
        "loss.expected",
    }
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_a_wrong_log_is_told():
    """The schema is no rubber stamp."""
    log = sarif(Report("mine", "", 0, ()))
    Draft4Validator(SCHEMA).validate(log)
    log["runs"][0]["results"] = [{"ruleId": "x"}]
    assert list(Draft4Validator(SCHEMA).iter_errors(log))


def test_github_annotations(report):
    """One command a line, escaped; what is suppressed or follows has none."""
    lines = github(report).splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error", "::warning"]
    assert lines[0].startswith(
        "::error file=a folder/mine%2C50%25.py,line=7,title=ctverify mine%3AMine%3A times.first::"
        "50 %25 of%0D%0Awhat: is, "
    )
    assert "%0Aat: Mine(n=1)" in lines[0] and "so fails: times.follows" in lines[0]
    assert "file=" not in lines[2]  # it is not the user's
    incomplete = Report("mine", "", 0, (), complete=False)
    assert github(incomplete) == "::warning title=ctverify mine::the report is incomplete"


def test_junit(report):
    """What fails, what could not be judged, what is skipped; characters that XML lacks are gone."""
    suite = ElementTree.fromstring(junit(report))
    tags = {case.get("name"): [child.tag for child in case] for case in suite}
    assert tags == {
        "times.first": ["failure"],
        "times.follows": ["skipped"],
        "loss.law": ["error"],
        "loss.known": ["skipped"],
        "loss.expected": ["skipped"],
        "pair.surprise": ["failure"],
        "pair.fine": [],
        "pair.absent": ["skipped"],
    }
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["8", "2", "1", "4"]


def test_places():
    """A method's own line, its class's where the subject does not define it."""

    class Mine(Reference):
        def sample(self, z, n, network, seed):
            return z

    file, line = place(Mine(), ("sample",))
    assert file == str(HERE.resolve())
    assert "def sample" in HERE.read_text().splitlines()[line - 1]
    file, line = place(Mine(), ("nothing",))
    assert "class Mine" in HERE.read_text().splitlines()[line - 1]
    assert place(Mine(), ("network",))[0].endswith("reference.py")


def test_badge(report):
    """XML whatever the subject is called; the verdict of the exit code, what counts, the date."""
    named = replace(report, subject=f"<{AWKWARD}>", version="&")
    root = ElementTree.fromstring(badge(named, datetime.date(2027, 1, 2)))
    words = "".join(root.itertext())
    assert "does not conform" in words and words.rstrip().endswith("(2027-01-02)")
    label = root.get("aria-label")
    assert label in words and "1 expected" in label
