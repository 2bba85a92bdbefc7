"""Sweeps on the page: every case is counted, bad ones are named, exponents stand in figures and
tables; bad files are refused.
"""

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ctverify import InputError
from ctverify.report.collect import Collection, collect
from ctverify.report.figure_errors import APART, chosen, errors_figure, lines, spread
from ctverify.report.figure_exponents import exponents_figure, rows, standalone
from ctverify.report.page import html
from ctverify.report.sweeps import sweep_part
from ctverify.sweep.exponents import fits
from ctverify.sweep.gather import gather
from ctverify.sweep.store import Record
from tests.sweep.records import record

from .conftest import HOSTILE, keep_sweep, swept
from .reader import Reader

STEPS = (64, 128, 256)
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = ("rect", "path", "text", "title")


def page(records, missing=0):
    """The page of these cases alone."""
    return Reader(html(Collection(records=tuple(records), missing=missing)))


def test_every_case_is_counted():
    """Done, failed, missing; the failed one with its reason, the one with a verdict that fails with
    its law.
    """
    words = page(swept(), missing=1).words
    assert (
        words.count("14 cases: 13 done (1 fail, 12 pass), 1 failed; 1 more is missing.") == 2
    )  # verdicts and section
    assert "✗ fail sweeps" in words and "14 sweep cases" in words
    assert (
        "must be below 1, got <b>1.04</b>" in words
        and "f is finite" in words
        and "steps=8" in words
    )


def test_families():
    """A row a target, model and schedule: ranges over its cases, ends of the upper limits, failed
    ones, the gravest verdict.
    """
    part = sweep_part(swept(), 0)
    found = {(family.target, family.model): family for family in part.families}
    assert len(found) == 4 and sum(family.cases for family in found.values()) == 14
    linear = found["gaussian-isotropic", "population"]
    upper = [
        r.result["w1"]["upper"]
        for r in swept()
        if r.result and r.case["target"] == "gaussian-isotropic"
    ]
    assert (linear.least, linear.most) == (min(upper), max(upper)) and {
        min(upper),
        max(upper),
    } <= set(page(swept()).numbers)
    assert (linear.cases, linear.failed, linear.d, linear.steps, linear.seeds) == (
        8,
        1,
        "1 to 8",
        "64 to 512",
        "0",
    )
    assert (linear.status, linear.verdicts, linear.schedule) == ("fail", "7 pass", "li_huang_wei")
    assert (found["wrong", "population"].status, found["wrong", "population"].seeds) == (
        "fail",
        "7",
    )
    assert found["sharp-product", "population"].status == "pass"


@pytest.mark.parametrize(
    ("kept", "missing", "status"),
    [
        (slice(0, 5), 0, "pass"),
        (slice(0, 5), 1, "inconclusive"),
        (slice(0, 0), 1, "inconclusive"),
        (slice(-2, None), 1, "fail"),
    ],
)
def test_status(kept, missing, status):
    """Fail where a case has no result or a verdict that fails; else inconclusive where one is
    missing.
    """
    assert sweep_part(swept()[kept], missing).status == status


def test_bad_cases_are_listed_up_to_20_of_a_kind():
    """Of 300 failed cases and of 21 with a verdict that fails 20 are named, the rest is counted;
    long errors are cut.
    """
    failed = [
        replace(swept()[-2], hash=f"bad-{i}", error=f"too bad: {'x' * 10_000}") for i in range(300)
    ]
    found = page([*failed, *(replace(swept()[-1], hash=f"wrong-{i}") for i in range(21))])
    assert (
        found.words.count("too bad") == 20
        and "And 280 more" in found.words
        and "x" * 300 not in found.words
    )
    assert found.words.count("f is finite") == 20 and "And 1 more" in found.words
    assert "321 cases: 21 done (21 fail), 300 failed." in found.words


def test_many_cases_are_counted_not_listed():
    """The page of 250 families is as long for 10 seeds as for 2: 200 families are listed, 60 drawn,
    the others counted.
    """
    texts = []
    for seeds in (2, 10):
        base = [
            record(lambda r, d, L: r, T=T, seed=seed) for T in (64, 128) for seed in range(seeds)
        ]
        moved = [
            replace(r, hash=f"{r.hash}-{i}", case=r.case | {"target": f"family-{i}"})
            for i in range(250)
            for r in base
        ]
        texts.append(html(Collection(records=tuple(moved))))
    words = Reader(texts[1]).words
    assert (
        "5,000 cases" in words
        and "And 50 families more" in words
        and "Drawn are the first 60 of 250 fits." in words
    )
    assert abs(len(texts[1]) - len(texts[0])) < 5000


def test_notes_are_counted():
    """Fifty of the files that were passed over are named."""
    words = Reader(
        html(
            Collection(records=tuple(swept()), notes=tuple(f"passed over: {i}" for i in range(52)))
        )
    ).words
    assert (
        "passed over: 49" in words
        and "passed over: 50" not in words
        and "And 2 files more" in words
    )


def test_exponents_are_those_of_the_fits():
    """The tables hold each fit's numbers to the last digit; what is refused says why."""
    records = swept()
    found = page(records)
    numbers = set(found.numbers)
    for fit in fits(records):
        if fit.exponent is not None:
            assert {fit.exponent, fit.low, fit.high} <= numbers
            assert fit.w1_low is None or {fit.w1_low, fit.w1_high} <= numbers
    assert all(
        fit.regime in found.words for fit in fits(records) if fit.axis != "L_f"
    )  # which does not vary
    assert (
        "90% of the error budget is the model's own" in found.words and "linear in r" in found.words
    )
    assert "Gaussian law" in found.words and "Theorem 1" in found.words


def test_nothing_to_fit_is_no_error():
    """Failed cases alone, or one case: a section without figures."""
    for records in ([swept()[-2]], [record(lambda r, d, L: r)]):
        assert "How the error grows" not in page(records).words


def test_folders_files_and_repetitions(tmp_path):
    """A folder of shards and a case given by name: each case once, what no folder has is missing;
    the same as merge finds.
    """
    records = swept()
    keep_sweep(tmp_path / "all" / "1", records[:5])
    keep_sweep(tmp_path / "all" / "2", records[3:])
    found = collect([tmp_path / "all", tmp_path / "all" / "2" / "cases" / "bad.json"])
    assert list(found.records) == gather([tmp_path / "all" / "1", tmp_path / "all" / "2"])[0]
    assert len(found.records) == len(records) and found.missing == 1 and found.notes == ()


def test_a_finished_case_before_a_failed_one(tmp_path):
    """Of a case in two folders the one with a result counts, wherever it is."""
    good = swept()[0]
    bad = replace(good, status="failed", result=None, error="killed")
    for order in ((good, bad), (bad, good)):
        for place, one in enumerate(order):
            keep_sweep(tmp_path / str(place), [one])
        assert collect([tmp_path]).records == (good,)


def test_nothing_finished(tmp_path):
    """A sweep that has just begun has a page that says so."""
    keep_sweep(tmp_path, [])
    words = Reader(html(collect([tmp_path]))).words
    assert (
        "Nothing is finished" in words
        and "? inconclusive sweeps" in words
        and "0 cases: 0 done; 1 more is missing." in words
    )


ABSENT = object()


def _without(path, value):
    """A case's JSON with one field replaced, or taken out."""
    data = swept()[0].to_dict()
    part = data
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    if value is ABSENT:
        del part[path[-1]]
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
        (("result", "verdicts"), [{"status": "fine", "law": ""}], r"`\$\.result\.verdicts\[0\]`"),
        (("result", "budget"), None, "must have its budget and its theorem"),
        (("result", "w1", "upper"), "1", r"got `str` - at `\$\.result\.w1\.upper`"),
        (("result", "w1", "upper"), 10**400, r"out of range - at `\$\.result\.w1\.upper`"),
        (("result", "theorem", "lipschitz"), 0, r"Expected `float` > 0\.0 - at `\$\.result\.theorem\.lip"),
        (("result", "budget", "defect_sum"), None, r"got `null` - at `\$\.result\.budget\.defect_sum`"),
    ],
)
def test_malformed_cases(tmp_path, path, value, words):
    """Refused by name where given by name, passed over with a note in a folder, refused by
    `exponents`' reader too.
    """
    (tmp_path / "cases").mkdir()
    file = tmp_path / "cases" / "x.json"
    file.write_text(json.dumps(_without(path, value)))
    with pytest.raises(InputError, match=rf"x\.json' is not of the schema ctverify/sweep/1: .*{words}"):
        collect([file])
    keep_sweep(tmp_path, swept()[1:3])
    found = collect([tmp_path])
    assert len(found.records) == 2 and re.search(words, found.notes[0])
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
        (("case", "c1"), 10**400, "Number out of range"),
        (("case", "c1"), 1e999, "Expected `float` <= 1.79769"),
        (("seconds",), 10**400, "Number out of range"),
    ],
)
def test_cases_that_cannot_be_counted_with(tmp_path, path, value, words):
    """What exponents and figures would stumble over is refused too."""
    (tmp_path / "x.json").write_text(json.dumps(_without(path, value)).replace(": Infinity", ": 1e999"))
    with pytest.raises(InputError, match=r"x\.json' is not of the schema ctverify/sweep/1") as caught:
        collect([tmp_path / "x.json"])
    assert words in str(caught.value)


@pytest.mark.parametrize("value", [1e-320, 1e-299, 1e299, 2**53, 10**250])
@pytest.mark.parametrize(
    "path",
    [("result", "r"), ("result", "w1", "upper_estimate"), ("result", "theorem", "lipschitz")],
)
def test_numbers_of_any_size_have_a_page(path, value):
    """No number that is let through costs the page."""
    records = swept()
    records[0] = Record.from_dict({**_without(path, value), "hash": "odd"})
    assert "How the error grows" in page(records).words


def test_cases_that_are_asked_for_must_be_a_list(tmp_path):
    """sweep.json of another shape."""
    (tmp_path / "sweep.json").write_text('{"schema": "ctverify/sweep/1", "cases": {"a": 1}}')
    with pytest.raises(InputError, match=r"Expected `array`, got `object` - at `\$\.cases`"):
        collect([tmp_path / "sweep.json"])


def test_figure_for_a_readme():
    """One XML file that names nothing outside itself, with every family and every axis; hostile
    names are text.
    """
    records = [replace(r, case=r.case | {"target": r.case["target"] + HOSTILE}) for r in swept()]
    text = standalone(fits(records))
    root = ElementTree.fromstring(text.encode())
    words = "".join(root.itertext())
    assert root.tag == f"{SVG}svg" and {
        element.tag.removeprefix(SVG) for element in root.iter()
    } == {"svg", "style", *DRAWN}
    assert all(
        name in words
        for name in ("gaussian-isotropic", "exponent in d", "exponent in L_f", "no fit")
    )
    assert not any(
        key.endswith("href") or key in ("id", "style")
        for element in root.iter()
        for key in element.attrib
    )


def test_the_file_has_a_ground_and_both_colour_schemes():
    """An opaque ground as large as the file; light colours, and dark ones where they are preferred."""
    root = ElementTree.fromstring(standalone(fits(swept())).encode())
    ground = root.find(f"{SVG}rect")
    assert ground is not None and ground.get("class") == "ground"
    assert (ground.get("width"), ground.get("height")) == (root.get("width"), root.get("height"))
    style = root.findtext(f"{SVG}style")
    assert (
        style.count("--panel: #") == 2
        and "prefers-color-scheme: dark" in style
        and ".ground { fill: var(--panel); }" in style
    )


def test_dots_are_in_order():
    """A larger exponent is drawn further to the right, and by as much as it is larger."""
    records = [
        record(lambda r, d, L, b=b: r**b, T=T, target=f"b{b}")
        for b in (0.5, 0.9, 1.3)
        for T in STEPS
    ]
    places = _places(exponents_figure(fits(records), "r").svg, "shape model")[
        1:
    ]  # after the legend's
    assert (
        len(places) == 3
        and places[0] < places[1]
        and places[2] - places[1] == pytest.approx(places[1] - places[0], abs=0.2)
    )


def test_references_are_at_their_exponents():
    """A family that grows as the Gaussian law in d has its dot on that line, and one that grows as
    Theorem 1 on the other.
    """
    records = [
        record(lambda r, d, L, b=b: r * d**b, d=d, target=f"b{b}")
        for b in (0.5, 2.5)
        for d in (1, 2, 4, 8)
    ]
    root = ElementTree.fromstring(exponents_figure(fits(records), "d").svg)
    dots = _places(ElementTree.tostring(root), "shape model")[1:]
    ends = [_starts(root, f"line {kind} dashed")[-1] for kind in ("exact", "theory")]
    assert dots == pytest.approx(ends, abs=0.2)


def test_no_gaussian_line_in_L_f():
    """The Gaussian law has no exponent in L_f: no line, no entry in the legend."""
    records = [record(lambda r, d, L: r * L, L_f=L) for L in (1.0, 2.0, 4.0)]
    figure = exponents_figure(fits(records), "L_f")
    words = list(ElementTree.fromstring(figure.svg).itertext())
    assert "Theorem 1" in words and "Gaussian law" not in words and "exact dashed" not in figure.svg


def test_rows_are_told_apart():
    """By model, schedule and what is held fixed, where one name would not do; what is refused
    beside a fit has no row.
    """
    law = lambda r, d, L: r  # noqa: E731
    records = [
        record(law, T=T, d=d, model=model)
        for T in STEPS
        for d in (8, 16)
        for model in ("population", "mlp")
    ]
    records += [record(law, T=T, d=4, model="mlp") for T in STEPS[:2]]
    records += [record(law, T=T, schedule="karras", target="other") for T in STEPS]
    records += [record(law, T=T, target="other") for T in STEPS]
    names = [row.words for row in rows(fits(records), "r")]
    product = [f"mild-product{model} at d = {d}" for model in ("", ", mlp") for d in (8, 16)]
    assert names == [*product, "other, karras", "other, li_huang_wei"]
    found = exponents_figure(fits(records), "r")
    assert [row[0] for row in found.table.rows].count(
        "mild-product"
    ) == 5 and "A name without a model" in found.caption
    assert "1/T in the place of r" in found.caption


def test_a_long_name_is_cut_inside():
    """Its end, and what else tells rows apart, stay; the whole name is in the tooltip."""
    records = [
        record(lambda r, d, L: r, T=T, d=d, target="a-name-that-is-longer-than-its-room")
        for T in STEPS
        for d in (8, 16)
    ]
    root = ElementTree.fromstring(exponents_figure(fits(records), "r").svg)
    cut = [element for element in root.iter("text") if len(element)]
    assert [element[0].tail[-12:] for element in cut] == ["oom at d = 8", "om at d = 16"]
    assert [element[0].text for element in cut] == [
        f"a-name-that-is-longer-than-its-room at d = {d}" for d in (8, 16)
    ]


def test_where_there_is_no_fit():
    """The words stand in the row, with the reason in the tooltip; a family in which nothing varies
    has no row.
    """
    records = [record(lambda r, d, L: r, T=T, target="short") for T in STEPS[:2]] + [
        record(lambda r, d, L: r, target="alone")
    ]
    figure = exponents_figure(fits(records), "r")
    root = ElementTree.fromstring(figure.svg)
    (words,) = (element for element in root.iter("text") if "no fit" in "".join(element.itertext()))
    assert "2 values of r" in words[0].text and words[0].tail == "no fit"
    assert "alone" not in "".join(root.itertext()) and {row[0] for row in figure.table.rows} == {
        "short",
        "alone",
    }


def test_errors_against_r():
    """Every point in the table, the lines of at most eight families; an error proportional to r is
    parallel to slope 1.
    """
    records = [
        record(lambda r, d, L, k=k: r * 3**k, T=T, target=f"family-{k}")
        for k in range(12)
        for T in STEPS
    ]
    figure = errors_figure(fits(records))
    errors = {(r.case["target"], r.result["T"]): r.result["w1"]["upper_estimate"] for r in records}
    assert {(row[0], row[1]): row[4] for row in figure.table.rows} == pytest.approx(errors) and len(
        errors
    ) == 36
    root = ElementTree.fromstring(figure.svg)
    slopes = {
        kind: [_slope(d) for d in _paths(root, f"line {kind}")]
        for kind in ("model", "exact dashed thin")
    }
    assert len(slopes["model"]) == 8 and "8 of 12 lines" in figure.caption
    for one in slopes["model"]:
        assert one == pytest.approx(slopes["exact dashed thin"][0], rel=0.02)


def test_lines_are_chosen_evenly():
    """Among them the one with the largest error and the one with the smallest."""
    records = [
        record(lambda r, d, L, k=k: r * 2**k, T=T, target=f"family-{k:02}")
        for k in range(20)
        for T in STEPS
    ]
    names = [row.name for row in chosen(lines(fits(records)))]
    assert (
        len(names) == 8
        and (names[0], names[-1]) == ("family-19", "family-00")
        and names == sorted(names, reverse=True)
    )


@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_names_keep_apart(places):
    """In their order, inside, and APART; those that have room stay where they are."""
    found = spread(sorted(places), 0, 200)
    assert (
        all(b - a >= APART - 1e-9 for a, b in pairwise(found))
        and found[0] >= 0
        and found[-1] <= 200
    )
    if all(b - a >= APART for a, b in pairwise(sorted(places))):
        assert found == pytest.approx(
            sorted(places), abs=1e-9
        )  # sums of places of up to 200 are rounded


def _paths(root, kind):
    return [str(element.get("d")) for element in root.iter() if element.get("class") == kind]


def _slope(path):
    """Of the line from a path's first to its last point."""
    (x, y), *_, (u, v) = [
        tuple(map(float, part.split())) for part in path.removeprefix("M").split("L")
    ]
    return (v - y) / (u - x)


def _starts(root, kind):
    """Where the lines of that class begin, those of the legend left out."""
    return [float(path.removeprefix("M").split()[0]) for path in _paths(root, kind) if "L" in path]


def _places(picture, kind):
    """Where the marks of that class are, from the left."""
    found = [
        str(element.get("transform"))
        for element in ElementTree.fromstring(picture).iter()
        if element.get("class") == kind
    ]
    return [float(place.removeprefix("translate(").split()[0]) for place in found]
