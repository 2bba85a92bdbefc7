"""What must hold of a folder of ctverify's at any moment: every file is whole and agrees with its
neighbours.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

from ctverify import Certificate, ConsistencyModel
from ctverify.sweep.store import read_records

END_OF_A_PAGE = "</html>"


def visible(folder: Path) -> list[Path]:
    """The files of a folder, without what begins with a dot."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        path
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def check_whole(folder: Path) -> None:
    """Assert it."""
    for path in visible(folder):
        if path.name == "manifest.json":
            ConsistencyModel.load(path.parent)
        elif path.name.startswith("certificate-"):
            _check_certificate(path)
        elif path.name == "sweep.json":
            read_records(path.parent)
        elif path.suffix == ".json":
            json.loads(path.read_text())
        elif path.suffix == ".xml":
            ElementTree.fromstring(path.read_text())
        elif path.suffix == ".html":
            assert path.read_text().rstrip().endswith(END_OF_A_PAGE)
        elif path.suffix == ".csv":
            with path.open(newline="") as file:
                assert len({len(row) for row in csv.reader(file)}) == 1


def _check_certificate(path: Path) -> None:
    """It loads with its samples, and is of the model beside it."""
    if path.suffix != ".json":
        return
    certificate = Certificate.load(path)
    named = json.loads(path.read_text())["samples_sha256"]
    assert (named is None) == (not certificate.samples), "its samples are gone"
    model = path.with_name(f"model-{path.stem.removeprefix('certificate-')}")
    manifest = model / "manifest.json"
    if manifest.exists():
        digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
        assert certificate.model_sha256 == digest, "it is of another model"
