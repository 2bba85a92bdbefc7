"""The exact law of X_1 behind a certificate: densities in d <= 2, densities of projections, and the
directions to look along.

X_1 = a X_0 + b Z with a = sqrt(abar_1), b = sqrt(1 - abar_1). Each target knows its law along a
unit vector u (`along`): a mixture is one of N(m_j.u, u.C_j u), a data set the points p_j.u with the
same bandwidth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from ..certificate.certificate import Certificate
from ..model.schedule import Array, Schedule
from ..targets import Target, from_spec

DIRECTIONS = 3
AXES, PRINCIPAL, DIFFERENT = 256, 32, 8  # candidates of each kind
ALIKE = 0.9  # |cosine| above which two directions show the same


@dataclass(frozen=True, eq=False)
class Law:
    """The law of X_1 of a target under a schedule."""

    target: Target
    a: float
    b: float

    @property
    def mean(self) -> Array:
        """E X_1, (d,)."""
        return self.a * self.target.mean.numpy()

    @property
    def covariance(self) -> Array:
        """Cov X_1, (d, d)."""
        return self.a**2 * self.target.covariance.numpy() + self.b**2 * np.eye(self.target.dim)

    def density(self, x: Array) -> Array:
        """The density at x (n, d), (n,)."""
        centred = torch.from_numpy(np.ascontiguousarray(x)) - self.a * self.target.mean
        return self.target.log_marginal(centred, self.a, self.b).exp().numpy()

    def along(self, u: Array) -> Law:
        """The law of u.X_1 for a unit vector u (d,)."""
        return Law(self.target.along(torch.from_numpy(u)), self.a, self.b)


def law_of(certificate: Certificate) -> Law:
    """From the specs in the certificate; ValueError where they build no target of its dimension."""
    target, schedule = from_spec(certificate.target), schedule_of(certificate)
    if target.dim != certificate.dim:
        raise ValueError(
            f"the target has {target.dim} dimensions where the certificate has {certificate.dim}"
        )
    return Law(target, *schedule.scales(1))


def schedule_of(certificate: Certificate) -> Schedule:
    """From the spec in the certificate, if it is of its length; else ValueError, before anything of
    another length is made.
    """
    steps = certificate.schedule.get("T", certificate.steps)
    if steps != certificate.steps:
        raise ValueError(
            f"the schedule has {steps} steps where the certificate has {certificate.steps}"
        )
    return Schedule.from_spec(certificate.schedule)


def distance(model: Array, exact: Array) -> Array:
    """W_1 in d = 1 between equally many samples, column by column: the mean distance of the sorted
    ones.
    """
    return np.abs(np.sort(model, axis=0) - np.sort(exact, axis=0)).mean(0)


def worst_directions(
    model: Array, exact: Array, count: int = DIRECTIONS
) -> list[tuple[str, Array]]:
    """The candidate directions with the largest W_1 between projected samples, no two alike, as
    (name, unit vector).
    """
    names, vectors = _candidates(model, exact)
    chosen: list[int] = []
    for i in np.argsort(-distance(model @ vectors.T, exact @ vectors.T), kind="stable"):
        if all(abs(float(vectors[i] @ vectors[j])) < ALIKE for j in chosen):
            chosen.append(int(i))
        if len(chosen) == count:
            break
    return [(names[i], vectors[i]) for i in chosen]


def _candidates(model: Array, exact: Array) -> tuple[list[str], Array]:
    """Coordinate axes, principal axes of the exact samples, and axes of the second moment of model
    - exact.
    """
    d = exact.shape[1]
    axes = np.eye(d)[:AXES]
    principal = np.linalg.svd(exact - exact.mean(0), full_matrices=False)[2][:PRINCIPAL]
    different = np.linalg.svd(model - exact, full_matrices=False)[2][:DIFFERENT]
    names = [f"coordinate {i + 1}" for i in range(len(axes))]
    names += [f"principal axis {i + 1} of the target" for i in range(len(principal))]
    names += [f"axis {i + 1} of the model's error" for i in range(len(different))]
    vectors = np.concatenate([axes, principal, different])
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1)
    return names, vectors * np.where(largest < 0, -1.0, 1.0)
