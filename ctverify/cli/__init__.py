"""The command line, one file a command; options.py has the options that commands share.

Exit codes: 0 no verdict fails, 1 some verdict fails, 2 bad input.
"""
