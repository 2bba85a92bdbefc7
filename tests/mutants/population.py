"""Mutants of population.py."""

from . import Mutant

MUTANTS = (
    Mutant("the flow's slope for the regression's", "population.lower_bound", "population.py",
           "(a[:-1] * a[1:] * lam + b[:-1] * b[1:]) / (a[1:] ** 2 * lam + b[1:] ** 2)",
           "((a[:-1] ** 2 * lam + b[:-1] ** 2) / (a[1:] ** 2 * lam + b[1:] ** 2)).sqrt()"),
    Mutant("independent noise in the covariance", "population.lower_bound", "population.py",
           "a[:-1] * a[1:] * lam + b[:-1] * b[1:]", "a[:-1] * a[1:] * lam"),
    Mutant("slopes a level off", "population.lower_bound", "population.py",
           "affine(slopes[t - 2])", "affine(slopes[max(0, t - 3)])"),
    Mutant("jitter in the variance", "population.attainment", "population.py",
           "/ (a[1:] ** 2 * lam + b[1:] ** 2)", "/ (a[1:] ** 2 * lam + b[1:] ** 2 + 1e-8)"),
    Mutant("one eigenvalue for all directions", "population.sharp_gaussian", "population.py",
           "target.components.eigenvalues[0]", "target.components.eigenvalues[0].amax().expand(target.dim)"),
    Mutant("slopes in the wrong axes", "population.sharp_gaussian", "population.py",
           "(x @ basis * slope) @ basis.T", "x * slope"),
    Mutant("signal's ratio for the noise's", "population.under_dispersion", "population.py",
           "centre = b1 / b * x[:, None]", "centre = a1 / a * x[:, None]"),
    Mutant("posterior spread without its factor", "population.under_dispersion", "population.py",
           "np.abs(factor) * start.scale", "a1 * start.scale"),
    Mutant("rare components dropped", "population.mean", "population.py",
           "weight > 1e-18", "weight > 1e-4"),
    Mutant("the last level at every t", "population.recursion", "population.py",
           "levels[t](x", "levels[schedule.T](x"),
    Mutant("a thousand levels at most", "population.limit", "population.py",
           "slopes = torch.cumprod(factors, 0)", "slopes = torch.cumprod(factors, 0)[torch.arange(len(factors)).clamp_max(998)]"),
)  # fmt: skip
