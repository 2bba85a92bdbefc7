"""@conformance_tests: one pytest test of each check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ..core.arguments import InputError
from ..core.signatures import checked
from .checks import ALL
from .checks.check import Check
from .processes.settings import kept, seed_all
from .search import judge
from .subjects import adapter


@checked
def conformance_tests(
    *, max_examples: int | None = None, seed: int = 0, xfails: Mapping[str, str] | None = None
) -> Callable[[Callable[[], Any]], Callable[..., None]]:
    """Of a function without arguments that returns an adapter, make one test a check; `xfails`: id
    -> reason, strict.

    Each is judged in pytest's process, whose settings are put back. What could not be judged fails
    too, with its reason; what is not applicable is skipped.
    """
    unknown = sorted(set(xfails or {}) - {check.id for check in ALL})
    if unknown:
        raise InputError(f"xfails: {unknown[0]!r} is no check's id")

    def parameter(check: Check) -> Any:
        reason = (xfails or {}).get(check.id)
        marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
        return pytest.param(check, id=check.id, marks=marks)

    def decorate(factory: Callable[[], Any]) -> Callable[..., None]:
        @pytest.mark.parametrize("check", [parameter(check) for check in ALL])
        def test(check: Check) -> None:
            with kept():
                seed_all(seed)
                result = judge(check, adapter(factory()), seed, max_examples)
            if result.status == "fail":
                seen = (
                    f"{check.id}: {check.statement} [{check.reference}]\n{result.detail}\nat:"
                    f" {result.configuration}"
                )
                pytest.fail(f"{seen}\n\n{result.reproduce}", pytrace=False)
            if result.status == "inconclusive":
                pytest.fail(f"{check.id} could not be judged: {result.detail}", pytrace=False)
            if result.status != "pass":
                pytest.skip(f"{result.status}: {result.detail}")

        test.__name__, test.__doc__, test.__module__ = (
            factory.__name__,
            factory.__doc__,
            factory.__module__,
        )
        return test

    return decorate
