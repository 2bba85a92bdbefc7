"""What a case computes: its model (trained by Eq. (14), or the population model), certified; a
certificate without its levels.

The population model is a function where the target knows one, Gaussians, products and d = 1, and
the sum of its D_t is known without sampling; for every other target it is sampled by the reverse
chain (training/reverse_chain.py). Its eps_t is 0 by definition.

One torch thread a case: the thread count changes bits, and cases run side by side.
"""

from __future__ import annotations

import json
import time
import traceback
from dataclasses import asdict
from typing import Any

import torch

from ..certificate.certificate import Certificate
from ..certificate.certify import certify
from ..certificate.chain_bracket import chain_bracket
from ..certificate.counts import counts
from ..certificate.identity import versions
from ..certificate.theorem1 import step_size, theorem_1
from ..core.arguments import InputError
from ..core.verdict import at_most, spread_over_draws
from ..model.protocols import Model
from ..model.schedule import Schedule
from ..targets import Target
from ..theory.optimal_schedule import defects
from ..training import train
from ..training.population import NotAFunction, population_model
from .case import POPULATION, Case
from .devices import claimed
from .schema import check

CONFIDENCE = 0.999999
CHAIN_PAIRS = 1024  # of coupled pairs by chains, where none are asked for
BUDGET = (
    "initial",
    "start",
    "total",
    "total_upper",
    "w2_total_upper",
    "concentration",
    "method",
    "eps_sum",
)
SHARES = (
    "model_total",
    "schedule_total",
    "model_total_error",
    "schedule_total_error",
    "initial",
    "start",
    "total",
)

# what a certificate keeps in a record beside its budget and its shares
KEPT = (
    "w1",
    "w2_upper",
    "resolution",
    "theorem",
    "verdicts",
    "counts",
    "confidence",
    "device",
    "versions",
)


def run_case(case: Case) -> dict[str, Any]:
    """Compute a case. Sets torch to one thread.

    Arguments:
        case: what to train or take, certify and how.

    Returns:
        The case's record without its definition: status done and a result, or failed and why.
    """
    torch.set_num_threads(1)
    started = time.perf_counter()
    record: dict[str, Any] = {"status": "done", "result": None, "error": None}
    try:
        result = measure(case)
        check(result)
        json.dumps(result, allow_nan=False)  # what is not finite cannot be kept
        record["result"] = result
    except Exception as error:  # a bad case is reported, and the sweep goes on
        record["status"] = "failed"
        record["error"] = described(error)
    record["seconds"] = round(time.perf_counter() - started, 3)
    return record


def described(error: BaseException) -> str:
    """An error in one sentence: its own where it is bad input, else with its kind and where it was
    raised.
    """
    if isinstance(error, InputError):
        return str(error)
    sentence = f"{type(error).__name__}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return sentence
    last = frames[-1]
    file = last.filename.rsplit("/", 1)[-1]
    return f"{sentence} ({last.name}, {file}:{last.lineno})"


def measure(case: Case) -> dict[str, Any]:
    """The case's result as JSON: bracket, sums of profile and shares, Theorem 1, verdicts."""
    schedule = case.levels()
    target = case.law()
    shape = {
        "dim": target.dim,
        "T": schedule.T,
        "r": step_size(schedule) if schedule.spec["kind"] == "li_huang_wei" else None,
        "spread": target.spread,
    }
    with claimed(case.device) as device:
        try:
            model = _model(case, target, schedule, device)
        except NotAFunction:
            return shape | _by_chain(case, target, schedule)
        draws = counts(target, case.paths, case.pairs)
        certificate = certify(
            model,
            target,
            schedule,
            samples=draws["samples"],
            pairs=draws["pairs"],
            confidence=CONFIDENCE,
            device=device,
            seed=case.seed,
        )
    result = shape | summary(certificate)
    if case.model == POPULATION and target.has_exact_defects:
        defect_sum = defects(target, schedule, case.seed).total
        result["budget"] |= {"eps_sum": 0.0, "defect_sum": defect_sum}
    return result


def _model(case: Case, target: Target, schedule: Schedule, device: str) -> Model:
    """The population model, or NotAFunction where it is not known as one; else a trained one."""
    if case.model == POPULATION:
        return population_model(target, schedule)
    assert case.train_samples is not None
    return train(
        target, schedule, case.model, samples=case.train_samples, device=device, seed=case.seed
    )


def summary(certificate: Certificate) -> dict[str, Any]:
    """A certificate's numbers without its levels. The sum of D_t is not among them."""
    whole = certificate.to_dict()
    kept = {key: whole[key] for key in KEPT}
    budget = None
    if certificate.budget is not None:
        budget = {key: getattr(certificate.budget, key) for key in BUDGET}
        budget["defect_sum"] = None
    shares = None
    if certificate.shares is not None:
        shares = {key: getattr(certificate.shares, key) for key in SHARES}
    return kept | {"budget": budget, "shares": shares}


def _by_chain(case: Case, target: Target, schedule: Schedule) -> dict[str, Any]:
    """The same for the population model by chains: eps_t = 0 and f_1 = id; the start's term is not
    measured.
    """
    pairs = CHAIN_PAIRS if case.pairs is None else case.pairs
    w1 = chain_bracket(target, schedule, pairs=pairs, confidence=CONFIDENCE, seed=case.seed)
    ordered = at_most("bracket is ordered", "duality and coupling", w1.lower, w1.upper)
    spread = spread_over_draws(w1.concentration)
    discretisation = defects(target, schedule, case.seed, case.paths)
    budget = dict.fromkeys(BUDGET) | {
        "initial": 0.0,
        "eps_sum": 0.0,
        "defect_sum": discretisation.total,
        "method": "discretisation alone",
    }
    theorem = theorem_1(target, schedule, 0.0, 0.0, w1.lower, case.seed)
    bracket = asdict(w1)
    return {
        "w2_upper": bracket.pop("w2_upper"),
        "w1": bracket,
        "theorem": asdict(theorem),
        "verdicts": [asdict(verdict) for verdict in (ordered, spread)],
        "counts": {"samples": case.paths, "pairs": pairs},
        "confidence": CONFIDENCE,
        "device": "cpu",
        "versions": versions(),
        "budget": budget,
        "shares": None,
    }
