"""Failures that a project knows of: expected ones, with reasons, and those of an earlier run.

A law is named by its id, or by law[subject] where it is run for several trainers. An expected
failure that passes is an error; one that an earlier run had may have been mended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

KNOWN = "known from the baseline"


def mark_xfails(
    file: str, laws: Sequence[pytest.Item], law_of: Callable[[pytest.Item], Any]
) -> None:
    """Strict xfail marks for lines of an id, law or law[subject], and a reason; lines that start
    with # are comments.

    Arguments:
        file: the text file's path.
        laws: the collected laws, at least one.
        law_of: the law's record of an item.

    Raises:
        pytest.UsageError: the file cannot be read, an id is unknown or a reason is missing.
    """
    lines = [line.strip() for line in _text("--ctverify-xfails", file).splitlines()]
    entries = [line.split(None, 1) for line in lines if line and not line.startswith("#")]
    _check(entries, laws, law_of)
    for item in laws:
        names = (law_of(item).id, full_id(item, law_of))
        for name, reason in entries:
            if name in names:
                item.add_marker(pytest.mark.xfail(reason=f"{name}: {reason}", strict=True))


def mark_baseline(
    file: str, laws: Sequence[pytest.Item], law_of: Callable[[pytest.Item], Any]
) -> None:
    """Marks for the laws that failed in an earlier run: their failure is known, and no error.

    Arguments:
        file: the path of the JUnit XML that this run wrote (--junitxml).
        laws: the collected laws.
        law_of: the law's record of an item.

    Raises:
        pytest.UsageError: the file cannot be read, is no XML, or holds no law.
    """
    text = _text("--ctverify-baseline", file)
    try:
        cases = list(ElementTree.fromstring(text).iter("testcase"))  # nosec B314
    except ElementTree.ParseError as error:
        raise pytest.UsageError(
            "--ctverify-baseline must hold what --junitxml wrote in an earlier run, and "
            f"{file!r} is no XML: {error}"
        ) from None
    judged = {_case_id(case): _has_failed(case) for case in cases if _law(case)}
    if not judged:
        raise pytest.UsageError(
            "--ctverify-baseline must hold what --junitxml wrote in an earlier run, and "
            f"{file!r} has no law in it"
        )
    for item in laws:
        if judged.get(full_id(item, law_of)):
            item.add_marker(pytest.mark.xfail(reason=KNOWN, strict=False))


def full_id(item: pytest.Item, law_of: Callable[[pytest.Item], Any]) -> str:
    """law[subject] where the law is run for several.

    Arguments:
        item: a law's test.
        law_of: the law's record of an item.

    Returns:
        Its name in the files of this module.
    """
    law: str = law_of(item).id
    _, bracket, subject = item.name.partition("[")
    return law + bracket + subject


def _law(case: ElementTree.Element) -> str:
    """The law's id in a JUnit test case, "" where it is none."""
    for found in case.iter("property"):
        if found.get("name") == "law":
            return found.get("value", "")
    return ""


def _case_id(case: ElementTree.Element) -> str:
    _, bracket, subject = case.get("name", "").partition("[")
    return _law(case) + bracket + subject


def _has_failed(case: ElementTree.Element) -> bool:
    """Whether it failed, now or already as known."""
    if case.find("failure") is not None:
        return True
    skipped = case.find("skipped")
    return skipped is not None and KNOWN in (skipped.get("message") or "")


def _text(option: str, file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise pytest.UsageError(f"{option} must name a readable text file: {error}") from None


def _check(
    entries: list[list[str]], laws: Sequence[pytest.Item], law_of: Callable[[pytest.Item], Any]
) -> None:
    """Refuse an entry that names no law or gives no reason."""
    # an id is known also where -k or the command line leaves its law out
    known = {*law_of(laws[0]).catalogue()}
    known.update(full_id(item, law_of) for item in laws)
    for name, *reason in entries:
        if name not in known:
            ids = ", ".join(sorted(known))
            raise pytest.UsageError(
                f"--ctverify-xfails: {name!r} is no law's id; the ids are {ids}"
            )
        if not reason:
            raise pytest.UsageError(
                f"--ctverify-xfails: {name!r} needs a reason after its id, got none"
            )
