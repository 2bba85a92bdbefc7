"""The page: whole, self-contained, true to the JSON, and deaf to what is in it."""

import json
import math
from collections import Counter

import pytest

from ctverify.report.collect import Certified, Collection, collect
from ctverify.report.certificate_part import NO_SAMPLES, in_order
from ctverify.report.page import html
from tests.report.conftest import SCRIPT, at_steps, certificate
from tests.report.reader import Reader

ALLOWED = {
    "a", "article", "body", "code", "data", "details", "div", "figcaption", "figure", "g", "h1", "h2", "h3", "h4", "head",
    "html", "link", "main", "meta", "nav", "p", "path", "pre", "rect", "section", "span", "style", "summary", "svg", "table",
    "td", "text", "th", "title", "tr",
}  # fmt: skip


@pytest.fixture(scope="module")
def page(directory):
    """Everything on one page."""
    return html(collect([directory]))


@pytest.fixture(scope="module")
def pages(page, hostile, far_off, directory):
    """Pages of all kinds."""
    alone = [
        html(collect([directory / name])) for name in ("bare.json", "check.json", "prove.json")
    ]
    return [page, html(collect([hostile])), far_off, *alone]


def test_pages_are_whole(pages):
    """Tags balance and are of a known set, ids are unique, and links lead to one of them."""
    for found in map(Reader, pages):
        assert {tag for tag, _ in found.tags} <= ALLOWED
        ids = [attributes["id"] for _, attributes in found.tags if "id" in attributes]
        assert max(Counter(ids).values()) == 1
        assert {attributes["href"] for attributes in found.named("a")} <= {
            f"#{name}" for name in ids
        }


def test_pages_fetch_nothing_and_run_nothing(pages):
    """No script, no handler, no address, no import in the style sheet; the policy forbids them too."""
    for page in pages:
        found = Reader(page)
        names = {name for _, attributes in found.tags for name in attributes}
        assert not any(
            name.startswith("on") or name in ("src", "srcset", "xlink:href", "action", "style")
            for name in names
        )
        assert [attributes["href"] for attributes in found.named("link")] == ["data:,"]
        policy = [
            a["content"]
            for a in found.named("meta")
            if a.get("http-equiv") == "Content-Security-Policy"
        ]
        assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
        style = page.partition("<style>")[2].partition("</style>")[0]
        assert "@import" not in style and "url(" not in style
        page.encode()  # no lone surrogate is left


def test_every_figure_is_described(pages):
    """An SVG is an image with a label, unless it lies inside one; a figure has a caption and finite
    coordinates.
    """
    for page in pages:
        outer = [a for a in Reader(page).named("svg") if a.get("class") == "figure"]
        assert all(a["role"] == "img" and len(str(a["aria-label"])) > 10 for a in outer)
        assert len(outer) == page.count("<figure>") == page.count("<figcaption>")
        figures = page.partition("<main>")[2]
        assert 'd="Mnan' not in figures and "nan" not in "".join(
            str(a.get("d")) for a in Reader(page).named("path")
        )
        assert all(
            math.isfinite(float(str(a[name])))
            for a in Reader(page).named("rect")
            for name in ("x", "y", "width", "height")
        )


def leaves(value):
    """All numbers in JSON."""
    if isinstance(value, dict | list):
        return [
            leaf
            for part in (value.values() if isinstance(value, dict) else value)
            for leaf in leaves(part)
        ]
    return [float(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("name", ["bare.json", "check.json"])
def test_numbers_are_those_of_the_json(directory, name):
    """Without samples every number of every table is in the JSON, to the last digit; r = c1 log T/T
    aside there is no other.
    """
    known = set(leaves(json.loads((directory / name).read_text())))
    found = Reader(html(collect([directory / name]))).numbers
    assert found and set(found) <= known


def test_every_number_of_the_budget_is_there(page, directory):
    """Each level's defects, limits and the theorem's numbers stand in a table."""
    numbers = set(Reader(page).numbers)
    for file in directory.rglob("certificate-*.json"):
        data = json.loads(file.read_text())
        assert (
            set(data["budget"]["model_defect"]) | set(data["budget"]["discretisation_defect"])
            <= numbers
        )
        assert {
            data["w1"]["lower"],
            data["w1"]["upper"],
            data["w2_upper"],
            data["budget"]["total_upper"],
        } <= numbers
        assert {data["theorem"]["rhs_over_C1"], data["theorem"]["C1_needed"]} <= numbers


def test_sections_and_figures(page):
    """Verdicts first, then each figure that the data can carry."""
    found = Reader(page)
    ids = [attributes["id"] for attributes in found.named("section")]
    assert ids == [
        "verdicts",
        "distance",
        "convergence",
        "certificates",
        "sweeps",
        "conformance",
        "ledger",
    ]
    titles = Counter(part.split("</h4>")[0].split(":")[0] for part in page.split("<h4>")[1:])
    assert (
        titles["Error budget"] == 5
        and titles["Samples and exact density"] == 3
        and titles["Projection"] == 3
    )
    assert titles["How starts are carried"] == 2 and titles["How a grid is carried"] == 1
    assert titles["Convergence"] == 1 and titles["Distance to the target"] == 1
    assert (
        found.words.count(NO_SAMPLES) == 1
        and "passed over" in found.words
        and "cannot be built" not in found.words
    )


def test_conformance_matrix_and_scripts(page):
    """Each status in words, and the scripts of failures, character by character."""
    found = Reader(page)
    for words in ("✓ pass", "✗ fail", "? inconclusive", "n/a", "! expected failure"):
        assert words in found.words
    assert "".join(found.text).count(SCRIPT) == 2


def test_ledger(page, directory):
    """Claims with their status; one that came out otherwise than expected is a failure named at the
    top.
    """
    assert "1 PROVED, 1 REFUTED, all as expected" in Reader(page).words
    data = json.loads((directory / "prove.json").read_text())
    data["claims"][0]["status"] = "UNDECIDED"
    words = Reader(html(Collection(ledgers=(data,)))).words
    assert "otherwise than expected: calculus.exp" in words and "UNDECIDED, not PROVED" in words


def test_hostile_text_is_text(hostile):
    """HTML in names, details, scripts, claims and names of files is shown, and makes no element."""
    page = html(collect([hostile]))
    found = Reader(page)
    assert "<script" not in page.partition("<body>")[2] and not found.named("script", "img", "b")
    assert (
        "<script>alert(1)</script>" in found.words and "\u202e" not in page and "\x07" not in page
    )
    assert all(
        "onload" not in attributes and "onclick" not in attributes for _, attributes in found.tags
    )


def test_a_model_far_off_and_one_not_finite(far_off):
    """Samples outside are counted, windows stay those of the target, and no limits are no figures."""
    words = Reader(far_off).words
    assert "80 of these samples lie outside the figure" in words
    assert "✗ fail mild" in words and "f is finite: f(x, 1) is not finite" in words


def test_the_same_page_again(directory, page):
    """No time, no address and no chance in it."""
    assert html(collect([directory])) == page


def test_order_is_by_target_and_steps():
    """As they came, with one target's certificates together, by T."""
    base = certificate("mild", 12, keep=0)
    found = [
        Certified(at_steps(base, T, name))
        for name, T in (("mild", 24), ("separated", 12), ("mild", 12))
    ]
    assert [(c.certificate.target["name"], c.certificate.steps) for c in in_order(found)] == [
        ("mild", 12),
        ("mild", 24),
        ("separated", 12),
    ]


def test_size(page):
    """Five certificates with figures, in less than 60 kB each."""
    assert len(page.encode()) < 300_000
