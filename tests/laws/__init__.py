"""Tests of ctverify.laws."""
