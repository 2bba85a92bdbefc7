"""The trusted part of the ledger: theorems, and the rules that build them.

A Theorem is an object that only the rules here make. A rule COMPUTES what it concludes from its
premises and its arguments, and hands on everything that the premises rest on: hypotheses, and the
names of axioms. What finds proofs, reads claims and prints them is outside and not trusted.

    terms     which expressions are admitted, and what they mean
    interval  balls (Arb) around the values of an expression, over boxes
    normal    when an expression is zero: exact polynomials over the rationals (FLINT)
    sign      when an expression is defined, >= 0 or > 0, by its form and by theorems
    theorem   Theorem, and the rules of logic: assume, instantiate, cut, cases, induction
    order     rules of algebra and order
    analysis  rules of analysis: derivatives, limits, integrals, boxes
    axioms    named textbook facts, each built from its arguments
    witness   that hypotheses hold together at a point

A relation holds where both of its sides are DEFINED real numbers and compare as it says: hence no
fact with a pole, and what occurs in a theorem is defined wherever its hypotheses hold.

Trusted besides this package: Python; sympy's constructors of sums, products, powers and functions
(they may simplify, but keep the value where there is one) and sympy.expand on exponents and angles;
FLINT's polynomials and Arb's balls. No simplify, limit, assumption or floating-point number enters.
"""
