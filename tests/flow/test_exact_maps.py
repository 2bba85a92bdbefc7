"""The exact two-time maps: closed forms in mpmath, another solver in other coordinates, another
differentiation, and the identities of flow maps.
"""

import math

import mpmath
import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from ctverify import (
    Convention,
    Dataset,
    Gaussian,
    InputError,
    Mixture,
    Product,
    exact_average_velocity,
    exact_flow_map,
)
from ctverify.targets import Target, load
from tests.random_targets import random_mixture

CONVENTIONS = {
    "linear": (Convention.linear(), 1.0),
    "ve": (Convention.ve(), 80.0),
    "trigflow": (Convention.trigflow(0.6), math.pi / 2),
    "vp": (Convention.vp(lambda t: math.exp(-3 * t * t - 0.1 * t), boundary=0.0, t_max=1.0), 1.0),
}
TARGETS = {
    "mixture": random_mixture(3, 2, 3),
    "dataset": Dataset([[0.0, 1.0], [2.0, 3.0], [-1.0, 0.5]], 0.3),
    "product": Product([load("separated"), Gaussian(1.0, 2.0), load("separated")]),
}
PLACES = (-3, -2, -1, 1, 2, 3)
COEFFICIENTS = (-1, 9, -45, 45, -9, 1)
CASES = (("linear", "mixture"), ("ve", "product"), ("trigflow", "dataset"), ("vp", "mixture"))
# a solver's 20 steps of local error 1e-12, amplified by slopes up to 100
SOLVER = 2e-9


def drawn(target, top, n=9, seed=0):
    """Points and times in the middle of the range: a third with s = t, a third close to it."""
    generator = torch.Generator().manual_seed(seed)
    t = top * (0.1 + 0.8 * torch.rand(n, dtype=torch.float64, generator=generator))
    s = t * torch.rand(n, dtype=torch.float64, generator=generator)
    third = n // 3
    s[:third] = t[:third]
    s[third : 2 * third] = t[third : 2 * third] * (1 - 1e-6)
    x = torch.randn(n, target.dim, dtype=torch.float64, generator=generator)
    return target.mean + target.spread * x, t, s


def directions(x, t, seed=1):
    """A direction in x, in t and in s."""
    generator = torch.Generator().manual_seed(seed)
    dx = torch.randn(x.shape, dtype=torch.float64, generator=generator)
    dt, ds = torch.randn(2, len(t), dtype=torch.float64, generator=generator)
    return dx, dt * t, ds * t


def central(f, h):
    """f'(0) by differences of order 6; the error is h^6 f^(7)/140 and rounding over h."""
    values = [f(k * h) for k in PLACES]
    return sum(c * value for c, value in zip(COEFFICIENTS, values, strict=True)) / (60 * h)


def velocity(target, convention, x, t):
    """E[a' X_0 + b' Z | x_t = x], the scales' slopes by differences of the convention's own a and
    b."""
    rows = []
    for row, at in zip(x, t.tolist(), strict=True):
        h = 1e-3 * at
        a = convention.a(at)
        b = convention.b(at) * convention.z_std
        da = central(lambda e, at=at: convention.a(at + e), h)
        db = central(lambda e, at=at: convention.b(at + e), h) * convention.z_std
        centred = (row - a * target.mean)[None]
        mean = target.conditional_mean(centred, a, b, da, db)
        rows.append(da * target.mean + mean[0])
    return torch.stack(rows)


@pytest.mark.parametrize("kind", CONVENTIONS)
def test_gaussian_closed_form_in_mpmath(kind):
    """Phi, u and both derivatives of N(mu, lam) in d = 1 with 50 digits, for t - s from 1 down to
    1e-9 of t: to 1e-12 relative (vp, whose slopes are differences: 1e-9)."""
    convention, top = CONVENTIONS[kind]
    mu, lam = 0.7, 0.3
    z = mpmath.mpf(convention.z_std)
    scales = {
        "linear": (lambda t: 1 - t, lambda t: t),
        "ve": (lambda t: mpmath.mpf(1), lambda t: t),
        "trigflow": (mpmath.cos, lambda t: z * mpmath.sin(t)),
        "vp": (
            lambda t: mpmath.exp(-(3 * t * t + t / 10) / 2),
            lambda t: mpmath.sqrt(1 - mpmath.exp(-3 * t * t - t / 10)),
        ),
    }
    a, b = scales[kind]
    tolerance = 1e-9 if kind == "vp" else 1e-12
    with mpmath.workdps(50):

        def landed(x, t, s):
            r = [mpmath.sqrt(a(at) ** 2 * mpmath.mpf(lam) + b(at) ** 2) for at in (t, s)]
            return a(s) * mu + r[1] / r[0] * (x - a(t) * mu)

        def average(x, t, s):
            return (x - landed(x, t, s)) / (t - s)

        target = Gaussian(mu, lam)
        for t, near in ((0.9 * top, 1.0), (0.4 * top, 1e-3), (0.6 * top, 1e-9)):
            s = t * (1 - near) if near < 1 else 0.05 * top
            at = (mpmath.mpf(1.3), mpmath.mpf(t), mpmath.mpf(s))
            x = torch.tensor([[1.3]], dtype=torch.float64)
            for maker, exact in ((exact_flow_map, landed), (exact_average_velocity, average)):
                oracle = maker(target, convention)
                for along in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
                    value, slope = oracle.jvp(x, t, s, along[0] * torch.ones_like(x), *along[1:])
                    true = mpmath.diff(exact, at, along)
                    scale = max(1.0, abs(float(true)))
                    assert float(value) == pytest.approx(float(exact(*at)), rel=tolerance)
                    assert abs(float(slope) - float(true)) <= 100 * tolerance * scale


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_derivatives_are_those_of_the_values(kind, name):
    """Every jvp, with s = t and s near t among them, against central differences of order 6."""
    convention, top = CONVENTIONS[kind]
    target = TARGETS[name]
    x, t, s = drawn(target, top)
    dx, dt, ds = directions(x, t)
    for maker in (exact_flow_map, exact_average_velocity):
        oracle = maker(target, convention)
        value, slope = oracle.jvp(x, t, s, dx, dt, ds)
        assert torch.allclose(value, oracle(x, t, s), rtol=SOLVER, atol=SOLVER)

        def difference(h, oracle=oracle):
            e = h * torch.tensor(PLACES, dtype=torch.float64)[:, None]
            at = ((x + e[..., None] * dx).flatten(0, 1), (t + e * dt).ravel(), (s + e * ds).ravel())
            values = dict(zip(PLACES, oracle(*at).unflatten(0, (6, -1)), strict=True))
            return central(lambda e: values[round(e / h)], h)

        # two steps: where they agree to 1e-7 of the size, truncation and rounding are below it
        coarse = difference(2e-3)
        fine = difference(1e-3)
        settled = (coarse - fine).abs() <= 1e-7 * (1 + fine.abs())
        assert settled.double().mean() > 0.5
        error = (slope - fine).abs() / (1 + fine.abs())
        assert float(error[settled].max()) <= 2e-7


@pytest.mark.parametrize("name", ["mixture", pytest.param("dataset", marks=pytest.mark.slow)])
def test_against_scipy_in_ve_coordinates(name):
    """The map and its slope along dx by SciPy's DOP853 on d(y, dy)/dlog sigma = ((y, dy) - (D,
    D' dy)), D' by differences of the denoiser; carried to linear's x.
    """
    target = TARGETS[name]
    convention = Convention.linear()
    x, _, _ = drawn(target, 1.0, n=3)
    t, s = 0.8, 0.15
    dx, _, _ = directions(x, torch.full((3,), t))

    def slope(log_sigma, state):
        y, dy = torch.from_numpy(state).reshape(2, 3, -1)
        sigma = float(np.exp(log_sigma))
        known = target.denoise(y, sigma)
        moved = central(lambda e: target.denoise(y + e * dy, sigma), 1e-3)
        return torch.stack([y - known, dy - moved]).numpy().ravel()

    ends = np.log([t / (1 - t), s / (1 - s)])
    start = (torch.stack([x, dx]) / (1 - t)).numpy().ravel()
    solved = solve_ivp(slope, ends, start, method="DOP853", rtol=1e-12, atol=1e-12)
    y, dy = (1 - s) * torch.from_numpy(solved.y[:, -1]).reshape(2, 3, -1)
    value, tangent = exact_flow_map(target, convention).jvp(x, t, s, dx)
    assert torch.allclose(value, y, rtol=0, atol=1e-8)
    assert torch.allclose(tangent, dy, rtol=1e-8, atol=1e-8)
    average = exact_average_velocity(target, convention)(x, t, s)
    assert torch.allclose(average, (x - y) / (t - s), rtol=0, atol=2e-8)


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_identities(kind, name):
    """No-op, diagonal, semigroup, Lagrangian, Eulerian, MeanFlow, and the shortcut of two halves
    (theory of flow maps: Boffi et al., arXiv 2406.07507)."""
    convention, top = CONVENTIONS[kind]
    target = TARGETS[name]
    x, t, s = drawn(target, top)
    flow = exact_flow_map(target, convention)
    average = exact_average_velocity(target, convention)
    assert torch.equal(flow(x, t, t), x)
    instant = velocity(target, convention, x, t)
    size = 1 + instant.abs().amax(1, keepdim=True)
    assert float(((average(x, t, t) - instant) / size).abs().max()) <= 1e-9
    middle = 0.5 * (t + s)
    landed = flow(x, t, s)
    reached = flow(x, t, middle)
    assert torch.allclose(flow(reached, middle, s), landed, rtol=0, atol=SOLVER * target.spread)
    # Lagrangian: the path's speed at s is the velocity there
    _, speed = flow.jvp(x, t, s, torch.zeros_like(x), 0.0, 1.0)
    assert torch.allclose(speed, average(landed, s, s), rtol=SOLVER, atol=SOLVER)
    # Eulerian: nothing changes as x moves along its own path
    value, _ = flow.jvp(x, t, s, instant, 1.0, 0.0)
    own = average(x, t, t)
    _, still = flow.jvp(x, t, s, own, torch.ones_like(t), 0.0)
    assert float((still / size).abs().max()) <= SOLVER
    assert torch.allclose(value, landed, rtol=0, atol=SOLVER * target.spread)
    # MeanFlow: u = v - (t - s) du/dt along the path
    value, rate = average.jvp(x, t, s, own, 1.0, 0.0)
    gap = (t - s)[:, None]
    assert float(((value - own + gap * rate) / size).abs().max()) <= SOLVER
    halves = 0.5 * (average(x, t, middle) + average(reached, middle, s))
    assert float(((average(x, t, s) - halves) / size).abs().max()) <= SOLVER


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_derivatives_on_the_diagonal(kind, name):
    """At s = t: du/ds = Dv/2 and du/dt = dv/dt - Dv/2, Dv the acceleration along the path, all by
    differences of the conditional mean alone, whose error is 1e-12 over the step of 1e-3: to 1e-8.
    """
    convention, top = CONVENTIONS[kind]
    target = TARGETS[name]
    x, t, _ = drawn(target, top, n=6)
    average = exact_average_velocity(target, convention)
    v = velocity(target, convention, x, t)
    along = central(lambda e: velocity(target, convention, x + e * v, t + e), 1e-3)
    at_rest = central(lambda e: velocity(target, convention, x, t + e), 1e-3)
    still = torch.zeros_like(x)
    _, by_s = average.jvp(x, t, t, still, 0.0, 1.0)
    _, by_t = average.jvp(x, t, t, still, 1.0, 0.0)
    size = 1 + along.abs()
    assert float(((by_s - along / 2) / size).abs().max()) <= 1e-8
    assert float(((by_t - at_rest + along / 2) / size).abs().max()) <= 1e-8


@pytest.mark.parametrize("name", TARGETS)
def test_slopes_in_closed_form(name):
    """conditional_mean_slope of each kind of law against differences of its conditional_mean, whose
    error (1e-2)^6 f^(7)/140 is below 1e-9 where f varies over lengths of 1/3.
    """
    target = TARGETS[name]
    generator = torch.Generator().manual_seed(2)
    x, dx = torch.randn(2, 9, target.dim, dtype=torch.float64, generator=generator)
    angle, turn = torch.rand(2, 9, dtype=torch.float64, generator=generator)
    scales = (angle.cos(), 0.7 * angle.sin(), -angle.sin(), 0.7 * angle.cos())
    value, slope = target.conditional_mean_slope(x, *scales, dx, turn)
    a, b, alpha, beta = scales

    def moved(e):
        cosine = (e * turn).cos()
        sine = (e * turn).sin()
        turned = (a * cosine + alpha * sine, b * cosine + beta * sine)
        rates = (alpha * cosine - a * sine, beta * cosine - b * sine)
        return target.conditional_mean(x + e * dx, *turned, *rates)

    assert torch.allclose(value, moved(0.0), rtol=1e-12, atol=1e-12)
    assert torch.allclose(slope, central(moved, 1e-3), rtol=1e-8, atol=1e-8)


class Own(Target):
    """A normal law of one's own, in three methods."""

    def __init__(self):
        super().__init__(name="own", mean=[1.0], covariance=[[4.0]])

    def sample(self, n, generator):
        raise NotImplementedError

    def conditional_draw(self, x, a, b, generator):
        raise NotImplementedError

    def conditional_mean(self, x, a, b, alpha, beta):
        gain = (4 * a * alpha + b * beta) / (4 * a * a + b * b)
        return torch.as_tensor(gain, dtype=x.dtype)[..., None] * x


def test_a_law_of_ones_own_is_differentiated():
    """Its slopes are torch's own, by two backward passes: those of the normal law that it is."""
    x, t, s = drawn(Own(), 1.0)
    along = (x, t, s, *directions(x, t))
    for maker in (exact_flow_map, exact_average_velocity):
        own = torch.stack(maker(Own(), Convention.linear()).jvp(*along))
        normal = torch.stack(maker(Gaussian(1.0, 4.0), Convention.linear()).jvp(*along))
        assert torch.allclose(own, normal, rtol=SOLVER, atol=SOLVER)


def test_a_law_that_torch_cannot_differentiate_is_refused():
    """In one sentence, where a derivative is asked for."""

    class Opaque(Own):
        def conditional_mean(self, x, a, b, alpha, beta):
            return torch.from_numpy(super().conditional_mean(x, a, b, alpha, beta).numpy())

    flow = exact_flow_map(Opaque(), Convention.linear())
    assert flow(POINT, 0.5, 0.0).shape == (1, 1)
    with pytest.raises(InputError, match="own must have a conditional_mean that torch"):
        flow.jvp(POINT, 0.5, 0.0, POINT)


def test_normal_law_by_the_solver():
    """The closed form of a normal law against the solver on the same law as a mixture of one."""
    law = load("gaussian-2d")
    mixture = Mixture([1.0], law.mean[None], law.covariance[None])
    for kind in ("linear", "vp"):
        convention, top = CONVENTIONS[kind]
        x, t, s = drawn(law, top)
        along = (x, t, s, *directions(x, t))
        for maker in (exact_flow_map, exact_average_velocity):
            closed = torch.stack(maker(law, convention).jvp(*along))
            solved = torch.stack(maker(mixture, convention).jvp(*along))
            size = 1 + closed.abs().amax()
            assert float((closed - solved).abs().max()) <= SOLVER * float(size)


def test_ends_are_reached():
    """From pure noise to clean data, for atoms too, whose s = 0 is a limit."""
    atoms = Mixture([0.5, 0.5], [-1.0, 1.0], [0.0, 0.0])
    flow = exact_flow_map(atoms, Convention.linear())
    x = torch.tensor([[0.3], [-2.0]], dtype=torch.float64)
    assert torch.allclose(flow(x, 1.0, 0.0), x.sign(), rtol=0, atol=1e-8)
    normal = exact_average_velocity(Gaussian(3.0, 1.0), Convention.trigflow(1.0))
    # from z to 3 + z over pi/2
    expected = torch.full_like(x, -6 / math.pi)
    assert torch.allclose(normal(x, math.pi / 2, 0.0), expected, rtol=1e-14, atol=1e-14)


def test_data_at_one_mirrors_the_times():
    """Phi is linear's at 1 - t and 1 - s, and u, a velocity, changes its sign."""
    target = load("gaussian-2d")
    x, t, s = drawn(target, 1.0)
    along = directions(x, t)
    mirrored = (along[0], -along[1], -along[2])
    for maker, sign in ((exact_flow_map, 1), (exact_average_velocity, -1)):
        here = maker(target, Convention.linear()).jvp(x, t, s, *along)
        there = maker(target, Convention.linear(data_at=1)).jvp(x, 1 - t, 1 - s, *mirrored)
        for one, other in zip(here, there, strict=True):
            assert torch.allclose(one, sign * other, rtol=1e-11, atol=1e-11)


def test_arrays_in_arrays_out():
    """NumPy's arrays give NumPy's arrays of the same numbers, times as numbers or a row each."""
    target = load("mixture-2d")
    flow = exact_flow_map(target, Convention.ve())
    x = np.array([[1.0, 2.0], [0.0, -1.0]])
    carried = flow(x, 2.0, [1.0, 0.5])
    assert isinstance(carried, np.ndarray)
    assert np.array_equal(carried, flow(torch.from_numpy(x), np.full(2, 2.0), (1.0, 0.5)).numpy())


LINEAR = exact_flow_map(Gaussian(0.0, 1.0), Convention.linear())
POINT = torch.zeros(1, 1, dtype=torch.float64)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_flow_map(load("mild"), Convention.vp()), "give Convention.vp its alpha_bar"),
        (
            lambda: exact_flow_map(load("mild"), "linear"),
            "convention must be a ctverify.Convention",
        ),
        (lambda: LINEAR(POINT, 1.5, 0.0), r"t must hold times of Convention.linear\(.*, got 1.5"),
        (lambda: LINEAR(POINT, 1.0, -0.5), r"s must hold times of Convention.linear\(.*, got -0.5"),
        (lambda: LINEAR(POINT, [1.0, 0.5], 0.0), r"t must be a number or have shape \(1,\)"),
        (lambda: LINEAR(torch.zeros(1, 2), 1.0, 0.0), r"x must have shape \(n, 1\)"),
        (lambda: LINEAR.jvp(POINT, 1.0, 0.0, torch.zeros(2, 1)), "dx must have the shape of x"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()
