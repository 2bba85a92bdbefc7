"""Pairs behind the W_1 bracket: re-paired in batches, re-coupled by a turned noise, and carried
through the steps of a sampler, where every law is known.

All maps are affine and isotropic up to a rotation R, on N(m, lam I_d), so that the sampler's law is
N(., scale^2 I) and X_1's N(a_1 m, v_1 I):

    kappa = scale - sqrt(v_1), delta the difference of means,
    W_1 >= max(|delta|, |kappa| E|Z|), with equality where one of them is 0;
    W_2^2 = |delta|^2 + d kappa^2.

A sampler's pairs are linear in the noises that they share, so that their distance has a closed form
too.
"""

from __future__ import annotations

import functools
import math
from functools import partial

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from ctverify import Gaussian, Schedule
from ctverify.certificate.bracket import bracket, limits
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.coupling import Pairs, exact_ends, model_coupling
from ctverify.certificate.pilot import Plan
from ctverify.certificate.potentials import one_cone
from ctverify.certificate.sampler import sampler_starts
from ctverify.certificate.starts import noise_starts
from ctverify.laws.strategies import gaussians, seeds

from .compare import flow_slope
from .law import RATE, law
from .reference import U, variance
from .test_bound import FAR, NORMALS, eigenvalue, mean_norm, w2_of

COARSE = Schedule.karras(32, 1.0, 20.0)  # alpha_bar_1 = 1/2: X_1 is far from X_0
BATCH = 20
PAIRS = 100 * BATCH
CENTRED = st.integers(2, 5).flatmap(
    lambda d: gaussians(dims=(d, d), condition=1, variances=(0.1, 10), offset=0)
)


@functools.cache
def levels():
    """The schedule of all, made when asked for: a broken one fails laws of its own first."""
    return Schedule.li_huang_wei(64)


def rotation(d, seed):
    """A random orthogonal matrix, (d, d).

    Example:
        >>> R = rotation(3, 0)
        >>> bool(torch.allclose(R @ R.T, torch.eye(3, dtype=torch.float64)))
        True
    """
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(d, d, generator=generator, dtype=torch.float64)
    return torch.linalg.qr(drawn)[0]


def turned_model(target, scale, shift, turn):
    """f_T(x) = a_1 m + shift + scale R (x - a_T m): one step of the head's sampler.

    Arguments:
        target: N(m, lam I_d).
        scale: of f_T(Z), at least 0.
        shift: (d,).
        turn: R, (d, d).

    Returns:
        f in centred coordinates, and delta (d,), as an array.
    """
    a1, _ = levels().scales(1)
    a, _ = levels().scales(levels().T)

    def f(x, t):
        moved = (x - a * target.mean) @ turn.T
        return a1 * target.mean + shift + scale * moved

    of_start = scale * a * (turn @ target.mean)
    return Centred(f, target, levels()), (shift - of_start).numpy()


def judged(pairs, plan):
    """Limits that each hold with probability 1 - RATE, the lower one by a single cone."""
    return limits(
        pairs,
        plan,
        BATCH,
        alpha=RATE,
        seed=0,
        solver=0.0,
        fit_potential=lambda x, y, generator: one_cone(1.0, y.mean(0)),
    )


@law(
    "bound.repairing",
    "the mean distance of re-paired pairs bounds W_1, and its root mean square W_2, for models "
    "whose map is turned against the flow's",
    "exchangeability: for I uniform, (Y_I, Y*_sigma(I)) couples the two laws; this file's head",
    tolerance="the limits hold with probability 1 - RATE (Student); 1e-6 of the size for the "
    "solver",
    examples=10,
    statistical=True,
)
@given(
    target=NORMALS,
    gain=st.floats(0.3, 1.5),
    shift=st.floats(-1, 1),
    turn=seeds,
    seed=seeds,
)
def test_repairing(target, gain, shift, turn, seed):
    """Batches of 20, re-paired whether or not that gains."""
    d = target.dim
    root = math.sqrt(variance(eigenvalue(target), *levels().scales(1)))
    scale = gain * root
    offset = torch.full((d,), shift * root, dtype=torch.float64)
    f, delta = turned_model(target, scale, offset, rotation(d, turn))
    starts = noise_starts(f, PAIRS, torch.Generator().manual_seed(seed))
    pairs = Pairs(starts.z, f(starts.model, levels().T), exact_ends(f, starts))
    found = judged(pairs, Plan(repaired=True))
    kappa = scale - root
    least = max(float(np.linalg.norm(delta)), abs(kappa) * mean_norm(d))
    slack = 1e-6 * (root + float(np.linalg.norm(delta)))
    assert found.upper + slack >= least, f"W_1 >= {least:.6g} above {found.upper:.6g}"
    assert found.w2_upper + slack >= w2_of(delta, kappa), "W_2 above w2_upper"
    coupled = judged(pairs, Plan())
    assert found.upper_estimate <= coupled.upper_estimate + slack, "re-pairing made it looser"


@law(
    "bound.recoupling",
    "a model that is turned against the flow in any dimension is bounded as if it were not: "
    "upper >= W_1, and little above it",
    "h(Z) ~ N(0, I) for orthogonal h; Procrustes; this file's head",
    tolerance="the limit holds with probability 1 - RATE (Student); above W_1: what X_0 moves, "
    "4 d a_T sd(X_0), and FAR standard errors",
    examples=4,
    statistical=True,
)
@given(target=CENTRED, gain=st.floats(0.5, 1.5), turn=seeds, seed=seeds)
def test_recoupling(target, gain, turn, seed):
    """At T = 64 the start keeps a_T of X_0, all that a turn of the noise cannot couple."""
    d = target.dim
    lam = eigenvalue(target)
    root = math.sqrt(variance(lam, *levels().scales(1)))
    scale = gain * root
    none = torch.zeros(d, dtype=torch.float64)
    f, _ = turned_model(target, scale, none, rotation(d, turn))
    found = bracket(f, partial(noise_starts, f), PAIRS, RATE, seed)
    kappa = abs(scale - root)
    w1 = kappa * mean_norm(d)
    assert found.upper >= w1 * (1 - 64 * U), f"W_1 = {w1:.6g} above {found.upper:.6g}"
    assert found.lower <= w1 * (1 + 64 * U), f"W_1 = {w1:.6g} below {found.lower:.6g}"
    a, _ = levels().scales(levels().T)
    of_data = 4 * d * a * math.sqrt(lam)
    of_norm = d - mean_norm(d) ** 2
    sampling = FAR * kappa * math.sqrt(of_norm / PAIRS)
    allowed = w1 + of_data + sampling + 1e-6 * root
    # re-pairing gains at most as much as it may; a floor of its own it does not have here
    assert found.upper_estimate <= allowed, (
        f"{found.upper_estimate:.6g}, should be {w1:.6g} and at most {allowed:.6g}"
    )


class LinearWalk:
    """A sampler's end and its twin as sums of independent normal terms, by their coefficients."""

    def __init__(self, lam, levels, gain):
        self.lam = lam
        self.model = [1.0, 0.0]  # of Z and of X_0
        a, b = COARSE.scales(COARSE.T)
        self.exact = [b, a]
        for number, level in enumerate(levels):
            if number:
                r = COARSE.scales(level)[0] / COARSE.scales(1)[0]
                q = math.sqrt(1 - r * r)
                self.model = [*(r * c for c in self.model), q]
                self.exact = [*(r * c for c in self.exact), q]
            slope = flow_slope(COARSE, lam, level)
            self.model = [gain_at(gain, level) * slope * c for c in self.model]
            self.exact = [slope * c for c in self.exact]

    def size(self, coefficients):
        """The standard deviation of a sum."""
        of_noise, of_data, *others = coefficients
        terms = [of_noise, of_data * math.sqrt(self.lam), *others]
        return math.sqrt(math.fsum(c * c for c in terms))

    @property
    def apart(self):
        """That of the difference."""
        pairs = zip(self.model, self.exact, strict=True)
        return self.size([c - c1 for c, c1 in pairs])


def gain_at(gain, t):
    """The model's slope at level t over the flow's: 1 at t = 1, `gain` at T."""
    share = (t - 1) / (COARSE.T - 1)
    return 1 + (gain - 1) * share


@law(
    "bound.few_steps",
    "samplers of two and three steps: re-paired between steps or not, exact twins have X_1's law "
    "and the bracket holds W_1; not re-paired, the upper end is the coupled distance",
    "r^2 alpha_bar_1 = alpha_bar_tau, q^2 = 1 - r^2; this file's head",
    tolerance="twins: |Y*|^2/v_1 summed has exactly the law chi^2, two-sided at RATE; the "
    "bracket's limits hold with probability 1 - RATE (Student); the coupled mean: FAR standard "
    "errors",
    examples=6,
    statistical=True,
)
@given(
    target=NORMALS,
    gain=st.floats(0.3, 1.5),
    below=st.lists(st.integers(2, 31), min_size=1, max_size=2, unique=True),
    centred=st.booleans(),
    seed=seeds,
)
def test_few_steps(target, gain, below, centred, seed):
    """Levels from T down, twins re-paired in batches of 20 after each step but the last."""
    d = target.dim
    lam = eigenvalue(target)
    if centred:
        target = Gaussian(torch.zeros(d), target.covariance)
    levels = [COARSE.T, *sorted(below, reverse=True)]

    def f(x, t):
        a, _ = COARSE.scales(t)
        a1, _ = COARSE.scales(1)
        slope = gain_at(gain, t) * flow_slope(COARSE, lam, t)
        return a1 * target.mean + slope * (x - a * target.mean)

    model = Centred(f, target, COARSE)
    walk = LinearWalk(lam, levels, gain)
    root = math.sqrt(variance(lam, *COARSE.scales(1)))
    kappa = walk.size(walk.model) - root
    size = root + float(target.mean.norm())
    # the start forgets the mean's a_T m, which every slope before the end shrinks or stretches
    a, _ = COARSE.scales(COARSE.T)
    offset = walk.model[0] * a * float(target.mean.norm())
    least = max(offset, abs(kappa) * mean_norm(d))
    most = math.hypot(offset, math.sqrt(d) * kappa)
    for repair in (None, BATCH):
        draw = sampler_starts(model, levels, repair)
        between = None if repair is None else partial(sampler_starts, model, levels)
        coupling = model_coupling(model, draw, between)
        plan = Plan() if repair is None else Plan(repaired=True, mended=True)
        starts = coupling.starts(PAIRS, BATCH, torch.Generator().manual_seed(seed), plan.mended)
        ends = Pairs(starts.z, model(starts.model, starts.level), exact_ends(model, starts))
        _check_twins(ends.exact, root)
        found = judged(ends, plan)
        assert found.upper >= least - 1e-6 * size, f"W_1 >= {least:.6g} above {found.upper:.6g}"
        assert found.lower <= most + 1e-6 * size, f"W_1 <= {most:.6g} below {found.lower:.6g}"
        if repair is None and centred:
            exact = walk.apart * mean_norm(d)
            of_norm = d - mean_norm(d) ** 2
            sampling = FAR * walk.apart * math.sqrt(of_norm / PAIRS)
            gap = abs(found.upper_estimate - exact)
            assert gap <= sampling + 1e-6 * size, "not the coupled mean"


def _check_twins(exact, root):
    """Rows are N(0, root^2 I), centred."""
    total = float((exact / root).square().sum())
    low, high = chi2.ppf([RATE / 2, 1 - RATE / 2], exact.numel())
    assert low <= total <= high, f"twins have {total / exact.numel():.4g} times X_1's variance"
