"""The command line, one file a command; options.py has the options that commands share.

Exit codes: core/exit_codes.py.
"""
