"""Tests of ctverify.model."""
