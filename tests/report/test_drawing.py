"""SVG elements, charts and contours."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ctverify.report import lettering, svg
from ctverify.report.chart import WIDTH, Chart, Entry
from ctverify.report.contours import contours, mass_thresholds
from ctverify.report.scales import Span

from .conftest import HOSTILE


def test_elements_escape_text_and_attributes():
    """What is not markup never becomes markup."""
    words = HOSTILE.encode("utf-8", "ignore").decode().replace("\x07", "")
    title = svg.element("title", words)
    tree = ElementTree.fromstring(svg.element("g", title, words, data_name=words))
    assert tree.attrib == {"data-name": words}
    assert [child.tag for child in tree] == ["title"]
    assert tree[0].tail == words


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (0.04, "0"), (-0.04, "0"), (12.349, "12.3"), (-3.5, "-3.5")]
)
def test_coordinates(value, written):
    """To a tenth, without trailing zeros or a negative zero."""
    assert svg.number(value) == written


def test_long_words_are_cut_and_kept_as_a_tooltip():
    """No text leaves its room."""
    words = "word " * 40
    tree = ElementTree.fromstring(svg.text(words, 0, 0, room=100))
    assert tree[0].text == words
    assert lettering.width(tree[0].tail) <= 100


@pytest.mark.parametrize(
    "words", ["a-rather-long-name-of-a-family-12", "分布" * 12, "\ud800\x07" * 12]
)
@pytest.mark.parametrize("room", [20, 30, 50, 100, 150])
def test_cut_words_fit(words, room):
    """Their beginning, or both ends alike, as wide as there is room; what fits is left whole."""
    cut = lettering.cut(words, room)
    assert words.startswith(cut.removesuffix("…"))
    assert lettering.width(cut) <= room
    cut = lettering.cut_inside(words, room)
    first, _, last = cut.partition("…")
    assert words.startswith(first)
    assert words.endswith(last)
    assert len(first) == len(last)
    assert room - 2 * lettering.WIDE - lettering.CHARACTER < lettering.width(cut) <= room


@pytest.mark.parametrize("cut", [lettering.cut, lettering.cut_inside])
@pytest.mark.parametrize("words", ["a-rather-long-name", "分布" * 12, "\ud800\x07" * 12])
def test_words_that_fit_are_left_whole(words, cut):
    """In a room that is exactly as wide."""
    assert cut(words, lettering.width(words)) == words


def test_a_legend_wraps():
    """No entry starts beyond the drawing's width, and rows do not overlap the plot."""
    legend = tuple(Entry("model", "square", "some twenty letters") for _ in range(7))
    span = Span(0, 1)
    chart = Chart(label="label", x=span, y=span, x_title="x", y_title="y", legend=legend)
    for item in chart.legend_items:
        assert item.x + 22 + lettering.width(item.entry.words) <= WIDTH
        assert chart.top > item.y + 22
    assert len({(item.x, item.y) for item in chart.legend_items}) == 7
    line = svg.line([0, 1], [0, 1], "model")
    tree = ElementTree.fromstring(chart.draw(line))
    assert tree.attrib["role"] == "img"
    assert tree.attrib["aria-label"] == "label"


def area(loop):
    """Of a closed polygon."""
    x, y = loop.T
    twice = x @ np.roll(y, 1) - y @ np.roll(x, 1)
    return abs(float(twice)) / 2


def hill(shape, centre, scale):
    """exp(-distance^2 / scale) on a grid."""
    row, column = centre
    i, j = np.indices(shape)
    distance = np.hypot(i - row, j - column)
    return np.exp(-(distance**2) / scale)


def test_contours_of_a_hill():
    """One closed line whose area is the disc's."""
    threshold = float(np.exp(-(20.0**2) / 200))
    (loop,) = contours(hill((81, 81), (40, 40), 200), threshold)
    assert (loop[0] == loop[-1]).all()
    assert area(loop) == pytest.approx(np.pi * 400, rel=0.01)


def test_contours_are_in_rows_and_columns():
    """(row, column), not (x, y)."""
    (loop,) = contours(hill((40, 80), (10, 60), 50), 0.5)
    assert loop.mean(axis=0) == pytest.approx([10, 60], abs=0.5)


def test_contours_of_two_hills():
    """Parts apart are lines apart."""
    left = hill((40, 80), (20, 20), 50)
    right = hill((40, 80), (20, 60), 50)
    assert len(contours(left + right, 0.5)) == 2


def test_contours_of_a_saddle():
    """Corners above the threshold stay apart."""
    areas = [area(loop) for loop in contours(np.eye(2), 0.5)]
    assert areas == pytest.approx([0.5, 0.5])


def test_contours_at_an_edge():
    """A region that reaches the border is closed half a cell beyond it, corners cut."""
    (loop,) = contours(np.ones((4, 5)), 0.5)
    assert area(loop) == pytest.approx(4 * 5 - 4 * 0.125)


@pytest.mark.parametrize("seed", range(5))
def test_contours_of_noise_are_closed(seed):
    """Every line ends where it began, and no crossing is used twice."""
    noise = np.random.default_rng(seed).random((12, 15))
    loops = contours(noise, 0.5)
    assert loops
    assert all((loop[0] == loop[-1]).all() for loop in loops)
    crossings = np.concatenate([loop[:-1] for loop in loops])
    assert len(np.unique(crossings.round(9), axis=0)) == len(crossings)


def test_mass_thresholds():
    """The region above the threshold holds the share: of a normal density in the plane, up to a
    radius with 1 - exp(-r^2/2).
    """
    shares = (0.99, 0.9, 0.5)
    x = np.linspace(-6, 6, 241)
    normal = np.exp(-(x**2) / 2)
    thresholds = mass_thresholds(np.outer(normal, normal), shares)
    expected = [1 - share for share in shares]
    assert thresholds == pytest.approx(expected, rel=0.05)
