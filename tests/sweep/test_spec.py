"""SPEC.toml: what cases it means, how they are named, and what is refused."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

import ctverify
from ctverify import InputError
from ctverify.sweep import read_spec, spec_of


def test_grid_is_a_product_and_a_union():
    """Every combination of a grid's values, each case once though two grids have it."""
    grids = [
        {"target": ["mild", "sharp"], "steps": [32, 64], "seed": [0, 1, 2]},
        {"target": "mild", "steps": [64, 128]},
    ]
    cases = spec_of({"model": "affine", "grid": grids}).cases
    assert len(cases) == 12 + 1 and {case.model for case in cases} == {"affine"}
    assert [case.hash for case in cases] == sorted({case.hash for case in cases})


def test_own_setting_of_a_grid_goes_first():
    """What stands above the grids holds where a grid says nothing."""
    cases = spec_of(
        {"steps": 32, "grid": [{"target": "mild"}, {"target": "sharp", "steps": 64}]}
    ).cases
    assert {case.target: case.steps for case in cases} == {"mild": 32, "sharp": 64}


def test_settings_without_use_do_not_multiply_cases():
    """Training pairs of the population model, c1 of other schedules, dim of a target that has its
    own.
    """
    assert (
        len(
            spec_of(
                {"target": "mild", "model": "population", "train_samples": 5, "grid": [{}]}
            ).cases
        )
        == 1
    )
    assert (
        len(spec_of({"target": "mild", "schedule": ["cosine", "li_huang_wei"], "c1": [4, 5]}).cases)
        == 3
    )
    assert len(spec_of({"target": ["mild", "mild-cross"], "dim": [2, 3]}).cases) == 3


def test_hash_is_of_everything_that_defines_a_case(monkeypatch):
    """Any setting changes it, and so does the version; 1 and 1.0 do not differ."""
    case = spec_of({"target": "mild-product", "dim": 2}).cases[0]
    changes = {
        "target": "mild-cross",
        "dim": 3,
        "contrast": 2.0,
        "schedule": "cosine",
        "steps": 65,
        "c0": 1.0,
        "c1": 3.0,
    }
    changes |= {
        "model": "affine",
        "train_samples": 1,
        "paths": 16,
        "pairs": 32,
        "seed": 1,
        "device": "cpu",
        "bandwidth": 1.0,
    }
    others = {replace(case, **{key: value}).hash for key, value in changes.items()}
    assert len(others | {case.hash}) == len(changes) + 1
    assert case.hash == spec_of({"target": "mild-product", "dim": 2, "contrast": 1}).cases[0].hash
    monkeypatch.setattr("ctverify.sweep.case.__version__", ctverify.__version__ + "+")
    assert replace(case).hash != case.hash


def test_hash_is_sha256_of_the_definition():
    """Written out by hand for one case: 64 bits of SHA-256 of canonical JSON, which any other
    program can compute.
    """
    text = (
        f'{{"bandwidth":null,"c0":2.0,"c1":4.0,"contrast":null,"ctverify":"{ctverify.__version__}","device":"auto","dim":null,'
        '"model":"population","pairs":null,"paths":null,"schedule":"li_huang_wei","schema":"ctverify/sweep/1","seed":0,'
        '"sha256":{},"steps":64,"target":"mild","train_samples":null}'
    )
    (case,) = spec_of({"target": "mild", "model": "population"}).cases
    assert case.hash == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_files_are_named_by_their_content(tmp_path):
    """A target and a schedule from files, relative to SPEC: the case carries them, and their
    content is in its hash.
    """
    (tmp_path / "two.json").write_text(
        '{"weights": [0.5, 0.5], "means": [-1, 1], "covariances": [0.5, 0.5]}'
    )
    (tmp_path / "levels.json").write_text(json.dumps([0.9, 0.5, 0.1]))
    np.save(tmp_path / "points.npy", np.arange(6.0).reshape(3, 2))
    (tmp_path / "spec.toml").write_text(
        'target = ["two.json", "points.npy"]\nschedule = "levels.json"\nbandwidth = 0.5\n'
    )
    cases = {case.target: case for case in read_spec(tmp_path / "spec.toml").cases}
    assert cases["two.json"].law().dim == 1 and cases["points.npy"].law().dim == 2
    assert cases["two.json"].bandwidth is None and cases["points.npy"].bandwidth == 0.5
    assert cases["two.json"].levels().T == cases["two.json"].steps == 3
    (tmp_path / "two.json").write_text(
        '{"weights": [0.5, 0.5], "means": [-1, 2], "covariances": [0.5, 0.5]}'
    )
    assert cases["two.json"].hash not in {
        case.hash for case in read_spec(tmp_path / "spec.toml").cases
    }
    assert cases["points.npy"].hash in {
        case.hash for case in read_spec(tmp_path / "spec.toml").cases
    }


def test_shards_are_a_partition():
    """Each case is in exactly one of N shards, whose sizes differ by one at most."""
    spec = spec_of({"target": "mild", "seed": list(range(11))})
    shards = [spec.shard(i, 4) for i in (1, 2, 3, 4)]
    assert sorted(case.hash for shard in shards for case in shard) == [
        case.hash for case in spec.cases
    ]
    assert {len(shard) for shard in shards} == {2, 3}
    for index, count in ((0, 4), (5, 4), (1, 0)):
        with pytest.raises(InputError, match="shard must be I/N with 1 <= I <= N"):
            spec.shard(index, count)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"target": "mild", "step": 3}, "knows the keys .* got 'step'"),
        ({"target": "mild", "steps": []}, "steps must have at least one value"),
        ({"target": "mild", "steps": [32, 1]}, "steps must be a whole number of at least 2, got 1"),
        ({"target": "mild", "steps": 32.5}, "steps must be a whole number"),
        ({"target": "mild", "model": "mpl"}, "model must be one of"),
        ({"target": "mild", "schedule": "lhw"}, "schedule must be one of"),
        ({"target": "mild", "schedule": "none.json"}, "cannot be read"),
        ({"target": "milder"}, "target must be one of"),
        ({"target": "none.npy"}, "cannot be read"),
        ({"target": 3}, "target must be text"),
        ({"steps": 32}, "target must be given"),
        ({"target": "mild-cross"}, "dim must be given for the family mild-cross"),
        ({"grid": [{"target": "mild", "dim": 2}]}, "dim is used by no case of its grid"),
        (
            {"grid": [{"target": "mild", "model": "population", "train_samples": 9}]},
            "train_samples is used by no case",
        ),
        (
            {"target": "mild", "contrast": -1, "grid": [{}]},
            "contrast must be a finite number above 0",
        ),
        ({"target": "mild", "device": "gpu"}, "device must be auto, cpu, cuda or cuda:N"),
        ({"target": "mild", "paths": 3}, "paths must be a whole number of at least 16"),
        ({"target": "mild", "grid": {"steps": 3}}, r"grid must be tables"),
    ],
)
def test_refusals(content, words):
    """One sentence that names the key, what was given and what is allowed."""
    with pytest.raises(InputError, match=words):
        spec_of(content)


def test_unreadable_spec(tmp_path):
    """No file, no TOML, no text."""
    with pytest.raises(InputError, match=r"SPEC .* cannot be read"):
        read_spec(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("target = ")
    with pytest.raises(InputError, match="must hold TOML"):
        read_spec(tmp_path / "bad.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="must be text in UTF-8"):
        read_spec(tmp_path / "bad.toml")
