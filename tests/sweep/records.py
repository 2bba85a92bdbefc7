"""Records of cases that were not computed: errors that follow a law of one's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ctverify.sweep.store import Record


def record(
    error: Callable[[float, float, float], float],
    *,
    T: int = 64,
    d: int = 1,
    L_f: float = 1.0,
    seed: int = 0,
    target: str = "mild-product",
    own: float = 0.0,
    width: float = 0.0,
    **case: Any,
) -> Record:
    """A finished case with the error error(r, d, L_f), the model's own share `own` of it, brackets
    of relative `width`.
    """
    r = 4 * math.log(T) / T
    value = error(r, d, L_f)
    w1 = {
        "lower": value * (1 - width),
        "upper": value * (1 + width),
        "lower_estimate": value,
        "upper_estimate": value,
    }
    budget = {
        "initial": 0.0,
        "start": 0.0,
        "eps_sum": own * value,
        "defect_sum": value,
        "total": value,
        "total_upper": value,
        "w2_total_upper": value,
        "concentration": 0.0,
        "method": "made up",
    }
    shares = {
        "model_total": own * value,
        "schedule_total": (1 - own) * value,
        "model_total_error": 0.0,
        "schedule_total_error": 0.0,
        "initial": 0.0,
        "start": 0.0,
        "total": value,
    }
    theorem = {
        "rhs_over_C1": 1.0,
        "lipschitz": L_f,
        "C1_needed": 0.0,
        "vacuous": True,
        "c2": 2.0,
        "eps_sum": 0.0,
    }
    result: dict[str, Any] = {
        "dim": d,
        "T": T,
        "r": r,
        "spread": 1.0,
        "w1": w1,
        "w2_upper": value,
        "budget": budget,
        "shares": shares,
        "theorem": theorem,
    }
    settings = {
        "target": target,
        "dim": d,
        "contrast": L_f,
        "schedule": "li_huang_wei",
        "steps": T,
        "c0": 2.0,
        "c1": 4.0,
    }
    settings |= {"model": "population", "seed": seed, **case}
    name = "-".join(map(str, (target, T, d, L_f, seed)))
    return Record(
        hash=name,
        case=settings,
        status="done",
        result=result | {"verdicts": [], "device": "cpu"},
        error=None,
        seconds=1.0,
    )
