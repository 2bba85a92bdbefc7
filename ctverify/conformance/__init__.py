"""Conformance of other implementations: their formulas, judged around an exact oracle in the
network's place.

report = check(subject)          a Report, one Result a check
@conformance_tests(factory)      one pytest test a check
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Adapter": "protocol",
    "AdaptiveSquared": "laws.loss_laws",
    "ConstantWeight": "laws",
    "CosineRamp": "laws",
    "Doubling": "laws",
    "Embedding": "laws",
    "Function": "adapters.function",
    "Implementation": "protocol",
    "InverseGap": "laws",
    "InverseTime": "laws.loss_laws",
    "Karras": "adapters.karras",
    "KarrasRamp": "laws",
    "KarrasScalings": "laws",
    "LinearRamp": "laws",
    "LogNormalTimes": "laws",
    "LogTime": "laws",
    "LogUniformRamp": "laws",
    "Metric": "laws",
    "NormalizedTangent": "laws.loss_laws",
    "PlainTime": "laws",
    "PseudoHuber": "laws",
    "Ramp": "laws",
    "Report": "results.result",
    "Result": "results.result",
    "ScalingsLaw": "laws",
    "SortedTimes": "laws",
    "SquareRoot": "laws",
    "Squared": "laws",
    "TimesBelow": "laws",
    "TrigFlowScalings": "laws",
    "check": "run",
    "conformance_tests": "decorator",
    "subject": "subjects",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ctverify.conformance' has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
