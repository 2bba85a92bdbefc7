"""Potentials: each family is 1-Lipschitz whatever its parameters, and reaches what is known."""

import math

import pytest
import torch

from ctverify.certificate import lower_end, networks
from ctverify.certificate.lower_end import fit
from ctverify.certificate.networks import Network, contraction, fit_network, forward, sorted_pairs
from ctverify.certificate.potentials import (
    Cones,
    Potential,
    Subspaces,
    _slopes,
    many_cones,
    one_cone,
    opposite_cones,
    principal_directions,
    projection,
    weighted,
)

# sums and products of some 100 terms a layer, 5 layers, each rounded to 1.1e-16
ROUNDING = 1e-12
DIM = 6


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed):
    return torch.randn(*shape, dtype=torch.float64, generator=generator(seed))


def random_network():
    """Random matrices of spectral norms far above 1: normalising them is the network's own task."""
    sizes = [(8, DIM), (8, 8), (8, 8), (1, 8)]
    matrices = [3 * normal(*size, seed=i) for i, size in enumerate(sizes)]
    shifts = [normal(8, seed=10 + i) for i in range(3)]
    return Network(centre=normal(DIM, seed=20), unit=0.7, matrices=matrices, shifts=shifts)


def fitted_pairs(count=600):
    """Coupled rows whose difference is no gradient of anything simple."""
    y = normal(count, DIM, seed=30)
    turn = normal(DIM, DIM, seed=31)
    return y + 0.3 * torch.sin(y @ turn), y


def random_subspaces():
    basis = torch.linalg.qr(normal(DIM, DIM, seed=40))[0]
    weight = torch.tensor([0.6, 0.8], dtype=torch.float64)
    parts = [
        Cones(1.0, normal(5, 2, seed=41), normal(5, seed=42)),
        Cones(-1.0, normal(5, 4, seed=43), normal(5, seed=44)),
    ]
    return Subspaces(normal(DIM, seed=45), [basis[:, :2], basis[:, 2:]], parts, weight)


def short_network(monkeypatch):
    monkeypatch.setattr(networks, "STEPS", 30)
    return fit_network(*fitted_pairs(), generator())


FAMILIES = {
    "projection": lambda: projection(*fitted_pairs()),
    "one cone": lambda: one_cone(-1.0, normal(DIM, seed=50)),
    "cones": lambda: Cones(1.0, normal(20, DIM, seed=51), normal(20, seed=52)),
    "negative cones": lambda: Cones(-1.0, normal(20, DIM, seed=53), normal(20, seed=54)),
    "fitted cones": lambda: many_cones(*fitted_pairs(), 1.0, generator(), count=16, steps=50),
    "opposite cones": lambda: opposite_cones(*fitted_pairs(), 0.1),
    "subspaces": random_subspaces,
    "network": random_network,
}


@pytest.fixture(params=[*FAMILIES, "fitted network"])
def potential(request, monkeypatch):
    """One potential of each family."""
    if request.param == "fitted network":
        return short_network(monkeypatch)
    return FAMILIES[request.param]()


def excess(potential, x, y):
    """The largest (|g(x) - g(y)| - |x - y|), less what rounding of g itself may add."""
    distance = (x - y).norm(dim=1)
    rounding = ROUNDING * (1 + potential(x).abs() + potential(y).abs())
    return float((potential.gain(x, y).abs() - distance - rounding).max())


@pytest.mark.parametrize("apart", [10.0, 1.0, 1e-3])
def test_gain_is_at_most_the_distance(potential, apart):
    """|g(x) - g(y)| <= |x - y| pair by pair, far and near."""
    x = 3 * normal(4000, DIM, seed=60)
    y = x + apart * normal(4000, DIM, seed=61)
    assert excess(potential, x, y) <= 0


def slopes_at(potential, x):
    """The gradient at each row, by autograd."""
    leaf = x.clone().requires_grad_()
    return torch.autograd.grad(potential(leaf).sum(), leaf)[0]


def test_gradients_have_norm_at_most_1(potential):
    """At many points, near and far."""
    for size in (0.1, 1.0, 10.0):
        norms = slopes_at(potential, size * normal(2000, DIM, seed=62)).norm(dim=1)
        assert float(norms.max()) <= 1 + ROUNDING


def test_no_steeper_pair_along_gradients(potential):
    """A search that walks x up and y down the gradient finds no pair above |x - y|."""
    x = normal(500, DIM, seed=63)
    y = x + 0.1 * normal(500, DIM, seed=64)
    for _ in range(50):
        x = x + 0.05 * slopes_at(potential, x)
        y = y - 0.05 * slopes_at(potential, y)
        assert excess(potential, x, y) <= 0


def test_network_is_normalised_exactly():
    """Each spectral norm is at most 1 to rounding; a contraction is left as it is."""
    for matrix in random_network().matrices:
        assert float(torch.linalg.matrix_norm(matrix, 2)) <= 1 + 1e-14
    small = 0.1 * torch.eye(3, dtype=torch.float64)
    assert torch.equal(contraction(small), small)


def test_fitted_network_loses_no_slope(monkeypatch):
    """Training keeps matrices orthonormal: their smallest singular values stay near 1."""
    for matrix in short_network(monkeypatch).matrices:
        assert float(torch.linalg.svdvals(matrix).min()) > 0.9


def test_sorting_permutes():
    """S keeps the values of each row."""
    hidden = normal(50, 8, seed=65)
    expected = hidden.sort(1).values
    assert torch.equal(sorted_pairs(hidden).sort(1).values, expected)


def test_network_of_one_direction_is_a_projection():
    """W = I, v = e_1 and pairs that never change places: g(x) = x_1."""
    identity = torch.eye(2, dtype=torch.float64)
    shift = torch.tensor([100.0, 0.0], dtype=torch.float64)
    x = normal(20, 2, seed=66)
    assert torch.equal(forward(x, [identity, identity[:1]], [shift]), x[:, 0] + 100.0)


def test_slopes_are_the_gradient():
    """The hand-written gradient of cones equals autograd's on the explicit formula."""
    centre = normal(7, 2, seed=70)
    height = normal(7, seed=71)
    x = normal(50, 2, seed=72)
    y = normal(50, 2, seed=73)
    leaves = [centre.clone().requires_grad_(), height.clone().requires_grad_()]

    def g(points):
        distance = (points[:, None] - leaves[0]).norm(dim=2)
        return -(distance + leaves[1]).amin(1)

    expected = torch.autograd.grad(-(g(x) - g(y)).mean(), leaves)
    for slope, wanted in zip(_slopes(centre, height, x, y, -1.0), expected, strict=True):
        assert torch.allclose(slope, wanted, atol=1e-14)


@pytest.mark.parametrize("dim", [2, 5, 24])
def test_a_shift_is_reached(dim):
    """y + delta: W_1 = |delta|, within 2 % on held-out pairs."""
    y = normal(2000, dim, seed=80)
    delta = torch.full((dim,), 0.3 / math.sqrt(dim), dtype=torch.float64)
    gain = fit(y[:1000] + delta, y[:1000], generator()).gain(y[1000:] + delta, y[1000:])
    assert 0.98 * 0.3 <= float(gain.mean()) <= 0.3 * (1 + 1e-9)


@pytest.mark.parametrize("factor", [0.8, 1.25])
@pytest.mark.parametrize("dim", [2, 5, 24])
def test_a_scale_is_reached(dim, factor):
    """factor y, y ~ N(0, I): W_1 = |factor - 1| E|y|, within 2 % on held-out pairs."""
    y = normal(2000, dim, seed=81)
    exact = abs(factor - 1) * y[1000:].norm(dim=1).mean()
    gain = fit(factor * y[:1000], y[:1000], generator()).gain(factor * y[1000:], y[1000:])
    assert 0.98 * exact <= gain.mean() <= exact * (1 + 1e-9)


def test_opposite_cones_of_an_anisotropic_scale():
    """Half of 32 coordinates times 1.1, half times 0.9: within 2 % of the mean distance."""
    y = normal(2000, 32, seed=82)
    factors = torch.ones(32, dtype=torch.float64)
    factors[:16] = 1.1
    factors[16:] = 0.9
    x = factors * y
    potential = opposite_cones(x[:1000], y[:1000], 0.1)
    distance = (x - y)[1000:].norm(dim=1).mean()
    assert potential.gain(x[1000:], y[1000:]).mean() >= 0.98 * distance


def test_gains_of_subspaces_add_in_squares():
    """Two subspaces whose parts gain a and b: their sum gains the root of a^2 + b^2."""
    x, y = fitted_pairs()
    centre = y.mean(0)
    directions = principal_directions(y)
    bases = [directions[:, :2], directions[:, 2:]]
    origin = torch.zeros(DIM, dtype=torch.float64)
    parts = [one_cone(1.0, origin[:2]), one_cone(1.0, origin[2:])]
    total = weighted(x, y, centre, bases, parts)
    gains = []
    for basis, part in zip(bases, parts, strict=True):
        gains.append(float(part.gain((x - centre) @ basis, (y - centre) @ basis).mean()))
    gained = [max(gain, 0.0) for gain in gains]
    assert max(gained) > 0
    assert float(total.gain(x, y).mean()) == pytest.approx(math.hypot(*gained), rel=1e-9)


def test_same_seed_same_potential():
    """Deterministic given its generator, and gradients need not be enabled."""
    x, y = fitted_pairs()
    with torch.no_grad():
        one = fit(x, y, generator(3)).gain(x, y)
        two = fit(x, y, generator(3)).gain(x, y)
    assert torch.equal(one, two)


class Recorded(Potential):
    """-|x|, which remembers how many rows it was asked for."""

    form = "recorded"

    def __init__(self):
        self.counts = []

    def __call__(self, x):
        self.counts.append(len(x))
        return -x.norm(dim=1)


def test_candidates_are_chosen_on_pairs_they_were_not_fitted_on(monkeypatch):
    """Families see the first 7/8 of the rows, the choice the last 1/8."""
    candidate = Recorded()
    fitted = []

    def only(x, y):
        fitted.append(len(x))
        return [candidate]

    monkeypatch.setattr(lower_end, "_cheap", only)
    x, y = fitted_pairs(800)
    fit(x, y, generator())
    assert fitted == [700]
    assert set(candidate.counts) == {100}


def test_costly_candidates_wait_for_a_gap(monkeypatch):
    """Where a cheap one nearly attains the mean distance none is fitted; elsewhere they are."""
    asked = []
    monkeypatch.setattr(lower_end, "_costly", lambda *_: asked.append(True) or [])
    y = normal(400, DIM, seed=83)
    fit(1.2 * y, y, generator())
    assert not asked
    fit(y + 0.3 * y.flip(0), y, generator())
    assert asked


@pytest.mark.parametrize("scale", [0.0, 1e-200, 1e30, 1e200])
def test_extreme_models_end_in_a_potential(scale, monkeypatch):
    """Equal rows, and models that overflow, raise nothing."""
    monkeypatch.setattr(lower_end, "NETWORK_PAIRS", 16)
    monkeypatch.setattr(networks, "STEPS", 3)
    y = normal(64, 24, seed=84)
    x = y + scale * normal(64, 24, seed=85)
    assert isinstance(fit(x, y, generator()), Potential)
