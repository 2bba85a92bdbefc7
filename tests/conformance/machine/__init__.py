"""Every single-operator mutant of both references' formulas, made by machine, and its judge."""
