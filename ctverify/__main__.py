"""python -m ctverify: the command line."""

from .cli import main

main(prog_name="ctverify")
