"""Whether a case's JSON keeps to its schema, as far as tables, exponents and the report read it: anyone may have written it."""

from __future__ import annotations

import math
from typing import Any, get_args

from ..arguments import InputError
from ..verdict import Status

BRACKET = ("lower", "upper", "lower_estimate", "upper_estimate")
BUDGET = ("initial", "start", "eps_sum", "defect_sum")  # of chains some are null
NAMES = ("target", "model", "schedule")
PLAIN = (str, int, float, type(None))


def check_case(case: dict[str, Any]) -> None:
    """InputError where a definition lacks its names or holds more than plain values."""
    for name in NAMES:
        _need(isinstance(case.get(name), str), f"the case's {name} must be text")
    plain = all(isinstance(value, PLAIN) for key, value in case.items() if key != "sha256")
    _need(plain, "the case's settings must be plain values")


def check_result(result: dict[str, Any]) -> None:
    """InputError where a result lacks a number or has one that is none."""
    for name in ("dim", "T"):
        _need(type(result.get(name)) is int and result[name] >= 1, f"the result's {name} must be a whole number")
    _need(result.get("r") is None or _number(result["r"]) > 0, "the result's r must be a number above 0 or null")
    verdicts = result.get("verdicts")
    _need(isinstance(verdicts, list) and all(map(_verdict, verdicts)), "the result's verdicts must be a list of law and status")
    if result.get("w1") is None:
        return
    parts = [result.get(name) for name in ("w1", "budget", "theorem")]
    _need(all(isinstance(part, dict) for part in parts), "the result's w1, budget and theorem must be objects")
    w1, budget, theorem = parts
    assert isinstance(w1, dict) and isinstance(budget, dict) and isinstance(theorem, dict)
    _need(all(_number(w1.get(name)) >= 0 or name == "lower_estimate" for name in BRACKET), "the result's w1 must be at least 0")
    known = [budget.get(name) for name in BUDGET]
    _need(all(value is None or _number(value) >= 0 for value in known), "the result's budget must be at least 0")
    _need(known[-1] is not None, "the result's budget must have its defect_sum")
    _need(_number(theorem.get("lipschitz")) > 0, "the result's lipschitz must be above 0")


def _verdict(value: Any) -> bool:
    return isinstance(value, dict) and value.get("status") in get_args(Status) and isinstance(value.get("law"), str)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or math.isnan(value):
        raise InputError(f"a case's numbers must be finite, got {str(value)[:40]!r}")
    return float(value)


def _need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise InputError(otherwise)
