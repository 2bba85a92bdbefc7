"""Textbook facts that the kernel does not prove, by name; each is built from its arguments.

SCHEMAS are instances whose conditions are theorems. Below them stand the facts that speak of every
value of a variable: integrals, maxima over an index, the greatest index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.function import UndefinedFunction

from .analysis import derivative, limit_value, smooth
from .formal import (
    CONSTANTS,
    IDENTITY,
    W1,
    W2,
    Cov,
    E,
    E_from,
    E_path,
    J,
    M,
    MaxOver,
    Normal,
    Path,
    Random,
    W2_squared,
    W_q,
    average_of,
    batch_mean,
    dependence,
    direction,
    dot,
    law,
    mean,
    norm,
    norm_q,
    phi,
    product_of,
    reached,
    slot,
    tr_cov,
)
from .normal import zero
from .sign import Support, defined, sign
from .terms import (
    NUMBER,
    PAIRING,
    eq,
    free,
    gap,
    integer,
    kind,
    le,
    lt,
    require,
    sort,
    substitute,
)
from .theorem import Fact, Theorem, derived, given_by

Theorems = Iterable[Theorem]


@dataclass(frozen=True)
class Schema:
    """An instance: what it states, and the relations that it needs."""

    states: Any
    conditions: tuple[Any, ...] = ()


def axiom(
    name: str, arguments: Sequence[Any], premises: Theorems = (), support: Theorems = ()
) -> Theorem:
    """The named fact for these arguments, its conditions being premises."""
    schema = SCHEMAS[name](*arguments)
    premises = tuple(premises)
    used = []
    for condition in schema.conditions:
        found = [p for p in premises if p.states == condition]
        require(found or condition == True, "it needs {}", condition)  # noqa: E712
        used += found[:1]
    known = Support((*used, *support))
    defined(schema.states.lhs, known)
    defined(schema.states.rhs, known)
    return derived(schema.states, (*used, *known.used), axioms=(name,))


def _numbers(*parts: Any) -> None:
    require(all(kind(sp.sympify(p)) == NUMBER for p in parts), "coefficients must not be random")


def _randoms(*parts: Any) -> None:
    require(not any(kind(sp.sympify(p)) == PAIRING for p in parts), "a pairing is no random vector")


def linearity(*terms: tuple[Any, Any]) -> Schema:
    """E(c_1 x_1 + c_2 x_2 + ...) = c_1 E(x_1) + c_2 E(x_2) + ..., the c known given X_t; an x may
    be 1, with E(1) = 1.
    """
    _numbers(*(c for c, _ in terms))
    _randoms(*(x for _, x in terms))
    inside = sp.Add(*(c * x for c, x in terms))
    return Schema(eq(E(inside), sp.Add(*(c * (x if x == 1 else E(x)) for c, x in terms))))


def affine_variance(constant: Any, factor: Any, x: Any) -> Schema:
    """Cov(c + a x | X_t) = a^2 Cov(x | X_t), c and a numbers known given X_t."""
    _numbers(constant, factor)
    return Schema(eq(Cov(constant + factor * x), factor**2 * Cov(x)))


def _integrable(f: Any, x: Any) -> bool:
    """Whether f is a sum of polynomials in x times exp(-a x^2 + b x + c), a > 0: bounded, so that
    its integral against any law exists.
    """
    if isinstance(f, sp.Add):
        return all(_integrable(part, x) for part in f.args)
    moving = [part for part in sp.Mul.make_args(f) if x in free(part)]
    bells = [part for part in moving if isinstance(part, sp.exp)]
    if len(bells) != 1 or not all(part in bells or _polynomial(part, x) for part in moving):
        return False
    u = sp.expand(bells[0].args[0])
    curvature = derivative(derivative(u, x), x)
    return _polynomial(u, x) and x not in free(curvature) and sign(curvature) == -2


def _polynomial(e: Any, x: Any) -> bool:
    if x not in free(e) or e == x:
        return True
    if isinstance(e, sp.Pow):
        return e.exp.is_Integer and e.exp > 0 and _polynomial(e.base, x)
    return isinstance(e, (sp.Add, sp.Mul)) and all(_polynomial(part, x) for part in e.args)


def integral_linearity(x_0: Any, *terms: tuple[Any, Any]) -> Schema:
    """M(c_1 f_1 + ...) = c_1 M(f_1) + ..., M an integral over x_0, the c free of x_0, the f bells
    times polynomials.
    """
    require(
        not any(x_0 in free(sp.sympify(c)) for c, _ in terms),
        "a coefficient moves with {}",
        x_0,
    )
    require(
        all(_integrable(f, x_0) for _, f in terms), "an integrand is no bell times a polynomial"
    )
    inside = sp.Add(*(c * f for c, f in terms))
    return Schema(eq(M(inside, x_0), sp.Add(*(c * M(f, x_0) for c, f in terms))))


def minkowski(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ..."""
    return Schema(le(norm(sp.Add(*terms)), sp.Add(*map(norm, terms))))


def minkowski_q(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ... in L^q."""
    return Schema(le(norm_q(sp.Add(*terms)), sp.Add(*map(norm_q, terms))))


def minkowski_in_mean(*terms: Any) -> Schema:
    """E|a + b + ...| <= E|a| + E|b| + ..."""
    lengths = [mean(sp.Abs(term)) for term in terms]
    return Schema(le(mean(sp.Abs(sp.Add(*terms))), sp.Add(*lengths)))


def triangle_of_lengths(*terms: Any) -> Schema:
    """|a + b + ...| <= |a| + |b| + ... at each draw."""
    return Schema(le(sp.Abs(sp.Add(*terms)), sp.Add(*map(sp.Abs, terms))))


def conditional_jensen(term: Any) -> Schema:
    """|E[x | X_t]| <= |x|: a conditional expectation contracts L^2 (Jensen and the tower rule)."""
    return Schema(le(norm(E(term)), norm(term)))


def convex_jensen(x: Any) -> Schema:
    """E phi(E[x | X_t]) <= E phi(x) for the convex function phi (Jensen and the tower rule)."""
    return Schema(le(mean(phi(E(x))), mean(phi(x))))


def coupling(x: Any, y: Any) -> Schema:
    """W_2(law x, law y) <= |x - y| for any x, y on one space."""
    return Schema(le(W2(x, y), norm(x - y)))


def coupling_q(x: Any, y: Any) -> Schema:
    """W_q(law x, law y) <= |x - y| in L^q for any x, y on one space."""
    return Schema(le(W_q(x, y), norm_q(x - y)))


def coupling_in_mean(x: Any, y: Any) -> Schema:
    """W_1(law x, law y) <= E|x - y|."""
    return Schema(le(W1(x, y), mean(sp.Abs(x - y))))


def order_of_distances(x: Any, y: Any) -> Schema:
    """W_1 <= W_2 (Jensen)."""
    return Schema(le(W1(x, y), W2(x, y)))


def triangle(x: Any, y: Any, z: Any) -> Schema:
    """W_2 is a metric: W_2(x, z) <= W_2(x, y) + W_2(y, z)."""
    return Schema(le(W2(x, z), W2(x, y) + W2(y, z)))


def symmetry(x: Any, y: Any) -> Schema:
    """W_2 is a metric: W_2(x, y) = W_2(y, x)."""
    return Schema(eq(W2(x, y), W2(y, x)))


def duality(x: Any, y: Any) -> Schema:
    """W_1(law x, law y) >= E g(x) - E g(y) for the 1-Lipschitz g = -|.| (Kantorovich)."""
    return Schema(le(mean(sp.Abs(y)) - mean(sp.Abs(x)), W1(x, y)))


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
    states = eq(W2_squared(m1, s1, m2, s2), (m1 - m2) ** 2 + (s1 - s2) ** 2)
    return Schema(states, (le(0, s1), le(0, s2)))


def scaled_mean(factor: Any, x: Any) -> Schema:
    """E|a x| = a E|x| for a number a >= 0."""
    _numbers(factor)
    return Schema(eq(mean(sp.Abs(factor * x)), factor * mean(sp.Abs(x))), (le(0, factor),))


def first_zero_of_cos(x: Any) -> Schema:
    """cos x > 0 for 0 < x < pi/2: pi/2 is the first zero of the cosine."""
    return Schema(lt(0, sp.cos(x)), (lt(0, x), lt(x, sp.pi / 2)))


def range_of_atan(x: Any) -> Schema:
    """atan x < pi/2."""
    return Schema(lt(sp.atan(x), sp.pi / 2))


def gamma_recursion(x: Any) -> Schema:
    """Gamma(x + 1) = x Gamma(x) for x > 0."""
    return Schema(eq(sp.gamma(x + 1), x * sp.gamma(x)), (lt(0, x),))


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
    _numbers(number)
    return Schema(eq(mean(number), number))


def dot_linearity(u: Any, *terms: tuple[Any, Any]) -> Schema:
    """<c_1 x_1 + c_2 x_2 + ..., u> = c_1 <x_1, u> + ..., the c numbers; the empty sum is 0."""
    _numbers(*(c for c, _ in terms))
    inside = sp.Add(*(c * x for c, x in terms))
    return Schema(eq(dot(inside, u), sp.Add(*(c * dot(x, u) for c, x in terms))))


def own_direction(x: Any) -> Schema:
    """<x, u> = |x| for x's own direction u."""
    return Schema(eq(dot(x, direction(x)), sp.Abs(x)))


def norm_of_direction(x: Any) -> Schema:
    """A direction has norm at most 1."""
    return Schema(le(norm(direction(x)), 1))


def cauchy_schwarz_in_mean(x: Any, u: Any) -> Schema:
    """E<x, u> <= |x| |u|, norms in L^2."""
    return Schema(le(mean(dot(x, u)), norm(x) * norm(u)))


def _on_the_path(*parts: Any) -> None:
    symbols = frozenset().union(*(free(sp.sympify(part)) for part in parts))
    others = [s for s in symbols if isinstance(s, Random) and not isinstance(s, Path)]
    require(not others, "what is known given the path must be a function of (X_0, Z)")


def path_tower(x: Any) -> Schema:
    """The mean of E[x | X_0, Z] is the mean of x."""
    return Schema(eq(mean(E_path(x)), mean(x)))


def path_linearity(known: Any, *terms: tuple[Any, Any]) -> Schema:
    """E[k + c x + ... | X_0, Z] = k + c E[x | X_0, Z] + ..., k on the path, the c numbers."""
    _on_the_path(known)
    _numbers(*(c for c, _ in terms))
    inside = sp.Add(known, *(c * x for c, x in terms))
    return Schema(eq(E_path(inside), sp.Add(known, *(c * E_path(x) for c, x in terms))))


def taking_out(x: Any, u: Any) -> Schema:
    """E[<x, u> | X_0, Z] = <E[x | X_0, Z], u> for u on the path."""
    _on_the_path(u)
    return Schema(eq(E_path(dot(x, u)), dot(E_path(x), u)))


def linearity_from(k: Any, *terms: tuple[Any, Any]) -> Schema:
    """E_k(c_1 x_1 + c_2 x_2 + ...) = c_1 E_k(x_1) + ..., the c numbers; E_k(0) = 0.

    E_k = E_from(., k) is the expectation given what is known from index k on, ever less with k: a
    decreasing family of sigma-algebras; x is known from k on where E_k(x) = x.
    """
    _numbers(k, *(c for c, _ in terms))
    _randoms(*(x for _, x in terms))
    inside = sp.Add(*(c * x for c, x in terms))
    return Schema(eq(E_from(inside, k), sp.Add(*(c * E_from(x, k) for c, x in terms))))


def tower_from(x: Any, j: Any, k: Any) -> Schema:
    """E_k(E_j(x)) = E_k(x) where j <= k: less is known from k on."""
    _numbers(j, k)
    return Schema(eq(E_from(E_from(x, j), k), E_from(x, k)), (le(j, k),))


def known_before(x: Any, j: Any, k: Any) -> Schema:
    """E_j(x) = x where E_k(x) = x and j <= k: what is known from k on is known from j on."""
    _numbers(j, k)
    return Schema(eq(E_from(x, j), x), (eq(E_from(x, k), x), le(j, k)))


def expectation_known(x: Any, k: Any) -> Schema:
    """E_k(E_k(x)) = E_k(x): an expectation is known itself."""
    _numbers(k)
    return Schema(eq(E_from(E_from(x, k), k), E_from(x, k)))


def known_image(f: Any, index: Any, x: Any, k: Any) -> Schema:
    """A function of what is known from k on is known: E_k(f_i(x)) = f_i(x) where E_k(x) = x."""
    _numbers(index, k)
    plain = isinstance(f, UndefinedFunction) and f not in CONSTANTS
    require(plain, "the map must be a function that nothing else is said of")
    return Schema(eq(E_from(f(index, x), k), f(index, x)), (eq(E_from(x, k), x),))


def pythagoras(x: Any, k: Any) -> Schema:
    """|x|^2 = |x - E_k(x)|^2 + |E_k(x)|^2, norms in L^2: E_k is an orthogonal projection."""
    _numbers(k)
    return Schema(eq(norm(x) ** 2, norm(x - E_from(x, k)) ** 2 + norm(E_from(x, k)) ** 2))


def total_variance_from(x: Any, k: Any) -> Schema:
    """|x - E_k(x)|^2 = tr Cov x - tr Cov E_k(x)."""
    _numbers(k)
    return Schema(eq(norm(x - E_from(x, k)) ** 2, tr_cov(x) - tr_cov(E_from(x, k))))


def squared_norm(a: Any, x: Any, b: Any, z: Any) -> Schema:
    """|a x + b z|^2 = a^2 |x|^2 + 2 a b E<x, z> + b^2 |z|^2, norms in L^2, a and b numbers."""
    _numbers(a, b)
    cross = 2 * a * b * mean(dot(x, z))
    return Schema(eq(norm(a * x + b * z) ** 2, a**2 * norm(x) ** 2 + cross + b**2 * norm(z) ** 2))


def spreads(x: Any, y: Any) -> Schema:
    """sqrt(tr Cov x) <= sqrt(tr Cov y) + W_2(x, y): Minkowski for a best coupling, means taken
    off.
    """
    return Schema(le(sp.sqrt(tr_cov(x)), sp.sqrt(tr_cov(y)) + W2(x, y)))


def image_of_a_law(f: Any, index: Any, x: Any, y: Any) -> Schema:
    """f_k(x) and f_k(y) have one law where x and y have."""
    _numbers(index)
    plain = isinstance(f, UndefinedFunction) and f not in CONSTANTS
    require(plain, "the map must be a function that nothing else is said of")
    return Schema(eq(law(f(index, x)), law(f(index, y))), (eq(law(x), law(y)),))


def independent_sum(r: Any, x: Any, y: Any, q: Any, z: Any, w: Any) -> Schema:
    """r x + q z and r y + q w have one law where x and y have, z and w have, and z is independent
    of x, w of y.
    """
    _numbers(r, q)
    alike = (eq(law(x), law(y)), eq(law(z), law(w)))
    apart = (eq(dependence(x, z), 0), eq(dependence(y, w), 0))
    return Schema(eq(law(r * x + q * z), law(r * y + q * w)), (*alike, *apart))


def normal_sum(a: Any, x: Any, b: Any, z: Any, c: Any, w: Any) -> Schema:
    """a x + b z + c w has the law of a x + sqrt(b^2 + c^2) z for standard normal z, w, all three
    independent.
    """
    _numbers(a, b, c)
    require(
        isinstance(z, Normal) and isinstance(w, Normal), "two standard normal vectors are summed"
    )
    states = eq(law(a * x + b * z + c * w), law(a * x + sp.sqrt(b**2 + c**2) * z))
    apart = (eq(dependence(x, z), 0), eq(dependence(a * x + b * z, w), 0))
    return Schema(states, (*apart, le(0, a**2), le(0, b**2), le(0, c**2)))


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
    conditions = () if pairing == IDENTITY else (eq(reached(pairing), m),)
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
    require(isinstance(x, sp.Symbol) and "nonnegative" in sort(x), "a family of numbers >= 0")
    require(kind(x) == NUMBER and integer(n), "a family of n numbers >= 0, by a symbol")
    return Schema(le(product_of(x, n), average_of(x, n) ** n), (le(1, n),))


SCHEMAS: dict[str, Callable[..., Schema]] = {
    "linearity of E": linearity,
    "variance of an affine image": affine_variance,
    "linearity of the integral": integral_linearity,
    "Minkowski": minkowski,
    "Minkowski in L^q": minkowski_q,
    "Minkowski in L^1": minkowski_in_mean,
    "triangle inequality": triangle_of_lengths,
    "conditional Jensen": conditional_jensen,
    "Jensen, convex phi": convex_jensen,
    "coupling bound": coupling,
    "coupling bound in L^q": coupling_q,
    "coupling bound in L^1": coupling_in_mean,
    "W_1 <= W_2": order_of_distances,
    "W_2 is a metric": triangle,
    "W_2 is symmetric": symmetry,
    "Kantorovich duality": duality,
    "tower rule": tower,
    "total variance": total_variance,
    "W_2 of Gaussians": gaussian_distance,
    "linearity of the mean": scaled_mean,
    "pi/2 is the first zero of cos": first_zero_of_cos,
    "atan is below pi/2": range_of_atan,
    "Gamma(x + 1) = x Gamma(x)": gamma_recursion,
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
    "linearity of E_k": linearity_from,
    "tower rule of E_k": tower_from,
    "known from k on, from j on": known_before,
    "an expectation is known": expectation_known,
    "a function of what is known": known_image,
    "Pythagoras for E_k": pythagoras,
    "total variance for E_k": total_variance_from,
    "square of a sum's norm": squared_norm,
    "spreads differ by W_2 at most": spreads,
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
SPECIAL = (
    "differentiation under the integral",
    "Cauchy-Schwarz",
    "integral of a product",
    "empty integral",
    "maximum, a term of",
    "maximum, a bound of",
    "greatest index",
)


def _everywhere(theorem: Theorem, x: Any, where: Iterable[Any] = ()) -> frozenset[Fact]:
    """The facts `where` that the theorem is given; refused if it assumes more about x."""
    allowed = frozenset(Fact(relation) for relation in where)
    about = {fact for fact in theorem.given if x in fact.free()}
    require(about <= allowed, "more is assumed about {}: {}", x, about - allowed)
    return frozenset(about)


def under_the_integral(density: Theorem, y: Any) -> Theorem:
    """p'(y) = M(d kernel/dy) where p(y) = M(kernel) at every y, for kernels that are bells in x_0
    and in y.
    """
    require(isinstance(density.states, sp.Eq), "no density")
    integral, p = density.states.lhs, density.states.rhs
    require(integral.func == M and p == p.func(y) and p.func not in CONSTANTS, "no p(y) = M(..)")
    require(kind(y) == NUMBER and sort(y) == {"real"}, "{} is not any real number", y)
    kernel, x_0 = integral.args
    _everywhere(density, y)
    defined(kernel, Support())
    require(_integrable(kernel, x_0) and _integrable(kernel, y), "the kernel is no bell")
    states = eq(sp.Derivative(p, y), M(derivative(kernel, y), x_0))
    return derived(states, (density,), axioms=("differentiation under the integral",))


def cauchy_schwarz(
    primitive: Any, square: Any, u: Any, order: Theorem, support: Theorems = ()
) -> Theorem:
    """(int f)^2 <= (high - low) int f^2, f the derivative of one primitive, f^2 of the other;
    order: low <= high.
    """
    low, high = order.states.lhs, order.states.rhs
    require(not isinstance(order.states, sp.Eq) and kind(primitive) == NUMBER, "no order of ends")
    require(
        sort(u) == {"real"} and u not in free(low) | free(high),
        "{} is not any real number",
        u,
    )
    f, known = derivative(primitive, u), Support((order, *support))
    require(zero(derivative(square, u) - f**2), "{} is no primitive of {}", square, f**2)
    for part in (primitive, square, f):
        smooth(part, u)
        defined(part, known)
    whole, squares = (
        substitute(p, {u: high}) - substitute(p, {u: low}) for p in (primitive, square)
    )
    theorem = derived(
        le(whole**2, (high - low) * squares), (order, *known.used), axioms=("Cauchy-Schwarz",)
    )
    _everywhere(theorem, u)
    return theorem


def integral_of_product(
    densities: Sequence[Theorem],
    falls: Theorem,
    w: Any,
    u: Any,
    ends: tuple[Any, Any],
    orders: Theorems = (),
    support: Theorems = (),
) -> Theorem:
    """bound (w(low) - w(high)) <= J(high) - J(low) where bound <= g between (>= where g <= bound),
    w not increasing, 0 <= low <= high <= oo.

    densities: bound <= g or g <= bound for low <= u <= high; the other of the two, with any bound,
    must follow where low may be 0 or high is oo, so that the integral exists. falls: 0 <= -w'.
    """
    low, high = ends
    where = (le(low, u),) if high == sp.oo else (le(low, u), le(u, high))
    known, parts = Support((*orders, *support)), []
    require(kind(u) == NUMBER and sort(u) == {"positive"}, "{} must be any positive number", u)
    require(u not in free(low) and (high == sp.oo or u not in free(high)), "the ends move")
    for density in densities:
        require(not isinstance(density.states, sp.Eq), "no bound of a density")
        sides = (density.states.lhs, density.states.rhs)
        parts.append(sides if u not in free(sides[0]) else sides[::-1])
        require(u not in free(parts[-1][0]) and parts[-1][1] == parts[0][1], "no bounds of one g")
    bound, g = parts[0]
    above = densities[0].states.rhs == bound
    senses = {density.states.rhs == part[0] for density, part in zip(densities, parts, strict=True)}
    require(
        len(senses) == 2 or (high != sp.oo and sign(low, known) == 2), "g is bounded on one side"
    )
    require(falls.states == le(0, -derivative(w, u)) or _falls(falls, w, u), "w need not fall")
    _everywhere(falls, u)
    if sign(low, known) < 1:
        require(False, "0 <= {} is not shown", low)
    if high != sp.oo:
        ordered = [o for o in orders if o.states == le(low, high)] or sign(high - low, known) > 0
        require(ordered, "{} <= {} is not shown", low, high)
        known.used += ordered if isinstance(ordered, list) else []
        defined(high, known)
    for part in (g, w):
        smooth(part, u)
        defined(part, known)
    defined(w, known, {u: low})
    defined(low, known)
    last = limit_value(w, u, sp.oo, known) if high == sp.oo else substitute(w, {u: high})
    drop = bound * (substitute(w, {u: low}) - last)
    increment = J(high, g, w, u) - J(low, g, w, u)
    dropped = frozenset().union(*(_everywhere(density, u, where) for density in densities))
    theorem = derived(
        le(increment, drop) if above else le(drop, increment),
        (*densities, falls, *known.used),
        without=dropped,
        axioms=("integral of a product",),
    )
    _everywhere(theorem, u)
    return theorem


def _falls(theorem: Theorem, w: Any, u: Any) -> bool:
    return not isinstance(theorem.states, sp.Eq) and zero(gap(theorem.states) + derivative(w, u))


def empty_integral(g: Any, w: Any, u: Any) -> Theorem:
    """An integral from 0 to 0 is 0."""
    return derived(eq(J(0, g, w, u), 0), (), axioms=("empty integral",))


def _family(term: Any, t: Any, last: Any) -> None:
    require(kind(t) == NUMBER and sort(t) == {"integer", "positive"}, "{} is no index", t)
    require(integer(last) and t not in free(last), "{} is no last index", last)
    require(kind(term) == NUMBER, "the terms are random")


def maximum_term(term: Any, t: Any, index: Any, order: Theorem, support: Theorems = ()) -> Theorem:
    """A term of a finite family is at most the largest; order: index <= last."""
    last = order.states.rhs
    require(not isinstance(order.states, sp.Eq) and order.states.lhs == index, "no index <= last")
    _family(term, t, last)
    known = Support((order, *support))
    require(integer(index) and sign(index - 1, known) >= 1, "1 <= {} is not shown", index)
    value = substitute(term, {t: index})
    defined(value, known)
    defined(last, known)
    states = le(value, MaxOver(term, t, last))
    return derived(states, (order, *known.used), axioms=("maximum, a term of",))


def maximum_bound(theorem: Theorem, t: Any, last: Any) -> Theorem:
    """The largest of a finite family is at most what bounds every term: term <= bound for t = 1 ..
    last.
    """
    term, bound = theorem.states.lhs, theorem.states.rhs
    require(
        not isinstance(theorem.states, sp.Eq) and t not in free(bound), "no bound of every term"
    )
    _family(term, t, last)
    require(sign(last - 1) >= 1, "1 <= {} is not shown", last)
    dropped = _everywhere(theorem, t, (le(t, last), le(1, t)))
    states = le(MaxOver(term, t, last), bound)
    return derived(states, (theorem,), without=dropped, axioms=("maximum, a bound of",))


def at_greatest_index(
    theorem: Theorem,
    path: Any,
    t: Any,
    tau: Any,
    last: Any,
    premises: Theorems,
    support: Theorems = (),
) -> Theorem:
    """What follows at an index tau < last with path(tau) <= 1 <= path(tau + 1), and speaks of no
    tau, holds: there is one, the greatest with path(tau) <= 1.

    premises: path(1) <= 1, 1 <= path(last), 2 <= last.
    """
    _family(path, t, last)
    require(sort(tau) == {"integer", "positive"} and kind(tau) == NUMBER, "{} is no index", tau)
    one = sp.Integer(1)
    needed = (
        le(substitute(path, {t: one}), 1),
        le(1, substitute(path, {t: last})),
        le(2, last),
    )
    premises = tuple(premises)
    found = [[p for p in premises if p.states == need] for need in needed]
    require(all(found), "it needs {}", needed)
    known = Support(support)
    defined(path, known)
    here, after = substitute(path, {t: tau}), substitute(path, {t: tau + 1})
    facts = frozenset(map(Fact, (le(here, 1), le(1, after), le(tau, last - 1))))
    used = (*(f[0] for f in found), *known.used)
    new = derived(
        theorem.states,
        (theorem, *used),
        without=facts - given_by(used),
        axioms=("greatest index",),
    )
    about = free(new.states) | free(path) | free(last)
    require(tau not in about, "{} is spoken of outside", tau)
    require(not any(tau in fact.free() for fact in new.given), "more is assumed about {}", tau)
    return new
