"""Imported by the process that others are forked from: what is slow once a process is done."""

from ctverify.conformance import checks  # noqa: F401
from ctverify.conformance.processes.server import _warm_up

_warm_up()
