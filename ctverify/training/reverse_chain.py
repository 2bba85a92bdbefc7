"""The population model of ANY target, sampled: the reverse-chain law. Let K_t be the law of X_{t-1}
given X_t under the shared noise. Since f*_t(x) = E[f*_{t-1}(X_{t-1}) | X_t = x] and f*_1 = id (LHW,
arXiv 2402.07802, Eq. (14) with exact minimisation),

    f*_T(x) = E[X~_1 | X~_T = x],   X~ the chain run by K_T, ..., K_2 from x.

K_t is drawn from exactly, X_{t-1} = (b'/b) X_t + (a' - b' a/b) X_0 with X_0 given X_t, and its mean
is the DDIM step. The mean of M chains is unbiased for f*_T(x) at any M, and so it is after
subtracting, for any matrices J_t(x) that depend on the START alone,

    sum_{t=2..T} J_t(x) (X~_{t-1} - E[X~_{t-1} | X~_t]),

a martingale. With J_t = D Phi_{t-1->1} on the flow's path from x what is left is of second order:
noise of order r, as the error f*_T - Phi_T itself is, where a plain chain's is of order sqrt(r):
under (23) with (2, 4) the deviation of one chain falls from 0.38 to 0.086 at T = 64 and from 0.23
to 0.035 at T = 256 on mixture-2d, whose error has the size 0.077 and 0.030; on narrow modes far
apart (sharp) by a third at most. The last draw is not made: J_2 = I leaves its mean.

By Jensen's inequality both ends of a bracket hold for f* with the mean f of M chains in its place,
at any M: E |f - Phi_T| >= E |f*_T - Phi_T| >= W_1, and a concave 1-Lipschitz g has E g(f) - E
g(X_1) <= E g(f*_T) - E g(X_1) <= W_1. With two independent halves f, f' of the chains, E <f -
Phi_T, f' - Phi_T> = E |f*_T - Phi_T|^2 >= W_2^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..certificate.bracket import PAIR_TOLERANCE, Bracket
from ..certificate.budget import MEMORY, MOST, cost
from ..core import arguments
from ..core.confidence import FEWEST_DRAWS, concentration, lower_limit, upper_limit
from ..core.streams import normal, stream
from ..flow.flow_map import centred_flow
from ..flow.jacobian import STOPS, tangents
from ..model.schedule import Schedule
from ..targets import Target

ROWS, LEAST_ROWS = (
    2**14,
    2**9,
)  # chains carried at once: fewer for a costly denoiser, whose arrays are to stay in cache
CACHE = 2**17  # numbers of such an array


def chain_mean(
    target: Target, schedule: Schedule, x: torch.Tensor, chains: int, generator: torch.Generator
) -> torch.Tensor:
    """Means of two halves of `chains` (even) chains from each CENTRED start x (n, d) at level T,
    centred; (2, n, d).
    """
    parts = x.split(_starts(target, _even(chains)))
    return torch.cat([_block(target, schedule, part, chains, generator) for part in parts], 1)


def _even(chains: int) -> int:
    """The number of chains, checked."""
    if arguments.whole("chains", chains, 2) % 2:
        raise arguments.InputError(f"chains must be even, got {chains}")
    return chains


def _starts(target: Target, chains: int) -> int:
    """How many starts to carry at once: their chains' components in cache, their derivatives in
    memory.
    """
    rows = min(ROWS, max(LEAST_ROWS, CACHE // cost(target)))
    return max(1, min(rows // chains, MEMORY // (STOPS * target.dim**2)))


def _block(
    target: Target, schedule: Schedule, x: torch.Tensor, chains: int, generator: torch.Generator
) -> torch.Tensor:
    n, d = x.shape
    bundle = tangents(target, schedule, x)
    to_first = bundle.to_first(MOST * d**0.5)  # as in the error budget's control variate
    state, noise = x.repeat(chains, 1), torch.zeros(chains, n, d).to(x)  # noise: the martingale
    for t in range(schedule.T, 2, -1):
        mean, state = (
            _mean(target, schedule, t, state),
            _draw(target, schedule, t, state, generator),
        )
        i, u = bundle.weights(schedule, t - 1, target.spread)
        derivative = torch.lerp(to_first[i], to_first[i + 1], u)
        noise += torch.einsum("nij,knj->kni", derivative, (state - mean).unflatten(0, (chains, n)))
    ends = _mean(target, schedule, 2, state).unflatten(0, (chains, n)) - noise
    return ends.unflatten(0, (2, -1)).mean(1)


def _mean(target: Target, schedule: Schedule, t: int, x: torch.Tensor) -> torch.Tensor:
    """E[X_{t-1} | X_t = x]: the DDIM step."""
    return target.conditional_mean(x, *schedule.scales(t), *schedule.scales(t - 1))


def _draw(
    target: Target, schedule: Schedule, t: int, x: torch.Tensor, generator: torch.Generator
) -> torch.Tensor:
    """A draw of X_{t-1} | X_t = x under the shared noise."""
    (a, b), (a1, b1) = schedule.scales(t), schedule.scales(t - 1)
    return b1 / b * x + (a1 - b1 * a / b) * target.conditional_draw(x, a, b, generator)


def chain_bracket(
    target: Target,
    schedule: Schedule,
    *,
    pairs: int = 1024,
    chains: int = 8,
    confidence: float = 0.999999,
    seed: int = 0,
) -> Bracket:
    """The bracket on W_1(f*_T(Z), X_1), Z ~ N(0, I), from `pairs` coupled starts of `chains` (even)
    chains each.

    Each limit is given (1 - confidence)/4 as in a certificate, so that all hold together with
    probability `confidence` under Student's approximation. CPU only.
    """
    pairs, chains = arguments.whole("pairs", pairs, 2 * FEWEST_DRAWS), _even(chains)
    confidence, seed = (
        arguments.real("confidence", confidence, 0, 1),
        arguments.whole("seed", seed, 0),
    )
    with torch.no_grad():
        halves, exact = coupled_chains(
            target.to("cpu", torch.float64), schedule, pairs, chains, seed
        )
    return _bracket(
        halves, exact, (1 - confidence) / 4, PAIR_TOLERANCE * target.spread * target.dim**0.5
    )


def coupled_chains(
    target: Target, schedule: Schedule, n: int, chains: int, seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Chains from z ~ N(0, I), two means (2, n, d), and Phi_T(a_T X_0 + b_T z), (n, d); both
    centred at X_1's mean.
    """
    generator = stream("chain/pairs", seed)
    (a, b), x0 = schedule.scales(schedule.T), target.sample(n, generator) - target.mean
    z = normal((n, target.dim), generator, x0)
    exact = centred_flow(target, schedule, (a * x0 + b * z)[None], [schedule.T], 1, PAIR_TOLERANCE)[
        0
    ]
    return chain_mean(target, schedule, z - a * target.mean, chains, generator), exact


def _bracket(halves: torch.Tensor, exact: torch.Tensor, level: float, solver: float) -> Bracket:
    """UPPER: the mean distance; LOWER: the best concave potential of one half of the starts on the
    other; W_2: a U-statistic.
    """
    mean, half = halves.mean(0), len(exact) // 2
    distance = torch.linalg.vector_norm(mean - exact, dim=1)
    square = ((halves[0] - exact) * (halves[1] - exact)).sum(1)
    potential = max(
        _potentials(exact[:half]), key=lambda g: float(g.gain(mean[:half], exact[:half]).mean())
    )
    gain = potential.gain(mean[half:], exact[half:])
    return Bracket(
        lower=max(0.0, lower_limit(gain, level) - solver),
        upper=upper_limit(distance, level) + solver,
        lower_estimate=float(gain.mean()),
        upper_estimate=float(distance.mean()),
        w2_upper=max(0.0, upper_limit(square, level)) ** 0.5 + solver,
        concentration=max(map(concentration, (gain, distance, square))),
        method="coupled starts of reverse chains; a concave potential on a held-out half; Student limits",
    )


@dataclass(frozen=True, eq=False)
class _Concave:
    """g(x) = -|P (x - centre)|, P the projection onto the columns of `basis` (d, k): concave and
    1-Lipschitz.
    """

    centre: torch.Tensor
    basis: torch.Tensor

    def gain(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """g(x_i) - g(y_i), (n,)."""
        return self._norm(y) - self._norm(x)

    def _norm(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.vector_norm((x - self.centre) @ self.basis, dim=1)


def _potentials(y: torch.Tensor) -> list[_Concave]:
    """Distances from the median and the mean: in the k principal directions, all of them for k = d,
    and along each alone.
    """
    centre, d = y.median(0).values, y.shape[1]
    basis = torch.linalg.eigh(torch.cov(y.T).reshape(d, d))[1].flip(1)
    leading = [basis[:, :k] for k in range(1, d + 1)] + [basis[:, k : k + 1] for k in range(1, d)]
    return [_Concave(point, part) for point in (centre, y.mean(0)) for part in leading]
