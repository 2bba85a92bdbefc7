"""Adapters: what of a subject's own API answers each method of the protocol. The core imports none
of the subjects.
"""
