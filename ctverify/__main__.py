"""python -m ctverify: the command line."""

from .cli.main import main

main(prog_name="ctverify")
