"""The claims, one file per subject; a file's CLAIMS are in the order in which they are read."""
