"""Files of sweeps: each case once, what is missing, and what is refused by name."""

import json
import re
from dataclasses import replace

import pytest

from ctverify import InputError
from ctverify.report.collect import Collection, collect
from ctverify.report.page import html
from ctverify.sweep.gather import gather
from ctverify.sweep.store import Record

from .conftest import keep_sweep, swept
from .reader import Reader

ABSENT = object()
REFUSED = r"x\.json' is not of the schema ctverify/sweep/1: "


def test_folders_files_and_repetitions(tmp_path):
    """A folder of shards and a case given by name: each case once, what no folder has is missing;
    the same as merge finds.
    """
    records = swept()
    folders = [tmp_path / "all" / "1", tmp_path / "all" / "2"]
    keep_sweep(folders[0], records[:5])
    keep_sweep(folders[1], records[3:])
    collection = collect([tmp_path / "all", folders[1] / "cases" / "bad.json"])
    assert list(collection.records) == gather(folders)[0]
    assert len(collection.records) == len(records)
    assert collection.missing == 1
    assert collection.notes == ()


@pytest.mark.parametrize("finished_first", [True, False])
def test_a_finished_case_before_a_failed_one(tmp_path, finished_first):
    """Of a case in two folders the one with a result counts, wherever it is."""
    finished = swept()[0]
    failed = replace(finished, status="failed", result=None, error="killed")
    keep_sweep(tmp_path / "0", [finished if finished_first else failed])
    keep_sweep(tmp_path / "1", [failed if finished_first else finished])
    assert collect([tmp_path]).records == (finished,)


def test_nothing_finished(tmp_path):
    """A sweep that has just begun has a page that says so."""
    keep_sweep(tmp_path, [])
    words = Reader(html(collect([tmp_path]))).words
    assert "Nothing is finished" in words
    assert "? inconclusive sweeps" in words
    assert "0 cases: 0 done; 1 more is missing." in words


def changed(path, value):
    """A case's JSON with one field replaced, or taken out."""
    data = swept()[0].to_dict()
    *way, last = path
    part = data
    for name in way:
        part = part[name]
    if value is ABSENT:
        del part[last]
    else:
        part[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("status",), "perhaps", r"'perhaps' - at `\$\.status`"),
        (("result",), None, "done with a result or failed"),
        (("case", "target"), 3, r"Expected `str`, got `int` - at `\$\.case\.target`"),
        (("case", "steps"), [64], r"got `array` - at `\$\.case\.steps`"),
        (("result", "T"), "64", r"Expected `int`, got `str` - at `\$\.result\.T`"),
        (("result", "r"), -1, r"Expected `float` > 0\.0 - at `\$\.result\.r`"),
        (
            ("result", "verdicts"),
            [{"status": "fine", "law": ""}],
            r"'fine' - at `\$\.result\.verdicts",
        ),
        (("result", "budget"), None, "must have its budget and its theorem"),
        (("result", "w1", "upper"), "1", r"got `str` - at `\$\.result\.w1\.upper`"),
        (("result", "w1", "upper"), 10**400, r"out of range - at `\$\.result\.w1\.upper`"),
        (("result", "theorem", "lipschitz"), 0, r"> 0\.0 - at `\$\.result\.theorem\.lipschitz`"),
        (("result", "budget", "defect_sum"), -1, r"at `\$\.result\.budget\.defect_sum`"),
        (("result", "shares", "total"), 0, r"> 0\.0 - at `\$\.result\.shares\.total`"),
    ],
)
def test_malformed_cases(tmp_path, path, value, words):
    """Refused by name where given by name, passed over with a note in a folder, refused by
    `exponents`' reader too.
    """
    (tmp_path / "cases").mkdir()
    file = tmp_path / "cases" / "x.json"
    file.write_text(json.dumps(changed(path, value)))
    with pytest.raises(InputError, match=REFUSED + f".*{words}"):
        collect([file])
    keep_sweep(tmp_path, swept()[1:3])
    collection = collect([tmp_path])
    assert len(collection.records) == 2
    assert re.search(words, collection.notes[0])
    with pytest.raises(InputError, match=words):
        gather([tmp_path])


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("result", "r"), ABSENT, "missing required field `r`"),
        (("result", "budget", "eps_sum"), ABSENT, "missing required field `eps_sum`"),
        (("result", "w1", "upper"), 0.0, "must not have upper 0"),
        (("result", "w1", "upper"), "Infinity", "Expected a finite `number`, got inf"),
        (("result", "dim"), 10**400, "Expected `int` <= 9007199254740992"),
        (("case", "c1"), 10**400, "at `$.case.c1`"),
        (("case", "c1"), 1e999, "Expected `float` <= 1.79769"),
        (("seconds",), 10**400, "at `$.seconds`"),
    ],
)
def test_cases_that_cannot_be_counted_with(tmp_path, path, value, words):
    """What exponents and figures would stumble over is refused too."""
    text = json.dumps(changed(path, value)).replace(": Infinity", ": 1e999")
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError, match=REFUSED) as caught:
        collect([tmp_path / "x.json"])
    assert words in str(caught.value)


@pytest.mark.parametrize("value", [1e-320, 1e-299, 1e299, 2**53, 10**250])
@pytest.mark.parametrize(
    "path",
    [("result", "r"), ("result", "w1", "upper_estimate"), ("result", "theorem", "lipschitz")],
)
def test_numbers_of_any_size_have_a_page(path, value):
    """No number that is let through costs the page."""
    odd = Record.from_dict(changed(path, value) | {"hash": "odd"})
    records = (odd, *swept()[1:])
    assert "How the error grows" in html(Collection(records=records))


def test_cases_that_are_asked_for_must_be_a_list(tmp_path):
    """sweep.json of another shape."""
    file = tmp_path / "sweep.json"
    file.write_text('{"schema": "ctverify/sweep/1", "cases": {"a": 1}}')
    with pytest.raises(InputError, match=r"Expected `array`, got `object` - at `\$\.cases`"):
        collect([file])
