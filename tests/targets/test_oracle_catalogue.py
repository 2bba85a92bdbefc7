"""The catalogue ctverify-oracles/1: each law against its definition, written out again."""

import hashlib
import json
import math

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from ctverify import InputError, flow_map, oracles
from ctverify.cli.main import main
from ctverify.core.streams import stream
from ctverify.model.schedule import Schedule
from ctverify.targets import from_spec, load
from ctverify.targets.oracle_catalogue import CATALOGUE, FORMULA, VERSION

FORMULAS = [entry.name for entry in CATALOGUE.values() if entry.source == FORMULA]
PINNED = "f60f4151c5e927a80fae3e6aa49effe86a2a80510643cdc112a7fa46009dbc79"
# weights, means, variances in d = 1
MIXTURES = {
    "mild": ([0.5, 0.5], [-1, 1], [0.5, 0.5]),
    "separated": ([0.5, 0.5], [-2, 2], [0.5, 0.5]),
    "sharp": ([0.5, 0.3, 0.2], [-2, 1, 3], [0.1, 0.3, 0.05]),
}


def moments(name):
    """(mean's length, trace of the covariance, largest eigenvalue) by hand."""
    base, _, rest = name.partition("-")
    numbers = [int(part) for part in rest.split("-") if part.isdigit()]
    if base == "gaussian":
        condition, dim = (1, *numbers)[-2:]
        ratio = condition ** (-1 / max(dim - 1, 1))
        return 0.0, sum(ratio**k for k in range(dim)), 1.0
    if base in MIXTURES:
        weights, means, variances = map(np.array, MIXTURES[base])
        (dim,) = numbers
        mean, square = weights @ means, weights @ (means**2 + variances)
        if dim > 1 and "product" not in rest and "rotated" not in rest:  # along each axis, 1/d each
            within = weights @ variances
            axis = weights @ means**2 / dim
            along = axis + within - mean**2 / dim  # of (1, ..., 1)
            largest = max(along, axis + within)
            trace = dim * within + weights @ means**2 - mean**2 / dim
            return abs(mean) / math.sqrt(dim), trace, largest
        return abs(mean) * math.sqrt(dim), dim * (square - mean**2), square - mean**2
    known = {
        "rare": (0.04, 0.99 * 0.5 + 0.01 * 2 * 0.04 + 0.01 * 0.99 * 16, None),
        "ring": (0.0, 4 + 2 * 0.04, 2 + 0.04),
        "grid": (0.0, 2 * (2 + 0.15**2), 2 + 0.15**2),
    }
    return known[base]


@pytest.mark.parametrize("name", FORMULAS)
def test_moments(name):
    """To some roundings of sums of at most 96 terms; spec and name survive JSON."""
    law = oracles(name)
    length, trace, largest = moments(name)
    assert law.name == name and law.dim == CATALOGUE[name].dim
    assert float(law.mean.norm()) == pytest.approx(length, abs=1e-13)
    assert float(law.covariance.trace()) == pytest.approx(trace, rel=1e-13)
    if largest is not None:
        found = float(torch.linalg.eigvalsh(law.covariance)[-1])
        assert found == pytest.approx(largest, rel=1e-12)
    again = from_spec(json.loads(json.dumps(law.spec)))
    assert torch.allclose(again.covariance, law.covariance, rtol=1e-14, atol=1e-14)
    assert again.name == name


@pytest.mark.parametrize("name", [n for n in FORMULAS if CATALOGUE[n].dim == 2])
def test_flow_carries_the_law(name):
    """The exact flow from X_T lands on X_1: means and variances of n = 1,500 draws are within 7
    standard errors of the law's. A normal mean is outside at a rate of 3e-12; the mean of n squares
    of normal draws is e off at a rate below exp(-n e^2/(4 + 4 e)), 3e-9 at 7 sqrt(2/n), and squares
    of draws from several modes have lighter tails.
    """
    schedule = Schedule.li_huang_wei(32)
    law = oracles(name)
    generator = stream("tests/oracles", 0)
    n, (a, b) = 1500, schedule.scales(schedule.T)
    start = a * law.sample(n, generator) + b * torch.randn(n, 2, generator=generator).double()
    end = flow_map(law, schedule, start, schedule.T, 1)
    a, b = schedule.scales(1)
    centred = end - a * law.mean
    right = a**2 * law.covariance + b**2 * torch.eye(2)
    for seen, expected in ((centred, torch.zeros(2)), (centred**2, right.diagonal())):
        error = seen.std(0) / math.sqrt(n)
        assert ((seen.mean(0) - expected).abs() <= 7 * error).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", CATALOGUE)
def test_flows_compose(name):
    """On every law: Phi_{1<-9} Phi_{9<-32} = Phi_{1<-32} to 30 steps of the solver's 1e-10 each, of
    the size of x, in a direction that grows at most 100 times.
    """
    schedule = Schedule.karras(32)
    law = oracles(name)
    a, b = schedule.scales(32)
    generator = stream("tests/oracles", 1)
    noise = torch.randn(2, law.dim, generator=generator, dtype=torch.float64)
    x = a * law.sample(2, generator) + b * noise
    once = flow_map(law, schedule, x, 32, 1)
    twice = flow_map(law, schedule, flow_map(law, schedule, x, 32, 9), 9, 1)
    size = law.spread * math.sqrt(law.dim) + float(law.mean.norm())
    assert float((once - twice).abs().max()) <= 2 * 30 * 1e-10 * 100 * size


def test_hashes():
    """A row's hash is that of its definition, and no definition of version 1 changes: of the names
    so far, in order.
    """
    assert VERSION == "ctverify-oracles/1"
    digests = "".join(entry.digest for entry in CATALOGUE.values())
    assert hashlib.sha256(digests.encode()).hexdigest() == PINNED
    assert len({entry.digest for entry in CATALOGUE.values()}) == len(CATALOGUE) == 46


def test_listed():
    """The table has every name; JSON every field; --target takes them."""
    printed = CliRunner().invoke(main, ["targets"]).stdout
    assert all(name in printed for name in CATALOGUE)
    told = json.loads(CliRunner().invoke(main, ["targets", "--json"]).stdout)
    assert told["schema"] == VERSION
    assert [row["name"] for row in told["oracles"]] == list(CATALOGUE)
    assert torch.equal(load("ring-2d").means, oracles("ring-2d").means)


def test_refused():
    """A name that is not known; a bandwidth of what is no data set."""
    with pytest.raises(InputError, match="the oracle must be one of"):
        oracles("ring-3d")


@pytest.mark.slow
def test_patches():
    """2,000 of them, pixels in [0, 1]; with the extra `images`."""
    law = oracles("patches")
    assert law.points.shape == (2000, 256)
    assert float(law.points.min()) >= 0 and float(law.points.max()) <= 1
    assert torch.equal(from_spec(law.spec).points, law.points)
