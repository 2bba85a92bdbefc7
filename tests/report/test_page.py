"""The page: whole, self-contained, true to the JSON, and deaf to what is in it."""

import json
import math
import re
from collections import Counter

import pytest

from ctverify import Certificate
from ctverify.certificate.sentence import sentence
from ctverify.report.certificate_part import NO_SAMPLES, in_order
from ctverify.report.collect import Certified, Collection, collect
from ctverify.report.page import html, write_report
from tests.certificate.made import FILES

from .conftest import SCRIPT, at_steps, certificate
from .reader import Reader

ALLOWED = {
    *("html", "head", "meta", "link", "title", "style", "body", "nav", "main", "section"),
    *("article", "div", "details", "summary", "figure", "figcaption", "h1", "h2", "h3", "h4"),
    *("p", "a", "span", "code", "pre", "data", "table", "tr", "th", "td"),
    *("svg", "g", "path", "rect", "text"),
}
SOURCES = {"src", "srcset", "xlink:href", "action", "style"}  # attributes that fetch or run
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SECTIONS = [
    "verdicts",
    "distance",
    "convergence",
    "certificates",
    "sweeps",
    "conformance",
    "ledger",
]


@pytest.fixture(scope="module")
def page(directory):
    """Everything on one page."""
    return html(collect([directory]))


@pytest.fixture(scope="module")
def pages(page, hostile, far_off, directory):
    """Pages of all kinds."""
    names = ("bare.json", "check.json", "prove.json")
    alone = [html(collect([directory / name])) for name in names]
    return [page, html(collect([hostile])), far_off, *alone]


def test_pages_are_whole(pages):
    """Tags balance and are of a known set, ids are unique, and links lead to one of them."""
    for page in map(Reader, pages):
        assert {tag for tag, _ in page.tags} <= ALLOWED
        ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
        assert max(Counter(ids).values()) == 1
        links = {attributes["href"] for attributes in page.named("a")}
        assert links <= {f"#{name}" for name in ids}


def test_pages_fetch_nothing_and_run_nothing(pages):
    """No script, no handler, no address, no import in the style sheet; the policy forbids them."""
    for text in pages:
        page = Reader(text)
        names = {name for _, attributes in page.tags for name in attributes}
        assert not names & SOURCES
        assert not any(name.startswith("on") for name in names)
        assert [attributes["href"] for attributes in page.named("link")] == ["data:,"]
        policies = [a["content"] for a in page.named("meta") if "http-equiv" in a]
        assert policies == [POLICY]
        style = text.partition("<style>")[2].partition("</style>")[0]
        assert "@import" not in style
        assert "url(" not in style
        text.encode()  # no lone surrogate is left


def test_every_figure_is_described(pages):
    """An SVG is an image with a label, unless it lies inside one; a figure has a caption."""
    for text in pages:
        pictures = [a for a in Reader(text).named("svg") if a.get("class") == "figure"]
        for picture in pictures:
            assert picture["role"] == "img"
            assert len(picture["aria-label"]) > 10
        assert len(pictures) == text.count("<figure>") == text.count("<figcaption>")


def test_every_coordinate_is_finite(pages):
    """Of paths and of rectangles."""
    for page in map(Reader, pages):
        for path in page.named("path"):
            assert "nan" not in path["d"]
            assert "inf" not in path["d"]
        for rectangle in page.named("rect"):
            for name in ("x", "y", "width", "height"):
                assert math.isfinite(float(rectangle[name]))


def leaves(value):
    """All numbers in JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for part in value for leaf in leaves(part)]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return []
    return [float(value)]


@pytest.mark.parametrize("name", ["bare.json", "check.json"])
def test_numbers_are_those_of_the_json(directory, name):
    """Without samples every number of every table is in the JSON, to the last digit; r = c1 log T/T
    aside there is no other.
    """
    known = leaves(json.loads((directory / name).read_text()))
    numbers = Reader(html(collect([directory / name]))).numbers
    assert numbers
    assert set(numbers) <= set(known)


def test_every_number_of_the_shares_is_there(page, directory):
    """Each level's shares and |d_t|, limits and the theorem's numbers stand in a table."""
    numbers = set(Reader(page).numbers)
    for file in directory.rglob("certificate-*.json"):
        data = json.loads(file.read_text())
        budget = data["budget"]
        theorem = data["theorem"]
        shares = data["shares"]
        assert set(budget["step"]) <= numbers
        assert set(shares["model"]) | set(shares["schedule"]) <= numbers
        assert set(shares["model_error"]) | set(shares["schedule_error"]) <= numbers
        assert {shares["model_total"], shares["schedule_total"], shares["total"]} <= numbers
        assert {data["w1"]["scale"], data["to_data"]["upper"]} <= numbers
        assert {data["w1"]["lower"], data["w1"]["upper"], data["w2_upper"]} <= numbers
        assert budget["total_upper"] in numbers
        assert {theorem["rhs_over_C1"], theorem["C1_needed"]} <= numbers


def test_sections(page):
    """Verdicts first."""
    assert [attributes["id"] for attributes in Reader(page).named("section")] == SECTIONS


def test_figures(page):
    """Each that the data can carry."""
    headings = [part.partition("</h4>")[0] for part in page.split("<h4>")[1:]]
    kinds = Counter(heading.partition(":")[0] for heading in headings)
    assert kinds == {
        "Distance to the target": 1,
        "Convergence": 1,
        "Where accuracy is lost": 5,
        "Step by step": 1,
        "Samples and exact density": 3,
        "Projection": 3,
        "How starts are carried": 2,
        "How a grid is carried": 1,
        "Exponent in r": 1,
        "Exponent in d": 1,
        "Error against r": 1,
    }


def test_notes(page):
    """On what has no samples, and on what was passed over; on nothing else."""
    words = Reader(page).words
    assert words.count(NO_SAMPLES) == 1
    assert "passed over" in words
    assert "cannot be built" not in words


def test_conformance_matrix_and_scripts(page):
    """Each status in words, the scripts of failures, character by character, what follows from
    them, what was refused, and notes.
    """
    reader = Reader(page)
    for words in ("✓ pass", "✗ fail", "? inconclusive", "n/a", "! expected failure"):
        assert words in reader.words
    assert "".join(reader.text).count(SCRIPT) == 2
    assert "follows from times.fail" in reader.words
    assert "From it follows what is seen in times.folded." in reader.words
    assert "Judged 3 of 5 examples, 2 refused: f raised" in reader.words
    assert "Mine.curiculum is never asked for" in reader.words
    assert "times.fail, times.folded" not in reader.words


def test_ledger(page, directory):
    """Claims with their status; one that came out otherwise than expected is a failure named at the
    top.
    """
    assert "1 PROVED, 1 REFUTED, all as expected" in Reader(page).words
    data = json.loads((directory / "prove.json").read_text())
    data["claims"][0]["status"] = "UNDECIDED"
    words = Reader(html(Collection(ledgers=(data,)))).words
    assert "otherwise than expected: calculus.exp" in words
    assert "UNDECIDED, not PROVED" in words


def test_hostile_text_is_text(hostile):
    """HTML in names, details, scripts, claims and names of files is shown, and makes no element."""
    page = html(collect([hostile]))
    reader = Reader(page)
    assert "<script" not in page.partition("<body>")[2]
    assert not reader.named("script", "img", "b")
    assert "<script>alert(1)</script>" in reader.words
    assert "\u202e" not in page
    assert "\x07" not in page
    names = {name for _, attributes in reader.tags for name in attributes}
    assert not names & {"onload", "onclick"}


def test_a_model_far_off_and_one_not_finite(far_off):
    """Samples outside are counted, windows stay the target's, and no limits are no figures."""
    words = Reader(far_off).words
    assert "80 of these samples lie outside the figure" in words
    assert "✗ fail mild" in words
    assert "f is finite: f(x, 2) is not finite" in words


def test_the_same_page_again(directory, page):
    """No time, no address and no chance in it."""
    assert html(collect([directory])) == page


def test_the_sentence_comes_first(page, directory):
    """Before any table, and again above the figures; what is a command is code."""
    certificate = Certificate.load(directory / "T-12" / "certificate-gaussian-2d.json")
    words = Reader(page).words
    said = sentence(certificate)
    assert said.count("`") == 2
    plain = said.partition("`")[0].replace(" %", "\N{NO-BREAK SPACE}%").strip()
    told = " ".join(plain.split())
    assert words.count(told) == 2
    assert words.index(told) < words.index("what to know")
    assert "<code>ctverify schedule optimal</code>" in page


def test_the_theorem_stands_below_the_figures(page):
    """And what p* excludes too."""
    article = page.partition('<article id="certificate-1">')[2].partition("</article>")[0]
    last_figure = article.rindex("</figure>")
    assert article.index("Theorem 1: right-hand side") > last_figure
    assert article.index("Events rarer than p*") > last_figure


def test_explicit_bounds(page):
    """In words, in each certificate's part."""
    article = page.partition('<article id="certificate-1">')[2].partition("</article>")[0]
    assert "Explicit bounds on W_2: loss form" in article
    assert "The smallest is" in article


def test_verdicts_by_kind(page):
    """A heading for each kind, in every certificate."""
    articles = page.count("<article")
    assert page.count("sanity: can the certificate be relied on?") == articles
    assert page.count("quality: is the model good?") == articles


@pytest.mark.parametrize(
    ("program", "command"),
    [
        ("/usr/bin/ctverify", "ctverify report 'a &lt;b&gt;' -o page.html"),
        ("/x/ctverify/__main__.py", "ctverify report 'a &lt;b&gt;' -o page.html"),
        ("/x/pytest", None),
    ],
)
def test_date_and_command_line(directory, tmp_path, monkeypatch, program, command):
    """On the page that is written: when, and by which command, if it was one of ctverify's."""
    monkeypatch.setattr("sys.argv", [program, "report", "a <b>", "-o", "page.html"])
    write_report(collect([directory / "bare.json"]), tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    (head,) = re.findall("Written by ctverify .*", text)
    assert re.search(r"on \d\d [A-Z]\w+ 20\d\d, \d\d:\d\d UTC", head)
    if command is None:
        assert "<code>" not in head
    else:
        assert f"as <code>{command}</code>" in html_unquoted(head)


def html_unquoted(words):
    """An escaped apostrophe as it is."""
    return words.replace("&#39;", "'")


def test_certificates_of_0_1_0():
    """Have a page too, without shares."""
    page = html(collect([FILES / "certificate-1.json"]))
    assert "is not known here" in Reader(page).words


def test_order_is_by_target_and_steps():
    """As they came, with one target's certificates together, by T."""
    base = certificate("mild", 12)
    came = [("mild", 24), ("separated", 12), ("mild", 12)]
    certified = [Certified(at_steps(base, T, name)) for name, T in came]
    ordered = [one.certificate for one in in_order(certified)]
    names = [(c.target["name"], c.steps) for c in ordered]
    assert names == [("mild", 12), ("mild", 24), ("separated", 12)]


def test_size(page):
    """Five certificates with figures, in less than 60 kB each."""
    assert len(page.encode()) < 300_000


def test_many_certificates(directory, monkeypatch):
    """Among many each is drawn with fewer samples, and those after the first have no figures."""
    collection = collect([directory])
    full = html(collection)
    monkeypatch.setattr("ctverify.report.detail.FEW", 2)
    thinned = html(collection)
    monkeypatch.setattr("ctverify.report.detail.DRAWN", 2)
    least = html(collection)
    assert len(least) < len(thinned) < 0.8 * len(full)
    count = len(collection.certified)
    assert least.count("No figures: a page has those of its first") == count - 2
    for page in (full, thinned, least):
        assert page.count('id="certificate-') == count
