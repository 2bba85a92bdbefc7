"""Tests of ctverify.training."""
