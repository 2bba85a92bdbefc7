"""The W_1 bracket: against closed forms, POT's exact solver and a mixture with a known bracket."""

import math
import warnings
from functools import partial

import pytest
import torch

from ctverify import Gaussian, Mixture, Schedule, flow_map, population_model, train
from ctverify.certificate.bracket import (
    batch_size,
    bracket,
    bracket_and_pairs,
    distances_from_median,
)
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.coupling import model_coupling
from ctverify.certificate.lower_end import fit
from ctverify.certificate.starts import noise_starts
from ctverify.core.arguments import InputError
from ctverify.core.streams import stream
from ctverify.targets import load

LHW = Schedule.li_huang_wei(64)
ABSOLUTE_NORMAL = {
    2: math.sqrt(math.pi / 2),
    8: math.sqrt(2) * math.gamma(4.5) / math.gamma(4),
}


def noise_bracket(f, pairs, alpha=2.5e-7, **options):
    """The bracket of one step from noise, without gradients."""
    with torch.no_grad():
        return bracket(f, partial(noise_starts, f), pairs, alpha, 0, **options)


def identity(dim):
    """I_d in double precision."""
    return torch.eye(dim, dtype=torch.float64)


@pytest.mark.parametrize("dim", [2, 8])
def test_isotropic_gaussian_in_closed_form(dim):
    """N(0, lam I) from N(0, I): W_1 = |sqrt(v_1) - A| E|Z| lies in the bracket; the bracket is
    within 15 %.
    """
    lam = 0.5
    target = Gaussian([0.0] * dim, lam * identity(dim))
    model = population_model(target, LHW)
    slope = float(model(identity(dim), 64)[0, 0])
    v1 = LHW.alpha_bar[1] * lam + LHW.one_minus_alpha_bar[1]
    deviation = math.sqrt(v1)
    exact = abs(deviation - slope) * ABSOLUTE_NORMAL[dim]
    f = Centred(model, target, LHW)
    found = noise_bracket(f, 20_000, 1e-6)
    # from N(0, I) the coupling's Phi_T(a_T X_0 + b_T Z) is not perfectly aligned with Z: the upper
    # end exceeds W_1 by O(a_T)
    assert found.lower <= exact <= found.upper
    assert found.lower >= 0.85 * exact
    assert found.upper <= 1.15 * exact


@pytest.mark.parametrize(
    ("samples", "pairs"), [(2048, 6000), pytest.param(8192, 20_000, marks=pytest.mark.slow)]
)
def test_known_mixture_ratio(samples, pairs):
    """The 2-D mixture .4/.6 with random features: ratio of limits lower/upper at least 0.8, values
    near 0.060..0.074.
    """
    target = load("mixture-2d")
    model = train(target, LHW, "fourier", samples=samples)
    f = Centred(model, target, LHW)
    found = noise_bracket(f, pairs)
    assert found.lower / found.upper >= 0.8
    assert 0.06 < found.lower < found.upper < 0.09
    assert found.method.startswith("coupled pairs;")


def test_against_exact_transport():
    """POT's exact W_1 of the two coupled samples lies between the potential's gain and the mean
    distance, on those samples.
    """
    import ot

    target = load("mixture-2d")
    f = Centred(train(target, LHW, "mlp", samples=1024), target, LHW)
    with torch.no_grad():
        coupling = model_coupling(f, partial(noise_starts, f))
        _, pairs = bracket_and_pairs(coupling, 1000, 1e-6, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        costs = torch.cdist(pairs.model, pairs.exact).numpy()
        exact = ot.emd2([], [], costs, numItermax=10_000_000)
    potential = fit(pairs.model, pairs.exact, torch.Generator().manual_seed(0))
    gain = float(potential.gain(pairs.model, pairs.exact).mean())
    distances = (pairs.model - pairs.exact).norm(dim=1)
    mean_distance = float(distances.mean())
    assert 0.5 * exact < gain
    assert gain <= exact * (1 + 1e-9)
    assert exact * (1 + 1e-9) <= mean_distance * (1 + 2e-9)


def test_perfect_model_has_zero_within_its_bracket():
    """The exact flow map from N(0, I): the lower end is 0 or below the prior's own error, never
    above the upper end.
    """

    means = [[-1.0, 0.0], [1.0, 0.0]]
    covariance = [[0.5, 0.0], [0.0, 0.5]]
    target = Mixture([0.5, 0.5], means, [covariance] * 2)

    def exact(x, t):
        return flow_map(target, LHW, x, t, 1)

    found = noise_bracket(Centred(exact, target, LHW), 4000)
    assert found.lower < 0.01
    assert found.lower <= found.upper < 0.03


def test_anisotropic_error_in_many_dimensions():
    """N(0, I_32), half of the coordinates 10 % too wide and half 10 % too narrow: W_2 = 0.566, and
    the lower end is above 0.5.
    """
    target = Gaussian([0.0] * 32, identity(32))
    factors = torch.ones(32, dtype=torch.float64)
    factors[:16] = 1.1
    factors[16:] = 0.9

    def model(x, t):
        return factors * flow_map(target, LHW, x, t, 1)

    f = Centred(model, target, LHW)
    found = noise_bracket(f, 8192)
    w2 = float((factors - 1).norm())
    assert 0.5 < found.lower < w2
    assert "one cone in d = 16" in found.method


def test_potential_is_fitted_on_the_first_half_alone():
    """The lower estimate is the gain, on the second half, of what the first half gives."""
    target = load("mixture-2d")
    f = Centred(train(target, LHW, "mlp", samples=1024), target, LHW)
    with torch.no_grad():
        coupling = model_coupling(f, partial(noise_starts, f))
        found, pairs = bracket_and_pairs(coupling, 1000, 1e-6, 0)
        generator = stream("certificate/potential", 0)
        half = 15 * 33  # 30 batches of 33
        potential = fit(pairs.model[:half], pairs.exact[:half], generator)
    gain = potential.gain(pairs.model[half:], pairs.exact[half:])
    assert found.draws == 990
    assert found.lower_estimate == float(gain.mean())


def rotated(target, angle):
    """The exact flow in d = 2, then a rotation: of a normal law, which it keeps."""
    cosine = math.cos(angle)
    sine = math.sin(angle)
    turn = torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64)
    return Centred(lambda x, t: flow_map(target, LHW, x, t, 1) @ turn.T, target, LHW)


def test_right_law_wrong_map():
    """A rotated normal law: W_1 = 0, the coupled distance is 2.1; a turn of the noise finds it, and
    without one re-pairing does.
    """
    target = Gaussian([0.0, 0.0], identity(2))
    f = rotated(target, 2.0)
    found = noise_bracket(f, 8000)
    assert found.upper <= 0.05
    assert "re-coupled" in found.method
    f = Centred(lambda x, t: f_of_sorted(x, target), target, LHW)
    found = noise_bracket(f, 20_000)
    assert found.upper <= 0.25
    assert "re-paired in batches of 500" in found.method


def f_of_sorted(x, target):
    """A map of R^2 that keeps N(0, I) and that no turn comes near: a rotation by 9 |x|^2."""
    end = flow_map(target, LHW, x, 64, 1)
    angle = 9 * end.square().sum(1)
    cosine = angle.cos()
    sine = angle.sin()
    first = cosine * end[:, 0] - sine * end[:, 1]
    second = sine * end[:, 0] + cosine * end[:, 1]
    return torch.stack([first, second], 1)


@pytest.mark.parametrize(
    ("pairs", "highest"),
    [(6000, 0.15), pytest.param(20_000, 0.10, marks=pytest.mark.slow)],
)
def test_modes_that_change_places(pairs, highest):
    """One sample in 20 ends in the other, equal mode: W_1 = 0, the coupled distance is 0.2."""
    means = [[-2.0, 0.0], [2.0, 0.0]]
    target = Mixture([0.5, 0.5], means, [0.25 * identity(2)] * 2)
    mirror = torch.tensor([-1.0, 1.0], dtype=torch.float64)

    def f(x, t):
        end = flow_map(target, LHW, x, t, 1)
        share = (1e6 * x[:, 1]).sin().abs().asin() * 2 / math.pi  # even in (0, 1)
        return torch.where(share[:, None] < 0.05, mirror * end, end)

    found = noise_bracket(Centred(f, target, LHW), pairs)
    assert found.upper <= highest
    assert found.upper_estimate < 0.1


def test_antisymmetric_error_in_many_dimensions():
    """(I + A) Phi_T, A antisymmetric in d = 32, |A|_F = 1.75: W_2 is that of I + A's singular
    values, 0.38; the turn takes the rest away.
    """
    dim = 32
    target = Gaussian([0.0] * dim, identity(dim))
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randn(dim, dim, generator=generator, dtype=torch.float64)
    antisymmetric = drawn - drawn.T
    matrix = identity(dim) + 1.75 * antisymmetric / antisymmetric.norm()
    f = Centred(lambda x, t: flow_map(target, LHW, x, t, 1) @ matrix.T, target, LHW)
    w2 = float((torch.linalg.svdvals(matrix) - 1).norm())
    assert w2 == pytest.approx(0.382, abs=1e-3)
    found = noise_bracket(f, 8192)
    assert found.lower < w2 <= found.w2_upper
    assert found.upper <= 0.40
    assert "re-coupled" in found.method


def test_scale_is_that_of_the_best_constant():
    """N(0, v I) in d = 3 about its median, the mean: sqrt(v) E|Z|."""
    target = Gaussian([5.0, -2.0, 1.0], 4 * identity(3))
    found = noise_bracket(Centred(population_model(target, LHW), target, LHW), 4000)
    v1 = 4 * LHW.alpha_bar[1] + LHW.one_minus_alpha_bar[1]
    norm = math.sqrt(8 / math.pi)
    assert found.scale == pytest.approx(math.sqrt(v1) * norm, rel=0.05)
    assert found.scale < found.scale_upper < 1.1 * found.scale
    assert found.relative.upper == pytest.approx(found.upper / found.scale)
    assert found.relative.lower == pytest.approx(found.lower / found.scale)


def test_best_constant_is_the_geometric_median():
    """Four corners and a far point: the median of the corners' square stays inside it."""
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]).double()
    far = torch.full((1, 2), 100.0).double()
    fitted = torch.cat([corners, far])
    value = distances_from_median(fitted, torch.zeros(1, 2).double()).mean()
    assert 1.0 < value < 1.2  # the mean is at 28


@pytest.mark.parametrize(("pairs", "batch"), [(20_000, 500), (2000, 66), (59, 1), (32, 1)])
def test_batches_by_default(pairs, batch):
    """min(500, pairs // 30), at least 1."""
    assert batch_size(pairs, None) == batch


@pytest.mark.parametrize("repair_batch", [0, 67, 2.5, "many"])
def test_batches_that_are_refused(repair_batch):
    """Fewer than 30 of them, or no whole number."""
    with pytest.raises(InputError, match="repair_batch"):
        batch_size(2000, repair_batch)


def test_batches_are_the_users():
    """repair_batch is kept, and a remainder is dropped."""
    target = Gaussian([0.0, 0.0], identity(2))
    found = noise_bracket(rotated(target, 2.0), 3100, repair_batch=100)
    assert found.draws == 3100
    found = noise_bracket(rotated(target, 2.0), 3150, repair_batch=100)
    assert found.draws == 3100
