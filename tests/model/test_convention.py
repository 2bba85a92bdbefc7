"""Conventions: the exact consistency function of a Gaussian in each parametrisation is the flow map
in ours.
"""

import dataclasses
import math

import numpy as np
import pytest
import torch

from ctverify import (
    Convention,
    Dataset,
    Gaussian,
    InputError,
    Mixture,
    Schedule,
    certify,
    flow_map,
)
from ctverify.model.convention import KINDS, named
from ctverify.targets import load

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


STARTS = {
    "ve": (Convention.ve(t_max=10.0), 10.0, 10.0),
    "trigflow": (Convention.trigflow(0.6), math.atan(80 / 0.6), 0.6),
    "linear": (Convention.linear(), 1.0, 1.0),
}


@pytest.mark.parametrize("kind", STARTS)
def test_models_start_where_users_sample(kind):
    """On the convention's own schedule f gets s z at the last level: sigma_max z, sigma_data z, and
    z at t = 1 exactly.
    """
    convention, time, scale = STARTS[kind]
    seen = []

    def f(x, t):
        seen.append((x, t))
        return x

    schedule = convention.schedule(12)
    wrapped = convention.wrap(f, schedule)
    z = normal(5)
    wrapped(wrapped.start_std * z, schedule.T)
    ((x, t),) = seen
    assert t == pytest.approx(time, rel=1e-15)
    assert torch.allclose(x, scale * z, rtol=1e-14, atol=0)


def test_ve_starts_at_sigma_max():
    """N(0, 1) from sigma_max = 10: the exact function of X_10 ~ N(0, 101) is given N(0, 100), and
    W_1 is what that loses; from the paper's N(0, I), 101 wide here, it would be 0.
    """
    target = Gaussian(0.0, 1.0)
    convention = Convention.ve(t_max=10.0)
    schedule = convention.schedule(16)
    end = 1 + convention.boundary**2

    def f(x, t):
        return math.sqrt(end / (1 + t * t)) * x

    certificate = certify(convention.wrap(f, schedule), target, schedule, samples=64, pairs=2000)
    first = math.sqrt(schedule.alpha_bar[1] * end)
    truth = first * (1 - 10 / math.sqrt(101)) * math.sqrt(2 / math.pi)
    assert certificate.w1.lower <= truth <= certificate.w1.upper
    assert certificate.w1.upper == pytest.approx(truth, rel=0.05)
    assert not certificate.failed


LAWS = {
    "gaussian": load("gaussian-2d"),
    "mixture": load("mixture-2d"),
    "dataset": Dataset([[0.0, 1.0], [2.0, 3.0], [-1.0, 0.5]], 0.3),
    "separated": load("separated"),
    "narrow": Mixture([0.5, 0.5], [-1.0, 1.0], [0.0, 0.0]),
    "far": Gaussian(1e3, 1.0),
}


@pytest.mark.parametrize("name", LAWS)
def test_pure_noise_is_finite(name):
    """Schedule, flow and posterior at linear's t = 1: X_T is the noise, and carries X_1's law."""
    target = LAWS[name]
    schedule = Convention.linear().schedule(9)
    assert schedule.sigma[-1] / (1 + schedule.sigma[-1]) == 1
    assert all(np.isfinite(values).all() for values in (schedule.sigma, schedule.alpha_bar))
    assert schedule.alpha_bar[-1] > 0
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(100, target.dim, dtype=torch.float64, generator=generator)
    a, b = schedule.scales(9)
    drawn = target.conditional_draw(z, a, b, generator)
    mean = target.conditional_mean(z, a, b, 1.0, 0.0)
    noise = target.conditional_mean(z, a, b, 0.0, 1.0)
    assert drawn.isfinite().all()
    # nothing is known of X_0, and all of Z
    assert float(mean.abs().max()) <= 1e-9 * target.spread
    assert torch.allclose(noise, z, rtol=1e-12, atol=1e-12)
    carried = flow_map(target, schedule, z, 9, 1)
    assert carried.isfinite().all()
    off = (carried.mean(0) - schedule.scales(1)[0] * target.mean).abs().max()
    assert float(off) <= 6 * target.spread / math.sqrt(100)
    back = flow_map(target, schedule, carried[:20], 1, 9)
    if name != "narrow":  # float64 sees no mass between its modes
        assert torch.allclose(back, z[:20], rtol=0, atol=1e-5)


@pytest.mark.parametrize("d", [1, 2])
def test_linear_is_certified_from_t_one(d):
    """The exact flow-matching function passes, as close as sigma_1 is to 0; one that ignores the
    last step does not.
    """
    target = Gaussian(torch.zeros(d), S * S * torch.eye(d))
    convention = Convention.linear()
    schedule = convention.schedule(6)

    def f(x, t):
        return S / math.hypot((1 - t) * S, t) * x

    def short(x, t):
        return f(x, min(t, 0.9))

    def certified(model):
        wrapped = convention.wrap(model, schedule)
        return certify(wrapped, target, schedule, samples=16, pairs=64)

    right = certified(f)
    assert not right.failed and right.w1.upper <= 0.01
    truth = (S / math.hypot(0.1 * S, 0.9) - S) * math.sqrt(2 / math.pi)
    assert certified(short).w1.upper >= 0.9 * truth


def test_schedules_of_conventions():
    """Karras's from the boundary to the noise end; linear has one level of pure noise more."""
    ends = {}
    for kind in KINDS[1:]:
        sigma = named(kind).schedule(8).sigma
        ends[kind] = (sigma[1], sigma[-2 if kind == "linear" else -1])
    assert set(ends.values()) == {(0.002, 80.0)}
    assert Convention.linear().schedule(8).sigma[-1] == 2.0**54
    assert Convention.linear(t_max=0.5).schedule(8).sigma[-1] == pytest.approx(1.0)
    assert Convention.trigflow(0.5, t_max=math.pi / 4).schedule(8).sigma[-1] == pytest.approx(0.5)
    assert Convention.ve(0.01, t_max=200.0).schedule(8).sigma[-1] == 200.0
    assert named("ve", sigma_min=0.1, sigma_max=5.0).schedule(8).sigma[1] == 0.1
    assert Convention.vp().schedule(64).spec == Schedule.li_huang_wei(64).spec


def test_pure_noise_rebuilds():
    """Its spec and its repr do; Karras's own spec has no such entry."""
    schedule = Schedule.karras(5, pure_noise=True)
    assert Schedule.from_spec(schedule.spec).spec == schedule.spec
    assert eval(repr(schedule), {"Schedule": Schedule}).spec == schedule.spec
    assert "pure_noise" not in Schedule.karras(5).spec
    assert np.array_equal(schedule.sigma[:-1], Schedule.karras(4).sigma)


@pytest.mark.parametrize("kind", STARTS)
def test_coordinates_change_in_float64(kind):
    """Only the user's call sees float32."""
    convention, _, _ = STARTS[kind]
    schedule = convention.schedule(6)

    def rounded(x, t):
        assert x.dtype == torch.float32
        return x.double() * 0.5

    def halved(x, t):
        return x.float().double() * 0.5

    x = normal(50)
    single = convention.wrap(rounded, schedule).in_dtype(torch.float32)
    double = convention.wrap(halved, schedule)
    for t in (2, 6):
        assert torch.equal(single(x, t), double(x, t))


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


def test_data_at_one_mirrors_the_times():
    """linear(data_at=1) is linear at 1 - t: scales, noise levels, default schedule and the model
    that is wrapped.
    """
    here = Convention.linear()
    there = Convention.linear(data_at=1)
    assert (there.boundary, there.t_max) == (1.0, 0.0)
    assert eval(repr(there), {"Convention": Convention}) == there != here
    for t in (0.0, 0.25, 0.5, 1.0):
        assert (there.a(1 - t), there.b(1 - t)) == (here.a(t), here.b(t))
        assert there.start(0.3) == here.start(0.3)
    for sigma in (0.002, 1.0, 80.0):
        assert there.time(sigma) == pytest.approx(1 - here.time(sigma), rel=1e-14)
    schedule = there.schedule(6)
    assert schedule.spec == here.schedule(6).spec
    x = normal(5)

    def f(x, t):
        return (0.3 + t) * x

    def mirrored(x, t):
        return f(x, 1 - t)

    one = here.wrap(f, schedule)
    other = there.wrap(mirrored, schedule)
    for level in (2, 6):
        assert torch.allclose(one(x, level), other(x, level), rtol=1e-13, atol=0)


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
        (lambda: Convention.linear(data_at=2), "data_at must be 0 or 1, got 2"),
        (lambda: Convention.linear(0.0, data_at=1), "boundary must be a finite number between"),
        (lambda: Convention.linear(t_max=1.0, data_at=1), "t_max must be a finite number between"),
        (lambda: Convention.vp().sigma(3.0), "vp convention's time is the schedule's index"),
        (lambda: named("edm"), "convention must be one of linear, trigflow, ve, vp, got 'edm'"),
        (lambda: named("ve", 0.5), "sigma_data is for the trigflow convention"),
        (lambda: named("ve", sigma_max=0.001), "sigma_max must be a finite number above 0.002"),
        (lambda: Convention.vp().schedule(64, 0.1), "sigma_min belong to the schedule karras"),
        (lambda: Convention.linear().schedule(2), "T must be a whole number of at least 3"),
        (lambda: Convention.ve().wrap("f", KARRAS), r"f must be callable as f\(x, t\), got 'f'"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()
