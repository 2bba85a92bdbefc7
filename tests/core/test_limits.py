"""What is too large is refused before it is begun: sparse files stand for full ones."""

from __future__ import annotations

import os
import resource

import numpy as np
import pytest
import torch

from ctverify import Dataset, Gaussian, InputError, Schedule, certify, train
from ctverify.core import limits
from ctverify.sweep import spec_of
from ctverify.targets import load

TERA = 10**12


@pytest.fixture
def small_machine(monkeypatch):
    """A gigabyte is free."""
    monkeypatch.setattr(limits, "available", lambda: 1e9)


def sparse(path, size, head=b""):
    """A file of that size that takes no place on the disk."""
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)
    return str(path)


@pytest.mark.parametrize("suffix", ["json", "csv", "npy"])
def test_what_is_no_file_is_not_opened(tmp_path, suffix):
    """A FIFO that nobody writes to, a folder, an endless device, a link in a circle."""
    os.mkfifo(tmp_path / f"fifo.{suffix}")
    (tmp_path / f"folder.{suffix}").mkdir()
    (tmp_path / f"endless.{suffix}").symlink_to("/dev/zero")
    (tmp_path / f"loop.{suffix}").symlink_to(f"loop.{suffix}")
    for name, words in (
        ("fifo", "must be a regular file, got a FIFO"),
        ("folder", "must be a regular file, got a directory"),
        ("endless", "must be a regular file, got a device"),
        ("loop", "cannot be read: "),
    ):
        with pytest.raises(InputError, match=words):
            load(str(tmp_path / f"{name}.{suffix}"))


def test_large_files(tmp_path, small_machine):
    """Five gigabytes of text; a header that claims more rows than there are; real ones."""
    for name, factor in (("a.csv", limits.CSV), ("a.json", limits.JSON)):
        words = f"at least {5 * factor} GB of memory are needed, and 1 GB are free"
        with pytest.raises(InputError, match=words):
            load(sparse(tmp_path / name, 5 * 10**9))
    header = b"\x93NUMPY\x01\x00\x76\x00"
    claims = b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 2), }"
    for rows, size, words in (
        (TERA, 200, "no pickles"),
        (10**9, 128 + 16 * 10**9, "32 GB of memory are needed"),
    ):
        head = header + (claims % rows).ljust(117) + b"\n"
        with pytest.raises(InputError, match=words):
            load(sparse(tmp_path / "a.npy", size, head))


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: Gaussian(0.0, 1.0).sample(TERA, torch.Generator()), "n: at least 8 TB"),
        (lambda: Schedule.ddpm(TERA), "T: at least 32 TB"),
        (lambda: Schedule.karras(10**5000), "T must be a whole number"),
        (lambda: measured(samples=TERA), "samples: at least 16 TB"),
        (lambda: measured(pairs=TERA), "pairs: at least 16 TB"),
        (lambda: measured(schedule=Schedule.ddpm(10**6)), "T must be at most 65,536"),
        (lambda: trained(30, TERA), "samples: at least 48 TB"),
        (lambda: trained(10**6, 64), "T must be at most 65,536"),
        (lambda: Dataset(np.zeros((1, 20_000)), 1.0), "points: at least 3.2 GB"),
        (lambda: spec_of(dict.fromkeys(("steps", "seed", "paths"), SEVERAL) | NAMED), "27,000,000"),
    ],
)
def test_large_numbers(ask, words, small_machine):
    """The argument, what it needs and what is allowed, and no array before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputError, match=words):
        ask()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**17  # kilobytes


SEVERAL = list(range(21, 321))
NAMED = {"target": "mild", "schedule": "ddpm"}


def measured(**more):
    """A certificate."""
    options = {"schedule": Schedule.ddpm(30), **more}
    return certify(lambda x, t: x, Gaussian(0.0, 1.0), **options)


def trained(steps, samples):
    """A model."""
    return train(Gaussian(0.0, 1.0), Schedule.ddpm(steps), "affine", samples=samples)


def test_what_fits_is_taken():
    """The estimate is of what is certainly held, and free memory is known here."""
    assert 2**26 < limits.available() < 2**60
    limits.memory("n", 2**25)
