"""Wrong implementations of ctverify, small and plausible, that the property suite must kill.

`python -m tests.mutants` judges each mutated copy of the package by the quick profile and prints
the matrix: which law was the first, in the order of causes, to kill it, in what time, and on which
example.
"""
