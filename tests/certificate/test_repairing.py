"""Re-pairing and re-coupling: bijections, their optimum, and orthogonal maps; the pilot."""

import math
from functools import partial
from itertools import permutations

import numpy as np
import pytest
import torch
from scipy.stats import special_ortho_group, wasserstein_distance

from ctverify import Gaussian, Schedule, flow_map
from ctverify.certificate import pilot
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.coupling import Pairs, model_coupling, turned
from ctverify.certificate.pilot import Plan, chosen_plan
from ctverify.certificate.recoupling import fitted_turn
from ctverify.certificate.repairing import pairing, repaired
from ctverify.certificate.sampler import sampler_starts
from ctverify.certificate.starts import Starts, noise_starts

LHW = Schedule.li_huang_wei(64)


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_pairing_is_a_bijection_of_least_cost(dim):
    """Against all 720 bijections of 6 points."""
    x = normal(6, dim)
    y = normal(6, dim, seed=1)
    sigma = pairing(x, y)
    assert sorted(sigma.tolist()) == list(range(6))
    cost = torch.cdist(x, y)
    least = min(float(cost[range(6), list(p)].sum()) for p in permutations(range(6)))
    assert float((x - y[sigma]).norm(dim=1).sum()) == pytest.approx(least, rel=1e-12)


@pytest.mark.parametrize("dim", [1, 3])
def test_twins_stay_in_their_batch(dim):
    """Each batch has its own twins, also a smaller last one."""
    x = normal(23, dim)
    y = normal(23, dim, seed=1)
    moved = repaired(x, y, 10)
    for part, before in zip(moved.split(10), y.split(10), strict=True):
        assert sorted(part.tolist()) == sorted(before.tolist())
    assert not torch.equal(moved, y)


def test_distances_that_overflow():
    """Twins stay where they are."""
    x = torch.full((3, 2), 1e308, dtype=torch.float64)
    y = -x
    assert pairing(x, y).tolist() == [0, 1, 2]
    pairs = Pairs(normal(9, 2), 1e308 * normal(9, 2), 1e308 * normal(9, 2))
    assert torch.equal(fitted_turn(pairs), torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize("dim", [2, 7])
def test_turn_of_a_turned_map(dim):
    """model = F z, exact = F R z: h = R, whatever the well-conditioned F."""
    z = normal(200, dim)
    R = torch.from_numpy(special_ortho_group.rvs(dim, random_state=0))
    F = torch.eye(dim, dtype=torch.float64) + 0.1 * normal(dim, dim, seed=3)
    turn = fitted_turn(Pairs(z, z @ F.T + 3.0, z @ R.T @ F.T))
    assert torch.allclose(turn, R, atol=1e-12)


def test_turn_is_orthogonal_for_any_pairs():
    """Also where a model ignores the noise."""
    z = normal(50, 4)
    for model in (normal(50, 4, seed=5), torch.zeros(50, 4).double()):
        turn = fitted_turn(Pairs(z, model, normal(50, 4, seed=6)))
        assert torch.allclose(turn @ turn.T, torch.eye(4).double(), atol=1e-12)


def test_turned_starts_move_the_model_alone():
    """z -> h z, the model by as much, the exact twin not at all."""
    z = normal(5, 2)
    starts = Starts(level=64, z=z, model=z - 3.0, exact=normal(5, 2, seed=1))
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    moved = turned(starts, turn, 1.0)
    assert torch.allclose(moved.z, torch.stack([-z[:, 1], z[:, 0]], 1))
    assert torch.allclose(moved.model, moved.z - 3.0)
    assert moved.exact is starts.exact
    twice = turned(starts, turn, 2.0)
    assert torch.allclose(twice.model - starts.model, 2 * (moved.model - starts.model))


def gaussian_coupling(turn, shift=0.0):
    """The flow of N(0, I_2), turned and shifted."""
    target = Gaussian([0.0, 0.0], torch.eye(2, dtype=torch.float64))
    f = Centred(lambda x, t: flow_map(target, LHW, x, t, 1) @ turn.T + shift, target, LHW)
    return model_coupling(f, partial(noise_starts, f))


def plan_of(coupling, batch=60, batches=100):
    with torch.no_grad():
        return chosen_plan(coupling, batch, batches, 1e-6, 0)


def test_pilot_keeps_the_plain_coupling_where_nothing_gains():
    """A shift: no bijection and no turn brings the laws nearer."""
    plan = plan_of(gaussian_coupling(torch.eye(2, dtype=torch.float64), 0.3))
    assert not plan.repaired
    assert plan.turn is None


def test_pilot_turns_a_turned_model():
    """By the rotation that the model makes."""
    R = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    plan = plan_of(gaussian_coupling(R, 0.3))
    assert torch.allclose(plan.turn, R.T, atol=0.02)


def test_starts_of_a_later_step_are_not_turned():
    """They hold more than noise, and U + h z - z is of another law: f_8 turns by 30 degrees, f_2
    stretches by 1.3, and a turn of z would certify a third of W_1.
    """
    schedule = Schedule.li_huang_wei(8, 1, 2)
    target = Gaussian([0.0, 0.0], torch.eye(2))
    angle = math.radians(30)
    R = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])

    def f(x, t):
        if t == 8:
            return x @ R.double().T
        return 1.3 * x if t == 2 else x

    centred = Centred(f, target, schedule)
    plan = plan_of(model_coupling(centred, sampler_starts(centred, (8, 2))))
    assert plan.turn is None


def test_pilot_is_too_dear_for_a_turn():
    """Too few pairs: 16 d rows would be more than a sixteenth of them; re-pairing remains."""
    R = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    plan = plan_of(gaussian_coupling(R), batch=10, batches=30)
    assert plan.turn is None
    assert plan.repaired


def test_pilot_draws_nothing_that_is_reported(monkeypatch):
    """Its streams have purposes of their own, and it takes a quarter of the draws at most."""
    purposes = []
    rows = []
    original = pilot.stream

    def recorded(purpose, *keys):
        purposes.append(purpose)
        return original(purpose, *keys)

    monkeypatch.setattr(pilot, "stream", recorded)
    coupling = gaussian_coupling(torch.eye(2, dtype=torch.float64))
    draw = coupling.draw

    def counted(n, generator):
        rows.append(n)
        return draw(n, generator)

    object.__setattr__(coupling, "draw", counted)
    plan_of(coupling)
    assert set(purposes) == {"certificate/pilot", "certificate/turn"}
    assert sum(rows) <= 60 * 100 / 4


def test_batches_of_one_are_never_repaired():
    """There is nothing to exchange."""
    assert plan_of(gaussian_coupling(torch.eye(2).double()), batch=1).words(1) == Plan().words(1)


def test_repairing_in_one_dimension_is_sorting():
    """The mean distance after it is W_1 of the two samples."""
    x = normal(40, 1)
    y = 2 * normal(40, 1, seed=1) + 1
    mean = float((x - repaired(x, y, 40)).abs().mean())
    expected = wasserstein_distance(x[:, 0].numpy(), y[:, 0].numpy())
    assert math.isclose(mean, expected, rel_tol=1e-12)
    assert np.isfinite(mean)
