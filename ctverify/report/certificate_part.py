"""A certificate's part of the page: its names, its figures, and notes on what is missing."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from ..certificate.certificate import Certificate
from ..certificate.sentence import sentence
from ..certificate.table import explicit_words, model_name
from .chart import Figure
from .collect import Certified
from .detail import DRAWN, FULL, Detail
from .figure_grid import grid_figure, is_grid
from .figure_sampler import sampler_figure
from .figure_samples import sample_figures
from .figure_shares import shares_figure
from .law import law_of
from .naming import name_of, schedule_name, status_of, target_name
from .plugin import NoPlugIn, PlugIn, plug_in

NO_SAMPLES = (
    "No samples were kept, so that the figures of samples and the plug-in value are missing: run "
    "with --report, or certify with keep_samples=2000 in Python and save, which writes an .npz "
    "beside the JSON."
)
NOT_DRAWN = (
    f"No figures: a page has those of its first {DRAWN} certificates. Report this one with fewer "
    "others."
)
# What building a target or a figure from a spec raises that builds none
UNBUILDABLE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True)
class Part:
    """A certificate's part of the page."""

    certificate: Certificate
    sentence: str
    explicit: str
    anchor: str
    name: str
    schedule: str
    status: str
    source: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    plug_in: PlugIn | None


def in_order(certified: Sequence[Certified]) -> list[Certified]:
    """The order in which certificates stand on the page.

    Arguments:
        certified: As they came.

    Returns:
        As they came, those of one target and kind of model together, by T.
    """
    groups: dict[tuple[str, str], list[Certified]] = {}
    for one in certified:
        certificate = one.certificate
        kind = (target_name(certificate), model_name(certificate.model))
        groups.setdefault(kind, []).append(one)
    ranked = []
    for group in groups.values():
        ranked += sorted(group, key=lambda one: one.certificate.steps)
    return ranked


def certificate_part(number: int, certified: Certified, detail: Detail = FULL) -> Part:
    """What the page says of a certificate.

    Arguments:
        number: Of the part, from 1 on.
        certified: The certificate and its kept samples.
        detail: How much of them is drawn.

    Returns:
        The part. What cannot be drawn or computed from the samples is a note.
    """
    certificate = certified.certificate
    figures, notes = figures_of(certified, detail)
    plug = None
    if certificate.w1 and "model" in certified.samples:
        try:
            plug = plug_in(certified.samples["model"], certified.samples["exact"])
        except NoPlugIn as error:
            notes.append(str(error))
    return Part(
        certificate=certificate,
        sentence=sentence(certificate),
        explicit="" if certificate.explicit is None else explicit_words(certificate.explicit),
        anchor=f"certificate-{number}",
        name=name_of(certificate),
        schedule=schedule_name(certificate),
        status=status_of(certificate),
        source=certified.source,
        figures=tuple(figures),
        notes=tuple(notes),
        plug_in=plug,
    )


def figures_of(certified: Certified, detail: Detail = FULL) -> tuple[list[Figure], list[str]]:
    """A certificate's figures, and notes on those that are missing.

    Arguments:
        certified: The certificate and its kept samples.
        detail: How much of them is drawn.

    Returns:
        The shares, a sampler's steps, and what its samples show.
    """
    certificate = certified.certificate
    if not detail.figures:
        return [], [NOT_DRAWN]
    figures = []
    notes = []
    if certificate.budget:
        figures.append(shares_figure(certificate, detail.bars))
    if certificate.sampler:
        figures.append(sampler_figure(certificate))
    if certificate.w1 and "model" not in certified.samples:
        notes.append(NO_SAMPLES)
    elif certificate.w1:
        try:
            figures += _from_samples(certified, detail)
        except UNBUILDABLE as error:
            notes.append(
                "No figures of samples: the exact law cannot be built from the certificate "
                f"({error})."
            )
    return figures, notes


def _from_samples(certified: Certified, detail: Detail) -> list[Figure]:
    certificate = certified.certificate
    samples = certified.samples
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # densities that underflow
        figures = sample_figures(certificate, law_of(certificate), samples, detail)
    if detail.grid and is_grid(samples, certificate.dim):
        figures.append(grid_figure(certificate, samples))
    return figures
