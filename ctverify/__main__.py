"""python -m ctverify: the command line."""

from .cli.program import run

run()
