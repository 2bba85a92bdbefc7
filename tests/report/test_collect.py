"""Files that hold what they should, and files that do not."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from ctverify import InputError
from ctverify.report.collect import SAMPLES, collect


def test_a_directory(directory):
    """Everything of a known schema, with samples where they were kept; the rest is named; a model's
    manifest is not.
    """
    collection = collect([directory])
    certified = collection.certified
    assert [one.certificate.dim for one in certified] == [2, 1, 8, 1, 1]
    assert sorted(certified[2].samples) == ["exact", "model", "z"]
    assert sum("grid_z" in one.samples for one in certified) == 3
    assert sum(not one.samples for one in certified) == 1
    assert len(collection.conformance) == 1
    assert len(collection.ledgers) == 1
    (note,) = collection.notes
    assert "other.json" in note
    assert "'other/1'" in note


def test_files_lists_and_repetitions(directory, tmp_path):
    """A list of certificates, as --json prints it, has no samples; a file counts once."""
    one = directory / "T-12" / "certificate-mild.json"
    two = [json.loads(one.read_text())] * 2
    (tmp_path / "list.json").write_text(json.dumps(two))
    collection = collect([one, tmp_path / "list.json", one, directory / "T-12"])
    with_samples = [bool(c.samples) for c in collection.certified]
    assert with_samples == [True, False, False, True, True]


def test_hidden_files_are_left_alone(directory, tmp_path):
    """What begins with a dot is not ours to read."""
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.json").write_text("{")
    shutil.copy(directory / "bare.json", tmp_path / "c.json")
    assert collect([tmp_path]).notes == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("", "must hold JSON"),
        ("{", "must hold JSON"),
        ("[" * 100_000, "must hold JSON"),
        ('{"schema": NaN}', "NaN is no JSON number"),
        ("[]", "got no schema"),
        ("3", "got no schema"),
        ('{"schema": "ctverify/certificate/3"}', "got the schema 'ctverify/certificate/3'"),
        ('{"schema": ["ctverify/certificate/1"]}', "got the schema"),
        ('{"schema": "ctverify/certificate/1"}', "missing required field `target`"),
        ('{"schema": "ctverify/conformance/1"}', "missing required field `subject`"),
        ('{"schema": "ctverify/ledger/2"}', "missing required field `claims`"),
        (
            '{"schema": "ctverify/ledger/2", "claims": [{"id": 3}]}',
            "Expected `str`, got `int` - at `$.claims[0].id`",
        ),
    ],
)
def test_bad_files(tmp_path, content, words):
    """One sentence that names the file."""
    file = tmp_path / "odd.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=r"odd\.json") as caught:
        collect([file])
    assert words in str(caught.value)


def put(data, path, value):
    """data with the value at `path` replaced."""
    *way, last = path
    part = data
    for key in way:
        part = part[key]
    part[last] = value


BROKEN_CERTIFICATES = [
    (("steps",), "many"),
    (("steps",), True),
    (("steps",), 13),
    (("dim",), 0),
    (("target",), "mild"),
    (("schedule",), None),
    (("counts", "pairs"), None),
    (("device",), 3),
    (("confidence",), "high"),
    (("budget",), None),
    (("budget", "sigma"), []),
    (("budget", "sigma", 3), 1e9),
    (("budget", "sigma", 0), 0.0),
    (("budget", "model_defect", 2), None),
    (("budget", "model_defect", 2), -1.0),
    (("budget", "total"), "1"),
    (("w1", "upper"), 10**400),
    (("w1", "method"), 3),
    (("w2_upper",), None),
    (("theorem", "vacuous"), "no"),
    (("theorem", "hypotheses"), []),
    (("verdicts", 0, "status"), "good"),
    (("verdicts", 0, "law"), None),
    (("verdicts", 0, "observed"), "0"),
    (("verdicts", 0), None),
]


@pytest.mark.parametrize(("path", "value"), BROKEN_CERTIFICATES)
def test_a_certificate_of_another_shape(directory, tmp_path, path, value):
    """Whatever is of the wrong kind is bad input, not a traceback."""
    data = json.loads((directory / "bare.json").read_text())
    put(data, path, value)
    (tmp_path / "c.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"c\.json"):
        collect([tmp_path / "c.json"])
    shutil.copy(directory / "bare.json", tmp_path / "good.json")
    assert len(collect([tmp_path]).notes) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("conforms",), 1),
        (("known",), "x"),
        (("unexpected",), [3]),
        (("checks",), {}),
        (("checks", 0, "id"), None),
        (("checks", 0, "status"), "maybe"),
        (("checks", 0, "reproduce"), 3),
        (("checks", 0, "limit"), "1"),
        (("checks", 0), {}),
    ],
)
def test_a_conformance_report_of_another_shape(directory, tmp_path, path, value):
    """The same for the report of check."""
    data = json.loads((directory / "check.json").read_text())
    put(data, path, value)
    (tmp_path / "c.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"c\.json"):
        collect([tmp_path / "c.json"])


def test_nothing_to_report(tmp_path):
    """An empty directory is bad input; so is one with other JSON alone."""
    with pytest.raises(InputError, match="at least one JSON"):
        collect([tmp_path])
    (tmp_path / "package.json").write_text("{}")
    with pytest.raises(InputError, match=r"got none \(1 other files\)"):
        collect([tmp_path])


@pytest.mark.parametrize(
    "arrays",
    [
        {"z": np.zeros((5, 1))},
        {"z": np.zeros((5, 1)), "model": np.zeros((4, 1)), "exact": np.zeros((5, 1))},
        dict.fromkeys(SAMPLES, np.zeros((5, 2))),
        dict.fromkeys(SAMPLES, np.zeros((1, 1))),
        dict.fromkeys(SAMPLES, np.zeros(5)),
        {"z": np.zeros((5, 1)), "model": np.full((5, 1), np.nan), "exact": np.zeros((5, 1))},
        dict.fromkeys(SAMPLES, np.array([["a"]] * 5)),
        dict.fromkeys(SAMPLES, np.array([[None]] * 5)),  # pickled
        b"no archive",
    ],
    ids=str,
)
def test_bad_samples(directory, tmp_path, arrays):
    """Samples of another shape, or pickled, are left out with a line; the certificate stays."""
    if isinstance(arrays, bytes):
        (tmp_path / "c.npz").write_bytes(arrays)
    else:
        np.savez(tmp_path / "c.npz", **arrays)
    digest = hashlib.sha256((tmp_path / "c.npz").read_bytes()).hexdigest()
    (tmp_path / "c.npz").rename(tmp_path / f"c.{digest[:16]}.npz")
    data = json.loads((directory / "bare.json").read_text())
    (tmp_path / "c.json").write_text(json.dumps(data | {"samples_sha256": digest}))
    collection = collect([tmp_path / "c.json"])
    assert collection.certified[0].samples == {}
    assert "samples left out" in collection.notes[0]


def test_samples_of_another(directory, tmp_path):
    """Samples that a certificate does not name are not drawn beside it."""
    home = directory / "T-12"
    shutil.copy(home / "certificate-mild.json", tmp_path / "c.json")
    digest = json.loads((tmp_path / "c.json").read_text())["samples_sha256"]
    (others,) = home.glob("certificate-gaussian-2d.*.npz")
    shutil.copy(others, tmp_path / "c.npz")
    collection = collect([tmp_path])
    assert collection.certified[0].samples == {}
    assert f"c.{digest[:16]}.npz is not there" in collection.notes[0]
    shutil.copy(others, tmp_path / f"c.{digest[:16]}.npz")
    collection = collect([tmp_path])
    assert collection.certified[0].samples == {}
    assert "its SHA-256 is not the one in c.json" in collection.notes[0]


def test_a_certificate_of_another_model(directory, tmp_path):
    """It is told where one lies beside another model of its name."""
    data = json.loads((directory / "bare.json").read_text())
    (tmp_path / "model-x").mkdir()
    manifest = tmp_path / "model-x" / "manifest.json"
    manifest.write_text('{"schema": "ctverify/model/1"}')
    digests = (hashlib.sha256(manifest.read_bytes()).hexdigest(), None, "0" * 64)
    notes = []
    for digest in digests:
        content = json.dumps(data | {"model_sha256": digest})
        (tmp_path / "certificate-x.json").write_text(content)
        notes.append(collect([tmp_path]).notes)
    assert notes[:2] == [(), ()]
    assert "is not of the model in" in notes[2][0]
