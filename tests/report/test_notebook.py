"""A certificate's figures by themselves: in a notebook, as a page, as one SVG."""

from xml.etree import ElementTree

import pytest

from ctverify import Certificate, InputError

from .conftest import certificate, shared, stepped
from .reader import Reader


@pytest.fixture(scope="module")
def whole():
    """With every part and samples."""
    return stepped(shared(certificate("gaussian-2d", 12)))


def test_a_notebook_shows_the_figures(whole):
    """The certificate and its plot alike: a fragment with the figures, which fetches nothing."""
    fragment = whole._repr_html_()
    assert fragment == whole.plot()._repr_html_()
    page = Reader(fragment)
    titles = ["Distance to the target", "Where accuracy is lost", "Step by step"]
    assert all(title in page.words for title in [*titles, "Samples and exact density"])
    assert "Samples are" in page.words
    assert not page.named("script", "link", "img", "html")
    assert not any("id" in attributes for _, attributes in page.tags)


def test_its_style_holds_inside_alone(whole):
    """Every rule is nested in the fragment's class."""
    style = whole._repr_html_().partition("<style>")[2].partition("</style>")[0]
    assert style.startswith(".ctverify {")
    depth = 0
    for i, sign in enumerate(style):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth > 0 or i < len(".ctverify {") or i == len(style) - 1
    assert ":root" not in style
    assert "url(" not in style


def test_one_svg(whole, tmp_path):
    """All figures below one another, whole."""
    whole.plot().save(tmp_path / "figures.svg")
    root = ElementTree.parse(tmp_path / "figures.svg").getroot()
    figures = [part for part in root.iter() if part.get("class") == "figure"]
    assert len(figures) == 5
    assert float(root.get("height")) > 1000


def test_one_page(whole, tmp_path):
    """The report of one certificate."""
    whole.plot().save(tmp_path / "figures.html")
    page = Reader((tmp_path / "figures.html").read_text())
    assert len(page.named("article")) == 1


def test_other_files_are_refused(whole, tmp_path):
    """In one sentence."""
    with pytest.raises(InputError, match=r"path must be an \.html or an \.svg, got '.*x\.png'"):
        whole.plot().save(tmp_path / "x.png")


def test_loaded_samples_are_drawn(whole, tmp_path):
    """save and load keep the figures."""
    whole.save(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json")._repr_html_() == whole._repr_html_()


def test_a_model_that_is_not_finite_has_words(far_off_certificate):
    """And no figure."""
    fragment = far_off_certificate._repr_html_()
    assert "Nothing was measured" in fragment
    assert "<figure>" not in fragment
    assert repr(far_off_certificate.plot()) == "<figures of mild, f, T = 12>"


@pytest.fixture
def far_off_certificate(whole):
    """Of a model without numbers."""
    from dataclasses import replace

    nothing = replace(whole, budget=None, shares=None, w1=None, theorem=None, sampler=None)
    target = whole.target | {"name": "mild"}
    return replace(nothing, target=target, model="mine:f", samples={})
