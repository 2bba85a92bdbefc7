"""Every single-operator mutant of ctverify's own training and schedule, made by machine, and the
laws that judge it.
"""
