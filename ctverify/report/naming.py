"""How certificates and fits are called on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..certificate.certificate import Certificate
from ..certificate.table import model_name
from ..sweep.exponents import Fit
from .scales import short

LONGEST = 60  # characters of a name
SIGN = {
    "dim": "d",
    "steps": "T",
    "c0": "c₀",
    "c1": "c₁",
    "train_samples": "samples",
}  # settings that have one


def target_name(c: Certificate) -> str:
    """The target's name."""
    return brief(str(c.target.get("name", "?")))


def name_of(c: Certificate) -> str:
    """Target, model and T."""
    return f"{target_name(c)}, {brief(model_name(c.model))}, T = {c.steps}"


def brief(name: str, most: int = LONGEST) -> str:
    """The name, or its beginning and an ellipsis."""
    return name if len(name) <= most else name[: most - 1] + "…"


def schedule_name(c: Certificate) -> str:
    """The schedule's kind and what it takes besides T, long lists left out."""
    given = {
        k: v for k, v in c.schedule.items() if k not in ("kind", "T") and isinstance(v, int | float)
    }
    return f"{c.schedule.get('kind', '?')}{' ' if given else ''}{', '.join(f'{k} = {v:g}' for k, v in given.items())}"


def status_of(c: Certificate) -> str:
    """The gravest of its verdicts."""
    found = {verdict.status for verdict in c.verdicts}
    return next((status for status in ("fail", "inconclusive") if status in found), "pass")


def families(found: Sequence[Fit]) -> dict[tuple[str, str], list[Fit]]:
    """The fits of each target, model and schedule, by the target's name and what tells it from
    others of the same name.

    Where there are several models, a name without one is of the population model.
    """
    several = len({fit.model for fit in found}) > 1
    schedules: dict[tuple[str, str], set[str]] = {}
    for fit in found:
        schedules.setdefault((fit.target, fit.model), set()).add(fit.schedule)
    by_name: dict[tuple[str, str], list[Fit]] = {}
    for fit in found:
        model = f", {fit.model}" if several and fit.model != "population" else ""
        schedule = f", {fit.schedule}" if len(schedules[fit.target, fit.model]) > 1 else ""
        by_name.setdefault((fit.target, model + schedule), []).append(fit)
    return dict(sorted(by_name.items(), key=lambda item: item[0]))


def shown(own: Sequence[Fit]) -> list[Fit]:
    """Of a family's fits along one axis those with an exponent; one that was refused where there is
    none.
    """
    return [fit for fit in own if fit.exponent is not None] or list(own[:1])


def apart(own: Sequence[Fit]) -> list[tuple[Fit, str]]:
    """A family's fits along one axis by what they hold fixed, each with what tells it from the
    others: " at d = 2".
    """
    keys = dict.fromkeys(key for fit in own for key in _numbers(fit))
    differ = [key for key in keys if len({_numbers(fit).get(key) for fit in own}) > 1]
    ranked = sorted(own, key=lambda fit: [_numbers(fit).get(key, 0.0) for key in differ])
    return [(fit, f" at {words}" if (words := fixed(fit, differ)) else "") for fit in ranked]


def fixed(fit: Fit, keys: Iterable[str] | None = None) -> str:
    """What a fit holds fixed, of `keys` or of all: "d = 2, T = 64"."""
    numbers = _numbers(fit)
    found = [(key, numbers[key]) for key in (numbers if keys is None else keys) if key in numbers]
    return ", ".join(
        f"{SIGN.get(key, key)} = {f'{v:,}' if isinstance(v, int) else short(v)}" for key, v in found
    )


def _numbers(fit: Fit) -> dict[str, float]:
    return {key: value for key, value in fit.at.items() if isinstance(value, int | float)}
