"""Models trained elsewhere and kept in zoo/ (kept.py trains them; zoo/manifest.json names device,
seeds, hashes).

A kept network is evaluated in float32, the oracle in float64. With g the largest difference of f_T
from the same network in float64, here and where it was certified, coupled distances differ by at
most g + g' pair by pair, where they are not re-paired (batches of 1); so does their mean. The same
seed draws the same pairs on every machine.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ctverify import ConsistencyModel, certify

from . import kept
from .law import law
from .trainers import subjects

MANIFEST = kept.manifest()
HERE = {entry["name"]: (folder, entry) for folder, entry in kept.present()}


def pytest_generate_tests(metafunc):
    """One run of a law that takes a `device` on each that is under judgement."""
    if "device" in metafunc.fixturenames:
        option = metafunc.config.getoption("--ctverify-device")
        devices = dict.fromkeys(str(subject.device) for subject in subjects(None, option))
        metafunc.parametrize("device", list(devices))


@law(
    "bound.zoo",
    "every kept model is the function that was trained: the same bytes, and the same values of f_T "
    "at fixed starts",
    "(14); a function is its values",
    tolerance="8 times float32's error there, which 16,384 draws stand for (another machine rounds "
    "otherwise); 1e-12 of the values",
    examples=1,
)
@given(nothing=st.none())
def test_zoo(device, nothing):
    """All that are here: 256 in a checkout, 16 in a wheel."""
    assert len(HERE) in (kept.MODELS, kept.MODELS // kept.OF_WHEEL), f"{len(HERE)} models"
    for name, (folder, entry) in HERE.items():
        assert kept.digest(folder) == entry["sha256"], f"the numbers of {name} have changed"
        model = ConsistencyModel.load(folder, device)
        wanted = np.array(entry["values"])
        gap = np.abs(kept.values(model).numpy() - wanted).max()
        allowed = 8 * entry["float32_error"] + 1e-12 * np.abs(wanted).max()
        assert gap <= allowed, f"f_T of {name} is off by {gap:.3g}, allowed {allowed:.2g}"


@law(
    "bound.zoo_certified",
    "a kept model has the coupled distance that it had where it was trained, and fails no sanity "
    "verdict",
    "coupling",
    tolerance="this file's head, with 4 g for g, as 16,384 draws stand for the certificate's own; "
    "1e-9 of the spread: solver",
    examples=4,
)
@given(name=st.sampled_from(sorted(HERE)))
def test_zoo_certified(device, name):
    """Not the limits on W_1, which change with what else shares a certificate's alpha."""
    folder, entry = HERE[name]
    model = ConsistencyModel.load(folder, device)
    sizes = MANIFEST["certificate"]
    certificate = certify(model, model.target, model.schedule, device=device, **sizes)
    sanity = [verdict for verdict in certificate.verdicts if verdict.kind == "sanity"]
    failed = [verdict for verdict in sanity if verdict.status == "fail"]
    assert not failed, failed
    both = kept.rounding(model) + entry["float32_error"]
    allowed = 4 * both + 1e-9 * model.target.spread
    coupled = certificate.w1.upper_estimate
    assert abs(coupled - entry["coupled"]) <= allowed, (
        f"the coupled distance is {coupled:.9g} here, {entry['coupled']:.9g} there; "
        f"allowed {allowed:.2g}"
    )
