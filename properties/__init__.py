"""The property suite: laws of schedules, oracles, population and trained models, and of the error
bound, on random targets.

Run by pytest: `pytest properties` in the repository, `pytest --pyargs ctverify.properties` where
ctverify is installed. `python -m properties` (or `python -m ctverify.properties`) lists the laws,
and with `worst` the worst cases of the bound.
"""
