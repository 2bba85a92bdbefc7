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
MAX_AXES = 256  # candidates among the coordinate axes
MAX_PRINCIPAL = 32  # among the principal axes of the target
MAX_DIFFERENT = 8  # among the axes of the model's error
ALIKE = 0.9  # |cosine| above which two directions show the same


@dataclass(frozen=True, eq=False)
class Law:
    """The law of X_1 = a X_0 + b Z of a target under a schedule."""

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
        signal = self.a**2 * self.target.covariance.numpy()
        noise = self.b**2 * np.eye(self.target.dim)
        return signal + noise

    def density(self, x: Array) -> Array:
        """The density of X_1.

        Arguments:
            x: Points, (n, d).

        Returns:
            The density at each, (n,), per unit of volume.
        """
        points = torch.from_numpy(np.ascontiguousarray(x))
        centred = points - self.a * self.target.mean
        log_density = self.target.log_marginal(centred, self.a, self.b)
        return log_density.exp().numpy()

    def along(self, u: Array) -> Law:
        """The law of a projection.

        Arguments:
            u: A unit vector, (d,).

        Returns:
            The law of u.X_1, in d = 1.
        """
        return Law(self.target.along(torch.from_numpy(u)), self.a, self.b)


def law_of(certificate: Certificate) -> Law:
    """The exact law that a certificate is about, from the specs in it.

    Arguments:
        certificate: With the specs of its target and its schedule.

    Returns:
        The law of X_1.

    Raises:
        ValueError: Where the specs build no target of its dimension or no schedule of its length.
    """
    target = from_spec(certificate.target)
    schedule = schedule_of(certificate)
    if target.dim != certificate.dim:
        raise ValueError(
            f"the target has {target.dim} dimensions where the certificate has {certificate.dim}"
        )
    return Law(target, *schedule.scales(1))


def schedule_of(certificate: Certificate) -> Schedule:
    """The schedule of a certificate, from the spec in it.

    Arguments:
        certificate: With the schedule's spec.

    Returns:
        The schedule.

    Raises:
        ValueError: Where the spec has another length, before anything of that length is made, or
            builds no schedule.
    """
    steps = certificate.schedule.get("T", certificate.steps)
    if steps != certificate.steps:
        raise ValueError(
            f"the schedule has {steps} steps where the certificate has {certificate.steps}"
        )
    return Schedule.from_spec(certificate.schedule)


def distance(model: Array, exact: Array) -> Array:
    """W_1 in d = 1 between equally many samples: the mean distance of the sorted ones.

    Arguments:
        model, exact: (n, k): k pairs of samples, column by column.

    Returns:
        The distance of each pair, (k,).

    Example:
        >>> distance(np.array([[0.0], [1.0]]), np.array([[3.0], [2.0]])).tolist()
        [2.0]
    """
    ordered_model = np.sort(model, axis=0)
    ordered_exact = np.sort(exact, axis=0)
    return np.abs(ordered_model - ordered_exact).mean(0)


def worst_directions(
    model: Array, exact: Array, count: int = DIRECTIONS
) -> list[tuple[str, Array]]:
    """The candidate directions along which samples differ most.

    Arguments:
        model, exact: Coupled samples, (n, d) each.
        count: How many directions at most.

    Returns:
        (name, unit vector) of those with the largest W_1 between projected samples, no two alike.
    """
    names, vectors = _candidates(model, exact)
    apart = distance(model @ vectors.T, exact @ vectors.T)
    chosen: list[int] = []
    for i in np.argsort(-apart, kind="stable").tolist():
        cosines = [abs(float(vectors[i] @ vectors[j])) for j in chosen]
        if all(cosine < ALIKE for cosine in cosines):
            chosen.append(i)
        if len(chosen) == count:
            break
    return [(names[i], vectors[i]) for i in chosen]


def _candidates(model: Array, exact: Array) -> tuple[list[str], Array]:
    """Coordinate axes, principal axes of the exact samples, and axes of the second moment of model
    - exact.
    """
    axes = np.eye(exact.shape[1])[:MAX_AXES]
    principal = _right_singular(exact - exact.mean(0))[:MAX_PRINCIPAL]
    different = _right_singular(model - exact)[:MAX_DIFFERENT]
    names = [f"coordinate {i + 1}" for i in range(len(axes))]
    names += [f"principal axis {i + 1} of the target" for i in range(len(principal))]
    names += [f"axis {i + 1} of the model's error" for i in range(len(different))]
    vectors = np.concatenate([axes, principal, different])
    # The sign of a singular vector is the library's choice: the largest entry is made positive.
    largest = np.abs(vectors).argmax(axis=1)
    signs = np.take_along_axis(vectors, largest[:, None], axis=1)
    return names, vectors * np.where(signs < 0, -1.0, 1.0)


def _right_singular(rows: Array) -> Array:
    """Unit vectors, (k, d), along which the rows are longest first."""
    return np.linalg.svd(rows, full_matrices=False)[2]
