"""MeanFlow training: its coordinates and gradients against differences and autograd, what it must
not lose on Gaussians, and how a map is kept.
"""

import json
from dataclasses import replace

import pytest
import torch
from torch.autograd.functional import jvp

from ctverify import (
    ConsistencyModel,
    FlowMapModel,
    Gaussian,
    InputError,
    Schedule,
    certify,
    flow_map,
    train,
)
from ctverify.core.streams import normal, stream
from ctverify.targets import load
from ctverify.training import mean_flow
from ctverify.training.pairs import Whitening

SCHEDULE = Schedule.li_huang_wei(16)
TARGET = load("mixture-2d")


def whitening():
    """Of 4,096 draws of the target."""
    return Whitening.of(TARGET.sample(4096, stream("test", 0))[None])


def batch(n, seed=1):
    """Pairs of times and draws."""
    generator = stream("test", seed)
    x0 = TARGET.sample(n, generator)
    z = normal((n, 2), generator, x0)
    t, s = mean_flow.draw_angles(n, 0.05, 1.5, generator)
    return x0, z, t, s


def test_velocity_is_the_points_derivative():
    """dy/dt by central differences of y, in float32's accuracy of both over the step: 1e-3."""
    w = whitening()
    x0, z, t, s = batch(200)
    h = 1e-2
    pairs = mean_flow.moving_pairs(w, x0, z, t, s)
    above = mean_flow.moving_pairs(w, x0, z, t + h, s).y
    below = mean_flow.moving_pairs(w, x0, z, t - h, s).y
    assert torch.allclose(pairs.v, (above - below) / (2 * h), rtol=0, atol=3e-3)


def test_points_are_those_that_the_model_encodes():
    """y of x_0, z at a level's angle is the whitened X_t of the same draws."""
    target = TARGET
    model = train(target, SCHEDULE, times=2, samples=64)
    generator = stream("test", 3)
    x0 = target.sample(50, generator)
    z = normal((50, 2), generator, x0)
    for t in (1, 8, 16):
        a, b = SCHEDULE.scales(t)
        angle = torch.full((50,), model._angle(t), dtype=torch.float64)
        y = mean_flow.moving_pairs(model.whitening, x0, z, angle, angle).y
        encoded = model.whitening.encode((a * x0 + b * z)[None], (a, b))[0]
        assert torch.allclose(y, encoded.float(), rtol=1e-5, atol=1e-5)


def test_gradient_is_autograds():
    """The gradient by the chain rule against autograd's of |u - sg(v - (t - s) du)|^2, du by
    torch's jvp along (v, 1, 0), in float64: to 1e-12 of its size.
    """
    x0, z, t, s = batch(64)
    pairs = mean_flow.moving_pairs(whitening(), x0, z, t, s)
    pairs = mean_flow.Batch(*(array.double() for array in vars(pairs).values()))
    parameters = mean_flow.initial(2, stream("test", 2), x0)
    parameters = {
        key: (value + 0.1 * torch.randn_like(value)).requires_grad_()
        for key, value in parameters.items()
    }

    def u(y, t, s):
        return mean_flow.network(parameters, y, t, s)

    place = (pairs.y, pairs.t, pairs.s)
    _, moved = jvp(u, place, (pairs.v, torch.ones_like(pairs.t), torch.zeros_like(pairs.s)))
    aim = pairs.v - (pairs.t - pairs.s)[:, None] * moved
    loss = (u(*place) - aim.detach()).square().mean()
    wanted = torch.autograd.grad(loss, list(parameters.values()))
    with torch.no_grad():
        got = mean_flow.slopes(parameters, pairs)
    for one, other in zip(got, wanted, strict=True):
        assert torch.allclose(one, other, rtol=1e-11, atol=1e-12)


def regressed(pairs):
    """E[v (1, y, y^2)] over its standard error: all 0 where E[v | y] is, the largest in size."""
    terms = [torch.ones_like(pairs.y), pairs.y, pairs.y.square(), pairs.y.flip(1)]
    products = torch.cat([pairs.v * term for term in terms], 1).double()
    return float((products.mean(0) / products.std(0) * len(products) ** 0.5).abs().max())


def test_gaussians_stand_still():
    """In the whitened coordinates of a Gaussian's own mean and covariance E[v | y] = 0: eight
    regressions of 20,000 draws within 6 standard errors (2e-8). A velocity without the change of
    y's own scale is seen.
    """
    target = load("gaussian-2d")
    eigenvalues, basis = torch.linalg.eigh(target.covariance)
    w = Whitening(target.mean[None], eigenvalues[None], basis[None])
    generator = stream("test", 4)
    x0 = target.sample(20_000, generator)
    z = normal((20_000, 2), generator, x0)
    t, s = mean_flow.draw_angles(20_000, 0.05, 1.5, generator)
    pairs = mean_flow.moving_pairs(w, x0, z, t, s)
    assert regressed(pairs) <= 6
    assert regressed(replace(pairs, v=pairs.v + 0.1 * pairs.y)) > 6


def test_times_are_drawn_as_declared():
    """Half of the pairs have s = t, a tenth s at the end; all lie in order within the ends: 20,000
    draws, shares within 6 standard errors (2e-9).
    """
    t, s = mean_flow.draw_angles(20_000, 0.1, 1.4, stream("test", 5))
    assert bool(((s >= 0.1) & (s <= t) & (t <= 1.4)).all())
    assert abs(float((s == t).double().mean()) - 0.5) <= 6 * (0.25 / 20_000) ** 0.5
    assert abs(float((s == 0.1).double().mean()) - 0.1) <= 6 * (0.09 / 20_000) ** 0.5


def test_a_mixture_is_learnt():
    """A training of 240 steps is closer to the flow than the Gaussian flow that it begins with,
    from several levels to others.
    """
    model = train(TARGET, SCHEDULE, times=2, samples=8192, seed=1)
    begun = replace(model, parameters={k: 0 * v for k, v in model.parameters.items()})
    x = normal((500, 2), stream("test", 6), TARGET.mean)
    for t, s in ((16, 1), (16, 8), (12, 3)):
        exact = flow_map(TARGET, SCHEDULE, x, t, s)
        errors = [float((f(x, t, s) - exact).norm(dim=1).mean()) for f in (model, begun)]
        assert errors[0] < 0.75 * errors[1]
    assert torch.equal(model(x, 7, 7), x)


@pytest.mark.slow
def test_flow_map_is_no_worse_than_the_model_of_each_level():
    """On mixture-2d, of as many pairs: the certified W_1 in one and in four steps."""
    schedule = Schedule.li_huang_wei(64)
    two = train(TARGET, schedule, times=2)
    one = train(TARGET, schedule)
    for steps in (1, 4):
        of_two = certify(two, TARGET, schedule, times=2, samples=16, sampler_steps=steps)
        of_one = certify(one, TARGET, schedule, samples=16, sampler_steps=steps)
        assert of_two.w1.upper <= of_one.w1.upper


def test_the_same_seed_gives_the_same_map(tmp_path):
    """Bit by bit, and so does what is saved and loaded; other seeds give others."""
    model = train(TARGET, SCHEDULE, times=2, samples=256, seed=3)
    again = train(TARGET, SCHEDULE, times=2, samples=256, seed=3)
    other = train(TARGET, SCHEDULE, times=2, samples=256, seed=4)
    x = normal((20, 2), stream("test", 7), TARGET.mean)
    assert torch.equal(model(x, 16, 1), again(x, 16, 1))
    assert not torch.equal(model(x, 16, 1), other(x, 16, 1))
    model.save(tmp_path)
    loaded = FlowMapModel.load(tmp_path)
    assert torch.equal(loaded(x, 16, 5), model(x, 16, 5))
    assert loaded.spec == {"kind": "mlp", "samples": 256, "seed": 3, "times": 2}
    assert json.loads((tmp_path / "manifest.json").read_text())["model"]["times"] == 2
    assert loaded.sha256 == model.sha256
    with pytest.raises(InputError, match="must hold a model of one time, got a map of two"):
        ConsistencyModel.load(tmp_path)


def test_another_kind_of_directory_is_refused(tmp_path):
    """A one-time model, and a map whose numbers are of another shape."""
    train(TARGET, SCHEDULE, "affine", samples=64).save(tmp_path / "one")
    with pytest.raises(InputError, match="must hold a map of two times, got a model of one"):
        FlowMapModel.load(tmp_path / "one")
    model = train(TARGET, SCHEDULE, times=2, samples=64)
    short = {key: value[..., :3] for key, value in model.parameters.items()}
    replace(model, parameters=short).save(tmp_path / "two")
    with pytest.raises(InputError, match="is incomplete or damaged: shared"):
        FlowMapModel.load(tmp_path / "two")


NORMAL = train(Gaussian(0.0, 1.0), SCHEDULE, times=2, samples=8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: train(TARGET, SCHEDULE, "affine", times=2), "model must be mlp with times=2"),
        (lambda: train(TARGET, SCHEDULE, times=3), "times must be one of 1, 2, got 3"),
        (lambda: NORMAL(torch.zeros(1, 1), 3, 5), "s must be at most t = 3, got 5"),
        (lambda: NORMAL(torch.zeros(1, 1), 17, 5), r"t must lie in 1..16, got 17"),
        (lambda: NORMAL(torch.zeros(1, 2), 3, 2), r"x must have shape \(n, 1\)"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()
