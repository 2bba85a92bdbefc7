"""SVG elements, charts and contours."""

from xml.etree import ElementTree

import numpy as np
import pytest

from ctverify.report import svg
from ctverify.report.chart import WIDTH, Chart, Entry
from ctverify.report.contours import contours, mass_levels
from ctverify.report.scales import Span

from .conftest import HOSTILE


def test_elements_escape_text_and_attributes():
    """What is not markup never becomes markup."""
    words = HOSTILE.encode("utf-8", "ignore").decode().replace("\x07", "")
    tree = ElementTree.fromstring(
        svg.element("g", svg.element("title", words), words, data_name=words)
    )
    assert (
        tree.attrib == {"data-name": words}
        and [child.tag for child in tree] == ["title"]
        and tree[0].tail == words
    )


@pytest.mark.parametrize(
    ("value", "written"), [(1.0, "1"), (0.04, "0"), (-0.04, "0"), (12.349, "12.3"), (-3.5, "-3.5")]
)
def test_coordinates(value, written):
    """To a tenth, without trailing zeros or a negative zero."""
    assert svg.number(value) == written


def test_long_words_are_cut_and_kept_as_a_tooltip():
    """No text leaves its room."""
    tree = ElementTree.fromstring(svg.text("word " * 40, 0, 0, room=100))
    assert (
        svg.width("".join(tree.itertext()).removeprefix("word " * 40)) <= 100
        and tree[0].text == "word " * 40
    )


@pytest.mark.parametrize(
    "words", ["a-rather-long-name-of-a-family-12", "分布" * 12, "\ud800\x07" * 12]
)
@pytest.mark.parametrize("room", [20, 30, 50, 100, 150])
def test_cut_words_fit(words, room):
    """Their beginning, or both ends alike, as wide as there is room; what fits is left whole."""
    assert (
        words.startswith(svg.cut(words, room).removesuffix("…"))
        and svg.width(svg.cut(words, room)) <= room
    )
    first, _, last = (found := svg.cut_inside(words, room)).partition("…")
    assert (
        words.startswith(first)
        and words.endswith(last)
        and len(first) == len(last)
        and svg.width(found) <= room
    )
    assert svg.width(found) > room - 2 * svg.WIDE - svg.CHARACTER
    assert svg.cut(words, svg.width(words)) == svg.cut_inside(words, svg.width(words)) == words


def test_a_legend_wraps():
    """No entry starts beyond the drawing's width, and rows do not overlap the plot."""
    legend = tuple(Entry("model", "square", "some twenty letters") for _ in range(7))
    chart = Chart("label", Span(0, 1), Span(0, 1), "x", "y", legend)
    assert all(x + 22 + svg.width(e.words) <= WIDTH for x, _, e in chart.places)
    assert (
        len({(x, y) for x, y, _ in chart.places}) == 7
        and chart.top > max(y for _, y, _ in chart.places) + 22
    )
    tree = ElementTree.fromstring(chart.draw(svg.line([0, 1], [0, 1], "model")))
    assert tree.attrib["role"] == "img" and tree.attrib["aria-label"] == "label"


def area(loop):
    """Of a closed polygon."""
    x, y = loop[:, 0], loop[:, 1]
    return abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2


def test_contours_of_a_hill():
    """One closed line whose area is the disc's."""
    i, j = np.mgrid[0:81, 0:81]
    hill = np.exp(-((i - 40) ** 2 + (j - 40) ** 2) / 200)
    (loop,) = contours(hill, float(np.exp(-(20.0**2) / 200)))
    assert (loop[0] == loop[-1]).all() and area(loop) == pytest.approx(np.pi * 400, rel=0.01)


def test_contours_of_two_hills_a_saddle_and_an_edge():
    """Parts apart are lines apart; a region that reaches the border is closed along it."""
    i, j = np.mgrid[0:40, 0:80]
    two = np.exp(-((i - 20) ** 2 + (j - 20) ** 2) / 50) + np.exp(
        -((i - 20) ** 2 + (j - 60) ** 2) / 50
    )
    assert len(contours(two, 0.5)) == 2
    assert sorted(area(loop) for loop in contours(np.eye(2), 0.5)) == pytest.approx([0.5, 0.5])
    (edge,) = contours(np.ones((4, 5)), 0.5)
    assert area(edge) == pytest.approx(
        4 * 5 - 4 * 0.125
    )  # half a cell beyond the border, corners cut


@pytest.mark.parametrize("seed", range(5))
def test_contours_of_noise_are_closed(seed):
    """Every line ends where it began, and no crossing is used twice."""
    noise = np.random.default_rng(seed).random((12, 15))
    loops = contours(noise, 0.5)
    assert loops and all((loop[0] == loop[-1]).all() for loop in loops)
    places = np.concatenate([loop[:-1] for loop in loops])
    assert len(np.unique(places.round(9), axis=0)) == len(places)


def test_mass_levels():
    """The region above the level holds the share: of a normal density in the plane, up to a radius
    with 1 - exp(-r^2/2).
    """
    x = np.linspace(-6, 6, 241)
    density = np.exp(-(x[:, None] ** 2 + x**2) / 2)
    for share, level in zip((0.99, 0.9, 0.5), mass_levels(density, (0.99, 0.9, 0.5)), strict=True):
        assert level == pytest.approx(1 - share, rel=0.05)
