"""The page: sections from a collection, and the template that writes them. Every value is escaped
where it is written.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from ..certificate.certificate import Certificate
from ..certificate.table import model_name
from ..core.arguments import InputError
from ..core.files import writable_directory, write_atomically
from ..core.version import __version__
from .chart import Figure
from .collect import Certified, Collection, collect
from .figure_bracket import bracket_figure
from .figure_budget import budget_figure
from .figure_convergence import convergence_figure, groups
from .figure_grid import grid_figure, is_grid
from .figure_samples import sample_figures
from .law import law_of
from .naming import brief, name_of, schedule_name, status_of, target_name
from .plugin import PlugIn, plug_in
from .scales import short
from .svg import printable
from .sweeps import sweep_part

NO_SAMPLES = (
    "No samples were kept, so that the figures of samples and the plug-in value are missing: run with --report, or certify with "
    "keep_samples=2000 in Python and save, which writes an .npz beside the JSON."
)
MOST_NOTES, LONGEST_NOTE = 50, 1000  # of what was passed over; characters


@dataclass(frozen=True)
class Part:
    """A certificate's part of the page."""

    certificate: Certificate
    anchor: str
    name: str
    schedule: str
    status: str
    source: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    plug_in: PlugIn | None


def write_report(collection: Collection, path: str | Path) -> int:
    """Write the page atomically; the number of bytes."""
    content = html(collection).encode()
    write_atomically(Path(path), content)
    return len(content)


def report(paths: Iterable[str | Path], path: str | Path) -> Collection:
    """The page of what these files and directories hold."""
    ready(path)
    write_report(collection := collect(paths), path)
    return collection


def ready(path: str | Path) -> None:
    """InputError where the page cannot be written to `path`: said before long work."""
    if Path(path).is_dir():
        raise InputError(f"report must be a file to write, got the directory {str(path)!r}")
    writable_directory(Path(path).parent)


def html(collection: Collection) -> str:
    """The page as text: the same for the same collection."""
    certified = in_order(collection.certified)
    parts = [_part(i, part) for i, part in enumerate(certified)]
    plug_ins = {i: part.plug_in for i, part in enumerate(parts) if part.plug_in}
    measured = any(part.certificate.w1 for part in parts)
    certificates = [part.certificate for part in parts]
    page = _template().render(
        version=__version__,
        holds=holds(collection),
        parts=parts,
        bracket=bracket_figure(certified, plug_ins) if measured else None,
        convergence=[convergence_figure(group) for group in groups(certificates)],
        conformance=collection.conformance,
        matrix=matrix(collection.conformance),
        sweep=sweep_part(collection.records, collection.missing),
        ledgers=[_ledger(ledger) for ledger in collection.ledgers],
        notes=[brief(note, LONGEST_NOTE) for note in collection.notes[:MOST_NOTES]],
        more_notes=max(0, len(collection.notes) - MOST_NOTES),
    )
    return printable(page)


def in_order(certified: Sequence[Certified]) -> list[Certified]:
    """As they came, those of one target and kind of model together, by T."""
    kinds = [(target_name(c.certificate), model_name(c.certificate.model)) for c in certified]
    order = {kind: i for i, kind in reversed(list(enumerate(kinds)))}
    ranked = sorted(
        zip(kinds, certified, strict=True),
        key=lambda pair: (order[pair[0]], pair[1].certificate.steps),
    )
    return [part for _, part in ranked]


def _part(place: int, certified: Certified) -> Part:
    c, notes = certified.certificate, []
    figures = [budget_figure(c)] if c.budget else []
    found: PlugIn | str | None = None
    if c.w1 and "model" in certified.samples:
        found = plug_in(certified.samples["model"], certified.samples["exact"])
        more, said = _sample_figures(certified)
        figures, notes = figures + more, said
    elif c.w1:
        notes.append(NO_SAMPLES)
    if isinstance(found, str):
        notes.append(found)
    plug = found if isinstance(found, PlugIn) else None
    where = (name_of(c), schedule_name(c), status_of(c), certified.source)
    return Part(c, f"certificate-{place + 1}", *where, tuple(figures), tuple(notes), plug)


def _sample_figures(certified: Certified) -> tuple[list[Figure], list[str]]:
    """A spec that builds no target costs these figures, not the page."""
    c, samples = certified.certificate, dict(certified.samples)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # densities that underflow
            figures = sample_figures(c, law_of(c), samples)
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        return [], [
            f"No figures of samples: the exact law cannot be built from the certificate ({error})."
        ]
    return figures + ([grid_figure(c, samples)] if is_grid(samples, c.dim) else []), []


def matrix(reports: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a check, in the order in which the reports list them: its statement and, for each
    report, its result or None.
    """
    found: dict[str, dict[str, Any]] = {}
    for column, conformance in enumerate(reports):
        for check in conformance["checks"]:
            blank = {
                "id": check["id"],
                "statement": check["statement"],
                "results": [None] * len(reports),
            }
            found.setdefault(check["id"], blank)["results"][column] = check
    return list(found.values())


def holds(collection: Collection) -> str:
    """How many there are of each kind."""
    parts: tuple[tuple[Sequence[Any], str], ...] = (
        (collection.certified, "certificate"),
        (collection.conformance, "conformance report"),
        (collection.ledgers, "ledger"),
        (collection.records, "sweep case"),
    )
    if not any(found for found, _ in parts):
        return "Nothing is finished"
    return ", ".join(
        f"{len(found)} {name}{'' if len(found) == 1 else 's'}" for found, name in parts if found
    )


def _ledger(ledger: dict[str, Any]) -> dict[str, Any]:
    """Its claims, those that are otherwise than expected, and which are shown at once and which are
    folded.
    """
    claims = ledger["claims"]
    wrong = [claim for claim in claims if claim["status"] != claim["expected"]]
    folded = [claim for claim in claims if claim["status"] == claim["expected"] == "PROVED"]
    shown = [*wrong, *(claim for claim in claims if claim not in folded and claim not in wrong)]
    return {"claims": claims, "wrong": wrong, "shown": shown, "folded": folded}


def counted(values: Iterable[str]) -> str:
    """How many of each: "21 pass, 3 fail"."""
    return ", ".join(f"{n} {value.replace('_', ' ')}" for value, n in Counter(values).items())


def hypothesis(name: str) -> str:
    """A hypothesis of Theorem 1 by its equation number."""
    return {"22_tail": "(22) in its tail form", "c2_1000": "c₂ ≥ 1000"}.get(name, f"({name})")


def full(value: Any) -> str:
    """A table's number: five digits, whole numbers with all of theirs."""
    return f"{value:,}" if isinstance(value, int) else short(value, 5)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("ctverify.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(full=full, short=short, counted=counted, hypothesis=hypothesis)
    return environment.get_template("report.html.j2")
