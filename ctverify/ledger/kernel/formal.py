"""Formal functions: letters with a fixed meaning, of which the axioms speak.

Random symbols are random vectors (or numbers) with finite moments; other symbols are numbers, or
known given X_t. Everything holds in every dimension: mean(x) of a vector is any one coordinate of
its expectation, |x| a length, an order between vectors one of coordinates, law(x) a number that
stands for the distribution (a continuum of distributions can be numbered).
"""

from __future__ import annotations

import sympy as sp


class Random(sp.Symbol):  # type: ignore[misc]
    """A random vector; other symbols are numbers, or known given X_t."""


class Path(Random):
    """A random vector that is a function of (X_0, Z): of the start and the exact path from it."""


class Normal(Random):
    """A standard normal vector."""


norm = sp.Function("norm", nonnegative=True)  # |x| in L^2, a number
norm_q = sp.Function("norm_q", nonnegative=True)  # |x| in L^q, with one q >= 1 for a whole claim
W1 = sp.Function("W_1", nonnegative=True)  # distances of the laws of two vectors
W2 = sp.Function("W_2", nonnegative=True)
W_q = sp.Function("W_q", nonnegative=True)  # with the same q as norm_q
W2_squared = sp.Function("W_2_squared", nonnegative=True)  # of N(m1, s1^2) and N(m2, s2^2)
mean = sp.Function("mean", real=True)  # expectation
tr_cov = sp.Function("tr_cov", nonnegative=True)  # trace of a covariance
E = sp.Function("E", real=True)  # conditional expectation given X_t, a random vector
E_path = sp.Function("E_path", real=True)  # conditional expectation given (X_0, Z)
E_from = sp.Function("E_from", real=True)  # E_from(x, k): given what is known from index k on
Cov = sp.Function("Cov", real=True)  # conditional covariance given X_t
phi = sp.Function("phi", real=True)  # any convex function that grows at most like |x|^2
dot = sp.Function("dot", real=True)  # inner product, draw by draw
direction = sp.Function("direction", real=True)  # x/|x|, and 0 where x = 0
law = sp.Function("law", real=True)  # a distribution; only equations between laws mean something
dependence = sp.Function("dependence", nonnegative=True)  # dependence(x, z) = 0: independent
slot = sp.Function("slot", real=True)  # slot(x, s): what s puts at a uniformly drawn slot
reached = sp.Function("reached", nonnegative=True)  # how many rows of the batch a pairing reaches
batch_mean = sp.Function("batch_mean", nonnegative=True)  # of |y_i - x_s(i)| over a batch
product_of = sp.Function("product_of", nonnegative=True)  # of n numbers of a family
average_of = sp.Function("average_of", nonnegative=True)  # of the same numbers
M = sp.Function("M", real=True)  # M(f, x_0): the integral of f(x_0) against the law of X_0
J = sp.Function("J", real=True)  # J(x, g, w, u): the integral of g(u) d(-w(u)) from 0 to x
MaxOver = sp.Function("max", real=True)  # MaxOver(term, t, last): the largest term over t = 1..last
IDENTITY = sp.Symbol("identity")  # the pairing that leaves each row at its slot

NUMBERS = (norm, norm_q, W1, W2, W_q, mean, tr_cov, law, dependence)  # of random vectors
DRAWS = (E, E_path, E_from, Cov, phi, dot, direction)  # random again
PAIRED = (slot, reached, batch_mean)  # with a pairing among the arguments
PLAIN = (W2_squared, product_of, average_of, M, J, MaxOver)  # numbers of numbers
BOUND = {M: 1, MaxOver: 1, J: 3}  # which argument is a bound variable
CONSTANTS = frozenset((*NUMBERS, *DRAWS, *PAIRED, *PLAIN))
