"""The W_1 bracket: against closed forms, POT's exact solver and a mixture with a known bracket."""

import math
import warnings

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from ctverify import Gaussian, Mixture, Schedule, certify, flow_map, population_model, train
from ctverify.certificate.bracket import coupled_bracket, coupled_pairs, quantile_bracket
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.lower_end import fit
from ctverify.core.streams import stream
from ctverify.targets import load

LHW = Schedule.li_huang_wei(64)
ABSOLUTE_NORMAL = {
    1: math.sqrt(2 / math.pi),
    2: math.sqrt(math.pi / 2),
    8: math.sqrt(2) * math.gamma(4.5) / math.gamma(4),
}


@pytest.mark.parametrize(
    ("dim", "lowest", "highest"), [(1, 0.999, 1.001), (2, 0.85, 1.15), (8, 0.85, 1.15)]
)
def test_isotropic_gaussian_in_closed_form(dim, lowest, highest):
    """N(0, lam I) from N(0, I): W_1 = |sqrt(v_1) - A| E|Z| lies in the bracket; the bracket is
    within 15 % (0.1 % in d = 1).
    """
    lam = 0.5
    identity = torch.eye(dim, dtype=torch.float64)
    target = Gaussian([0.0] * dim, lam * identity)
    model = population_model(target, LHW)
    slope = float(model(identity, 64)[0, 0])
    v1 = LHW.alpha_bar[1] * lam + LHW.one_minus_alpha_bar[1]
    deviation = math.sqrt(v1)
    exact = abs(deviation - slope) * ABSOLUTE_NORMAL[dim]
    f = Centred(model, target, LHW)
    if dim == 1:
        bracket = quantile_bracket(f, target.one_dimensional_form(), 20_000)
    else:
        bracket = coupled_bracket(f, coupled_pairs(f, 20_000, 0), 1e-6, 0)
    # from N(0, I) the coupling's Phi_T(a_T X_0 + b_T Z) is not perfectly aligned with Z: the upper
    # end exceeds W_1 by O(a_T)
    assert bracket.lower <= exact <= bracket.upper
    assert bracket.lower >= lowest * exact
    assert bracket.upper <= highest * exact


def test_shifted_gaussian_in_one_dimension():
    """A model that shifts X_1 by 0.3 has W_1 = W_2 = 0.3, to the quadrature error."""
    target = load("sharp")
    quantiles = target.one_dimensional_form().noised(*LHW.scales(1))
    first = LHW.scales(1)[0] * float(target.mean)

    def f(x, t):
        values = quantiles.at_scores(x[:, 0].numpy())
        return torch.from_numpy(values)[:, None] + first + 0.3

    bracket = quantile_bracket(Centred(f, target, LHW), target.one_dimensional_form(), 4000)
    assert bracket.lower == pytest.approx(0.3, rel=1e-4)
    assert bracket.upper == pytest.approx(0.3, rel=1e-4)
    assert bracket.w2_upper == pytest.approx(0.3, rel=1e-4)


def test_quantile_bracket_meets_within_one_percent():
    """In d = 1 both ends meet within 1 %, for population and trained models, and against an
    independent grid of quantiles.
    """
    for name in ("mild", "separated", "sharp"):
        target = load(name)
        for f in (population_model(target, LHW), train(target, LHW, "mlp", samples=1024)):
            form = target.one_dimensional_form()
            bracket = quantile_bracket(Centred(f, target, LHW), form, 20_000)
            assert bracket.upper - bracket.lower <= 0.01 * bracket.upper
            u = (np.arange(200_000) + 0.5) / 200_000
            scores = ndtri(u)
            images = f(torch.from_numpy(scores[:, None]), 64)
            pushed = np.sort(images[:, 0].numpy())
            a, b = LHW.scales(1)
            exact = form.noised(a, b).at_scores(scores) + a * float(target.mean)
            assert np.abs(pushed - exact).mean() == pytest.approx(bracket.lower_estimate, rel=2e-3)


def test_known_mixture_ratio():
    """The 2-D mixture .4/.6 with random features: ratio of limits lower/upper at least 0.8, values
    near 0.060..0.074.
    """
    target = load("mixture-2d")
    model = train(target, LHW, "fourier", samples=8192)
    f = Centred(model, target, LHW)
    with torch.no_grad():
        bracket = coupled_bracket(f, coupled_pairs(f, 20_000, 0), 2.5e-7, 0)
    assert bracket.lower / bracket.upper >= 0.8
    assert 0.06 < bracket.lower < bracket.upper < 0.09


def test_against_exact_transport():
    """POT's exact W_1 of the two coupled samples lies between the potential's gain and the mean
    distance, on those samples.
    """
    import ot

    target = load("mixture-2d")
    f = Centred(train(target, LHW, "mlp", samples=1024), target, LHW)
    with torch.no_grad():
        pairs = coupled_pairs(f, 1000, 3)
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

    certificate = certify(exact, target, LHW, samples=64, pairs=4000)
    assert certificate.w1.lower < 0.01
    assert certificate.w1.upper < 0.03
    assert not certificate.failed


def test_anisotropic_error_in_many_dimensions():
    """N(0, I_32), half of the coordinates 10 % too wide and half 10 % too narrow: W_2 = 0.566, and
    the lower end is above 0.5.
    """
    target = Gaussian([0.0] * 32, torch.eye(32, dtype=torch.float64))
    factors = torch.ones(32, dtype=torch.float64)
    factors[:16] = 1.1
    factors[16:] = 0.9

    def model(x, t):
        return factors * flow_map(target, LHW, x, t, 1)

    f = Centred(model, target, LHW)
    with torch.no_grad():
        bracket = coupled_bracket(f, coupled_pairs(f, 8192, 0), 2.5e-7, 0)
    w2 = float((factors - 1).norm())
    assert 0.5 < bracket.lower < w2
    assert "one cone in d = 16" in bracket.method


def test_potential_is_fitted_on_the_first_half_alone():
    """The lower estimate is the gain, on the second half, of what the first half gives."""
    target = load("mixture-2d")
    f = Centred(train(target, LHW, "mlp", samples=1024), target, LHW)
    with torch.no_grad():
        pairs = coupled_pairs(f, 1000, 0)
        bracket = coupled_bracket(f, pairs, 1e-6, 0)
        generator = stream("certificate/potential", 0)
        potential = fit(pairs.model[:500], pairs.exact[:500], generator)
    gain = potential.gain(pairs.model[500:], pairs.exact[500:])
    assert bracket.lower_estimate == float(gain.mean())
