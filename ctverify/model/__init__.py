"""What a consistency model is: its noise schedule, its convention (VP, VE, TrigFlow, linear) and
the protocol of f(x, t).

Section 2 of LHW (arXiv 2402.07802) fixes the symbols: alpha_bar, beta, sigma, t = 1..T.
"""
