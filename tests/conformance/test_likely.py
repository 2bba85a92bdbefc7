"""What a failure says: relations that are named hold, sentences tell numbers apart."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ctverify.conformance.checks import deviation
from ctverify.conformance.checks.deviation import (
    Deviation,
    apart,
    require,
    require_centred,
    require_equal,
    require_uncorrelated,
    require_uniform,
    require_variance,
)
from ctverify.conformance.explaining.likely import FACTORS, FUNCTIONS, SHARP, ratio, relation

KNOWN = {"sigma_data": 0.7, "the boundary": 0.013, "t_max": 80.0}
numbers = st.floats(-100, 100, allow_subnormal=False).filter(lambda v: abs(v) > 1e-3)
vectors = st.lists(numbers, min_size=1, max_size=6).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)
NUMBER = r"(\d[\d.e+-]*)"


def value_of(phrase, seen, right):
    """What a phrase says that `seen` is."""
    phrase = phrase.partition("; also ")[0]
    if phrase in FACTORS:
        return FACTORS[phrase] * right
    if phrase in FUNCTIONS:
        return FUNCTIONS[phrase](right)
    if phrase == "0 throughout":
        return 0 * right
    if found := re.fullmatch(r"1/([\d,]+) of what is right", phrase):
        return right / int(found[1].replace(",", ""))
    if found := re.fullmatch(r"([\d,]+) times what is right", phrase):
        return right * int(found[1].replace(",", ""))
    if found := re.fullmatch(rf"(-?)(?:{NUMBER}) times what is right throughout", phrase):
        return right * float(found[1] + found[2])
    if found := re.match(rf"what is right (plus|less) {NUMBER}(?: throughout|,)", phrase):
        return right + float(found[2]) * (1 if found[1] == "plus" else -1)
    if found := re.match(
        r"(1/\()?(the square of )?(\w[\w ]*?)\)?(\^2)?(?: \([^)]*\))? times", phrase
    ):
        power = (2 if found[2] or found[4] else 1) * (-1 if found[1] else 1)
        return right * KNOWN[found[3]] ** power
    if phrase == "what is right in the reverse order":
        return right.flip(0)
    if found := re.fullmatch(r"what is right, rounded to (\w+)", phrase):
        return right.to(getattr(torch, found[1])).double()
    if phrase == "one number throughout, where what is right varies":
        return seen[:1].expand_as(seen)
    if phrase == "what is right in another order":
        return None
    found = re.fullmatch(r"(minus )?(\w[\w ]*), .*", phrase)
    return torch.full_like(right, KNOWN[found[2]] * (-1 if found[1] else 1))


def holds(phrase, seen, right, allowed):
    """Whether a phrase is true of the numbers: to what may be off, and its four digits."""
    value = value_of(phrase, seen, right)
    if value is None:
        return bool(((seen.sort().values - right.sort().values).abs() <= allowed).all())
    slack = 2 * allowed + 1e-3 * seen.abs() + SHARP * right.abs()
    return bool(((seen - value).abs() <= slack).all())


@given(vectors, vectors, st.floats(-12, -6))
def test_what_is_named_is_so(seen, right, log_tolerance):
    """Of any numbers, whatever is said of them holds."""
    n = min(len(seen), len(right))
    seen, right = seen[:n], right[:n]
    allowed = 10.0**log_tolerance * right.abs()
    phrase = relation(seen, right, allowed, KNOWN)
    assert not phrase or holds(phrase, seen, right, allowed)


made = {
    **{name: (lambda right, c=c: c * right) for name, c in FACTORS.items()},
    "the square of what is right": torch.square,
    "what is right plus 0.013, which the boundary is": lambda right: right + 0.013,
    "what is right less 80, which t_max is": lambda right: right - 80.0,
    "sigma_data (0.7) times what is right": lambda right: 0.7 * right,
    "1/(sigma_data) times what is right (sigma_data: 0.7)": lambda right: right / 0.7,
    "the boundary, 0.013": lambda right: torch.full_like(right, 0.013),
    "0 throughout": lambda right: 0 * right,
    "12 times what is right": lambda right: 12 * right,
    "1/64 of what is right": lambda right: right / 64,
    "0.8123 times what is right throughout": lambda right: 0.8123 * right,
    "what is right plus 0.37 throughout": lambda right: right + 0.37,
    "what is right in the reverse order": lambda right: right.flip(0),
    "what is right in another order": lambda right: right.roll(1),
    "what is right, rounded to float16": lambda right: right.half().double(),
    "one number throughout, where what is right varies": lambda right: right[:1].expand_as(right),
}


@pytest.mark.parametrize("phrase", made)
@given(st.integers(0, 2**31 - 1))
def test_what_is_so_is_named(phrase, seed):
    """A simple relation of numbers that are well apart is found, at float32's tolerance."""
    generator = torch.Generator().manual_seed(seed)
    right = 2 + torch.arange(5) + torch.rand(5, generator=generator, dtype=torch.float64)
    allowed = 64 * 2.0**-23 * right
    assert phrase in relation(made[phrase](right), right, allowed, KNOWN)


def test_nothing_is_said_where_nothing_is_known():
    """Numbers that are not finite, and tolerances as large as the numbers."""
    right = torch.tensor([1.0, 2.0], dtype=torch.float64)
    assert relation(math.nan * right, right, 1e-6 * right) == ""
    assert relation(2 * right, right, right) == ""
    assert relation(right[:0], right[:0], right[:0]) == ""


@given(numbers, st.floats(1e-15, 1))
def test_numbers_are_told_apart(right, off):
    """Two numbers that differ are printed with digits that differ."""
    seen = right * (1 + off)
    if seen != right:
        shown, wanted = re.match(r"(\S+) where (\S+) is right", apart(seen, right, 1e-6)).groups()
        assert shown != wanted


def test_a_failure_within_nine_digits():
    """The sentence that once read "2.42050774 where 2.42050774 is right"."""
    seen = torch.tensor(2.4205077412345, dtype=torch.float64)
    with pytest.raises(Deviation) as found:
        require_equal("f", seen + 1e-11, seen, 1e-9)
    assert str(found.value) == (
        "f: 2.42050774124 where 2.42050774123 is right (off by 4.1e-12 of it, 3.2e-15 allowed)"
    )


def test_the_network_s_roundings_are_allowed_beside():
    """`body` is absolute, and adds to float32's share."""
    one = torch.ones(1, dtype=torch.float64)
    eps, roundings = deviation.EPS, deviation.ROUNDINGS
    require_equal("f", one * (1 + roundings * (eps + 2e-3)), one, one, body=2.01e-3)
    with pytest.raises(Deviation):
        require_equal("f", one * (1 + roundings * (eps + 2e-3)), one, one, body=1.99e-3)


def test_sentences_of_settings():
    """Places are counted; a relation among the wrong ones alone is named."""
    right = torch.arange(1, 7, dtype=torch.float64)
    seen = right.clone()
    seen[2:4] *= 0.7
    with pytest.raises(Deviation) as found:
        require_equal("f", seen, right, right)
    said = found.value.sentence(KNOWN)
    assert "f: 2.8 where 4 is right in 2 of 6 places: it is" in said
    assert "sigma_data (0.7) times what is right" in said


def test_statistical_sentences():
    """What is seen, what is right, and the factor between them."""
    z = torch.randn(8192, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    one, other = z[:4096], z[4096:]
    cases = [
        (lambda: require_variance("noise", 2 * z, 1.0), "is right: it is about twice"),
        (
            lambda: require_variance("noise", 1.3 * z, 1.0, candidates={"t": 1.3}),
            "it is that of t, 1.3",
        ),
        (
            lambda: require_uniform("ranks", torch.special.ndtr(2 * z).numpy()),
            r"deviation 2.* where 0 and 1 are right \(about twice what is right\)",
        ),
        (lambda: require_uncorrelated("noise", one + other, other), "correlation 0.7"),
        (lambda: require_centred("g", z + 0.3), r"0\.28\d* where 0 is right"),
        (lambda: require("gap", 0.25, 0), "gap: 0.25 where 0 is right"),
        (lambda: require("gap", 3.0, 2.0), "gap: 3 where at most 2 is right"),
    ]
    for raises, words in cases:
        with pytest.raises(Deviation) as found:
            raises()
        assert re.search(words, str(found.value)), str(found.value)


def test_right_draws_raise_nothing():
    """The tests' false-alarm rate is 1e-9: 50 seeds raise nothing."""
    for seed in range(50):
        z = torch.from_numpy(np.random.default_rng(seed).standard_normal((1024, 1)))
        require_variance("noise", z, 1.0)
        require_uniform("ranks", torch.special.ndtr(z).numpy())
        require_centred("g", z)
        require_uncorrelated("noise", z[:512], z[512:])


def test_ratio_names_what_it_can_tell():
    """Within two standard errors; nothing where 1 is as near, or the error is large."""
    assert ratio(math.sqrt(2), 1.0, 0.01) == "about sqrt(2) times what is right"
    assert ratio(0.7, 1.0, 0.001, {"sigma_data": 0.7}) == (
        "about sigma_data (0.7) times what is right"
    )
    assert ratio(1.02, 1.0, 0.01) == ""
    assert ratio(2.0, 1.0, 0.1) == ""
    assert ratio(math.nan, 1.0, 0.01) == ""
