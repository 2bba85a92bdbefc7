"""Files that hold what they should, and files that do not."""

import json

import numpy as np
import pytest

from ctverify import InputError
from ctverify.report.collect import collect


def test_a_directory(directory):
    """Everything of a known schema, with samples where they were kept; the rest is named; a model's
    manifest is not.
    """
    found = collect([directory])
    assert [c.certificate.dim for c in found.certified] == [2, 1, 8, 1, 1]
    assert [sorted(c.samples) for c in found.certified if c.certificate.dim == 8] == [
        ["exact", "model", "z"]
    ]
    assert (
        sum("grid_z" in c.samples for c in found.certified) == 3
        and sum(not c.samples for c in found.certified) == 1
    )
    assert len(found.conformance) == len(found.ledgers) == 1
    assert (
        len(found.notes) == 1 and "other.json" in found.notes[0] and "'other/1'" in found.notes[0]
    )


def test_files_lists_and_repetitions(directory, tmp_path):
    """A list of certificates, as --json prints it, has no samples; a file given twice counts once."""
    one = directory / "T-12" / "certificate-mild.json"
    (tmp_path / "list.json").write_text(json.dumps([json.loads(one.read_text())] * 2))
    found = collect([one, tmp_path / "list.json", one, directory / "T-12"])
    assert [bool(c.samples) for c in found.certified] == [True, False, False, True, True]


def test_hidden_files_are_left_alone(directory, tmp_path):
    """What begins with a dot is not ours to read."""
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "x.json").write_text("{")
    (tmp_path / "c.json").write_text((directory / "bare.json").read_text())
    assert collect([tmp_path]).notes == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "must be a readable file or directory"),
        ("", "must hold JSON"),
        ("{", "must hold JSON"),
        ("[" * 100_000, "must hold JSON"),
        ('{"schema": NaN}', "NaN is no JSON number"),
        ("[]", "got no schema"),
        ("3", "got no schema"),
        ('{"schema": "ctverify/certificate/2"}', "got the schema 'ctverify/certificate/2'"),
        ('{"schema": ["ctverify/certificate/1"]}', "got the schema"),
        ('{"schema": "ctverify/certificate/1"}', "missing required field `target`"),
        ('{"schema": "ctverify/conformance/1"}', "missing required field `subject`"),
        ('{"schema": "ctverify/ledger/1"}', "missing required field `claims`"),
        ('{"schema": "ctverify/ledger/1", "claims": [{"id": 3}]}', "Expected `str`, got `int` - at `$.claims[0].id`"),
    ],
)
def test_bad_files(tmp_path, content, words):
    """One sentence that names the file."""
    file = tmp_path / "given.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=r"given\.json") as caught:
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
    (("steps",), "many"), (("steps",), True), (("steps",), 13), (("dim",), 0), (("target",), "mild"), (("schedule",), None),
    (("counts", "pairs"), None), (("device",), 3), (("confidence",), "high"), (("budget",), None), (("budget", "sigma"), []),
    (("budget", "sigma", 3), 1e9), (("budget", "sigma", 0), 0.0), (("budget", "model_defect", 2), None),
    (("budget", "model_defect", 2), -1.0), (("budget", "total"), "1"), (("w1", "upper"), 10**400), (("w1", "method"), 3),
    (("w2_upper",), None), (("theorem", "vacuous"), "no"), (("theorem", "hypotheses"), []), (("verdicts", 0, "status"), "good"),
    (("verdicts", 0, "law"), None), (("verdicts", 0, "observed"), "0"), (("verdicts", 0), None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value"), BROKEN_CERTIFICATES)
def test_a_certificate_of_another_shape(directory, tmp_path, path, value):
    """Whatever is of the wrong kind is bad input, not a traceback."""
    data = json.loads((directory / "bare.json").read_text())
    put(data, path, value)
    (tmp_path / "c.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=r"c\.json"):
        collect([tmp_path / "c.json"])
    (tmp_path / "good.json").write_text((directory / "bare.json").read_text())
    assert len(collect([tmp_path]).notes) == 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("conforms",), 1), (("known",), "x"), (("unexpected",), [3]), (("checks",), {}), (("checks", 0, "id"), None),
        (("checks", 0, "status"), "maybe"), (("checks", 0, "reproduce"), 3), (("checks", 0, "limit"), "1"), (("checks", 0), {}),
    ],
)  # fmt: skip
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
        {"z": np.zeros((5, 2)), "model": np.zeros((5, 2)), "exact": np.zeros((5, 2))},
        {"z": np.zeros((1, 1)), "model": np.zeros((1, 1)), "exact": np.zeros((1, 1))},
        {"z": np.zeros(5), "model": np.zeros(5), "exact": np.zeros(5)},
        {"z": np.zeros((5, 1)), "model": np.full((5, 1), np.nan), "exact": np.zeros((5, 1))},
        {name: np.array([["a"]] * 5) for name in ("z", "model", "exact")},
        {name: np.array([[None]] * 5) for name in ("z", "model", "exact")},  # pickled
        b"no archive",
    ],
    ids=str,
)
def test_bad_samples(directory, tmp_path, arrays):
    """Samples of another shape, or pickled, are left out with a line; the certificate stays."""
    (tmp_path / "c.json").write_text((directory / "bare.json").read_text())
    if isinstance(arrays, bytes):
        (tmp_path / "c.npz").write_bytes(arrays)
    else:
        np.savez(tmp_path / "c.npz", **arrays)
    found = collect([tmp_path / "c.json"])
    assert found.certified[0].samples == {} and "samples left out" in found.notes[0]
