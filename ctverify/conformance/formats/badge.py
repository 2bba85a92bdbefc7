"""A badge for a README: one line of SVG that needs no server."""

from __future__ import annotations

import datetime
from html import escape

from ...core.version import __version__
from ..results.result import Report
from ..results.view import verdict

WIDTH = 6.6  # of a letter of 11 pixels, about; textLength makes it so
LONGEST = 60  # letters of the subject
COLOURS = {0: "#2b7a3d", 1: "#b3261e", 3: "#8a6100"}  # white on each has a contrast above 5
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="20" role="img"
 aria-label="{label}">
<title>{label}</title>
<rect width="{left:g}" height="20" fill="#444"/>
<rect x="{left:g}" width="{right:g}" height="20" fill="{colour}"/>
<g fill="#fff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
<text x="6" y="14" textLength="{named:g}">{name}</text>
<text x="{start:g}" y="14" textLength="{told:g}">{words}</text>
</g>
</svg>
"""


def badge(report: Report, date: datetime.date) -> str:
    """The verdict on a subject, with versions, counts and date.

    Arguments:
        report: of ctverify check.
        date: when it was judged.

    Returns:
        SVG.

    Example:
        >>> from ctverify.conformance.results.result import Report, Result
        >>> result = Result("loss.rows", "loss", "rows count", "", "pass")
        >>> text = badge(Report("mine", "", 0, (result,)), datetime.date(2027, 1, 2))
        >>> "mine conforms: 1 pass (2027-01-02)" in text
        True
    """
    subject = "".join(filter(str.isprintable, f"{report.subject} {report.version}".strip()))
    words = f"{subject[:LONGEST]} {verdict(report)} ({date.isoformat()})"
    name = f"ctverify {__version__}"
    left, right = WIDTH * len(name) + 12, WIDTH * len(words) + 12
    return SVG.format(
        width=left + right,
        left=left,
        right=right,
        start=left + 6,
        named=left - 12,
        told=right - 12,
        colour=COLOURS[report.exit_code],
        name=escape(name),
        words=escape(words),
        label=escape(f"{name}: {words}", quote=True),
    )
