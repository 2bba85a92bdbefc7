"""Tests of ctverify.flow."""
