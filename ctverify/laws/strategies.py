"""Hypothesis strategies for targets, schedules and points on them.

A draw is a handful of parameters and a seed, never a tensor, so that a failure shrinks and prints
as a call that rebuilds it:

    gaussian(dim=2, log_variance=1.0, ...)      lam from 10^log_variance down to 10^(log_variance - log_condition), random basis,
    mixture(dim=1, components=3, ...)           weights 10^(-tilt j/(K - 1)), means separation * sqrt(lam_max) * N(0, I),
    dataset(dim=2, points=5, ...)               points 10^log_spread * N(0, I), bandwidth in units of that spread.

Everything shrinks to N(0, 1) in d = 1, one component, one point, the smallest T. Bounds keep every
draw within float64; laws that solve ODEs narrow them. Options are keyword-only; a pair is (least,
most). Hypothesis: `pip install 'ctverify[properties]'`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from numpy.typing import NDArray

from ..core.arguments import InputError, choice, real, whole
from ..core.streams import derive, normal, stream
from ..model.schedule import KINDS, Schedule
from ..targets import Dataset, Gaussian, Mixture, Target

FAMILIES = ("gaussian", "mixture", "dataset")
Array = NDArray[np.float64]
Range = tuple[float, float]
Counts = tuple[int, int]

seeds = st.integers(0, 2**32 - 1)


def gaussian(
    *,
    dim: int = 1,
    log_variance: float = 0.0,
    log_condition: float = 0.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Gaussian:
    """N(m, S): the largest eigenvalue 10^log_variance, condition number 10^log_condition, |m| =
    offset sqrt(largest).
    """
    rng = _rng("gaussian", seed)
    covariance = _covariances(rng, 1, dim, log_variance, log_condition)[0]
    return Gaussian(_shift(rng, dim, offset * 10 ** (log_variance / 2)), covariance)


def mixture(
    *,
    dim: int = 1,
    components: int = 1,
    log_variance: float = 0.0,
    log_condition: float = 0.0,
    separation: float = 0.0,
    tilt: float = 0.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Mixture:
    """Components in their own bases, all eigenvalues in one range; the rarest has 10^-tilt of the
    commonest one's weight.
    """
    rng = _rng("mixture", seed)
    covariances = _covariances(rng, components, dim, log_variance, log_condition)
    unit = 10 ** (log_variance / 2)
    means = separation * unit * rng.normal(size=(components, dim)) + _shift(rng, dim, offset * unit)
    weights = 10 ** (-tilt * np.arange(components) / max(1, components - 1))
    return Mixture(weights / weights.sum(), means, covariances)


def dataset(
    *,
    dim: int = 1,
    points: int = 1,
    log_spread: float = 0.0,
    bandwidth: float = 1.0,
    offset: float = 0.0,
    seed: int = 0,
) -> Dataset:
    """Points 10^log_spread * N(0, I) about |m| = offset 10^log_spread, one alone at m; smoothed by
    bandwidth * 10^log_spread.
    """
    rng, unit = _rng("dataset", seed), 10**log_spread
    centred = rng.normal(size=(points, dim)) if points > 1 else np.zeros((1, dim))
    return Dataset(unit * centred + _shift(rng, dim, offset * unit), bandwidth * unit)


def schedule(*, kind: str, T: int, near: float = 0.0, far: float = 0.0, seed: int = 0) -> Schedule:
    """A schedule of that kind; `near` and `far` in 0..1 move its two ends, `seed` what else it has.

    li_huang_wei: c0 in 0.25..3, r <= 0.95 and c1 <= 8. cosine: ends in angle. karras: rho in 1..10.
    ddpm: at least 21 steps. from_alpha_bar: log sigma from -5..-0.5 to 0.5..5, the levels between
    them uniform.
    """
    rng = _rng("schedule", seed)
    if kind == "li_huang_wei":
        return Schedule.li_huang_wei(
            T, 0.25 + 2.75 * near, (0.05 + 0.95 * far) * min(8.0, 0.95 * T / math.log(T))
        )
    if kind == "cosine":
        return Schedule.cosine(
            T, alpha_bar_1=1 - 10 ** (5.7 * near - 6), alpha_bar_T=10 ** (-0.4 - 7.6 * far)
        )
    if kind == "karras":
        return Schedule.karras(T, 10 ** (2.7 * near - 3), 2 * 10 ** (2.7 * far), rng.uniform(1, 10))
    if kind == "ddpm":
        return Schedule.ddpm(max(T, 21))
    low, high = 4.5 * near - 5, 4.5 * far + 0.5
    log_sigma = np.concatenate([[low], np.sort(rng.uniform(low, high, T - 2)), [high]])
    return Schedule.from_alpha_bar(1 / (1 + np.exp(2 * log_sigma)))


@dataclass(frozen=True, eq=False)
class Points:
    """x (n, d) at level t: a_t m + stretch (a_t (X_0 - m) + b_t Z), so that stretch > 1 reaches
    into the tails.
    """

    t: int
    rows: int
    stretch: float
    seed: int
    x: torch.Tensor = field(repr=False)


def points_at(
    target: Target, schedule: Schedule, *, t: int, rows: int, stretch: float, seed: int
) -> Points:
    """Points of the law of X_t, stretched about its mean."""
    (a, b), generator = schedule.scales(t), stream("strategies/points", seed)
    offset = target.sample(rows, generator) - target.mean
    x = a * target.mean + stretch * (a * offset + b * normal((rows, target.dim), generator, offset))
    return Points(t, rows, stretch, seed, x)


def gaussians(
    *,
    dims: Counts = (1, 16),
    variances: Range = (1e-4, 1e4),
    condition: float = 1e6,
    offset: float = 20.0,
) -> SearchStrategy[Gaussian]:
    """Gaussians with eigenvalues within `variances`, condition number up to `condition`, mean up to
    `offset` spreads from 0.
    """
    return _spectra(dims, variances, condition, offset).flatmap(
        lambda given: st.builds(gaussian, **given)
    )


def mixtures(
    *,
    dims: Counts = (1, 16),
    components: Counts = (1, 8),
    variances: Range = (1e-4, 1e4),
    condition: float = 1e6,
    separation: float = 20.0,
    smallest_weight: float = 1e-12,
    offset: float = 20.0,
) -> SearchStrategy[Mixture]:
    """Mixtures of `gaussians`: centres from coincident to `separation` spreads apart, weights down
    to `smallest_weight`.
    """
    low, high = _counts("components", components)
    apart = _least_zero("separation", separation)
    tilt = -math.log10(real("smallest_weight", smallest_weight, 0, 1 + 1e-12))
    more = {
        "components": st.integers(low, high),
        "separation": st.floats(0, apart) | st.floats(0, min(apart, 1e-3)),
        "tilt": st.floats(0, max(0.0, tilt)),
    }
    return _spectra(dims, variances, condition, offset).flatmap(
        lambda given: st.builds(mixture, **given, **more)
    )


def datasets(
    *,
    dims: Counts = (1, 16),
    points: Counts = (1, 64),
    spreads: Range = (1e-2, 1e2),
    bandwidths: Range = (0.05, 2.0),
    offset: float = 20.0,
) -> SearchStrategy[Dataset]:
    """Smoothed point sets; `bandwidths` in units of the spread."""
    return st.builds(
        dataset,
        dim=st.integers(*_counts("dims", dims)),
        points=st.integers(*_counts("points", points)),
        log_spread=_exponents("spreads", spreads),
        bandwidth=st.floats(*_range("bandwidths", bandwidths)),
        offset=st.floats(0, _least_zero("offset", offset)),
        seed=seeds,
    )


def targets(
    *, families: Sequence[str] = FAMILIES, dims: Counts = (1, 16), offset: float = 20.0
) -> SearchStrategy[Target]:
    """Any target of these `families`, with their own defaults; narrower ones by
    one_of(gaussians(...), mixtures(...)).
    """
    known: dict[str, SearchStrategy[Any]] = {
        "gaussian": gaussians(dims=dims, offset=offset),
        "mixture": mixtures(dims=dims, offset=offset),
        "dataset": datasets(dims=dims, offset=offset),
    }
    chosen = [known[choice("families", family, known)] for family in families]
    if not chosen:
        raise InputError(f"families must name at least one of {', '.join(FAMILIES)}, got none")
    return st.one_of(*chosen)


def schedules(
    *, steps: Counts = (2, 4096), families: Sequence[str] = KINDS
) -> SearchStrategy[Schedule]:
    """Schedules of these families with T in `steps` (ddpm, which needs 21, only where that reaches
    beyond 20).
    """
    low, high = _counts("steps", steps, 2)
    kept = [
        choice("families", family, KINDS) for family in families if family != "ddpm" or high > 20
    ]
    if not kept:
        raise InputError(
            f"families must name one that exists for T in {low}..{high}, got {', '.join(families) or 'none'}"
        )
    # one builder for all, with as many choices for each, so that Hypothesis takes none for simpler
    # than the first
    return st.builds(
        schedule,
        kind=st.sampled_from(kept),
        T=st.integers(low, high),
        near=st.floats(0, 1),
        far=st.floats(0, 1),
        seed=seeds,
    )


def points(
    target: Target, schedule: Schedule, *, rows: int = 8, stretch: float = 4.0
) -> SearchStrategy[Points]:
    """Up to `rows` points of one level t in 1..T, from the mean (stretch 0) to `stretch` times the
    law's own width.
    """
    return st.builds(
        points_at,
        st.just(target),
        st.just(schedule),
        t=st.integers(1, schedule.T),
        rows=st.integers(1, whole("rows", rows)),
        stretch=st.floats(0, real("stretch", stretch, 0)),
        seed=seeds,
    )


def _spectra(
    dims: Counts, variances: Range, condition: float, offset: float
) -> SearchStrategy[dict[str, Any]]:
    """dim, largest variance, condition number, offset and seed as strategies that keep every
    eigenvalue within `variances`.
    """
    least = math.log10(_range("variances", variances)[0])
    most = math.log10(real("condition", condition, 1 - 1e-12))
    common = {
        "dim": st.integers(*_counts("dims", dims)),
        "offset": st.floats(0, _least_zero("offset", offset)),
        "seed": seeds,
    }

    def rest(log_variance: float) -> dict[str, Any]:
        top = max(0.0, min(most, log_variance - least))
        log_condition = st.floats(0, top) | st.just(top)
        return {
            "dim": common["dim"],
            "log_variance": st.just(log_variance),
            "log_condition": log_condition,
        } | common

    return _exponents("variances", variances).map(rest)


def _covariances(
    rng: np.random.Generator, count: int, dim: int, log_variance: float, log_condition: float
) -> Array:
    """(count, d, d): eigenvalues uniform in the logarithm, both ends of the range attained where
    there are two or more.
    """
    share = rng.uniform(size=count * dim)
    share[-1], share[0] = 1.0, 0.0
    eigenvalues = 10 ** (log_variance - log_condition * share.reshape(count, 1, dim))
    bases = np.linalg.qr(rng.normal(size=(count, dim, dim)))[0]
    covariances: Array = (bases * eigenvalues) @ bases.swapaxes(1, 2)
    return (covariances + covariances.swapaxes(1, 2)) / 2


def _shift(rng: np.random.Generator, dim: int, length: float) -> Array:
    direction = rng.normal(size=dim)
    shift: Array = length * direction / np.linalg.norm(direction)
    return shift


def _rng(purpose: str, seed: int) -> np.random.Generator:
    return np.random.default_rng(derive(f"strategies/{purpose}", seed))


def _counts(name: str, given: Counts, least: int = 1) -> Counts:
    low, high = whole(f"{name}[0]", given[0], least), whole(f"{name}[1]", given[1], least)
    if low > high:
        raise InputError(f"{name} must be (least, most) in that order, got {given}")
    return low, high


def _range(name: str, given: Range) -> Range:
    low = real(f"{name}[0]", given[0], 0)
    high = real(f"{name}[1]", given[1], 0)
    if low > high:
        raise InputError(f"{name} must be (least, most) in that order, got {given}")
    return low, high


def _exponents(name: str, given: Range) -> SearchStrategy[float]:
    low, high = _range(name, given)
    return st.floats(math.log10(low), math.log10(high))


def _least_zero(name: str, value: float) -> float:
    return real(name, value, -math.ulp(0.0))
