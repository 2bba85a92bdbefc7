"""Mutants of the population model."""

from tests.anchor import Edit, Mutant

MUTANTS = (
    Mutant("the flow's slope for the regression's", "population.lower_bound",
           Edit("Gaussian.population_levels",
                "covariance / variance",
                "((a[:-1] ** 2 * lam + b[:-1] ** 2) / variance).sqrt()")),
    Mutant("independent noise in the covariance", "population.lower_bound",
           Edit("Gaussian.population_levels",
                "a[:-1] * a[1:] * lam + b[:-1] * b[1:]", "a[:-1] * a[1:] * lam")),
    Mutant("slopes a level off", "population.lower_bound",
           Edit("Gaussian.population_levels", "t - 2", "max(0, t - 3)")),
    Mutant("jitter in the variance", "population.attainment",
           Edit("Gaussian.population_levels",
                "a[1:] ** 2 * lam + b[1:] ** 2", "a[1:] ** 2 * lam + b[1:] ** 2 + 1e-8")),
    Mutant("one eigenvalue for all directions", "population.sharp_gaussian",
           Edit("Gaussian.population_levels",
                "self.components.eigenvalues[0]",
                "self.components.eigenvalues[0].amax().expand(self.dim)")),
    Mutant("slopes in the wrong axes", "population.sharp_gaussian",
           Edit("Gaussian.population_levels.affine", "(x @ basis * slope) @ basis.T", "x * slope")),
    Mutant("signal's ratio for the noise's", "population.under_dispersion",
           Edit("posterior", "b1 / b", "a1 / a")),
    Mutant("posterior spread without its factor", "population.under_dispersion",
           Edit("posterior", "np.abs(factor)", "a1")),
    Mutant("rare components dropped", "population.mean",
           Edit("expect", "weight > NEGLIGIBLE", "weight > 1e-4")),
    Mutant("the last level at every t", "population.recursion",
           Edit("population_model.model", "levels[t]", "levels[schedule.T]")),
    Mutant("a thousand levels at most", "population.limit",
           Edit("Gaussian.population_levels",
                "torch.cumprod(covariance / variance, 0)",
                "torch.cumprod(covariance / variance, 0)"
                "[torch.arange(len(variance)).clamp_max(998)]")),
)  # fmt: skip
