"""Whether a case's JSON keeps to its schema, as far as tables, exponents and the report read it:
anyone may have written it.
"""

from __future__ import annotations

import math
from typing import Any, get_args

from ..core.arguments import InputError
from ..core.verdict import Status

BRACKET = ("lower", "upper", "lower_estimate", "upper_estimate")
BUDGET = ("initial", "start", "eps_sum", "defect_sum")  # of chains some are null
MOST = 2**53  # beyond it a whole number is no float
NAMES = ("target", "model", "schedule")
PLAIN = (str, int, float, type(None))


def check(case: dict[str, Any], result: dict[str, Any] | None, seconds: float) -> None:
    """InputError where a case is not what this version writes."""
    _need(_number(seconds) >= 0, "the case's seconds must be at least 0")
    _check_case(case)
    if result is not None:
        _check_result(result)


def _check_case(case: dict[str, Any]) -> None:
    """A definition has its names, and plain values."""
    for name in NAMES:
        _need(isinstance(case.get(name), str), f"the case's {name} must be text")
    plain = all(isinstance(value, PLAIN) for key, value in case.items() if key != "sha256")
    _need(plain, "the case's settings must be plain values")
    _need(
        all(map(_countable, case.values())), "the case's numbers must be finite, and at most 2^53"
    )


def _check_result(result: dict[str, Any]) -> None:
    """A result has the numbers that are read."""
    for name in ("dim", "T"):
        _need(
            type(result.get(name)) is int and result[name] >= 1,
            f"the result's {name} must be a whole number",
        )
        _need(result[name] <= MOST, f"the result's {name} must be at most 2^53")
    _need(
        "r" in result and (result["r"] is None or _number(result["r"]) > 0),
        "the result's r must be a number above 0 or null",
    )
    verdicts = result.get("verdicts")
    _need(
        isinstance(verdicts, list) and all(map(_verdict, verdicts)),
        "the result's verdicts must be a list of law and status",
    )
    if result.get("w1") is None:
        return
    parts = [result.get(name) for name in ("w1", "budget", "theorem")]
    _need(
        all(isinstance(part, dict) for part in parts),
        "the result's w1, budget and theorem must be objects",
    )
    w1, budget, theorem = parts
    assert isinstance(w1, dict) and isinstance(budget, dict) and isinstance(theorem, dict)
    _need(
        all(_number(w1.get(name)) >= 0 or name == "lower_estimate" for name in BRACKET),
        "the result's w1 must be at least 0",
    )
    _need(
        w1["upper"] > 0 or w1["lower"] == 0,
        "the result's w1 must not have upper 0 and lower above it",
    )
    _need(
        all(name in budget for name in BUDGET),
        f"the result's budget must have {', '.join(BUDGET)}, or null there",
    )
    known = [budget[name] for name in BUDGET]
    _need(
        all(value is None or _number(value) >= 0 for value in known),
        "the result's budget must be at least 0",
    )
    _need(known[-1] is not None, "the result's budget must have its defect_sum")
    _need(_number(theorem.get("lipschitz")) > 0, "the result's lipschitz must be above 0")


def _verdict(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("status") in get_args(Status)
        and isinstance(value.get("law"), str)
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _countable(value):
        raise InputError(
            f"a case's numbers must be finite, and whole ones at most 2^53, got {str(value)[:40]!r}"
        )
    return float(value)


def _countable(value: Any) -> bool:
    """Whether a number can be counted with; True for what is none."""
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) <= MOST


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise InputError(otherwise)
