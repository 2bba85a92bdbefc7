"""How certificates are called on the page."""

from __future__ import annotations

from ..certificate.certificate import Certificate
from ..certificate.table import callable_name, model_name

LONGEST = 60  # characters of a name


def brief(name: str, longest: int = LONGEST) -> str:
    """A text that may be long.

    Arguments:
        name: The text.
        longest: How many characters are kept.

    Returns:
        The text, or its beginning and an ellipsis.

    Example:
        >>> brief("gaussian-isotropic", 9)
        'gaussian…'
    """
    if len(name) <= longest:
        return name
    return name[: longest - 1] + "…"


def target_name(certificate: Certificate) -> str:
    """The target's name."""
    return brief(str(certificate.target.get("name", "?")))


def name_of(certificate: Certificate) -> str:
    """Target, model, T and a sampler's steps; of a callable's name the last part."""
    model = brief(callable_name(model_name(certificate.model)))
    name = f"{target_name(certificate)}, {model}, T = {certificate.steps}"
    sampler = certificate.sampler
    if sampler is not None and len(sampler.levels) > 1:
        name += f", {len(sampler.levels)} steps"
    return name


def schedule_name(certificate: Certificate) -> str:
    """The schedule's kind and its numbers besides T, long lists left out: "li_huang_wei c0 = 1"."""
    schedule = certificate.schedule
    kind = schedule.get("kind", "?")
    constants = [
        f"{name} = {value:g}"
        for name, value in schedule.items()
        if name not in ("kind", "T") and isinstance(value, int | float)
    ]
    if not constants:
        return f"{kind}"
    return f"{kind} {', '.join(constants)}"


def status_of(certificate: Certificate) -> str:
    """The gravest of its verdicts: fail, inconclusive or pass."""
    statuses = {verdict.status for verdict in certificate.verdicts}
    for status in ("fail", "inconclusive"):
        if status in statuses:
            return status
    return "pass"
