"""Tests of ctverify.cli."""
