"""How certificates are called on the page."""

from __future__ import annotations

from ..certificate import Certificate
from ..table import model_name

LONGEST = 60  # characters of a name


def target_name(c: Certificate) -> str:
    """The target's name."""
    return _brief(str(c.target.get("name", "?")))


def name_of(c: Certificate) -> str:
    """Target, model and T."""
    return f"{target_name(c)}, {_brief(model_name(c.model))}, T = {c.steps}"


def _brief(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def schedule_name(c: Certificate) -> str:
    """The schedule's kind and what it takes besides T, long lists left out."""
    given = {k: v for k, v in c.schedule.items() if k not in ("kind", "T") and isinstance(v, int | float)}
    return f"{c.schedule.get('kind', '?')}{' ' if given else ''}{', '.join(f'{k} = {v:g}' for k, v in given.items())}"


def status_of(c: Certificate) -> str:
    """The gravest of its verdicts."""
    found = {verdict.status for verdict in c.verdicts}
    return next((status for status in ("fail", "inconclusive") if status in found), "pass")
