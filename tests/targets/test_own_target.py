"""A law of one's own, with nothing but the required methods: trained, certified, planned for.

X_0 = centre + R U + s N, U uniform on the unit sphere of R^d, N standard normal, which is no
mixture of finitely many Gaussians in d > 1. With x = a (X_0 - centre) + b Z, v = a^2 s^2 + b^2
and k = a R |x|/v the posterior of U is von Mises and Fisher's, density proportional to
exp(k u.x/|x|), and

    E[U | x] = A(k) x/|x|,   A = tanh in d = 1, coth k - 1/k in d = 3,
    E[X_0 | x] = (a s^2 x + b^2 R E[U | x])/v,   E[Z | x] = b (x - a R E[U | x])/v.
"""

import json
import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from ctverify import (
    InputError,
    Mixture,
    Product,
    Schedule,
    certify,
    flow_map,
    optimal_schedule,
    population_model,
    train,
)
from ctverify.certificate.chain_bracket import chain_bracket
from ctverify.targets import KINDS, Target, from_spec
from ctverify.theory.plan import plan
from ctverify.theory.problem import problem
from tests.conftest import RATE
from tests.random_targets import mean_is

SCHEDULE = Schedule.li_huang_wei(16, 1.0, 2.0)
SHORT = Schedule.from_alpha_bar([0.9, 0.7, 0.4, 0.2])
DIMENSIONS = pytest.mark.parametrize("dim", [1, 3])


class SmoothedSphere(Target):
    """centre + R U + s N (this file's head) in d = 1 or 3; the centre is (2, ..., 2)."""

    def __init__(self, dim, radius=1.5, noise=0.4):
        covariance = (radius**2 / dim + noise**2) * np.eye(dim)
        super().__init__(name="smoothed sphere", mean=[2.0] * dim, covariance=covariance)
        self.radius = radius
        self.noise = noise

    def sample(self, n, generator):
        gaussian = torch.randn(n, self.dim, generator=generator, dtype=self.mean.dtype)
        noise = torch.randn(n, self.dim, generator=generator, dtype=self.mean.dtype)
        u = torch.nn.functional.normalize(gaussian)
        return self.mean + self.radius * u + self.noise * noise

    def conditional_mean(self, x, a, b, alpha, beta):
        a = _by_row(a, x)
        b = _by_row(b, x)
        alpha = _by_row(alpha, x)
        beta = _by_row(beta, x)
        v = a * a * self.noise**2 + b * b
        pull = self.radius * self._mean_direction(x, a, v)
        residual = x - a * pull
        clean = (a * self.noise**2 * x + b * b * pull) / v
        return alpha * clean + beta * b * residual / v

    def conditional_draw(self, x, a, b, generator):
        a = _by_row(a, x)
        b = _by_row(b, x)
        v = a * a * self.noise**2 + b * b
        k = a * self.radius * x.norm(dim=-1, keepdim=True) / v
        cosine = self._cosine(k, generator)
        sine = (1 - cosine**2).clamp_min(0.0).sqrt()
        axis = torch.nn.functional.normalize(x)
        u = cosine * axis + sine * self._across(axis, generator)
        noise = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        clean = a * self.noise**2 * x
        mean = (clean + b * b * self.radius * u) / v
        deviation = self.noise * b / v.sqrt()
        return mean + deviation * noise

    def _mean_direction(self, x, a, v):
        """E[U | x]; A(k) ~ k/d near 0."""
        norm = x.norm(dim=-1, keepdim=True)
        k = a * self.radius * norm / v
        if self.dim == 1:
            length = k.tanh()
        else:
            large = k.clamp_min(1e-2)
            far = 1 / large.tanh() - 1 / large
            near = k / 3 - k**3 / 45
            length = torch.where(k > 1e-2, far, near)
        return length * x / norm.clamp_min(1e-300)

    def _cosine(self, k, generator):
        """u.x/|x| by the inverse of its distribution function: density exp(k c) on {-1, 1} in d =
        1, on [-1, 1] in d = 3.
        """
        uniform = torch.rand(k.shape, generator=generator, dtype=k.dtype)
        if self.dim == 1:
            forward = uniform < torch.sigmoid(2 * k)
            return torch.where(forward, 1.0, -1.0).to(k)
        k = k.clamp_min(1e-9)
        mass = uniform + (1 - uniform) * torch.exp(-2 * k)
        return (1 + torch.log(mass) / k).clamp(-1.0, 1.0)

    def _across(self, axis, generator):
        """A uniform direction at right angles to the axis; 0 in d = 1."""
        if self.dim == 1:
            return torch.zeros_like(axis)
        free = torch.randn(axis.shape, generator=generator, dtype=axis.dtype)
        along = (free * axis).sum(1, keepdim=True) * axis
        return torch.nn.functional.normalize(free - along)


def _by_row(scale, x):
    """A number, or one for each row, that multiplies points."""
    return torch.as_tensor(scale, dtype=x.dtype)[..., None]


@pytest.fixture
def known_in_one_dimension():
    """A class of a kind of its own, known while the test runs."""

    class KnownInOneDimension(SmoothedSphere, kind="known-in-one-dimension"):
        """The same, telling its one-dimensional form and its spec."""

        @property
        def spec(self):
            return {"kind": "known-in-one-dimension", "dim": self.dim, "radius": self.radius}

        def one_dimensional_form(self):
            if self.dim > 1:
                return None
            return twin().one_dimensional_form()

    yield KnownInOneDimension
    KINDS.pop("known-in-one-dimension")


def twin():
    """SmoothedSphere(1) as a mixture of ours."""
    return Mixture([0.5, 0.5], [0.5, 3.5], [0.16, 0.16])


@DIMENSIONS
def test_the_class_is_right(dim, generator):
    """Moments of its draws, and draws of the posterior about the denoiser: the false-alarm rate of
    the tests.
    """
    target = SmoothedSphere(dim)
    offset = target.sample(20_000, generator) - target.mean
    squares = offset[:, :, None] * offset[:, None]
    assert mean_is(offset, 0.0, RATE)
    assert mean_is(squares.flatten(1), target.covariance, RATE)
    shift = torch.tensor([[0.7, -0.2, 0.4]], dtype=torch.float64)
    y = target.mean + shift[:, :dim]
    for sigma in (0.2, 0.8, 3.0):
        drawn = target.sample_posterior(y.expand(20_000, -1), sigma, generator)
        assert mean_is(drawn - target.denoise(y, sigma), 0.0, RATE)


def test_flow_in_one_dimension_is_the_mixtures(generator, known_in_one_dimension):
    """By the solver, on a class that tells no quantiles, to the solver's 1e-8; likewise its f*
    where it tells them.
    """
    x = 2 + torch.randn(20, 1, generator=generator, dtype=torch.float64)
    for start, stop in ((16, 1), (1, 16)):
        known = flow_map(twin(), SCHEDULE, x, start, stop)
        solved = flow_map(SmoothedSphere(1), SCHEDULE, x, start, stop)
        torch.testing.assert_close(solved, known, rtol=0, atol=1e-8)
    known = population_model(twin(), SHORT)(x, 4)
    assert torch.equal(population_model(known_in_one_dimension(1), SHORT)(x, 4), known)


def test_flow_in_three_dimensions_has_the_law(generator):
    """Phi_T(X_T) has X_1's law: that of |X_1 - mean|, whose distribution is known in d = 3, by
    Kolmogorov's test.

    |R U + s N| has, with r = |R U + s N|, the density of a normal vector seen from its centre: the
    distribution function is that of a noncentral chi with 3 degrees of freedom.
    """
    from scipy.stats import ncx2

    target = SmoothedSphere(3)
    a, b = SCHEDULE.scales(16)
    x0 = target.sample(4000, generator)
    noise = torch.randn(4000, 3, generator=generator, dtype=torch.float64)
    x = a * x0 + b * noise
    pushed = flow_map(target, SCHEDULE, x, 16, 1)
    a, b = SCHEDULE.scales(1)
    variance = (a * target.noise) ** 2 + b * b
    square = (pushed - a * target.mean).square().sum(1) / variance
    expected = ncx2(3, (a * target.radius) ** 2 / variance)
    assert kstest(square.numpy(), expected.cdf).pvalue > RATE


@DIMENSIONS
def test_it_is_trained_and_certified(dim):
    """An affine model: no verdict fails, the bracket is ordered and not 0, and what is not known is
    assumed.
    """
    target = SmoothedSphere(dim)
    model = train(target, SCHEDULE, "affine", samples=512, device="cpu")
    certificate = certify(model, target, SCHEDULE, samples=64, pairs=256, device="cpu")
    assert not certificate.failed
    assert certificate.budget.method.startswith("sampled")
    assert 0 < certificate.w1.lower <= certificate.w1.upper < certificate.budget.total_upper
    assert "coupled pairs" in certificate.w1.method
    assert certificate.theorem.lipschitz > 1
    assert certificate.theorem.hypotheses["22_tail"] == "assumed"
    json.dumps(certificate.to_dict(), allow_nan=False)


def test_what_it_tells_is_used(known_in_one_dimension):
    """With a one-dimensional form the same law is certified by quadrature, to its mixture's very
    numbers.
    """
    target = known_in_one_dimension(1)
    model = train(target, SHORT, "affine", samples=512, device="cpu")
    ours = certify(model, target, SHORT, samples=16, pairs=64).to_dict()
    known = certify(model, twin(), SHORT, samples=16, pairs=64).to_dict()
    assert ours["budget"] == known["budget"]
    assert ours["w1"] == known["w1"]
    assert from_spec(target.spec).radius == target.radius
    assert "known-in-one-dimension" in KINDS


@DIMENSIONS
def test_a_schedule_is_optimal_for_it(dim, monkeypatch):
    """By sampled D_t: levels in order, between the ends asked for."""
    from ctverify.theory import optimal_schedule as optimal

    monkeypatch.setattr(optimal, "SAMPLED", 12)
    monkeypatch.setattr(optimal, "paths", lambda target: 128)
    schedule = optimal_schedule(SmoothedSphere(dim), 9, alpha_bar_1=0.99, alpha_bar_T=0.01)
    assert schedule.T == 9
    assert np.allclose(schedule.alpha_bar[[1, -1]], [0.99, 0.01])


@DIMENSIONS
def test_it_is_planned_for_and_its_population_model_bracketed(dim):
    """A plan with its certificate and its measured L_f; the chains' bracket is in order."""
    target = SmoothedSphere(dim)

    def schedule(T):
        return Schedule.li_huang_wei(T, 1.0, 2.0)

    question = problem(dim, 1.0, schedule, target=target)
    answers = {answer.method: answer for answer in plan(question)}
    assert answers["certificate"].steps <= 64
    assert "necessary" not in answers
    assert "paths" in answers["certificate"].note
    assert "lower estimate" in answers["Theorem 1, C_1 = 1"].hypotheses
    bracket = chain_bracket(target, SCHEDULE, pairs=64, chains=2)
    assert 0 <= bracket.lower <= bracket.upper


def test_as_a_factor_of_a_product(generator):
    """Two of one's own: the flow carries each coordinate by itself; what is not known of a factor
    is not known of the product.
    """
    one = SmoothedSphere(1)
    two = SmoothedSphere(1, radius=0.5)
    product = Product([one, two, one])
    assert [at.tolist() for _, at in product.groups] == [[0, 2], [1]]
    x = 2 + torch.randn(5, 3, generator=generator, dtype=torch.float64)
    carried = flow_map(product, SCHEDULE, x, 16, 1)
    single = []
    for factor, column in zip((one, two, one), x.split(1, dim=1), strict=True):
        single.append(flow_map(factor, SCHEDULE, column, 16, 1))
    torch.testing.assert_close(carried, torch.cat(single, 1), rtol=0, atol=1e-8)
    assert not product.has_exact_defects
    assert product.defects(SCHEDULE) is None
    with pytest.raises(InputError, match="population_model needs"):
        population_model(product, SCHEDULE)


def test_what_it_does_not_know_is_one_sentence():
    """Density, projections, a population model, rebuilding: each refusal says what is missing."""
    target = SmoothedSphere(1)
    y = torch.zeros(1, 1)
    for call, words in (
        (lambda: target.log_density(y, 1.0), "the density of smoothed sphere is not known"),
        (lambda: target.along(torch.ones(1)), "projections of smoothed sphere is not known"),
        (lambda: population_model(target, SCHEDULE), "with a one-dimensional form, got smoothed"),
        (lambda: from_spec(target.spec), "SmoothedSphere cannot be rebuilt from its spec"),
    ):
        with pytest.raises(InputError, match=words):
            call()


def test_slips_are_seen_when_the_class_is_made():
    """A method that nobody asks for and that is nearly one that is; helpers and private names
    pass.
    """
    with pytest.raises(InputError, match=r"did you mean conditional_mean\?"):
        type("Slip", (SmoothedSphere,), {"conditional_means": lambda self: None})
    with pytest.raises(InputError, match=r"did you mean one_dimensional_form\?"):
        type("Slip", (SmoothedSphere,), {"one_dimension_form": property(lambda self: None)})
    type("Fine", (SmoothedSphere,), {"shell": lambda self: None, "_samples": lambda self: None})


def test_what_is_missing_is_seen():
    """A required method, the base class's constructor, a mean of the wrong shape, what is no target
    at all.
    """
    with pytest.raises(TypeError, match="conditional_draw"):
        type("Part", (Target,), {"sample": None, "conditional_mean": None})()

    class Bare(SmoothedSphere):
        def __init__(self):
            pass

    class Wrong(SmoothedSphere):
        def __init__(self, mean, covariance):
            Target.__init__(self, name="wrong", mean=mean, covariance=covariance)

    for use in (
        lambda target: train(target, SCHEDULE, "affine"),
        lambda target: certify(lambda x, t: x, target, SCHEDULE),
        lambda target: optimal_schedule(target, 16),
        lambda target: population_model(target, SCHEDULE),
        lambda target: chain_bracket(target, SCHEDULE),
        lambda target: problem(1, 0.1, lambda T: SCHEDULE, target=target),
    ):
        with pytest.raises(InputError, match="Bare has not called super"):
            use(Bare())
        with pytest.raises(InputError, match=r"must be a ctverify\.(targets\.)?Target"):
            use({"kind": "gaussian"})
    for arguments, words in (
        ((np.zeros((2, 2)), np.eye(2)), r"mean must have shape \(d,\), got \(2, 2\)"),
        ((np.zeros(2), np.eye(3)), r"covariance must have shape \(2, 2\), got \(3, 3\)"),
        ((np.zeros(1), [[math.nan]]), "covariance must hold finite numbers"),
    ):
        with pytest.raises(InputError, match=words):
            Wrong(*arguments)
