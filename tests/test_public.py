"""The public names and their lazy export."""

import pytest

import ctverify


def test_every_public_name_resolves():
    """Each name in __all__ exists, and an unknown one is an AttributeError."""
    for name in ctverify.__all__:
        assert getattr(ctverify, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ctverify.nonsense
    assert dir(ctverify) == sorted(ctverify.__all__)
