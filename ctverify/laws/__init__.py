"""The property suite's tools: Hypothesis strategies and the pytest plugin. The laws themselves are
in properties/.

`ctverify.strategies` is the public face of strategies.py.
"""
