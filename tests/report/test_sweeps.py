"""Sweeps on the page: every case is counted, bad ones are named, exponents stand in figures and tables; bad files are refused."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from sweep.records import record

from ctverify import InputError
from ctverify.exponents import fits
from ctverify.report.collect import Collection, collect
from ctverify.report.figure_exponents import exponents_figure, standalone
from ctverify.report.page import html
from ctverify.sweep.gather import gather

from .conftest import HOSTILE, keep_sweep, swept
from .reader import Reader


def page(records, missing=0):
    """The page of these cases alone."""
    return Reader(html(Collection(records=tuple(records), missing=missing)))


def test_every_case_is_counted():
    """Done, failed, missing; the failed one with its reason, the one with a verdict that fails with its law."""
    words = page(swept(), missing=1).words
    assert "14 cases: 1 failed, 1 fail, 12 pass, 1 missing" in words
    assert "must be below 1, got <b>1.04</b>" in words and "f is finite" in words and "steps=8" in words


def test_many_cases_are_not_listed():
    """Of 300 failed cases 20 are named, the rest is counted; the families' table has one row."""
    failed = [replace(swept()[-2], hash=f"bad-{i}") for i in range(300)]
    found = page(failed)
    assert "And 280 more" in found.words and found.words.count("must be below 1") == 20 and "300 cases: 300 failed" in found.words


def test_exponents_are_those_of_the_fits():
    """The tables hold each fit's numbers to the last digit; what is refused says why."""
    records = swept()
    found, numbers = page(records), None
    numbers = set(found.numbers)
    for fit in fits(records):
        if fit.exponent is not None:
            assert {fit.exponent, fit.low, fit.high} <= numbers
            assert fit.w1_low is None or {fit.w1_low, fit.w1_high} <= numbers
    assert "90% of the error budget is the model's own" in found.words and "linear in r" in found.words
    assert "Gaussian law" in found.words and "Theorem 1" in found.words


def test_nothing_to_fit_is_no_error():
    """Failed cases alone, or one case: a section without figures."""
    for records in ([swept()[-2]], [record(lambda r, d, L: r)]):
        assert "How the error grows" not in page(records).words


def test_folders_files_and_repetitions(tmp_path):
    """A folder of shards and a case given by name: each case once, what no folder has is missing; the same as merge finds."""
    records = swept()
    keep_sweep(tmp_path / "all" / "1", records[:5])
    keep_sweep(tmp_path / "all" / "2", records[3:])
    found = collect([tmp_path / "all", tmp_path / "all" / "2" / "cases" / "bad.json"])
    assert list(found.records) == gather([tmp_path / "all" / "1", tmp_path / "all" / "2"])[0]
    assert len(found.records) == len(records) and found.missing == 1 and found.notes == ()


def _without(path, value):
    """A case's JSON with one field replaced."""
    data = swept()[0].to_dict()
    part = data
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("status",), "perhaps", "done with a result or failed"),
        (("result",), None, "done with a result or failed"),
        (("case", "target"), 3, "the case's target must be text"),
        (("case", "steps"), [64], "settings must be plain values"),
        (("result", "T"), "64", "the result's T must be a whole number"),
        (("result", "r"), -1, "the result's r must be"),
        (("result", "verdicts"), [{"status": "fine", "law": ""}], "verdicts must be a list"),
        (("result", "budget"), None, "must be objects"),
        (("result", "w1", "upper"), "1", "numbers must be finite"),
        (("result", "w1", "upper"), 10**400, "numbers must be finite"),
        (("result", "theorem", "lipschitz"), 0, "lipschitz must be above 0"),
        (("result", "budget", "defect_sum"), None, "must have its defect_sum"),
    ],
)
def test_malformed_cases(tmp_path, path, value, words):
    """Refused by name where given by name, passed over with a note in a folder, refused by `exponents`' reader too."""
    (tmp_path / "cases").mkdir()
    file = tmp_path / "cases" / "x.json"
    file.write_text(json.dumps(_without(path, value)))
    with pytest.raises(InputError, match=rf"x\.json' must keep to its schema .*{words}"):
        collect([file])
    keep_sweep(tmp_path, swept()[1:3])
    found = collect([tmp_path])
    assert len(found.records) == 2 and words.split(" .")[0] in found.notes[0]
    with pytest.raises(InputError, match=words):
        gather([tmp_path])


def test_cases_that_are_asked_for_must_be_a_list(tmp_path):
    """sweep.json of another shape."""
    (tmp_path / "sweep.json").write_text('{"schema": "ctverify/sweep/1", "cases": {"a": 1}}')
    with pytest.raises(InputError, match="cases must be a list of hashes"):
        collect([tmp_path / "sweep.json"])


def test_figure_for_a_readme():
    """One XML file that names nothing outside itself, with every family and every axis; hostile names are text."""
    records = [replace(r, case=r.case | {"target": r.case["target"] + HOSTILE}) for r in swept()]
    text = standalone(fits(records))
    root = ElementTree.fromstring(text.encode())
    words = "".join(root.itertext())
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and not any("script" in element.tag for element in root.iter())
    assert all(name in words for name in ("gaussian-isotropic", "exponent in d", "exponent in L_f", "no fit"))
    assert not any(key.endswith("href") for element in root.iter() for key in element.attrib)


def test_dots_are_in_order():
    """A larger exponent is drawn further to the right; references at theirs."""
    records = [record(lambda r, d, L: r**0.5, T=T, target="a") for T in (64, 128, 256)]
    records += [record(lambda r, d, L: r**0.9, T=T, target="b") for T in (64, 128, 256)]
    picture = exponents_figure(fits(records), "r").svg
    circles = [e.get("transform") for e in ElementTree.fromstring(picture).iter() if e.get("class") == "shape model"]
    places = [float(str(t).removeprefix("translate(").split()[0]) for t in circles[1:]]
    assert len(places) == 2 and places[0] < places[1]
