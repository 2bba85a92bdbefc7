"""The bracket on W_1(f*_T(Z), X_1) for the population model of ANY target, by its reverse chain
(training/reverse_chain.py).

By Jensen's inequality both ends of a bracket hold for f* with the mean f of M chains in its place,
at any M: E |f - Phi_T| >= E |f*_T - Phi_T| >= W_1, and a concave 1-Lipschitz g has E g(f) - E
g(X_1) <= E g(f*_T) - E g(X_1) <= W_1. With two independent halves f, f' of the chains, E <f -
Phi_T, f' - Phi_T> = E |f*_T - Phi_T|^2 >= W_2^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float

from ..core import arguments
from ..core.confidence import FEWEST_DRAWS, concentration, lower_limit, upper_limit
from ..core.streams import normal, stream
from ..model.schedule import Schedule
from ..targets import Target, handed_in
from ..training.reverse_chain import chain_mean, even
from .bracket import Bracket, distances_from_median
from .coupling import PAIR_TOLERANCE, pair_error


def chain_bracket(
    target: Target,
    schedule: Schedule,
    *,
    pairs: int = 1024,
    chains: int = 8,
    confidence: float = 0.999999,
    seed: int = 0,
) -> Bracket:
    """The bracket on W_1(f*_T(Z), X_1), Z ~ N(0, I), from coupled starts. CPU only.

    Arguments:
        target: any target.
        schedule: the noise levels 1..T.
        pairs: coupled starts, at least 32.
        chains: chains from each start, even.
        confidence: in (0, 1); each limit is given (1 - confidence)/4 as in a certificate, so that
            all hold together with this probability under Student's approximation.
        seed: of all draws, at least 0.

    Returns:
        The bracket.

    Raises:
        InputError: an argument outside its range.
    """
    target = handed_in(target).to("cpu", torch.float64)
    pairs = arguments.whole("pairs", pairs, 2 * FEWEST_DRAWS)
    chains = even(chains)
    confidence = arguments.real("confidence", confidence, 0, 1)
    seed = arguments.whole("seed", seed, 0)
    with torch.no_grad():
        halves, exact = coupled_chains(target, schedule, pairs, chains, seed)
    solver = pair_error(target)
    return _bracket(halves, exact, (1 - confidence) / 4, solver)


def coupled_chains(
    target: Target, schedule: Schedule, n: int, chains: int, seed: int
) -> tuple[Float[torch.Tensor, "2 n d"], Float[torch.Tensor, "n d"]]:
    """Chains from z ~ N(0, I), two means (2, n, d), and Phi_T(a_T X_0 + b_T z), (n, d); both
    centred at X_1's mean.
    """
    generator = stream("chain/pairs", seed)
    a, b = schedule.scales(schedule.T)
    x0 = target.sample(n, generator) - target.mean
    z = normal((n, target.dim), generator, x0)
    x = a * x0 + b * z
    exact = target.centred_flow(schedule, x[None], [schedule.T], 1, PAIR_TOLERANCE)[0]
    return chain_mean(target, schedule, z - a * target.mean, chains, generator), exact


def _bracket(
    halves: Float[torch.Tensor, "2 n d"],
    exact: Float[torch.Tensor, "n d"],
    alpha: float,
    solver: float,
) -> Bracket:
    """UPPER: the mean distance; LOWER: the best concave potential of one half of the starts on the
    other; W_2: a U-statistic.
    """
    mean = halves.mean(0)
    half = len(exact) // 2
    distance = torch.linalg.vector_norm(mean - exact, dim=1)
    square = ((halves[0] - exact) * (halves[1] - exact)).sum(1)
    candidates = _potentials(exact[:half])
    potential = max(candidates, key=lambda g: float(g.gain(mean[:half], exact[:half]).mean()))
    gain = potential.gain(mean[half:], exact[half:])
    return Bracket(
        lower=max(0.0, lower_limit(gain, alpha) - solver),
        upper=upper_limit(distance, alpha) + solver,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=max(0.0, upper_limit(square, alpha)) ** 0.5 + solver,
        concentration=max(map(concentration, (gain, distance, square))),
        method=(
            "coupled starts of reverse chains; a concave potential on a held-out half; "
            "Student limits"
        ),
        scale=float(distances_from_median(exact[:half], exact[half:]).mean()),
        draws=len(exact),
    )


@dataclass(frozen=True, eq=False)
class _Concave:
    """g(x) = -|P (x - centre)|, P the projection onto the columns of `basis` (d, k): concave and
    1-Lipschitz.
    """

    centre: Float[torch.Tensor, "d"]
    basis: Float[torch.Tensor, "d k"]

    def gain(
        self, x: Float[torch.Tensor, "n d"], y: Float[torch.Tensor, "n d"]
    ) -> Float[torch.Tensor, "n"]:
        """g(x_i) - g(y_i), (n,)."""
        return self._norm(y) - self._norm(x)

    def _norm(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.vector_norm((x - self.centre) @ self.basis, dim=1)


def _potentials(y: torch.Tensor) -> list[_Concave]:
    """Distances from the median and the mean: in the k principal directions, all of them for k = d,
    and along each alone.
    """
    centre = y.median(0).values
    d = y.shape[1]
    basis = torch.linalg.eigh(torch.cov(y.T).reshape(d, d))[1].flip(1)
    together = [basis[:, :k] for k in range(1, d + 1)]
    alone = [basis[:, k : k + 1] for k in range(1, d)]
    points = (centre, y.mean(0))
    return [_Concave(point, part) for point in points for part in together + alone]
