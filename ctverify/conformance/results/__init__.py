"""What was found: the report and its JSON, what was expected, what follows from what."""
