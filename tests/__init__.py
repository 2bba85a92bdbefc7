"""The tests; folders mirror ctverify/."""
