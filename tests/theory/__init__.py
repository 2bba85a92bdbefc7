"""Tests of ctverify.theory."""
