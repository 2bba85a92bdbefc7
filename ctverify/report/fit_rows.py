"""A sweep's fits as rows of a figure: what belongs together, and what tells rows apart.

A family is the fits of one target, model and schedule. Its fits along one axis differ in what they
hold fixed; a row's name has no more than tells it from the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ..sweep.exponents import Fit
from . import lettering, svg
from .numerals import short

LISTED = 1000  # rows of a figure's table
SYMBOLS = {
    "dim": "d",
    "steps": "T",
    "c0": "c₀",
    "c1": "c₁",
    "train_samples": "samples",
}  # settings that have one


@dataclass(frozen=True)
class Row:
    """A row of a figure: a family's target, what tells the row from others of the same target, and
    its fits.
    """

    target: str
    apart: str
    fits: tuple[Fit, ...]

    @property
    def words(self) -> str:
        """Both in full."""
        return self.target + self.apart


def families(fits: Sequence[Fit]) -> dict[tuple[str, str], list[Fit]]:
    """The fits of each target, model and schedule.

    Where there are several models, a name without one is of the population model.

    Arguments:
        fits: Of all families.

    Returns:
        The fits by the target's name and what tells the family from others of the same name, in
        alphabetical order.
    """
    several_models = len({fit.model for fit in fits}) > 1
    schedules: dict[tuple[str, str], set[str]] = {}
    for fit in fits:
        schedules.setdefault((fit.target, fit.model), set()).add(fit.schedule)
    by_name: dict[tuple[str, str], list[Fit]] = {}
    for fit in fits:
        apart = ""
        if several_models and fit.model != "population":
            apart += f", {fit.model}"
        if len(schedules[fit.target, fit.model]) > 1:
            apart += f", {fit.schedule}"
        by_name.setdefault((fit.target, apart), []).append(fit)
    return dict(sorted(by_name.items(), key=lambda item: item[0]))


def fitted(fits: Sequence[Fit]) -> list[Fit]:
    """Those that have points."""
    return [fit for fit in fits if fit.points]


def drawable(fits: Sequence[Fit]) -> list[Fit]:
    """Which of a family's fits along one axis are drawn.

    Arguments:
        fits: Those of the family along the axis.

    Returns:
        Those with an exponent; where there is none, the first that was refused, if any.
    """
    measured = [fit for fit in fits if fit.exponent is not None]
    return measured or list(fits[:1])


def told_apart(fits: Sequence[Fit]) -> list[tuple[Fit, str]]:
    """A family's fits along one axis by what they hold fixed.

    Arguments:
        fits: Those of the family along the axis.

    Returns:
        Each with what tells it from the others, " at d = 2", or nothing where it is the only one.
    """
    keys: dict[str, None] = {}  # a set that keeps its order
    for fit in fits:
        keys.update(dict.fromkeys(_numbers(fit)))
    differing = [key for key in keys if _differs(key, fits)]
    ranked = sorted(fits, key=lambda fit: _values(fit, differing))
    return [(fit, _at(held_fixed(fit, differing))) for fit in ranked]


def _differs(key: str, fits: Sequence[Fit]) -> bool:
    values = {_numbers(fit).get(key) for fit in fits}
    return len(values) > 1


def _values(fit: Fit, keys: Sequence[str]) -> list[float]:
    numbers = _numbers(fit)
    return [numbers.get(key, 0.0) for key in keys]


def _at(words: str) -> str:
    return f" at {words}" if words else ""


def held_fixed(fit: Fit, keys: Iterable[str] | None = None) -> str:
    """What a fit holds fixed, in words.

    Arguments:
        fit: The fit.
        keys: The settings that are told; None for all.

    Returns:
        Settings that are numbers, as "d = 2, T = 64".
    """
    numbers = _numbers(fit)
    told = numbers if keys is None else keys
    settings = [_setting(key, numbers[key]) for key in told if key in numbers]
    return ", ".join(settings)


def _setting(key: str, value: float) -> str:
    written = f"{value:,}" if isinstance(value, int) else short(value)
    return f"{SYMBOLS.get(key, key)} = {written}"


def _numbers(fit: Fit) -> dict[str, float]:
    return {key: value for key, value in fit.at.items() if isinstance(value, int | float)}


def row_name(row: Row, x: float, y: float, room: float) -> Markup:
    """A row's name as a text.

    Arguments:
        row: The row.
        x, y: Where the name begins; y is its base line.
        room: The width to which it is cut, if possible inside the target's name: ends tell rows
            apart.

    Returns:
        A text element; a name that was cut is whole in its tooltip.
    """
    for_apart = lettering.width(row.apart)
    for_target = max(room - for_apart, 7 * lettering.CHARACTER)
    target = lettering.cut_inside(row.target, for_target)
    drawn = lettering.cut(target + row.apart, room)
    tooltip = "" if drawn == row.words else row.words
    return svg.text(drawn, x, y, tooltip=tooltip)


def models_note(fits: Sequence[Fit]) -> str:
    """What a name without a model stands for.

    Arguments:
        fits: All that the figure is made of.

    Returns:
        A sentence for the caption with a space before it; empty where there is one model.
    """
    models = {fit.model for fit in fits}
    if len(models) == 1 or "population" not in models:
        return ""
    return " A name without a model stands for exact training (population)."


def schedules_note(fits: Sequence[Fit]) -> str:
    """What stands for r where a schedule has none.

    Arguments:
        fits: All that the figure is made of.

    Returns:
        A sentence for the caption with a space before it; empty where all schedules are (23).
    """
    if all(fit.schedule == "li_huang_wei" for fit in fits):
        return ""
    return " Schedules other than (23) have 1/T in the place of r."
