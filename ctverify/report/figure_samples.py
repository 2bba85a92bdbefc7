"""Samples of f_T over the exact density of X_1, in d = 1 and d = 2, and along the worst projections
in d > 2.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..certificate.certificate import Certificate
from ..model.schedule import Array
from .chart import Figure
from .detail import FULL, Detail
from .figure_density import density_figure, projection_figure
from .figure_plane import plane_figure
from .law import Law, worst_directions


def sample_figures(
    certificate: Certificate, law: Law, samples: Mapping[str, Array], detail: Detail = FULL
) -> list[Figure]:
    """What the certificate's kept samples can show.

    In d > 2 directions are chosen on one half of the samples and drawn on the other: on the half
    that chose them, samples of the target itself would differ too.

    Arguments:
        certificate: Whose samples they are.
        law: The exact law of X_1.
        samples: `model` and `exact`, (n, d) each.
        detail: How much of them is drawn.

    Returns:
        One figure in d <= 2, one for each of the worst directions in d > 2.
    """
    model = samples["model"]
    exact = samples["exact"]
    if certificate.dim == 1:
        return [density_figure(certificate, law, model.ravel(), exact.ravel())]
    if certificate.dim == 2:
        return [plane_figure(certificate, law, model, exact, detail.dots)]
    half = len(model) // 2
    directions = worst_directions(model[:half], exact[:half])
    return [
        projection_figure(certificate, law.along(u), name, model[half:] @ u, exact[half:] @ u)
        for name, u in directions[: detail.directions]
    ]
