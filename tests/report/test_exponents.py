"""Figures of exponents, on the page and as a file of its own."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from ctverify.report.figure_exponents import exponent_rows, exponents_figure
from ctverify.report.standalone import standalone
from ctverify.sweep.exponents import fits
from tests.sweep.records import record

from .conftest import HOSTILE, proportional, swept
from .drawn import marks, starts

STEPS = (64, 128, 256)
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "style", "rect", "path", "text", "title"}


def power_of_r(exponent, T):
    """A case whose error is a power of r."""
    return record(lambda r, d, L: r**exponent, target=f"b{exponent}", T=T)


def power_of_d(exponent, d):
    """A case whose error grows as a power of d."""
    return record(lambda r, d, L: r * d**exponent, target=f"b{exponent}", d=d)


def at(d, **settings):
    """Cases of all T at one d."""
    return [record(proportional, T=T, d=d, **settings) for T in STEPS]


def test_dots_are_in_order():
    """A larger exponent is drawn further to the right, and by as much as it is larger."""
    records = [power_of_r(b, T) for b in (0.5, 0.9, 1.3) for T in STEPS]
    picture = exponents_figure(fits(records), "r").svg
    _, low, middle, high = marks(picture, "shape model")
    assert low < middle
    assert high - middle == pytest.approx(middle - low, abs=0.2)


def test_references_are_at_their_exponents():
    """A family that grows as the Gaussian law in d has its dot on that line, and one that grows as
    Theorem 1 on the other.
    """
    records = [power_of_d(b, d) for b in (0.5, 2.5) for d in (1, 2, 4, 8)]
    picture = exponents_figure(fits(records), "d").svg
    _, gaussian, theorem = marks(picture, "shape model")
    assert gaussian == pytest.approx(starts(picture, "line exact dashed")[-1], abs=0.2)
    assert theorem == pytest.approx(starts(picture, "line theory dashed")[-1], abs=0.2)


def test_no_gaussian_line_in_L_f():
    """The Gaussian law has no exponent in L_f: no line, no entry in the legend."""
    records = [record(lambda r, d, L: r * L, L_f=L_f) for L_f in (1.0, 2.0, 4.0)]
    picture = exponents_figure(fits(records), "L_f").svg
    assert "Theorem 1" in picture
    assert "Gaussian law" not in picture
    assert "exact dashed" not in picture


@pytest.fixture(scope="module")
def several():
    """Fits of two models, three d and two schedules."""
    records = []
    for model in ("population", "mlp"):
        records += at(8, model=model)
        records += at(16, model=model)
    records += at(4, model="mlp")[:2]
    records += at(1, target="other", schedule="karras")
    records += at(1, target="other", schedule="li_huang_wei")
    return fits(records)


def test_rows_are_told_apart(several):
    """By model, schedule and what is held fixed, where one name would not do; what is refused
    beside a fit has no row.
    """
    names = [row.words for row in exponent_rows(several, "r")]
    assert names == [
        "mild-product at d = 8",
        "mild-product at d = 16",
        "mild-product, mlp at d = 8",
        "mild-product, mlp at d = 16",
        "other, karras",
        "other, li_huang_wei",
    ]


def test_the_table_has_every_fit(several):
    """Also what is refused; the caption says what names stand for."""
    figure = exponents_figure(several, "r")
    targets = [row[0] for row in figure.table.rows]
    assert targets.count("mild-product") == 5
    assert "A name without a model" in figure.caption
    assert "1/T in the place of r" in figure.caption


def test_a_long_name_is_cut_inside():
    """Its end, and what else tells rows apart, stay; the whole name is in the tooltip."""
    name = "a-name-that-is-longer-than-its-room"
    records = at(8, target=name) + at(16, target=name)
    root = ElementTree.fromstring(exponents_figure(fits(records), "r").svg)
    titles = [element[0] for element in root.iter("text") if len(element)]
    assert [title.tail[-12:] for title in titles] == ["oom at d = 8", "om at d = 16"]
    assert [title.text for title in titles] == [f"{name} at d = 8", f"{name} at d = 16"]


def test_where_there_is_no_fit():
    """The words stand in the row, with the reason in the tooltip; a family in which nothing varies
    has no row.
    """
    records = [record(proportional, T=T, target="short") for T in STEPS[:2]]
    records.append(record(proportional, target="alone"))
    figure = exponents_figure(fits(records), "r")
    root = ElementTree.fromstring(figure.svg)
    (title,) = (title for title in root.iter("title") if title.tail == "no fit")
    assert "2 values of r" in title.text
    assert "alone" not in "".join(root.itertext())
    assert {row[0] for row in figure.table.rows} == {"short", "alone"}


def test_figure_for_a_readme():
    """One XML file that names nothing outside itself, with every family and every axis; hostile
    names are text.
    """
    records = []
    for one in swept():
        case = one.case | {"target": one.case["target"] + HOSTILE}
        records.append(replace(one, case=case))
    root = ElementTree.fromstring(standalone(fits(records)).encode())
    words = "".join(root.itertext())
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == ALLOWED
    for name in ("gaussian-isotropic", "exponent in d", "exponent in L_f", "no fit"):
        assert name in words
    names = {name for element in root.iter() for name in element.attrib}
    assert not names & {"id", "style"}
    assert not any(name.endswith("href") for name in names)


def test_the_file_has_a_ground_and_both_colour_schemes():
    """An opaque ground as large as the file; light colours, and dark ones where preferred."""
    root = ElementTree.fromstring(standalone(fits(swept())).encode())
    ground = root.find(f"{SVG}rect")
    assert ground.get("class") == "ground"
    assert ground.get("width") == root.get("width")
    assert ground.get("height") == root.get("height")
    style = root.findtext(f"{SVG}style")
    assert style.count("--panel: #") == 2
    assert "prefers-color-scheme: dark" in style
    assert ".ground { fill: var(--panel); }" in style
