"""Consistency training by (14): laws that hold for all three function classes, and persistence."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save

from ctverify import (
    ConsistencyModel,
    Gaussian,
    InputError,
    Mixture,
    Schedule,
    flow_map,
    population_model,
    train,
    train_many,
)
from ctverify.core.streams import derive, stream
from ctverify.targets import load
from ctverify.training import CLASSES, Trainer, linear, mlp
from ctverify.training.pairs import Whitening, shared_noise

FEW = Schedule.li_huang_wei(16, 1, 2)


def points(n, seed):
    """n points of N(0, I) in the plane."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, dtype=torch.float64, generator=generator)


def rounding(kind):
    """The unit roundoff of the dtype in which models of this class count."""
    if kind == "mlp":
        return torch.finfo(torch.float32).eps
    return torch.finfo(torch.float64).eps


@pytest.fixture(scope="module", params=CLASSES)
def model(request):
    """A small model of each class on the 2-D mixture."""
    return train(load("mixture-2d"), FEW, request.param, samples=1024, seed=5)


def test_first_level_is_exactly_the_identity(model):
    """f_1(x) = x bit for bit."""
    x = 10 * points(50, seed=0)
    assert torch.equal(model(x, 1), x)


def test_finite_on_the_tails(model):
    """Every level is finite far outside the data."""
    x = 1e6 * torch.eye(2, dtype=torch.float64)
    assert all(bool(model(x, t).isfinite().all()) for t in range(1, 17))


def test_batch_is_its_rows(model):
    """Rows do not see each other: to the roundings of a sum of 256 products in the network's
    dtype.
    """
    x = points(40, seed=1)
    rows = torch.cat([model(row[None], 16) for row in x])
    eps = rounding(model.spec["kind"])
    assert torch.allclose(model(x, 16), rows, rtol=0, atol=256 * eps * 100)


def test_same_seed_same_bits(model):
    """Training is reproducible from its seed, and another seed gives another model."""
    x = torch.ones(1, 2, dtype=torch.float64)
    kind = model.spec["kind"]
    again = train(load("mixture-2d"), FEW, kind, samples=1024, seed=5)
    other = train(load("mixture-2d"), FEW, kind, samples=1024, seed=6)
    assert torch.equal(again(x, 16), model(x, 16))
    assert not torch.equal(other(x, 16), model(x, 16))


def test_save_and_load_are_bit_exact(model, tmp_path):
    """A loaded model returns the same bits and knows its target and schedule."""
    folder = tmp_path / "deep" / "m"
    model.save(folder)
    again = ConsistencyModel.load(folder)
    x = points(20, seed=2)
    assert all(torch.equal(again(x, t), model(x, t)) for t in range(1, 17))
    assert again.target.spec == model.target.spec
    assert again.schedule.spec == FEW.spec
    assert again.spec == model.spec
    numbers = json.loads((folder / "manifest.json").read_text())["sha256"]
    files = sorted(path.name for path in folder.iterdir())
    assert files == ["manifest.json", f"model.{numbers[:16]}.safetensors"]
    assert again.sha256 == model.sha256
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == model.sha256


@pytest.mark.parametrize("kind", CLASSES)
def test_learns_the_flow(kind):
    """With 32 pairs a coefficient the trained map is within 0.5 of the flow map in root mean
    square; a constant is 1.2 off.
    """
    target = load("mixture-2d")
    model = train(target, FEW, kind, samples=8192, seed=5)
    a, b = FEW.scales(16)
    x0 = target.sample(2000, stream("test", 0))
    z = torch.randn(2000, 2, dtype=torch.float64, generator=stream("test", 1))
    x = a * x0 + b * z
    error = model(x, 16) - flow_map(target, FEW, x, 16, 1)
    mean_square = error.square().sum(1).mean()
    assert float(mean_square.sqrt()) < 0.5


def test_affine_on_a_gaussian_meets_the_population_slope():
    """Exact least squares on a Gaussian tends to f*: slope within 6 standard errors over 20 seeds
    (Student, 1e-5 two-sided).
    """
    target = Gaussian([1.0, -1.0], [[1.0, 0.0], [0.0, 0.2]])
    x = torch.eye(2, dtype=torch.float64)
    zero = torch.zeros_like(x)
    slopes = []
    for seed in range(20):
        model = train(target, FEW, "affine", samples=2000, seed=seed)
        slopes.append(model(x, 16) - model(zero, 16))
    slopes = torch.stack(slopes)
    f = population_model(target, FEW)
    expected = f(x, 16) - f(zero, 16)
    error = (slopes.mean(0) - expected).abs()
    # the recursion's bias is second order in the standard error: it is far below one standard error
    # of the mean here
    bound = 6 * slopes.std(0) / 20**0.5
    assert bool((error <= bound + 1e-12).all())


def test_shared_noise():
    """X_t and X_{t-1} come from one X_0 and one Z: eliminating both leaves nothing."""
    generator = torch.Generator().manual_seed(3)
    x0, z = torch.randn(2, 30, 3, dtype=torch.float64, generator=generator)
    x, previous = shared_noise(x0, z, FEW, 7)
    a, b = FEW.scales(7)
    a1, b1 = FEW.scales(6)
    noise = (a1 * x - a * previous) / (a1 * b - a * b1)
    clean = (b1 * x - b * previous) / (b1 * a - b * a1)
    assert torch.allclose(noise, z, atol=1e-12)
    assert torch.allclose(clean, x0, atol=1e-12)


def test_trainer_sees_only_a_sampler():
    """Trainer calls sample(n, seed) with fresh seeds at every level and nothing else."""
    seen = []

    def sample(n, seed):
        seen.append((n, seed))
        return torch.randn(n, 2, dtype=torch.float64, generator=stream("data", seed))

    f = Trainer("affine", 100, torch.device("cpu"))(sample, FEW, 0)
    assert f(torch.zeros(3, 2), 16).shape == (3, 2)
    assert len(seen) == 16
    assert len({seed for _, seed in seen}) == 16
    assert [n for n, _ in seen[1:]] == [100] * 15


def test_streams_never_meet():
    """Training, certificate and data streams differ at equal seeds, and keys make further ones."""
    purposes = (
        "training/pairs",
        "training/noise",
        "training/pilot",
        "certificate/budget",
        "certificate/pairs",
        "data",
    )
    seeds = {
        derive(purpose, seed, *keys)
        for purpose in purposes
        for seed in range(5)
        for keys in ((), (1,), (2,))
    }
    assert len(seeds) == 6 * 5 * 3
    assert max(seeds) < 2**63


def test_whitening_is_inverted_and_whitens():
    """decode undoes encode; encoded data at level t have unit covariance."""
    target = load("gaussian-2d")
    x0 = target.sample(4000, stream("test", 2))[None]
    whitening = Whitening.of(x0)
    a, b = FEW.scales(9)
    (u,) = whitening.encode(a * x0, (a, 0.0))
    identity = torch.eye(2, dtype=torch.float64)
    assert torch.allclose(u.T @ u / 4000, identity, atol=1e-9)
    encoded = whitening.encode(x0, (a, b))
    assert torch.allclose(whitening.decode(encoded, (a, b)), x0, atol=1e-12)


def test_least_squares_against_numpy():
    """Without waves the normal equations equal numpy.linalg.lstsq, to cond^2 roundings."""
    draws = torch.randn(1, 200, 7, dtype=torch.float64, generator=stream("test", 3))
    phi, y = draws.split((4, 3), dim=2)
    (coefficients,) = linear.least_squares(phi, y)
    expected, *_ = np.linalg.lstsq(phi[0], y[0], rcond=None)
    assert np.allclose(coefficients, expected, atol=1e-12)


def test_targets_train_as_one():
    """An MLP step on M = 3 stacked targets equals three steps alone: the leading axis holds
    independent problems.
    """
    generator = torch.Generator().manual_seed(8)
    like = torch.zeros((), dtype=torch.float64)
    parameters = mlp.initial(2, generator, like, targets=3)
    parameters["weight_2"] = torch.randn(3, mlp.WIDTH, 2, dtype=torch.float64, generator=generator)
    u, y = torch.randn(2, 3, 50, 2, dtype=torch.float64, generator=generator)
    count = sum(value.numel() for value in parameters.values())
    zero = torch.zeros(count, dtype=torch.float64)
    together, _ = mlp.step(parameters, ([zero], [zero]), u, y, 1e-3, 1)
    for i in range(3):
        own = slice(i, i + 1)
        start = {key: value[own] for key, value in parameters.items()}
        moment = torch.zeros(count // 3, dtype=torch.float64)
        alone, _ = mlp.step(start, ([moment], [moment]), u[own], y[own], 1e-3, 1)
        for key, value in alone.items():
            assert torch.allclose(value, together[key][own], atol=1e-12)


@pytest.mark.parametrize("kind", CLASSES)
def test_many_are_as_one_by_one(kind):
    """train_many's model i is train's at seed + i, over more targets than a block holds: to
    sqrt(eps) of the dtype, as BLAS may sum a batch in another order.
    """
    covariances = torch.eye(2).expand(2, 2, 2)
    targets = []
    for i in range(10):
        means = [[-1.0, 0.0], [1.0, i / 4]]
        targets.append(Mixture([0.5, 0.5], means, covariances))
    x = points(20, seed=9)
    schedule = Schedule.li_huang_wei(6, 1, 2)
    atol = rounding(kind) ** 0.5
    for i, model in enumerate(train_many(targets, schedule, kind, samples=600, seed=3)):
        alone = train(targets[i], schedule, kind, samples=600, seed=3 + i)
        assert model.spec == alone.spec
        assert model.target.spec == targets[i].spec
        for t in range(1, 7):
            assert torch.allclose(model(x, t), alone(x, t), atol=atol)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: train(load("mild"), FEW, "gan"),
            "model must be one of affine, fourier, mlp, got 'gan'",
        ),
        (
            lambda: train(load("mild"), FEW, "mlp", samples=0),
            "samples must be a whole number of at least 1",
        ),
        (
            lambda: train(load("mild"), FEW, "affine", samples=1),
            "samples must determine 2 coefficients a level, got 1 that do not",
        ),
        (
            lambda: train_many([load("mild"), load("mixture-2d")], FEW),
            "targets must be at least one, all of one dimension, got dimensions \\[1, 2\\]",
        ),
        (
            lambda: train_many([], FEW),
            "targets must be at least one, all of one dimension, got dimensions \\[\\]",
        ),
        (lambda: train(load("mild"), FEW, "mlp", device="tpu"), "device must be auto, cpu, cuda"),
        (lambda: train(load("mild"), FEW, "mlp", device="cuda:99"), "this machine has"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    """Each refusal names the argument, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        call()


def changed(folder, change, *, bound=True):
    """The numbers of a saved model changed, and their hash in the manifest perhaps not."""
    (file,) = folder.glob("*.safetensors")
    tensors = load_tensors(file.read_bytes())
    change(tensors)
    data = save({name: value.contiguous() for name, value in tensors.items()})
    if bound:
        path = folder / "manifest.json"
        digest = hashlib.sha256(data).hexdigest()
        file.unlink()
        file = folder / f"model.{digest[:16]}.safetensors"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": digest}))
    file.write_bytes(data)


def level_names(tensors):
    return [name for name in tensors if name.startswith("level.")]


def cut(tensors):
    for name in level_names(tensors):
        tensors[name] = tensors[name][:3]


def widened(tensors):
    """A model of another dimension, consistent in itself."""
    for name in level_names(tensors):
        tensors[name] = torch.cat([tensors[name], tensors[name]], -1)


def whole_numbers(tensors):
    tensors["mean"] = tensors["mean"].long()


DAMAGES = {
    "cut": (cut, "level.* must have shape"),
    "widened": (widened, "level.* must have shape"),
    "lacking": (lambda tensors: tensors.pop("mean"), "the tensor mean is missing"),
    "none": (lambda tensors: tensors.clear(), "is missing"),
    "excess": (lambda tensors: tensors.update(more=torch.ones(1)), "has no tensor 'more'"),
    "dtype": (whole_numbers, "mean must hold float32 or float64, got torch.int64"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_numbers_of_another_shape(model, tmp_path, damage):
    """Whatever the manifest's kind, target and schedule do not allow, though the hash is right."""
    change, words = DAMAGES[damage]
    model.save(tmp_path)
    changed(tmp_path, change)
    with pytest.raises(InputError, match=f"incomplete or damaged: .*{words}"):
        ConsistencyModel.load(tmp_path)


@pytest.mark.parametrize("kind", CLASSES)
def test_a_manifest_of_another_kind(model, tmp_path, kind):
    """The numbers of one class of functions are none of another's."""
    model.save(tmp_path)
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["model"]["kind"] = kind
    path.write_text(json.dumps(manifest))
    if kind == model.spec["kind"]:
        ConsistencyModel.load(tmp_path)
        return
    with pytest.raises(InputError, match="incomplete or damaged"):
        ConsistencyModel.load(tmp_path)


def test_damaged_directories_are_refused(model, tmp_path):
    """Missing, truncated, foreign and exchanged files are one sentence each."""
    for name in ("none", "schema", "junk", "exchanged", "gone", "path"):
        model.save(tmp_path / name)
    (tmp_path / "none" / "manifest.json").unlink()
    for name, fields in {
        "schema": {"schema": "ctverify/model/0"},
        "path": {"sha256": "../../" + "a" * 58},
    }.items():
        path = tmp_path / name / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    (junk,) = (tmp_path / "junk").glob("*.safetensors")
    junk.write_bytes(b"junk")
    changed(tmp_path / "exchanged", lambda tensors: tensors["mean"].add_(1), bound=False)
    (gone,) = (tmp_path / "gone").glob("*.safetensors")
    gone.unlink()
    reasons = {
        "none": "readable manifest",
        "absent": "readable manifest",
        "schema": "is not of the schema ctverify/model/1",
        "junk": "its SHA-256 is not the manifest's",
        "exchanged": "its SHA-256 is not the manifest's",
        "gone": "there is no such file",
        "path": "Expected `str` matching regex",
    }
    for name, words in reasons.items():
        with pytest.raises(InputError, match=words):
            ConsistencyModel.load(tmp_path / name)


def test_directories_of_0_1_0_are_read(model, tmp_path):
    """Their model.safetensors is bound by nothing; a model saved there removes it."""
    model.save(tmp_path)
    (file,) = tmp_path.glob("*.safetensors")
    file.rename(tmp_path / "model.safetensors")
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["sha256"]
    path.write_text(json.dumps(manifest))
    x = points(20, seed=2)
    assert torch.equal(ConsistencyModel.load(tmp_path)(x, 16), model(x, 16))
    model.save(tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"manifest.json", file.name}


def test_a_file_of_the_users_stays(model, tmp_path):
    """Only what a manifest of ours names is replaced."""
    (tmp_path / "model.safetensors").write_bytes(b"another program's")
    model.save(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == b"another program's"
