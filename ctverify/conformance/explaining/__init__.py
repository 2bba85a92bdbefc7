"""A failure explained: where the code is, what the value is like, a script that shows it."""
