"""Tests of ctverify.certificate."""
