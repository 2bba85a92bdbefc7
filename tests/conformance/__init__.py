"""Tests of the conformance checks: textbook implementations that pass, mutants that are killed."""
