"""A certificate's figures by themselves: in a notebook, as a page, as one SVG.

In a notebook they lie in an element whose style sheet holds for itself alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from markupsafe import Markup

from ..certificate.certificate import Certificate
from ..certificate.sentence import sentence
from ..core.arguments import InputError
from ..core.files import write_atomically
from . import lettering, svg
from .certificate_part import figures_of
from .chart import WIDTH, Figure
from .collect import Certified, Collection, checked
from .figure_bracket import Measured, bracket_figure
from .naming import name_of
from .page import html, marked

GAP = 30.0  # between two figures of one SVG, in which a title stands
EDGE = 10.0  # around them
SIZE = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
LAYOUT = """
& { background: var(--back); color: var(--text); padding: .6rem; overflow-wrap: anywhere;
  font: 14px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
.figures { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); }
figure { margin: 0; padding: .6rem; background: var(--panel); border-radius: 6px; min-width: 0; }
figcaption { color: var(--soft); font-size: .9em; margin-top: .4rem; }
b { display: block; margin-bottom: .4rem; }
p { margin: .4rem 0; max-width: 52rem; }
"""


class CertificateFigures:
    """A certificate's figures, in a notebook or a file."""

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate

    def _repr_html_(self) -> str:
        """The sentence and the figures with their captions, which need nothing else."""
        title = svg.element("b", name_of(self._certificate))
        words = svg.element("p", marked(sentence(self._certificate)))
        figures = [_shown(figure) for figure in _figures(self._certificate)]
        grid = svg.element("div", *figures, class_="figures")
        # nested rules hold inside the element alone; & is the element itself
        rules = svg.style().replace(":root", "&") + LAYOUT
        style = svg.element("style", Markup(".ctverify {" + rules + "}"))  # nosec B704
        whole = svg.element("div", style, title, words, grid, class_="ctverify")
        return lettering.printable(whole)

    def __repr__(self) -> str:
        return f"<figures of {name_of(self._certificate)}>"

    def save(self, path: str | Path) -> None:
        """Write the figures.

        Arguments:
            path: An .html, which is a whole page with captions and tables, or an .svg with the
                figures below one another.

        Raises:
            InputError: Another kind of file, or it cannot be written.
        """
        writers = {".html": _page, ".svg": _picture}
        write = writers.get(Path(path).suffix)
        if write is None:
            raise InputError(f"path must be an .html or an .svg, got {str(path)!r}")
        write_atomically(Path(path), write(self._certificate).encode())


def figures(certificate: Certificate) -> CertificateFigures:
    """What `Certificate.plot` returns.

    Arguments:
        certificate: Whose figures are drawn when they are shown.

    Returns:
        Its figures.
    """
    return CertificateFigures(certificate)


def _figures(certificate: Certificate) -> list[Figure]:
    """The bracket first."""
    drawn = []
    if certificate.w1 is not None:
        drawn.append(bracket_figure([Measured(certificate, None)]))
    others, _ = figures_of(_certified(certificate))
    return drawn + others


def _certified(certificate: Certificate) -> Certified:
    return Certified(certificate, checked(certificate.samples, certificate.dim))


def _shown(figure: Figure) -> Markup:
    title = svg.element("b", figure.title)
    caption = svg.element("figcaption", figure.caption)
    return svg.element("figure", title, figure.svg, caption)


def _page(certificate: Certificate) -> str:
    return html(Collection((_certified(certificate),)))


def _picture(certificate: Certificate) -> str:
    """All figures below one another, with their titles."""
    y = EDGE
    marks = []
    for figure in _figures(certificate):
        size = SIZE.search(figure.svg)
        assert size is not None
        height = float(size[2])
        marks.append(svg.text(figure.title, EDGE, y + 12, kind="t strong"))
        y += GAP - EDGE
        corner = {"x": EDGE, "y": y, "width": WIDTH, "height": height}
        box = f"0 0 {svg.number(WIDTH)} {svg.number(height)}"
        marks.append(svg.element("svg", figure.svg, viewBox=box, **corner))
        y += height + GAP
    words = f"{name_of(certificate)}: figures"
    return svg.file(marks, WIDTH + 2 * EDGE, y, words)
