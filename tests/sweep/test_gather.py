"""Folders as one table: every case once, its numbers in columns, in CSV and Parquet alike."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from ctverify import InputError
from ctverify.sweep import merge, run_sweep, spec_of
from ctverify.sweep.gather import COLUMNS, gather, row
from ctverify.sweep.store import Store

from .records import record
from .running import called, results

GRID = {
    "target": ["mixture-2d", "gaussian-2d"],
    "model": "population",
    "steps": [32, 8],
    "paths": 32,
    "pairs": 64,
}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Two shards of a sweep of four cases, two of which fail (r >= 1 at T = 8)."""
    folder, count = tmp_path_factory.mktemp("parts"), torch.get_num_threads()
    with ThreadPoolExecutor(1) as pool:
        for i in (1, 2):
            run_sweep(spec_of(GRID), folder / str(i), executor=pool, shard=(i, 2))
    torch.set_num_threads(count)
    return [folder / "1", folder / "2"]


def test_csv(parts, tmp_path):
    """A row a case; numbers are those of the case's file, to the last digit."""
    found = merge(parts, tmp_path / "results.csv")
    assert (found.cases, found.failed, found.missing, found.differing) == (4, 2, 0, 0)
    with (tmp_path / "results.csv").open() as file:
        rows = {line["hash"]: line for line in csv.DictReader(file)}
    for name, case in results(*parts).items():
        line = rows[name]
        assert (
            tuple(line) == COLUMNS
            and line["target"] == case["case"]["target"]
            and int(line["steps"]) in (8, 32)
        )
        if case["status"] == "done":
            assert float(line["w1_upper"]) == case["result"]["w1"]["upper"]
            assert (
                float(line["lipschitz"]) == case["result"]["theorem"]["lipschitz"]
                and line["error"] == ""
            )
        else:
            assert line["w1_upper"] == "" and "must be below 1" in line["error"]


def test_parquet_is_the_same_table(parts, tmp_path):
    """Columns, their kinds and their values; what is missing is null."""
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet is not installed")
    merge(parts, tmp_path / "results.parquet")
    table = parquet.read_table(tmp_path / "results.parquet")
    assert table.to_pylist() == [row(one) for one in gather(parts)[0]]
    assert (str(table.schema.field("steps").type), str(table.schema.field("r").type)) == (
        "int64",
        "double",
    )


def test_command(parts, tmp_path):
    """ctverify merge says what it found; a format that is not known is refused."""
    code, said, _ = called("merge", *parts, "-o", tmp_path / "results.csv")
    assert code == 0 and "4 cases" in said and "2 of them failed" in said
    code, _, err = called("merge", *parts, "-o", tmp_path / "results.xlsx")
    assert code == 2 and "output must be a .csv or a .parquet" in err


def test_missing_and_differing(tmp_path):
    """Cases that no folder has and results that disagree are counted; a result goes before a
    failure.
    """
    good = record(lambda r, d, L: r, T=64)
    other = replace(good, result=good.result | {"w2_upper": 9.0})
    bad = replace(good, status="failed", result=None, error="no")
    about = {"schema": "ctverify/sweep/1", "cases": [good.hash, "another"]}
    for name, one in {"a": bad, "b": good, "c": other}.items():
        (tmp_path / name / "cases").mkdir(parents=True)
        (tmp_path / name / "sweep.json").write_text(json.dumps(about))
        Store(tmp_path / name).keep(one)
    records, missing, differing = gather([tmp_path / name for name in "abc"])
    assert records == [good] and missing == ["another"] and differing == 1


def test_no_sweep(tmp_path):
    """A folder without a sweep, or with a file that is none of its, is refused by name."""
    with pytest.raises(
        InputError, match=r"must be the folder of a sweep, with a readable sweep\.json"
    ):
        gather([tmp_path])
    (tmp_path / "sweep.json").write_text('{"schema": "other"}')
    with pytest.raises(InputError, match=r"sweep\.json of .* is not of the schema"):
        gather([tmp_path])
    (tmp_path / "sweep.json").write_text('{"schema": "ctverify/sweep/1", "cases": []}')
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "x.json").write_text('{"schema": "ctverify/sweep/1"}')
    words = r"the case .*x\.json' is not of the schema .*missing required field `hash`"
    with pytest.raises(InputError, match=words):
        gather([tmp_path])


def test_a_case_of_another_name(tmp_path):
    """A case's file bears its hash."""
    good = record(lambda r, d, L: r, T=64)
    about = {"schema": "ctverify/sweep/1", "cases": [good.hash]}
    (tmp_path / "cases").mkdir()
    (tmp_path / "sweep.json").write_text(json.dumps(about))
    store = Store(tmp_path)
    store.keep(good)
    store.case_file(good.hash).rename(store.case_file("other"))
    with pytest.raises(InputError, match=r"the case .*other\.json' must bear its hash as name"):
        gather([tmp_path])
