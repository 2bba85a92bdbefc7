"""Tests of ctverify.core."""
