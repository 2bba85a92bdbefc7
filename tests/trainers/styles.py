"""Right trainers in other people's styles: no law may find fault with any of them, at any seed."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.special import ndtri
from scipy.stats import qmc
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

SAMPLES = 8192
STYLES: dict[str, Callable] = {}


def style(**claims):
    """A trainer of this module, with what it declares."""

    def mark(train):
        for name, value in claims.items():
            setattr(train, name, value)
        STYLES[train.__name__] = train
        return train

    return mark


class Levels:
    """f(x, t) from a function a level, on u = (x - a m)/scale_t and back to the scale of X_1."""

    def __init__(self, sample, schedule, seed):
        pilot = sample(4096, 7 * seed)
        self.mean = pilot.mean(0)
        self.spread = pilot.std(0)
        self.schedule = schedule
        self.maps = {}

    def scale(self, t):
        a, b = self.schedule.scales(t)
        return (a**2 * self.spread**2 + b**2).sqrt()

    def encode(self, x, t):
        a, _ = self.schedule.scales(t)
        return (x - a * self.mean) / self.scale(t)

    def __call__(self, x, t):
        if t == 1:
            return x.clone()
        a1, _ = self.schedule.scales(1)
        return a1 * self.mean + self.scale(1) * self.maps[t](self.encode(x, t))


def by_levels(sample, schedule, seed, fit, samples=SAMPLES, noise=None, data=None):
    """fit(u, v, generator, before) -> map, at each level from fresh pairs, whitened.

    Arguments:
        sample, schedule, seed: as every trainer gets them.
        fit: makes a level's map u -> v; `before` is the map of the level below.
        samples: pairs a level.
        noise: noise(shape, generator), N(0, I) if None.
        data: data(t) gives X_0; fresh draws if None.
    """
    generator = torch.Generator().manual_seed(seed)
    levels = Levels(sample, schedule, seed)
    before = lambda u: u  # noqa: E731
    for t in range(2, schedule.T + 1):
        x0 = sample(samples, 1000 * seed + t) if data is None else data(t)
        if noise is None:
            z = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
        else:
            z = noise(x0.shape, generator)
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        values = levels(a1 * x0 + b1 * z, t - 1)
        first, _ = schedule.scales(1)
        v = (values - first * levels.mean) / levels.scale(1)
        before = fit(levels.encode(a * x0 + b * z, t), v, generator, before)
        levels.maps[t] = before
    return levels


def linear(features, ridge=0.0):
    """A fit of v on features(u) by the normal equations; a ridge spares the affine part."""

    def fit(u, v, generator, before):
        phi = features(u)
        gram = phi.T @ phi
        penalty = ridge * gram.diagonal()
        penalty[: u.shape[1] + 1] = 0
        theta = torch.linalg.solve(gram + penalty.diag(), phi.T @ v)
        return lambda w: features(w) @ theta

    return fit


def affine_part(u):
    return torch.cat([torch.ones_like(u[:, :1]), u], 1)


def bumps(u):
    """1, u and three bumps a coordinate."""
    return torch.cat([affine_part(u), *(torch.exp(-((u - c) ** 2)) for c in (-1, 0, 1))], 1)


@style(function_class="affine", solver="least-squares", equivariant=("translation",))
def affine_numpy(sample, schedule, seed):
    """NumPy's least squares on 1 and x."""

    def fit(u, v, generator, before):
        theta = np.linalg.lstsq(affine_part(u).numpy(), v.numpy(), rcond=None)[0]
        return lambda w: torch.from_numpy(affine_part(w).numpy() @ theta)

    return by_levels(sample, schedule, seed, fit)


@style(function_class="affine", solver="least-squares", samples=1024)
def few_samples(sample, schedule, seed):
    """1,024 pairs a level on an affine part and bumps."""
    return by_levels(sample, schedule, seed, linear(bumps, 1e-3), samples=1024)


@style()
def polynomials(sample, schedule, seed):
    """Cubic polynomials, a coordinate each."""
    cubic = lambda u: torch.cat([affine_part(u), u**2, u**3], 1)  # noqa: E731
    return by_levels(sample, schedule, seed, linear(cubic, 1e-6))


@style()
def kernel_ridge(sample, schedule, seed):
    """Kernel ridge regression on 200 centres."""

    def fit(u, v, generator, before):
        centres = u[:200]

        def kernel(w):
            squares = torch.cdist(w, centres).square()
            return torch.exp(-squares / (4 * u.shape[1]))

        phi = kernel(u)
        gram = phi.T @ phi + 1e-2 * kernel(centres) + 1e-6 * torch.eye(200, dtype=u.dtype)
        theta = torch.linalg.solve(gram, phi.T @ (v - u))
        return lambda w: w + kernel(w) @ theta

    return by_levels(sample, schedule, seed, fit)


@style()
def scikit_learn(sample, schedule, seed):
    """A pipeline of scikit-learn: Nystroem features beside x, ridge regression."""

    def fit(u, v, generator, before):
        beside = make_union(FunctionTransformer(), Nystroem(n_components=40, random_state=seed))
        model = make_pipeline(StandardScaler(), beside, Ridge(alpha=1e-2))
        model.fit(u.numpy(), v.numpy())
        return lambda w: torch.from_numpy(model.predict(w.numpy()).reshape(w.shape))

    return by_levels(sample, schedule, seed, fit)


@style(function_class="affine", loss="pseudo-huber", huber_c=0.1)
def pseudo_huber(sample, schedule, seed):
    """The pseudo-Huber loss, by reweighted least squares in the data's own scale."""
    c = 0.1
    generator = torch.Generator().manual_seed(seed)
    levels = Levels(sample, schedule, seed)
    first, _ = schedule.scales(1)
    for t in range(2, schedule.T + 1):
        x0 = sample(SAMPLES, 1000 * seed + t)
        z = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        values = levels(a1 * x0 + b1 * z, t - 1)
        phi = bumps(levels.encode(a * x0 + b * z, t))
        v = (values - first * levels.mean) / levels.scale(1)
        weight = torch.ones(len(phi), 1, dtype=torch.float64)
        eye = 1e-6 * torch.eye(phi.shape[1], dtype=torch.float64)
        for _ in range(60):
            gram = phi.T @ (weight * phi) + eye
            theta = torch.linalg.solve(gram, phi.T @ (weight * v))
            r = levels.scale(1) * (phi @ theta - v)
            weight = (r.square().sum(1, keepdim=True) + c**2).rsqrt()
        levels.maps[t] = lambda w, theta=theta: bumps(w) @ theta
    return levels


@style(loss="other")
def absolute_value(sample, schedule, seed):
    """The L1 loss: medians are no conditional means, and it says so."""

    def fit(u, v, generator, before):
        phi = affine_part(u)
        weight = torch.ones_like(v)
        for _ in range(30):
            theta = torch.stack(
                [
                    torch.linalg.solve(phi.T @ (w[:, None] * phi), phi.T @ (w * y))
                    for w, y in zip(weight.T, v.T, strict=True)
                ],
                1,
            )
            weight = (v - phi @ theta).abs().clamp_min(1e-3).reciprocal()
        return lambda w: affine_part(w) @ theta

    return by_levels(sample, schedule, seed, fit)


def network(dim, hidden, generator):
    """A two-layer network as a list of parameters, and its function."""
    sizes = ((dim, hidden), (hidden,), (hidden, dim), (dim,))
    scale = (1.0, 1.0, 0.0, 0.0)
    parameters = [
        (s * torch.randn(size, generator=generator)).requires_grad_()
        for size, s in zip(sizes, scale, strict=True)
    ]
    return parameters


def value(parameters, u):
    inner, bias, outer, shift = parameters
    return u + torch.tanh(u @ inner + bias) @ outer + shift


def descend(parameters, loss_of, steps, rate=1e-2):
    """Adam with a rate that falls to 0."""
    optimiser = torch.optim.Adam(parameters, lr=rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        optimiser.zero_grad()
        loss_of(step).backward()
        optimiser.step()
        falling.step()


@style()
def small_network(sample, schedule, seed):
    """A network of 24 units a level, some epochs of Adam."""

    def fit(u, v, generator, before):
        parameters = network(u.shape[1], 24, generator)
        single, met = u.float(), v.float()

        def loss(step):
            rows = slice(256 * (step % 32), 256 * (step % 32) + 256)
            return (value(parameters, single[rows]) - met[rows]).square().mean()

        descend(parameters, loss, 192)
        fixed = [p.detach() for p in parameters]
        return lambda w: value(fixed, w.float()).double()

    return by_levels(sample, schedule, seed, fit)


@style(samples=4096)
def with_replacement(sample, schedule, seed):
    """A fixed data set of 4,096 points, batches drawn from it with replacement, fresh noise."""
    points = sample(4096, 99 * seed + 1)
    indices = torch.Generator().manual_seed(seed)

    def fit(u, v, generator, before):
        parameters = network(u.shape[1], 16, generator)
        single, met = u.float(), v.float()

        def loss(step):
            rows = torch.randint(len(u), (256,), generator=generator)
            return (value(parameters, single[rows]) - met[rows]).square().mean()

        descend(parameters, loss, 160)
        fixed = [p.detach() for p in parameters]
        return lambda w: value(fixed, w.float()).double()

    def data(t):
        return points[torch.randint(len(points), (SAMPLES,), generator=indices)]

    return by_levels(sample, schedule, seed, fit, data=data)


@style()
def single_precision(sample, schedule, seed):
    """Least squares whose maps compute and answer in float32."""

    def fit(u, v, generator, before):
        inner = linear(bumps, 1e-3)(u, v, generator, before)
        return lambda w: inner(w).float()

    levels = by_levels(sample, schedule, seed, fit)
    return lambda x, t: levels(x, t).float()


@style(equivariant=("translation",))
def antithetic(sample, schedule, seed):
    """Noise in pairs of opposite signs."""

    def noise(shape, generator):
        half = torch.randn(shape[0] // 2, shape[1], generator=generator, dtype=torch.float64)
        return torch.cat([half, -half])

    return by_levels(sample, schedule, seed, linear(bumps, 1e-3), noise=noise)


@style()
def quasi_random(sample, schedule, seed):
    """Scrambled Sobol points for noise."""

    def noise(shape, generator):
        key = int(torch.randint(2**31, (1,), generator=generator))
        points = qmc.Sobol(shape[1], seed=key).random(shape[0])
        return torch.from_numpy(ndtri(points.clip(1e-9, 1 - 1e-9)))

    return by_levels(sample, schedule, seed, linear(bumps, 1e-3), noise=noise)


@style()
def ensemble(sample, schedule, seed):
    """Three models of a third of the pairs each, averaged."""

    def fit(u, v, generator, before):
        thirds = zip(u.chunk(3), v.chunk(3), strict=True)
        maps = [linear(bumps, 1e-3)(x, y, generator, before) for x, y in thirds]
        return lambda w: sum(one(w) for one in maps) / 3

    return by_levels(sample, schedule, seed, fit)


@style(function_class="constant", solver="least-squares")
def constant_alone(sample, schedule, seed):
    """A fixed slope, that of the Gaussian's flow, and a trained constant."""

    def fit(u, v, generator, before):
        shift = (v - u).mean(0)
        return lambda w: w + shift

    return by_levels(sample, schedule, seed, fit)


@style()
def online(sample, schedule, seed):
    """Averaged stochastic gradient on an affine map, warm-started, a pass over the pairs."""

    def fit(u, v, generator, before):
        phi = affine_part(u)
        dim = u.shape[1]
        theta = torch.linalg.lstsq(phi[:64], before(u[:64])).solution
        mean = torch.zeros_like(theta)
        blocks = list(zip(phi.split(32), v.split(32), strict=True))
        for i, (x, y) in enumerate(blocks):
            rate = 0.3 / (dim + 1)
            theta = theta - rate * x.T @ (x @ theta - y) / len(x)
            if i >= len(blocks) // 2:
                mean += theta / (len(blocks) - len(blocks) // 2)
        return lambda w: affine_part(w) @ mean

    return by_levels(sample, schedule, seed, fit)


@style(function_class="shared", samples=8192)
def shared_network(sample, schedule, seed):
    """One network over x and log sigma, its own average as the teacher, random levels."""
    generator = torch.Generator().manual_seed(seed)
    levels = Levels(sample, schedule, seed)
    dim = len(levels.mean)
    hidden = 32
    sizes = ((dim + 1, hidden), (hidden,), (hidden, dim), (dim,))
    parameters = [
        (s * torch.randn(size, generator=generator)).requires_grad_()
        for size, s in zip(sizes, (1.0, 1.0, 0.0, 0.0), strict=True)
    ]
    average = [p.detach().clone() for p in parameters]
    start = math.log(schedule.sigma[1])
    length = math.log(schedule.sigma[schedule.T]) - start
    times = [0.0] + [(math.log(s) - start) / length for s in schedule.sigma[1:]]

    def whole(weights, u, at):
        """Identity at t = 1 by a factor that vanishes there."""
        inner, bias, outer, shift = weights
        clock = torch.full_like(u[:, :1], at)
        return u + at * (torch.tanh(torch.cat([u, clock], 1) @ inner + bias) @ outer + shift)

    def loss(step):
        t = int(torch.randint(2, schedule.T + 1, (1,), generator=generator))
        x0 = sample(256, 100_000 * seed + step)
        z = torch.randn(x0.shape, generator=generator, dtype=torch.float64)
        a, b = schedule.scales(t)
        a1, b1 = schedule.scales(t - 1)
        u = levels.encode(a * x0 + b * z, t).float()
        before = levels.encode(a1 * x0 + b1 * z, t - 1).float()
        with torch.no_grad():
            met = whole(average, before, times[t - 1])
        gap = whole(parameters, u, times[t]) - met
        with torch.no_grad():
            for mean, new in zip(average, parameters, strict=True):
                mean.lerp_(new, 0.1)
        return gap.square().mean()

    descend(parameters, loss, 150 * (schedule.T - 1))
    fixed = [p.detach() for p in parameters]
    for t in range(2, schedule.T + 1):
        levels.maps[t] = lambda w, t=t: whole(fixed, w.float(), times[t]).double()
    return levels
