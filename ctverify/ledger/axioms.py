"""Textbook facts that no computer algebra proves, by name. Each schema builds its instances, so
that none can be misquoted.

Expectations and norms are formal: norm(x) is the L^2 norm of a random vector, E(x) a conditional
expectation, tr_cov(x) the trace of a covariance, W1 and W2 distances of laws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import UndefinedFunction

from .sign import eq, le, lt

norm = sp.Function("norm", nonnegative=True)  # |x| in L^2, a number
E = sp.Function("E", real=True)  # conditional expectation given X_t, a random vector
Cov = sp.Function("Cov", real=True)  # conditional covariance given X_t
M = sp.Function("M", real=True)  # M(f, x_0): the integral of f(x_0) against the law of X_0
J = sp.Function("J", real=True)  # J(x, g, w, u): the integral of g(u) d(-w(u)) from 0 to x
MaxOver = sp.Function("max", real=True)  # MaxOver(term, t, last): the largest term over t = 1..last
tr_cov = sp.Function("tr_cov", nonnegative=True)  # trace of a covariance
W1, W2 = (
    sp.Function("W_1", nonnegative=True),
    sp.Function("W_2", nonnegative=True),
)  # distances of the laws of two vectors
mean = sp.Function("mean", real=True)  # expectation
phi = sp.Function("phi", real=True)  # any convex function
W2_squared = sp.Function("V", nonnegative=True)  # of N(m1, s1^2) and N(m2, s2^2)
norm_q = sp.Function("norm_q", nonnegative=True)  # |x| in L^q, with one q >= 1 for a whole claim
W_q = sp.Function("W_q", nonnegative=True)  # the distance of order q, with the same q
dot = sp.Function("dot", real=True)  # inner product, draw by draw
direction = sp.Function("direction", real=True)  # x/|x|, and 0 where x = 0
E_path = sp.Function("E_path", real=True)  # conditional expectation given (X_0, Z)
law = sp.Function("law", real=True)  # a distribution; only equations between laws mean something
dependence = sp.Function("dependence", nonnegative=True)  # dependence(x, z) = 0: independent
slot = sp.Function("slot", real=True)  # slot(x, s): what s puts at a uniformly drawn slot
IDENTITY = sp.Symbol("identity")  # the pairing that leaves each row at its slot
reached = sp.Function("reached", nonnegative=True)  # how many rows of the batch a pairing reaches
batch_mean = sp.Function("batch_mean", nonnegative=True)  # of |y_i - x_s(i)| over a batch
product_of = sp.Function("product_of", nonnegative=True)  # of n numbers of a family
average_of = sp.Function("average_of", nonnegative=True)  # of the same numbers


class Random(sp.Symbol):  # type: ignore[misc]
    """A random vector; other symbols are numbers, or known given X_t."""


class Path(Random):
    """A random vector that is a function of (X_0, Z): of the start and the exact path from it."""


class Normal(Random):
    """A standard normal vector."""


@dataclass(frozen=True)
class Given:
    """A relation for all values of the variable that meet `where`."""

    relation: Any
    variable: Any
    where: tuple[Any, ...]


@dataclass(frozen=True)
class Schema:
    """An instance: what it states; what it needs (relations, or relations Given others);
    expressions that must be continuous in a variable; a fresh symbol, with what defines it, for
    what it says to exist.
    """

    states: Any
    conditions: tuple[Any, ...] = ()
    smooth: tuple[tuple[Any, Any], ...] = ()
    fresh: tuple[Any, Any] | None = None


def _known(*coefficients: Any) -> None:
    if any(
        isinstance(symbol, Random) for c in coefficients for symbol in sp.sympify(c).free_symbols
    ):
        raise ValueError(
            "coefficients must be known given X_t: they must not contain random vectors"
        )


def linearity(*terms: tuple[Any, Any]) -> Schema:
    """E(c_1 x_1 + c_2 x_2 + ...) = c_1 E(x_1) + c_2 E(x_2) + ..., the c known given X_t; an x may
    be 1, with E(1) = 1.
    """
    _known(*(c for c, _ in terms))
    inside = sp.Add(*(c * x for c, x in terms))
    outside = sp.Add(*(c * (x if x == 1 else E(x)) for c, x in terms))
    return Schema(eq(E(inside), outside))


def affine_variance(constant: Any, factor: Any, x: Any) -> Schema:
    """Cov(c + a x | X_t) = a^2 Cov(x | X_t), c and a numbers known given X_t."""
    _known(constant, factor)
    return Schema(eq(Cov(constant + factor * x), factor**2 * Cov(x)))


def integral_linearity(x_0: Any, *terms: tuple[Any, Any]) -> Schema:
    """M(c_1 f_1 + ...) = c_1 M(f_1) + ..., M an integral over x_0 and the c free of x_0."""
    if any(sp.sympify(c).has(x_0) for c, _ in terms):
        raise ValueError("coefficients must be free of the variable of integration")
    return Schema(
        eq(M(sp.Add(*(c * f for c, f in terms)), x_0), sp.Add(*(c * M(f, x_0) for c, f in terms)))
    )


def under_the_integral(density: Any, kernel: Any, y: Any, x_0: Any) -> Schema:
    """d/dy of M(kernel) = M(d kernel/dy), for Gaussian kernels, where density(y) = M(kernel)."""
    return Schema(
        eq(sp.Derivative(density, y), M(sp.diff(kernel, y), x_0)), (eq(M(kernel, x_0), density),)
    )


def minkowski(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ..."""
    return Schema(le(norm(sp.Add(*terms)), sp.Add(*map(norm, terms))))


def conditional_jensen(term: Any) -> Schema:
    """|E[x | X_t]| <= |x|: a conditional expectation contracts L^2 (Jensen and the tower rule)."""
    return Schema(le(norm(E(term)), norm(term)))


def coupling(x: Any, y: Any) -> Schema:
    """W_2(law x, law y) <= |x - y| for any x, y on one space."""
    return Schema(le(W2(x, y), norm(x - y)))


def order_of_distances(x: Any, y: Any) -> Schema:
    """W_1 <= W_2 (Jensen)."""
    return Schema(le(W1(x, y), W2(x, y)))


def triangle(x: Any, y: Any, z: Any) -> Schema:
    """W_2 is a metric: W_2(x, z) <= W_2(x, y) + W_2(y, z)."""
    return Schema(le(W2(x, z), W2(x, y) + W2(y, z)))


def tower(x: Any) -> Schema:
    """mean of E(x) = mean of x."""
    return Schema(eq(mean(E(x)), mean(x)))


def total_variance(x: Any) -> Schema:
    """|x - E(x)|^2 = tr Cov x - tr Cov E(x)."""
    return Schema(eq(norm(x - E(x)) ** 2, tr_cov(x) - tr_cov(E(x))))


def gaussian_distance(m1: Any, s1: Any, m2: Any, s2: Any) -> Schema:
    """W_2^2 of N(m1, s1^2) and N(m2, s2^2), per direction for commuting covariances: (m1 - m2)^2 +
    (s1 - s2)^2.
    """
    return Schema(
        eq(W2_squared(m1, s1, m2, s2), (m1 - m2) ** 2 + (s1 - s2) ** 2), (le(0, s1), le(0, s2))
    )


def coupling_in_mean(x: Any, y: Any) -> Schema:
    """W_1(law x, law y) <= E|x - y|."""
    return Schema(le(W1(x, y), mean(sp.Abs(x - y))))


def duality(x: Any, y: Any) -> Schema:
    """W_1(law x, law y) >= E g(x) - E g(y) for the 1-Lipschitz g = -|.| (Kantorovich)."""
    return Schema(le(mean(sp.Abs(y)) - mean(sp.Abs(x)), W1(x, y)))


def scaled_mean(factor: Any, x: Any) -> Schema:
    """E|a x| = a E|x| for a number a >= 0."""
    _known(factor)
    return Schema(eq(mean(sp.Abs(factor * x)), factor * mean(sp.Abs(x))), (le(0, factor),))


def convex_jensen(x: Any) -> Schema:
    """E phi(E[x | X_t]) <= E phi(x) for the convex function phi (Jensen and the tower rule)."""
    return Schema(le(mean(phi(E(x))), mean(phi(x))))


def cauchy_schwarz(f: Any, u: Any, low: Any, high: Any, primitive: Any, square: Any) -> Schema:
    """(int f)^2 <= (high - low) int f^2 for high >= low; the two integrals by primitives, whose
    derivatives are conditions.
    """
    whole = primitive.subs(u, high) - primitive.subs(u, low)
    squares = square.subs(u, high) - square.subs(u, low)
    conditions = (
        le(low, high),
        eq(sp.diff(primitive, u), f),
        eq(sp.diff(square, u), f**2),
    )
    return Schema(
        le(whole**2, (high - low) * squares), conditions, ((f, u), (primitive, u), (square, u))
    )


def integral_of_product(
    g: Any, w: Any, u: Any, low: Any, high: Any, bound: Any, above: bool
) -> Schema:
    """bound (w(low) - w(high)) <= J(high) - J(low) where bound <= g between (>= where g <= bound),
    w not increasing.

    0 <= low <= high, which may be infinite; low, high and bound do not contain u.
    """
    if any(sp.sympify(x).has(u) for x in (low, high, bound)):
        raise ValueError("the ends and the bound must be free of the variable of integration")
    drop = bound * (w.subs(u, low) - (sp.limit(w, u, high) if high == sp.oo else w.subs(u, high)))
    increment = J(high, g, w, u) - J(low, g, w, u)
    where = (le(low, u),) if high == sp.oo else (le(low, u), le(u, high))
    ends = (le(0, low),) if high == sp.oo else (le(0, low), le(low, high))
    conditions = (
        Given(le(g, bound) if above else le(bound, g), u, where),
        le(0, -sp.diff(w, u)),
        *ends,
    )
    return Schema(
        le(increment, drop) if above else le(drop, increment), conditions, ((g, u), (w, u))
    )


def empty_integral(g: Any, w: Any, u: Any) -> Schema:
    """An integral from 0 to 0 is 0."""
    return Schema(eq(J(0, g, w, u), 0))


def greatest_index(path: Any, t: Any, tau: Any, last: Any, part: int) -> Schema:
    """If path(1) <= 1 <= path(last), the greatest tau < last with path(tau) <= 1 exists, and
    path(tau + 1) >= 1.
    """
    conditions = (le(path.subs(t, 1), 1), le(1, path.subs(t, last)), le(2, last))
    states = (le(path.subs(t, tau), 1), le(1, path.subs(t, tau + 1)), le(tau, last - 1))
    return Schema(states[part], conditions, fresh=(tau, (path, t, last)))


def maximum_below(term: Any, t: Any, last: Any, index: Any) -> Schema:
    """A term of a finite family is at most the largest."""
    return Schema(le(term.subs(t, index), MaxOver(term, t, last)), (le(index, last), le(1, index)))


def maximum_above(term: Any, t: Any, last: Any, bound: Any) -> Schema:
    """The largest of a finite family is at most what bounds every term."""
    if sp.sympify(bound).has(t):
        raise ValueError("the bound must be free of the index")
    return Schema(le(MaxOver(term, t, last), bound), (Given(le(term, bound), t, (le(t, last),)),))


def first_zero_of_cos(x: Any) -> Schema:
    """cos x > 0 for 0 < x < pi/2: pi/2 is the first zero of the cosine."""
    return Schema(lt(0, sp.cos(x)), (lt(0, x), lt(x, sp.pi / 2)))


def range_of_atan(x: Any) -> Schema:
    """atan x < pi/2."""
    return Schema(lt(sp.atan(x), sp.pi / 2))


def minkowski_q(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ... in L^q."""
    return Schema(le(norm_q(sp.Add(*terms)), sp.Add(*map(norm_q, terms))))


def coupling_q(x: Any, y: Any) -> Schema:
    """W_q(law x, law y) <= |x - y| in L^q for any x, y on one space."""
    return Schema(le(W_q(x, y), norm_q(x - y)))


def triangle_of_lengths(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ... at each draw."""
    return Schema(le(sp.Abs(sp.Add(*terms)), sp.Add(*map(sp.Abs, terms))))


def minkowski_in_mean(*terms: Any) -> Schema:
    """E|a + b + ...| <= E|a| + E|b| + ..."""
    lengths = [mean(sp.Abs(term)) for term in terms]
    return Schema(le(mean(sp.Abs(sp.Add(*terms))), sp.Add(*lengths)))


def mean_below_norm(x: Any) -> Schema:
    """E|x| <= |x| in L^2 (Jensen)."""
    return Schema(le(mean(sp.Abs(x)), norm(x)))


def monotone_mean(x: Any, y: Any) -> Schema:
    """E x <= E y where x <= y at each draw."""
    return Schema(le(mean(x), mean(y)), (le(x, y),))


def monotone_norm(x: Any, y: Any) -> Schema:
    """|x| <= |y| in L^2 where |x| <= y at each draw."""
    return Schema(le(norm(x), norm(y)), (le(sp.Abs(x), y),))


def norm_of_length(x: Any) -> Schema:
    """The length of a vector has the vector's norm in L^2."""
    return Schema(eq(norm(sp.Abs(x)), norm(x)))


def mean_of_a_number(number: Any) -> Schema:
    """E c = c."""
    _known(number)
    return Schema(eq(mean(number), number))


def dot_linearity(u: Any, *terms: tuple[Any, Any]) -> Schema:
    """<c_1 x_1 + c_2 x_2 + ..., u> = c_1 <x_1, u> + ..., the c numbers; the empty sum is 0."""
    _known(*(c for c, _ in terms))
    inside = sp.Add(*(c * x for c, x in terms))
    return Schema(eq(dot(inside, u), sp.Add(*(c * dot(x, u) for c, x in terms))))


def own_direction(x: Any) -> Schema:
    """<x, x/|x|> = |x|, also where x = 0 and its direction is 0."""
    return Schema(eq(dot(x, direction(x)), sp.Abs(x)))


def norm_of_direction(x: Any) -> Schema:
    """A direction has norm at most 1."""
    return Schema(le(norm(direction(x)), 1))


def cauchy_schwarz_in_mean(x: Any, u: Any) -> Schema:
    """E<x, u> <= |x| |u|, norms in L^2."""
    return Schema(le(mean(dot(x, u)), norm(x) * norm(u)))


def _on_the_path(*parts: Any) -> None:
    symbols = set().union(*(sp.sympify(part).free_symbols for part in parts))
    if any(isinstance(symbol, Random) and not isinstance(symbol, Path) for symbol in symbols):
        raise ValueError("what is known given the path must be a function of (X_0, Z)")


def path_tower(x: Any) -> Schema:
    """The mean of E[x | X_0, Z] is the mean of x."""
    return Schema(eq(mean(E_path(x)), mean(x)))


def path_linearity(known: Any, *terms: tuple[Any, Any]) -> Schema:
    """E[k + c x + ... | X_0, Z] = k + c E[x | X_0, Z] + ..., k on the path, the c numbers."""
    _on_the_path(known)
    _known(*(c for c, _ in terms))
    inside = sp.Add(known, *(c * x for c, x in terms))
    return Schema(eq(E_path(inside), sp.Add(known, *(c * E_path(x) for c, x in terms))))


def taking_out(x: Any, u: Any) -> Schema:
    """E[<x, u> | X_0, Z] = <E[x | X_0, Z], u> for u on the path."""
    _on_the_path(u)
    return Schema(eq(E_path(dot(x, u)), dot(E_path(x), u)))


def _real(*coefficients: Any) -> None:
    _known(*coefficients)
    if not all(sp.sympify(c).is_real for c in coefficients):
        raise ValueError("coefficients must be real numbers")


def image_of_a_law(f: Any, index: Any, x: Any, y: Any) -> Schema:
    """f_k(x) and f_k(y) have one law where x and y have."""
    _known(index)
    if not isinstance(f, UndefinedFunction):
        raise ValueError("the map must be a function that nothing else is said of")
    return Schema(eq(law(f(index, x)), law(f(index, y))), (eq(law(x), law(y)),))


def independent_sum(r: Any, x: Any, y: Any, q: Any, z: Any, w: Any) -> Schema:
    """r x + q z and r y + q w have one law where x and y have, z and w have, and z is independent
    of x, w of y.
    """
    _real(r, q)
    alike = (eq(law(x), law(y)), eq(law(z), law(w)))
    apart = (eq(dependence(x, z), 0), eq(dependence(y, w), 0))
    return Schema(eq(law(r * x + q * z), law(r * y + q * w)), (*alike, *apart))


def normal_sum(a: Any, x: Any, b: Any, z: Any, c: Any, w: Any) -> Schema:
    """a x + b z + c w has the law of a x + sqrt(b^2 + c^2) z for standard normal z, w, all three
    independent.
    """
    _known(a, b, c)
    if not isinstance(z, Normal) or not isinstance(w, Normal):
        raise ValueError("two standard normal vectors are summed")
    states = eq(law(a * x + b * z + c * w), law(a * x + sp.sqrt(b**2 + c**2) * z))
    apart = (eq(dependence(x, z), 0), eq(dependence(a * x + b * z, w), 0))
    real = (le(0, a**2), le(0, b**2), le(0, c**2))
    return Schema(states, (*apart, *real))


def distance_of_laws(x: Any, y: Any, y_alike: Any) -> Schema:
    """W_1 depends on the two laws alone."""
    return Schema(eq(W1(x, y), W1(x, y_alike)), (eq(law(y), law(y_alike)),))


def distance_of_laws_left(x: Any, x_alike: Any, y: Any) -> Schema:
    """W_1 depends on the two laws alone, the first too."""
    return Schema(eq(W1(x, y), W1(x_alike, y)), (eq(law(x), law(x_alike)),))


def exchangeability(x: Any, pairing: Any, m: Any) -> Schema:
    """A pairing that reaches each of m rows does not change the law at a slot drawn uniformly.

    x is the row at such a slot I before, of one law for all rows or not. The pairing s is any
    bijection, a function of the rows and of what was drawn before; I is drawn apart from both:
    P(x_s(I) in A) = E sum_i 1(x_s(i) in A)/m = E sum_j 1(x_j in A)/m = P(x_I in A), as s only
    changes the order of the sum.
    """
    conditions = () if pairing is IDENTITY else (eq(reached(pairing), m),)
    return Schema(eq(law(slot(x, pairing)), law(x)), conditions)


def uniform_slot(y: Any, x: Any, pairing: Any) -> Schema:
    """E|y_I - x_s(I)| over a slot I drawn uniformly is the expectation of the batch's mean."""
    distance = mean(sp.Abs(slot(y, IDENTITY) - slot(x, pairing)))
    return Schema(eq(distance, mean(batch_mean(y, x, pairing))))


def unpaired_batch(y: Any, x: Any) -> Schema:
    """Each row at its slot: the batch's mean has the pairs' mean distance as expectation."""
    return Schema(eq(mean(batch_mean(y, x, IDENTITY)), mean(sp.Abs(y - x))))


def arithmetic_geometric(x: Any, n: Any) -> Schema:
    """The product of n numbers >= 0 is at most the n-th power of their average."""
    if not isinstance(x, sp.Symbol) or not x.is_nonnegative or not n.is_integer:
        raise ValueError("a family of n numbers >= 0, by a symbol")
    return Schema(le(product_of(x, n), average_of(x, n) ** n), (le(1, n),))


SCHEMAS: dict[str, Callable[..., Schema]] = {
    "linearity of E": linearity,
    "variance of an affine image": affine_variance,
    "linearity of the integral": integral_linearity,
    "differentiation under the integral": under_the_integral,
    "Minkowski": minkowski,
    "conditional Jensen": conditional_jensen,
    "Jensen, convex phi": convex_jensen,
    "Cauchy-Schwarz": cauchy_schwarz,
    "coupling bound": coupling,
    "W_1 <= W_2": order_of_distances,
    "W_2 is a metric": triangle,
    "coupling bound in L^1": coupling_in_mean,
    "Kantorovich duality": duality,
    "linearity of the mean": scaled_mean,
    "tower rule": tower,
    "total variance": total_variance,
    "W_2 of Gaussians": gaussian_distance,
    "integral of a product": integral_of_product,
    "empty integral": empty_integral,
    "greatest index": greatest_index,
    "maximum, a term of": maximum_below,
    "maximum, a bound of": maximum_above,
    "pi/2 is the first zero of cos": first_zero_of_cos,
    "atan is below pi/2": range_of_atan,
    "Minkowski in L^q": minkowski_q,
    "coupling bound in L^q": coupling_q,
    "triangle inequality": triangle_of_lengths,
    "Minkowski in L^1": minkowski_in_mean,
    "L^1 below L^2": mean_below_norm,
    "the mean is monotone": monotone_mean,
    "the norm is monotone": monotone_norm,
    "norm of a length": norm_of_length,
    "mean of a number": mean_of_a_number,
    "linearity of the inner product": dot_linearity,
    "length along its own direction": own_direction,
    "norm of a direction": norm_of_direction,
    "Cauchy-Schwarz in the mean": cauchy_schwarz_in_mean,
    "tower rule, given the path": path_tower,
    "linearity of E, given the path": path_linearity,
    "taking out what is known": taking_out,
    "image of a law": image_of_a_law,
    "sum of independent vectors": independent_sum,
    "sum of independent normals": normal_sum,
    "a distance of laws": distance_of_laws,
    "a distance of laws, on the left": distance_of_laws_left,
    "exchangeability": exchangeability,
    "uniform slot": uniform_slot,
    "unpaired batch": unpaired_batch,
    "arithmetic and geometric mean": arithmetic_geometric,
}
