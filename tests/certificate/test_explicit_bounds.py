"""Explicit bounds: against Gaussians, where W_2 and every term is known in closed form, mixtures on
a line by quantiles, integrals by mpmath, and values worked out elsewhere.

No bound may be below the truth: every comparison allows for rounding alone, ROUNDING of the truth.
"""

import math
from itertools import pairwise

import mpmath
import numpy as np
import pytest
import torch
from scipy.special import ndtri

from ctverify import Gaussian, Mixture, Schedule, certify, population_model, train
from ctverify.certificate import explicit_bounds, explicit_forms, explicit_laws
from ctverify.core.arguments import InputError
from ctverify.flow.reverse_1d import population_tables
from ctverify.targets import load

ROUNDING = 1e-9  # thousands of roundings of a float64, as sums over T <= 1,024 levels have
LHW = Schedule.li_huang_wei(64)
FEW = Schedule.li_huang_wei(16, 1, 2)
SCHEDULES = [
    LHW,
    Schedule.li_huang_wei(1024),
    Schedule.li_huang_wei(9, 0.5, 1.0),
    Schedule.cosine(40),
    Schedule.karras(24),
    Schedule.from_alpha_bar([0.9, 0.88, 0.86, 0.5]),
    Schedule.from_alpha_bar([0.999, 0.01]),
]
EIGENVALUES = [[1.0], [0.01, 1.0, 30.0], [0.0, 0.5], [25.0, 1e-6]]


def below(truth, bound):
    """Whether `bound` is one."""
    return truth <= bound * (1 + ROUNDING) + ROUNDING


class Lines:
    """Directions of a centred Gaussian: v_t, covariances of neighbours, and linear f_t."""

    def __init__(self, schedule, eigenvalues):
        a = np.exp(schedule.log_alpha_bar[1:] / 2)[:, None]
        b = np.sqrt(schedule.one_minus_alpha_bar[1:])[:, None]
        lam = np.asarray(eigenvalues)
        self.v = a**2 * lam + b**2
        self.cov = a[:-1] * a[1:] * lam + b[:-1] * b[1:]
        self.population = np.cumprod(np.vstack([np.ones(len(lam)), self.cov / self.v[1:]]), axis=0)

    def distance(self, slopes):
        """W_2(f_T(X_T), X_1)."""
        model = np.abs(slopes[-1]) * np.sqrt(self.v[-1])
        return float(np.linalg.norm(model - np.sqrt(self.v[0])))

    def defect(self, slopes):
        """E: the norms of f_1 - id and of f_t - E[f_{t-1}(X_{t-1}) | X_t]."""
        own = [(slopes[0] - 1) * np.sqrt(self.v[0])]
        own += list((slopes[1:] - slopes[:-1] * self.cov / self.v[1:]) * np.sqrt(self.v[1:]))
        return sum(float(np.linalg.norm(part)) for part in own)

    def losses(self, slopes):
        """The sum of E |f_t(X_t) - f_{t-1}(X_{t-1})|^2."""
        squares = slopes[1:] ** 2 * self.v[1:] + slopes[:-1] ** 2 * self.v[:-1]
        return float((squares - 2 * slopes[1:] * slopes[:-1] * self.cov).sum())

    def spread(self, slopes):
        """V."""
        left = self.v[:-1] - self.cov**2 / self.v[1:]
        return float((slopes[:-1] ** 2 * left).sum())


def on_a_line(target, schedule):
    """Of a mixture's population model from X_T ~ p_T: W_2, the largest slope of f*_1..f*_{T-1}, and
    the variance of f*_T(X_T). All maps rise, so that quantiles are coupled.
    """
    form = target.one_dimensional_form()
    tables = population_tables(form, schedule)
    p = (np.arange(2000) + 0.5) / 2000
    score = ndtri(p)
    last = form.noised(*schedule.scales(schedule.T)).at_scores(score)
    first = form.noised(*schedule.scales(1)).at_scores(score)
    mapped = tables[schedule.T](last)
    slope = 1.0
    for t in range(2, schedule.T):
        edges = form.noised(*schedule.scales(t)).at_scores(np.array([-6.0, 6.0]))
        x = np.linspace(*edges, 4001)  # in the gap between modes slopes are largest, ranks few
        slope = max(slope, float((np.diff(tables[t](x)) / np.diff(x)).max()))
    distance = math.sqrt(float(((mapped - first) ** 2).mean()))
    return distance, slope, float(mapped.var())


# Of another implementation, T = 64, population model: W_2, A by 0.6 r, A by m, loss form, trivial.
# Its factor before m(lam), lam > 1, is below our 1.5: A by m is compared where lam is the minimum.
SIZES = [
    (Gaussian(0.0, 1.0), 0.039, 0.395, 0.327, 0.278, 1.00),
    (Gaussian(0.0, 25.0), 0.198, 9.47, None, 1.39, 5.00),
    (Mixture([0.5, 0.5], [-1.0, 1.0], [0.25, 0.25]), 0.086, 0.888, 0.735, 0.344, 1.12),
    (Mixture([0.3, 0.7], [-2.0, 2.0], [0.09, 0.09]), 0.465, 6.33, None, 0.82, 1.86),
]


@pytest.mark.parametrize("target, distance, by_r, by_m, loss, trivial", SIZES)
def test_sizes(target, distance, by_r, by_m, loss, trivial):
    """Values of another implementation, printed to two or three digits."""
    truth, slope, variance = on_a_line(target, LHW)
    lam = [float(target.covariance)]
    total = explicit_forms.total_variance(LHW, lam)
    half = 0.0062  # half a unit of the last digit of .82, the coarsest but .039, relative
    assert truth == pytest.approx(distance, abs=5e-4, rel=1e-3)
    assert explicit_bounds.theorem_a(LHW, slope, lam, "r") == pytest.approx(by_r, rel=half)
    if by_m is not None:
        assert explicit_bounds.theorem_a(LHW, slope, lam, "m") == pytest.approx(by_m, rel=half)
    assert explicit_forms.spread_form(0.0, total, variance) == pytest.approx(loss, rel=half)
    assert explicit_forms.trivial(0.0, total) == pytest.approx(trivial, rel=half)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
@pytest.mark.parametrize("lam", EIGENVALUES)
def test_exactly_trained_gaussians(schedule, lam):
    """W_2 in closed form is below every bound; the loss and spread forms meet; A's sum is the exact
    spread of X_{t-1} given X_t.
    """
    lines = Lines(schedule, lam)
    slopes = lines.population
    truth = lines.distance(slopes)
    total = explicit_forms.total_variance(schedule, lam)
    assert total == pytest.approx(float(lines.v[0].sum()), rel=ROUNDING)
    ones = np.ones_like(slopes)
    exact = explicit_bounds.linear_spread(schedule, lam)
    assert exact == pytest.approx(lines.spread(ones), rel=1e-6)  # v' - cov^2/v cancels
    lost = lines.spread(slopes)
    model = float((slopes[-1] ** 2 * lines.v[-1]).sum())
    assert total - model == pytest.approx(lost, rel=1e-6)
    lipschitz = float(slopes[:-1].max())
    for form in ("sum", "kappa", "m"):
        assert below(truth, explicit_bounds.theorem_a(schedule, lipschitz, lam, form))
        smooth = explicit_bounds.smooth_observable(schedule, lipschitz, lam, form)
        assert below(lost / 2, smooth)
        assert below(exact, explicit_bounds.linear_spread(schedule, lam, form))
    assert below(truth, explicit_forms.loss_form(0.0, lost))
    assert below(explicit_forms.spread_floor(total, model), truth)
    concavity = 1 / max(lam)
    contractions = explicit_laws.contractions(schedule, concavity)
    a = np.exp(schedule.log_alpha_bar[1:] / 2)
    assert (slopes.max(1) <= a[0] / a * contractions * (1 + ROUNDING)).all()
    a2 = explicit_laws.log_concave(schedule, concavity, len(lam))
    assert below(truth, a2) and below(lost, a2**2)
    assert below(a2, explicit_laws.log_concave(schedule, concavity, len(lam), short=True))
    assert below(lipschitz, explicit_laws.log_concave_lipschitz(schedule, concavity))
    flow = float(np.sqrt(lines.v[0] / lines.v).max())
    assert below(truth, explicit_laws.smooth_flow(schedule, flow, 0.0, len(lam)))


@pytest.mark.parametrize("seed", range(60))
def test_any_linear_model_on_gaussians(seed):
    """f_t of arbitrary slopes, f_1 no identity: W_2 is below each bound with E added, from N(0, I)
    too, and the losses are what they are made of.
    """
    rng = np.random.default_rng(seed)
    schedule = SCHEDULES[seed % len(SCHEDULES)]
    lam = rng.gamma(0.5, 4.0, size=3)
    lines = Lines(schedule, lam)
    noise = rng.normal(size=lines.population.shape)
    slopes = lines.population * (1 + rng.choice([1e-3, 0.1, 1.0]) * noise)
    truth = lines.distance(slopes)
    defect = lines.defect(slopes)
    spread = lines.spread(slopes)
    gaps = slopes[1:] - slopes[:-1] * lines.cov / lines.v[1:]
    assert lines.losses(slopes) - float((gaps**2 * lines.v[1:]).sum()) == pytest.approx(
        spread, rel=1e-6, abs=1e-9
    )
    total = explicit_forms.total_variance(schedule, lam)
    model = float((slopes[-1] ** 2 * lines.v[-1]).sum())
    assert below(truth, explicit_forms.loss_form(defect, spread))
    assert below(truth, explicit_forms.spread_form(defect, total, model))
    assert below(truth, explicit_forms.trivial(defect, total))
    assert below(explicit_forms.spread_floor(total, model), truth)
    lipschitz = float(np.abs(slopes).max())
    start = explicit_bounds.start(schedule, lipschitz, float(lam.sum()), 3)
    short = explicit_bounds.start(schedule, lipschitz, float(lam.sum()), 3, short=True)
    assert below(start, short)
    landed = float(np.linalg.norm(np.abs(slopes[-1]) - np.sqrt(lines.v[0])))
    for form in ("sum", "kappa", "m"):
        bound = defect + explicit_bounds.theorem_a(schedule, lipschitz, lam, form)
        assert below(truth, bound)
        assert below(landed, bound + start)
    width = rng.uniform(0.1, 2.0)
    sizes = np.hypot(np.abs(slopes[-1]) * np.sqrt(lines.v[-1]), width)
    apart = sizes - np.hypot(np.sqrt(lines.v[0]), width)
    # of one direction W_1 = |difference| E|N|, and a projection is 1-Lipschitz
    smoothed = float(np.abs(apart).max()) * math.sqrt(2 / math.pi)
    assert below(smoothed, explicit_forms.smoothed_w1(defect, spread, width))


def test_the_constant_is_attained():
    """N(0, 1), T = 2, sigma_1 -> 0, sigma_2 -> oo: W_2 over the bound is cos-like, 1 - O(1e-4)."""
    schedule = Schedule.from_alpha_bar([1 - 1e-8, 1e-8])
    lines = Lines(schedule, [1.0])
    truth = lines.distance(lines.population)
    # R = 2 sqrt(1e-8), kappa = 1 - 2e-8 or so
    assert truth == pytest.approx(1 - 2e-4, abs=1e-7)
    assert explicit_bounds.theorem_a(schedule, 1.0, [1.0]) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("T", [9, 64, 1024, 2**16])
@pytest.mark.parametrize("c1", [0.5, 2.0, 4.0, 20.0])
@pytest.mark.parametrize("c0", [0.2, 2.0])
def test_kappa_by_r(T, c1, c0):
    """kappa <= 0.6 r where r <= 1/2, else refused; kappa is the largest ratio."""
    r = c1 * math.log(T) / T
    if r >= 1:
        return
    schedule = Schedule.li_huang_wei(T, c0, c1)
    if r > 0.5:
        with pytest.raises(InputError, match="r = "):
            explicit_bounds.kappa_by_r(schedule)
        return
    sigma = schedule.sigma[1:]
    ratio = float(((sigma[1:] - sigma[:-1]) / (sigma[1:] + sigma[:-1])).max())
    assert explicit_bounds.kappa(schedule) == pytest.approx(ratio, rel=1e-6)
    assert ratio <= explicit_bounds.kappa_by_r(schedule) == pytest.approx(0.6 * r)


@pytest.mark.parametrize("lam", [1e-12, 0.3, 1 - 1e-8, 1 + 1e-4, 7.0, 1e9])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (1e-9, 0.999), (0.5, 0.5 + 1e-7), (0.3, 0.9)])
def test_log_mean(lam, ends):
    """The integral, by mpmath."""
    with mpmath.workdps(40):
        low, high = map(mpmath.mpf, ends)
        v = [a * lam + 1 - a for a in (low, high)]
        exact = lam * mpmath.log(v[1] / v[0]) / (mpmath.mpf(lam) - 1)
    assert explicit_bounds.log_mean(lam, *ends) == pytest.approx(float(exact), rel=1e-7)


@pytest.mark.parametrize("scale, radius, dim", [(0.5, 1.0, 1), (0.1, 0.3, 7), (0.0, 1e-3, 2)])
def test_smoothed_data_is_its_formula(scale, radius, dim):
    """Theorem B term by term in 30 digits, integrals by mpmath."""
    schedule = Schedule.from_alpha_bar([0.999, 0.9, 0.5, 0.01])
    s, R, sigma = mpmath.mpf(scale), mpmath.mpf(radius), [None, *schedule.sigma[1:].tolist()]
    rho = [None, *(mpmath.sqrt(s**2 + mpmath.mpf(x) ** 2) for x in sigma[1:])]
    root = mpmath.sqrt(dim)
    exact = mpmath.mpf(0)
    with mpmath.workdps(30):
        for t in (2, 3, 4):
            k = t - 1
            gap = rho[1] ** -2 - rho[k] ** -2
            first = rho[1] / rho[k] * mpmath.exp(R**2 / 2 * gap)
            second = 4 / (9 * mpmath.sqrt(3)) * R**3 / (rho[1] ** 2 * rho[k] ** 2)
            second *= mpmath.exp(R**2 * gap) * (1 - (rho[1] / rho[k]) ** 3)
            step = 1 - mpmath.mpf(sigma[k]) / sigma[t]
            tau = dim * s**2 * sigma[t] ** 2 / rho[t] ** 2 + R**2 * sigma[t] ** 4 / rho[t] ** 4

            def euler(x, k=k):
                r2 = s**2 + x**2
                eta = x / r2**1.5 * (s**2 + x**2 * R**2 / r2) * root + R**3 * x**3 / r2**3
                return eta * (1 - sigma[k] / x)

            integral = mpmath.quad(euler, mpmath.linspace(sigma[k], sigma[t], 9))
            exact += first * integral + second * step**2 * tau / 2
        exact *= mpmath.sqrt(schedule.alpha_bar[1])
    found = explicit_laws.smoothed_data(schedule, radius, scale, dim)
    assert found == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_mixtures_on_a_line(scale):
    """Two points smoothed, U = +-1: the truth by quantiles is below A, the loss form, and B, which
    is within 3.3 of it where R <= rho_1.
    """
    schedule = Schedule.li_huang_wei(32)
    target = Mixture([0.5, 0.5], [-1.0, 1.0], [scale**2] * 2)
    truth, slope, variance = on_a_line(target, schedule)
    lam = [float(target.covariance)]
    total = explicit_forms.total_variance(schedule, lam)
    assert below(truth, explicit_bounds.theorem_a(schedule, slope, lam))
    # 2,000 midpoints of the quantiles: the variance errs by less than 1e-3 of itself
    assert truth <= explicit_forms.spread_form(0.0, total, variance) + 1e-3 * total
    by_b = explicit_laws.smoothed_data(schedule, 1.0, scale, 1)
    assert below(truth, by_b)
    if scale >= 1.0:
        assert by_b <= 3.3 * truth


def test_smoothed_data_far_from_it():
    """Beyond the exponential's range the bound is infinite, without a warning."""
    assert explicit_laws.smoothed_data(LHW, 10.0, 0.01, 2) == math.inf
    assert explicit_laws.smoothed_data(LHW, 0.0, 0.0, 2) >= 0


@pytest.mark.parametrize("error", [1e-3, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("lipschitz, size", [(1.0, 1.0), (3.0, 64.0), (1.0, 0.2)])
@pytest.mark.parametrize("c1", [0.3, 4.0])
def test_steps(error, lipschitz, size, c1):
    """At the T that it names, and beyond, r <= 1/2 and L sqrt(0.6 r S) <= error."""
    T = explicit_bounds.steps(error, lipschitz, size, c1)
    for steps in (T, 2 * T, 100 * T):
        r = c1 * math.log(steps) / steps
        assert r <= 0.5
        assert lipschitz * math.sqrt(0.6 * r * size) <= error * (1 + ROUNDING)


@pytest.mark.slow
def test_orders():
    """Of r: A is of order 1/2, B and D of order 1; T from 2^12 to 2^14."""
    schedules = [Schedule.li_huang_wei(2**n) for n in (12, 13, 14)]
    r = [4 * math.log(s.T) / s.T for s in schedules]

    def orders(values):
        ratios = zip(pairwise(values), pairwise(r), strict=True)
        return [math.log(b / a) / math.log(y / x) for (a, b), (x, y) in ratios]

    for form in ("kappa", "r"):
        found = [explicit_bounds.theorem_a(s, 2.0, [1.0], form) for s in schedules]
        assert orders(found) == pytest.approx([0.5, 0.5], abs=0.02)
    found = [explicit_laws.smoothed_data(s, 1.0, 1.0, 2) for s in schedules]
    assert orders(found) == pytest.approx([1.0, 1.0], abs=0.05)


def test_refusals():
    """Each names its argument."""
    for call, word in (
        (lambda: explicit_bounds.size([]), "eigenvalues"),
        (lambda: explicit_bounds.size([-1.0]), "eigenvalues"),
        (lambda: explicit_bounds.theorem_a(LHW, 0.0, [1.0]), "lipschitz"),
        (lambda: explicit_bounds.linear_spread(LHW, [1.0], "x"), "form"),
        (lambda: explicit_bounds.kappa_by_r(Schedule.cosine(9)), "li_huang_wei"),
        (lambda: explicit_bounds.start(LHW, 1.0, -1.0, 1), "second_moment"),
        (lambda: explicit_bounds.steps(0.0, 1.0, 1.0, 4.0), "error"),
        (lambda: explicit_forms.loss_form(math.nan, 1.0), "defect"),
        (lambda: explicit_forms.smoothed_w1(0.0, 1.0, 0.0), "width"),
        (lambda: explicit_laws.log_concave(LHW, 0.0, 1), "concavity"),
        (lambda: explicit_laws.smoothed_data(LHW, -1.0, 1.0, 1), "radius"),
        (lambda: explicit_laws.smooth_flow(LHW, 0.5, 1.0, 1), "lipschitz"),
    ):
        with pytest.raises(InputError, match=word):
            call()


def certified(target, f=None, **keywords):
    """A certificate's explicit bounds."""
    f = f or population_model(target, FEW)
    return certify(f, target, FEW, samples=512, pairs=64, **keywords)


@pytest.mark.parametrize("lam", [[1.0], [4.0, 0.25]])
def test_certified_terms_of_gaussians(lam):
    """E, V and the deficit of a linear model with an error of 2 % at every level: known in closed
    form, within 5 standard errors of the estimates (one draw of V or of the deficit varies by about
    its own size, 512 and 256 of them), and below their upper limits.
    """
    dim = len(lam)
    target = Gaussian([0.0] * dim, np.diag(lam))
    lines = Lines(FEW, lam)
    slopes = lines.population * 1.02 ** np.arange(FEW.T)[:, None]
    f = lambda x, t: x * torch.from_numpy(slopes[t - 1])  # noqa: E731
    terms = certified(target, f).explicit.terms
    spread = lines.spread(slopes)
    total = float(lines.v[0].sum())
    deficit = total - float((slopes[-1] ** 2 * lines.v[-1]).sum())
    a, b = FEW.scales(FEW.T)
    apart = slopes[-1] * np.hypot(a * np.sqrt(lam), b - 1)
    start = float(np.linalg.norm(apart))
    assert terms.spread == pytest.approx(spread, rel=5 * 2 / math.sqrt(512))
    assert terms.loss - terms.spread >= 0
    assert abs(terms.deficit - deficit) <= 5 * 2 * total / math.sqrt(256)
    assert lines.defect(slopes) <= terms.defect_upper
    assert terms.defect <= (lines.defect(slopes) + 2 * start + 0.05) * 1.5
    assert spread <= terms.spread_upper
    assert deficit <= terms.deficit_upper


@pytest.mark.parametrize("name", ["gaussian-2d", "mild"])
def test_certified_bounds(name):
    """They are the formulas of their terms; the smallest is the least that rests on no L given;
    Theorem A needs one, and says whose it is; all are above the certified lower limit of W_1.
    """
    target = load(name)
    whole = certified(target)
    found = whole.explicit
    terms = found.terms
    lam = np.linalg.eigvalsh(target.covariance.numpy())
    total = explicit_forms.total_variance(FEW, lam)
    assert found.loss_form == pytest.approx(terms.defect_upper + math.sqrt(terms.spread_upper))
    assert found.trivial == pytest.approx(terms.defect_upper + math.sqrt(total))
    unconditional = [found.loss_form, found.spread_form, found.trivial]
    if name == "gaussian-2d":
        assert found.lipschitz_from == "log-concave"
        unconditional += [found.log_concave, found.theorem_a]
    else:
        assert found.lipschitz is found.theorem_a is found.log_concave is None
    assert found.smallest == min(unconditional) >= whole.w1.lower
    conditional = certified(target, lipschitz=1e-3)
    given = conditional.explicit
    assert given.lipschitz_from == "given"
    assert given.theorem_a < given.smallest == found.smallest
    assert given.theorem_a == pytest.approx(
        terms.defect_upper + explicit_bounds.theorem_a(FEW, 1e-3, lam)
    )
    assert "if L <= 0.001, as given" in " ".join(str(conditional).split())
    again = type(whole).from_dict(whole.to_dict())
    assert again.explicit == found
    old = whole.to_dict()
    del old["explicit"]
    assert type(whole).from_dict(old).explicit is None


def test_certified_affine_models():
    """L of a trained affine model is known: its largest slope."""
    target = load("mild")
    f = train(target, FEW, "affine", samples=512)
    found = certified(target, f).explicit
    x = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    slopes = [float(torch.diff(f(x, t)[:, 0]).abs()) for t in range(1, FEW.T)]
    assert found.lipschitz_from == "affine"
    assert found.lipschitz == pytest.approx(max(slopes), rel=1e-12)


def test_several_steps_have_none():
    """Nor a Lipschitz constant."""
    target = load("gaussian-2d")
    assert certified(target, sampler_steps=2).explicit is None
    with pytest.raises(InputError, match="lipschitz"):
        certified(target, sampler_steps=2, lipschitz=1.0)
    with pytest.raises(InputError, match="lipschitz"):
        certified(target, lipschitz=-1.0)
