"""Tests of ctverify.targets."""
