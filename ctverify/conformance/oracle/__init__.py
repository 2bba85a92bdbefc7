"""How a subject is asked: the exact maps, networks that stand in for its own, what it shows of
itself, what it returns or refuses, and the roundings that it may make.
"""
