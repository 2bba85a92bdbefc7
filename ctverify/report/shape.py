"""Whether JSON has the shape of its schema, as far as the page reads it: a file may have been
written by anyone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

from ..certificate.certificate import Certificate
from ..conformance.result import Result, Status
from ..core.verdict import Status as Judged
from ..core.verdict import Verdict
from ..sweep.store import Record

LISTS = ("t", "sigma", "model_defect", "discretisation_defect")
BUDGET = ("initial", "start", "total", "total_upper", "root_bias", "concentration")
BRACKET = ("lower", "upper", "lower_estimate", "upper_estimate", "w2_upper", "concentration")
THEOREM = ("rhs_over_C1", "lipschitz", "C1_needed", "eps_sum", "c2")
CLAIM = ("id", "title", "status", "expected", "method", "source", "counterexample")


class Malformed(ValueError):
    """What is missing or of the wrong kind."""


@dataclass(frozen=True)
class Asked:
    """The cases that a sweep asks for, by hash."""

    names: frozenset[str]


def sweep_of(data: dict[str, Any]) -> Record | Asked:
    """A case, or what its sweep asks for."""
    if "cases" not in data:
        return Record.from_dict(data)
    names = data["cases"]
    _need(
        isinstance(names, list) and all(isinstance(name, str) for name in names),
        "cases must be a list of hashes",
    )
    return Asked(frozenset(names))


def certificate_of(data: dict[str, Any]) -> Certificate:
    """The certificate, its numbers being numbers."""
    found = Certificate.from_dict(data)
    for name in ("dim", "steps", "seed"):
        _need(
            type(getattr(found, name)) is int and getattr(found, name) >= 0,
            f"{name} must be a whole number",
        )
    _need(found.dim >= 1 and found.steps >= 2, "dim must be at least 1 and steps at least 2")
    for name in ("target", "schedule", "versions", "counts"):
        _need(isinstance(getattr(found, name), dict), f"{name} must be an object")
    _number(found.confidence, "confidence")
    _need(isinstance(found.device, str), "device must be text")
    _need(
        all(_number(value, name) >= 0 for name, value in found.counts.items()),
        "counts must be numbers",
    )
    _parts(found)
    for verdict in found.verdicts:
        _need(isinstance(verdict, Verdict), "verdicts must be objects")
        _need(
            verdict.status in get_args(Judged),
            f"a verdict's status must be one of {', '.join(get_args(Judged))}",
        )
        _need(
            all(isinstance(text, str) for text in (verdict.law, verdict.equation, verdict.detail)),
            "a verdict must be text",
        )
        _need(
            all(
                v is None or _number(v, "observed") == v for v in (verdict.observed, verdict.limit)
            ),
            "",
        )
    return found


def _parts(found: Certificate) -> None:
    parts = (found.budget, found.w1, found.theorem)
    _need(all(parts) or not any(parts), "budget, w1 and theorem must all be there or all be null")
    if not (found.budget and found.w1 and found.theorem):
        return
    for names, part in ((BUDGET, found.budget), (BRACKET, found.w1), (THEOREM, found.theorem)):
        for name in names:
            _need(_number(getattr(part, name), name) >= 0 or name in ("lower_estimate", "c2"), "")
    columns = [getattr(found.budget, name) for name in LISTS]
    _need(
        all(isinstance(c, list) and len(c) == len(columns[0]) >= 1 for c in columns),
        "the budget's lists must be of one length",
    )
    _need(len(columns[0]) == found.steps - 1, "the budget must have an entry for each of t = 2..T")
    _need(all(_number(value, "budget") >= 0 for column in columns for value in column), "")
    sigma = found.budget.sigma
    _need(
        sigma[0] > 0 and all(a < b for a, b in pairwise(sigma)), "sigma must increase from above 0"
    )
    _need(
        isinstance(found.theorem.hypotheses, dict) and isinstance(found.theorem.vacuous, bool),
        "theorem must be whole",
    )
    _need(
        all(isinstance(state, str) for state in found.theorem.hypotheses.values()),
        "hypotheses must be text",
    )
    _need(
        isinstance(found.budget.method, str) and isinstance(found.w1.method, str),
        "method must be text",
    )


def conformance_of(data: dict[str, Any]) -> dict[str, Any]:
    """A report of `ctverify check`."""
    _texts(data, ("subject", "version"), "the report")
    _need(isinstance(data.get("conforms"), bool), "conforms must be true or false")
    for name in ("unexpected", "known"):
        _need(
            isinstance(data.get(name), list) and all(isinstance(v, str) for v in data[name]),
            f"{name} must be a list of ids",
        )
    for check in _objects(data, "checks"):
        _need(
            all(name in check for name in Result.__dataclass_fields__),
            f"a check must have {', '.join(Result.__dataclass_fields__)}",
        )
        _texts(check, ("id", "group", "statement", "reference", "detail"), "a check")
        _need(
            check["status"] in get_args(Status),
            f"a check's status must be one of {', '.join(get_args(Status))}",
        )
        for name in ("configuration", "reproduce", "reason"):
            _need(
                check[name] is None or isinstance(check[name], str), f"{name} must be text or null"
            )
        _need(
            all(
                check[v] is None or _number(check[v], v) == check[v] for v in ("observed", "limit")
            ),
            "",
        )
    return data


def ledger_of(data: dict[str, Any]) -> dict[str, Any]:
    """What `ctverify prove` found."""
    for claim in _objects(data, "claims"):
        _texts(claim, CLAIM, "a claim")
        for name in ("axioms", "statement", "steps"):
            _need(isinstance(claim.get(name), list), f"{name} must be a list")
        _need(
            all(isinstance(v, str) for name in ("axioms", "statement") for v in claim[name]),
            "axioms and statements must be text",
        )
        _need(isinstance(claim.get("hypotheses"), dict), "hypotheses must be an object")
        _number(claim.get("seconds"), "seconds")
    return data


def _objects(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = data.get(name)
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise Malformed(f"{name} must be a list of objects")
    return parts


def _texts(data: dict[str, Any], names: tuple[str, ...], owner: str) -> None:
    for name in names:
        _need(isinstance(data.get(name), str), f"{name} of {owner} must be text")


def _number(value: Any, name: str) -> float:
    try:
        finite = (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        )
    except OverflowError:
        finite = False
    if not finite:
        raise Malformed(f"{name} must be a finite number, got {str(value)[:40]!r}")
    return float(value)


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Malformed(otherwise or "a number is below 0")
