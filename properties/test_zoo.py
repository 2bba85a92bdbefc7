"""Models trained elsewhere and kept in zoo/ (asv_benchmarks/gpu.py trains them; zoo/manifest.json
names device, seeds, hashes).

A kept network is evaluated in float32, the oracle in float64. With g the largest difference of f_T
from the same network in float64, here and where it was certified, coupled distances differ by at
most g + g' pair by pair, where they are not re-paired (batches of 1); so does their mean, and
Student's limit mean + t sd/sqrt(n) by at most (1 + t/sqrt(n)) times that.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from ctverify import ConsistencyModel, certify
from ctverify.certificate.certify import LIMITS
from ctverify.training.recursion import in_float64

from .law import law

ZOO = Path(__file__).parent / "zoo"
_TEXT = (ZOO / "manifest.json").read_text()
MANIFEST: dict[str, Any] = json.loads(_TEXT)
ENTRIES = {entry["name"]: entry for entry in MANIFEST["models"]}
STARTS = 2**16  # points over which g is taken


@law(
    "bound.zoo",
    "a kept model is the function certified where it was trained: same bytes, same upper limit on "
    "W_1, no sanity verdict that fails",
    "(14); coupling",
    tolerance="this file's head, with 4 g for g, as 65,536 draws stand for the certificate's own; "
    "1e-9 of the spread: solver",
    examples=3,
)
@given(name=st.sampled_from(sorted(ENTRIES)))
def test_zoo(name):
    """The limit's own rounding of this file's head, (1 + t/sqrt(n)) times g here and g there."""
    folder = ZOO / name
    entry = ENTRIES[name]
    (numbers,) = folder.glob("*.safetensors")
    digest = hashlib.sha256(numbers.read_bytes()).hexdigest()
    assert digest == entry["sha256"], "the file has changed"
    model = ConsistencyModel.load(folder)
    sizes = MANIFEST["certificate"]
    certificate = certify(model, model.target, model.schedule, device="cpu", **sizes)
    sanity = [verdict for verdict in certificate.verdicts if verdict.kind == "sanity"]
    failed = [verdict for verdict in sanity if verdict.status == "fail"]
    assert not failed, failed
    n = certificate.counts["pairs"]
    alpha = 1 - certificate.confidence
    student = -float(stdtrit(n - 1, alpha / LIMITS))
    gain = 4 * (1 + student / math.sqrt(n))
    both = rounding(model) + entry["float32_error"]
    allowed = gain * both + 1e-9 * model.target.spread
    upper = certificate.w1.upper
    assert abs(upper - entry["w1_upper"]) <= allowed, (
        f"W_1's upper limit is {upper:.9g} here, {entry['w1_upper']:.9g} there; "
        f"allowed {allowed:.2g}"
    )


def rounding(model: ConsistencyModel) -> float:
    """g on this machine: how far the model is from the same network in float64.

    Arguments:
        model: a model in float32.

    Returns:
        The largest difference of f_T over STARTS normal draws.
    """
    wide = in_float64(model.levels)
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(STARTS, model.target.dim, generator=generator, dtype=torch.float64)
    T = model.schedule.T
    gap = model(z, T) - wide(z, T)
    return float(gap.abs().max())
