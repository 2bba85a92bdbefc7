"""Conventions: the exact consistency function of a Gaussian in each parametrisation is the flow map
in ours.
"""

import dataclasses
import math

import pytest
import torch

from ctverify import Convention, Gaussian, InputError, Schedule, certify, flow_map
from ctverify.model.convention import KINDS, named

MU = torch.tensor([3.0, -1.0], dtype=torch.float64)
S = 0.7
IDENTITY = torch.eye(2, dtype=torch.float64)
TARGET = Gaussian(MU, S * S * IDENTITY)
KARRAS = Schedule.karras(18)


def exact(convention):
    """f(x, t) = a_e mu + A_t (x - a_t mu), A_t^2 = (a_e^2 s^2 + b_e^2 z_std^2)/(a_t^2 s^2 + b_t^2
    z_std^2): lands on x_e.
    """

    def spread(t):
        noise = convention.b(t) * convention.z_std
        return math.hypot(convention.a(t) * S, noise)

    def f(x, t):
        centred = x - convention.a(t) * MU
        e = convention.boundary
        shrinkage = spread(e) / spread(t)
        return convention.a(e) * MU + shrinkage * centred

    return f


def normal(n):
    """n points of N(0, I) in the plane, of seed 0."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, dtype=torch.float64, generator=generator)


def at_karras_boundary(kind):
    """A convention whose boundary has sigma_e = 0.002, the first level of karras."""
    return {
        "ve": Convention.ve(0.002),
        "trigflow": Convention.trigflow(0.6, boundary=math.atan(0.002 / 0.6)),
        "linear": Convention.linear(boundary=0.002 / 1.002),
    }[kind]


@pytest.mark.parametrize("kind", ["ve", "trigflow", "linear"])
def test_exact_function_is_the_flow_map(kind):
    """Wrapped, the exact consistency function equals Phi_{t->1} at every level, to the roundings of
    sigma_T = 80.
    """
    convention = at_karras_boundary(kind)
    wrapped = convention.wrap(exact(convention), KARRAS)
    x = normal(30)
    for t in (1, 2, 9, 18):
        flow = flow_map(TARGET, KARRAS, x, t, 1)
        assert torch.allclose(wrapped(x, t), flow, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["ve", "trigflow", "linear"])
def test_exact_function_passes_every_verdict(kind):
    """No false alarm on a correct model in its own convention."""
    convention = at_karras_boundary(kind)
    wrapped = convention.wrap(exact(convention), KARRAS)
    certificate = certify(wrapped, TARGET, KARRAS, samples=64, pairs=500)
    assert not certificate.failed


@pytest.mark.parametrize(
    "convention",
    [Convention.trigflow(0.5), Convention.linear(), Convention.ve(0.0)],
    ids=lambda c: c.kind,
)
def test_boundary_at_zero_is_no_defect(convention):
    """A model that lands on X_0 differs from X_1 by sigma_1 sqrt(d) at most, and is not failed for
    it.
    """
    wrapped = convention.wrap(exact(convention), KARRAS)
    x = normal(200)
    assert torch.equal(wrapped(x, 1), x)
    flow = flow_map(TARGET, KARRAS, x, 18, 1)
    gap = (wrapped(x, 18) - flow).norm(dim=1)
    assert float(gap.max()) <= 5 * 0.002
    assert not certify(wrapped, TARGET, KARRAS, samples=64, pairs=500).failed


def test_wrong_boundary_fails_the_identity():
    """Mutant: a skip connection off by the boundary time is told by "f_1 is the identity"."""
    convention = Convention.ve(0.002)
    right = exact(convention)

    def late(x, t):
        return right(x, t + 0.002)

    f = convention.wrap(late, KARRAS)
    certificate = certify(f, TARGET, KARRAS, samples=64, pairs=500)
    verdicts = {verdict.law: verdict.status for verdict in certificate.verdicts}
    assert verdicts["f_1 is the identity"] == "fail"


def test_time_inverts_sigma():
    """time(sigma(t)) = t over each convention's range."""
    for convention, top in (
        (Convention.ve(), 80.0),
        (Convention.trigflow(0.3), 1.5),
        (Convention.linear(), 0.99),
    ):
        for t in (0.001 * top, 0.3 * top, top):
            assert convention.time(convention.sigma(t)) == pytest.approx(t, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_conventions_are_values(kind):
    """Frozen, equal and hashed by value, of the public base type; repr rebuilds them."""
    convention = named(kind)
    assert isinstance(convention, Convention)
    assert convention.kind == kind
    assert convention == named(kind)
    assert hash(convention) == hash(named(kind))
    assert convention != dataclasses.replace(convention, sigma_data=0.125)
    assert {named(other) == convention for other in KINDS if other != kind} == {False}
    assert eval(repr(convention), {"Convention": Convention, "inf": math.inf}) == convention
    with pytest.raises(dataclasses.FrozenInstanceError):
        convention.boundary = 0.5


def test_clock_is_even_in_log_noise_for_ve_alone():
    """VE's scalings are smooth in log t, the others' in t; time_at is the inverse."""
    assert Convention.ve().clock(math.e) == pytest.approx(1.0, rel=1e-15)
    for kind in KINDS:
        convention = named(kind)
        assert convention.time_at(convention.clock(0.3)) == pytest.approx(0.3, rel=1e-15)
        assert (convention.clock(0.3) == 0.3) == (kind != "ve")


def test_vp_knows_its_scales_from_alpha_bar_alone():
    """a^2 + b^2 = 1 where alpha_bar is given; without it only the schedule knows."""
    convention = Convention.vp(lambda t: math.exp(-t), boundary=0.0, t_max=3.0)
    assert convention.knows_scales
    assert not Convention.vp().knows_scales
    assert convention.a(2.0) ** 2 + convention.b(2.0) ** 2 == pytest.approx(1.0, rel=1e-15)
    assert all(named(kind).knows_scales for kind in KINDS if kind != "vp")


def test_vp_is_ours():
    """vp passes x and the index through."""

    def f(x, t):
        return x * t

    assert Convention.vp().wrap(f, KARRAS) is f


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: Convention.ve(0.01).wrap(lambda x, t: x, KARRAS),
            r"sigma_1 must reach the model's boundary sigma 0.01, got 0.002",
        ),
        (lambda: Convention.trigflow(0.0), "sigma_data must be a finite number above 0"),
        (lambda: Convention.linear(1.0), "boundary must be a finite number between"),
        (lambda: Convention.vp().sigma(3.0), "vp convention's time is the schedule's index"),
        (lambda: named("edm"), "convention must be one of linear, trigflow, ve, vp, got 'edm'"),
        (lambda: named("ve", 0.5), "sigma_data is for the trigflow convention"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()
