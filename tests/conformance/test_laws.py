"""Laws that adapters declare, against closed forms, mpmath and SciPy."""

import math

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ctverify import Convention, InputError
from ctverify.conformance import (
    ConstantWeight,
    CosineRamp,
    Doubling,
    InverseGap,
    KarrasRamp,
    KarrasScalings,
    LinearRamp,
    LogNormalTimes,
    LogTime,
    LogUniformRamp,
    PlainTime,
    PseudoHuber,
    Squared,
    SquareRoot,
    TrigFlowScalings,
)

EDM = Convention.ve(0.002, t_max=80.0)
counts = st.integers(1, 300)


@given(s0=counts, more=counts, K=st.integers(1, 10**6), share=st.floats(0, 1))
def test_doubling(s0, more, K, share):
    """The formula as it is printed, in 50 digits."""
    law = Doubling(s0, s0 + more, K)
    k = round(share * (K - 1))
    with mpmath.workdps(50):
        period = max(int(mpmath.floor(K / (mpmath.log(law.s1 // s0, 2) + 1))), 1)
        right = min(s0 * 2 ** (k // period), law.s1) + 1
    assert law.levels(k) == right
    assert right in law.allowed(k)
    assert Doubling(s0, s0 + more, K, intervals=True).levels(k) == right - 1


@given(s0=counts, more=st.integers(0, 300), K=st.integers(1, 10**6), share=st.floats(0, 1))
def test_square_root(s0, more, K, share):
    """The formula as it is printed, in 50 digits."""
    law = SquareRoot(s0, s0 + more, K)
    k = round(share * (K - 1))
    with mpmath.workdps(50):
        square = mpmath.mpf(k * ((law.s1 + 1) ** 2 - s0**2)) / K + s0**2
        root = mpmath.sqrt(square)
        near = mpmath.nint(root)
        # a whole root is one, whatever its fiftieth digit
        root = near if abs(root - near) < mpmath.mpf(10) ** -40 else root
        right = int(mpmath.ceil(root - 1)) + 1
    assert law.levels(k) == right
    assert right in law.allowed(k)
    assert law.levels(0) == s0
    assert law.allowed(0) == {s0}


@pytest.mark.parametrize("law", [Doubling(3, 100, 997), SquareRoot(2, 40, 997)], ids=repr)
def test_turns(law):
    """N(k) changes there and nowhere else."""
    changes = [k for k in range(1, law.K) if law.levels(k) != law.levels(k - 1)]
    assert law.turns() == changes


@given(k=st.integers(0, 799_999))
def test_rounded_curricula_are_allowed(k):
    """N(k) in float32 and in float64, factors in another order, is in `allowed`."""
    law = SquareRoot(2, 150, 800_000)
    growth = 151**2 - 4
    for kind in (np.float32, np.float64):
        root = np.sqrt(kind(k) / kind(law.K) * kind(growth) + kind(4))
        assert int(np.ceil(root - kind(1))) + 1 in law.allowed(k)
    assert math.ceil(math.sqrt(k * (growth / law.K) + 4)) in law.allowed(k)


KINDS = (KarrasRamp(), KarrasRamp(3.0), LogUniformRamp(), LinearRamp(), CosineRamp())


@pytest.mark.parametrize("ramp", KINDS, ids=repr)
def test_ramps(ramp):
    """n times fall from the noise end, short of the boundary; n levels rise between both."""
    for n in (1, 2, 3, 40):
        times = ramp.times(n, EDM)
        assert len(times) == n
        assert times[0] == pytest.approx(80.0, rel=1e-14)
        assert times[-1] > 0.002
        assert (np.diff(times) < 0).all()
    levels = ramp.levels(41, EDM)
    assert levels[0] == 0.002
    assert levels[-1] == 80.0
    assert levels[:0:-1] == pytest.approx(ramp.times(40, EDM), rel=1e-12)
    closed = type(ramp)(to_boundary=True) if not isinstance(ramp, KarrasRamp) else None
    if closed is not None:
        assert closed.times(41, EDM) == pytest.approx(levels[::-1], rel=1e-12)
        assert closed.times(1, EDM) == pytest.approx([80.0], rel=1e-14)


@given(u=st.floats(0, 1), low=st.floats(1e-4, 1), ratio=st.floats(1.5, 1e5))
def test_ramps_against_mpmath(u, low, ratio):
    """Each ramp's own equation, in 50 digits, to the rounding of its size in float64."""
    high = low * ratio
    with mpmath.workdps(50):
        end, start, share = map(mpmath.mpf, (low, high, u))
        root_end, root_start = end ** (mpmath.mpf(1) / 7), start ** (mpmath.mpf(1) / 7)
        right = {
            KarrasRamp(7.0): (root_start + share * (root_end - root_start)) ** 7,
            LogUniformRamp(): start ** (1 - share) * end**share,
            LinearRamp(): start + share * (end - start),
            CosineRamp(): end + (start - end) * mpmath.cos(mpmath.pi / 2 * share),
        }
        for ramp, time in right.items():
            error = abs(float(ramp.at(u, low, high)) - time)
            assert error <= 8 * 2.0**-53 * float(ramp.size(u, low, high))


@given(
    u=st.floats(0, 1, width=32),
    low=st.sampled_from([1e-3, 0.002, 0.9, 1.1, 2.7]),
    high=st.sampled_from([3.0, 20.0, 80.0, 1e4]),
)
def test_sizes_bound_float32(u, low, high):
    """Ramps in float32, by powers and by logarithms, are off by at most 8 roundings of `size`."""
    f = np.float32
    end, start, share = f(low), f(high), f(u)
    root_end, root_start = end ** f(1 / 7), start ** f(1 / 7)
    root = root_start + share * (root_end - root_start)
    rounded = {
        KarrasRamp(7.0): [root ** f(7), np.exp(f(7) * np.log(root))],
        LogUniformRamp(): [
            np.exp(np.log(start) + share * (np.log(end) - np.log(start))),
            start * (end / start) ** share,
        ],
        LinearRamp(): [start + share * (end - start), (f(1) - share) * start + share * end],
        CosineRamp(): [end + (start - end) * np.cos(f(math.pi / 2) * share)],
    }
    for ramp, times in rounded.items():
        for time in times:
            right = float(ramp.at(float(u), float(low), float(high)))
            allowed = 8 * 2.0**-24 * float(ramp.size(float(u), float(low), float(high)))
            assert abs(float(time) - right) <= allowed, ramp


def test_log_normal_times():
    """SciPy's log-normal law of VE's t and logit-normal of flow matching's."""
    law = LogNormalTimes(-1.1, 2.0)
    t = np.array([0.002, 0.3, 5.0, 80.0])
    right = stats.lognorm(s=2.0, scale=math.exp(-1.1)).cdf(t)
    assert law.cdf(t, EDM) == pytest.approx(right, rel=1e-13)
    share = np.array([0.1, 0.5, 0.9])
    logit = stats.norm(-1.1, 2.0).cdf(np.log(share / (1 - share)))
    assert law.cdf(share, Convention.linear()) == pytest.approx(logit, rel=1e-13)
    angles = np.array([0.2, 1.0, 1.5])
    tangent = stats.norm(-1.1, 2.0).cdf(np.log(0.7 * np.tan(angles)))
    assert law.cdf(angles, Convention.trigflow(0.7)) == pytest.approx(tangent, rel=1e-13)
    assert law.cdf([0.0, math.pi / 2], Convention.trigflow()).tolist() == [0.0, 1.0]


def test_cut():
    """math.erf's differences, normalised; far tails keep their digits."""
    levels = KarrasRamp().levels(11, EDM)
    support, shares = LogNormalTimes(-1.1, 2.0).cut(levels)
    z = [math.erf((math.log(v) + 1.1) / math.sqrt(8)) for v in levels]
    right = np.diff(z) / (z[-1] - z[0])
    assert support.tolist() == levels[1:].tolist()
    assert shares == pytest.approx(right, rel=1e-10)
    _, far = LogNormalTimes(0.0, 1.0).cut([1.0, math.exp(8.5), math.exp(9.0)])
    tails = float(stats.norm.sf(8.5) - stats.norm.sf(9.0))
    assert far[1] == pytest.approx(tails / 0.5, rel=1e-12)
    for wrong in ([1.0], [2.0, 1.0], [-1.0, 1.0], [1e30, 1e31]):
        with pytest.raises(InputError, match="levels must"):
            LogNormalTimes(0.0, 1.0).cut(wrong)


@given(x=st.floats(1e-9, 1e4), y=st.floats(-1e4, 1e4), c=st.sampled_from([None, 1e-3, 1.0]))
def test_losses(x, y, c):
    """Both forms of pseudo-Huber and the squares, in 50 digits."""
    rows = torch.tensor([[x, y]], dtype=torch.float64)
    with mpmath.workdps(50):
        k = mpmath.mpf(0.00054) * mpmath.sqrt(2) if c is None else mpmath.mpf(c)
        a, b = (mpmath.sqrt(mpmath.mpf(v) ** 2 + k**2) - k for v in (x, y))
        vector = mpmath.sqrt(mpmath.mpf(x) ** 2 + mpmath.mpf(y) ** 2 + k**2) - k
        right = {
            PseudoHuber(c): vector,
            PseudoHuber(c, elementwise=True): (a + b) / 2,
            Squared(): mpmath.mpf(x) ** 2 + mpmath.mpf(y) ** 2,
            Squared(elementwise=True): (mpmath.mpf(x) ** 2 + mpmath.mpf(y) ** 2) / 2,
        }
    for law, loss in right.items():
        assert float(law.distance(rows)) == pytest.approx(float(loss), rel=1e-13, abs=1e-300)


def test_weights():
    """1/(t - s), and one number for all."""
    t, s = torch.tensor([3.0, 2.0]), torch.tensor([1.0, 1.5])
    assert InverseGap()(t, s).tolist() == [0.5, 2.0]
    assert ConstantWeight(3.0)(t, s).tolist() == [3.0, 3.0]
    assert PseudoHuber().weight == InverseGap()
    assert Squared().weight == ConstantWeight()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Doubling(0, 10, 100), "s0 must be a whole number of at least 1"),
        (lambda: SquareRoot(10, 9, 100), "s1 must be a whole number of at least 10"),
        (lambda: Doubling(10, 20, 0), "K must be"),
        (lambda: KarrasRamp(0.0), "rho must be"),
        (lambda: LogNormalTimes(0.0, 0.0), "std must be"),
        (lambda: PseudoHuber(c=-1.0), "c must be"),
        (lambda: ConstantWeight(0.0), "value must be"),
        (lambda: LinearRamp().levels(1, EDM), "n must be"),
        (lambda: LogUniformRamp().times(2, Convention.ve(0.0)), "boundary above 0"),
    ],
)
def test_refusals(make, words):
    """One sentence with the argument's name."""
    with pytest.raises(InputError, match=words):
        make()


@given(t=st.floats(0.01, 100), sd=st.floats(0.1, 10))
def test_scalings(t, sd):
    """For data N(0, sd^2) the input and what the raw output has to be are of unit variance (Karras
    et al., Appendix B.6); to some roundings of float64.
    """
    skip, out, scale_in, embedding = KarrasScalings(LogTime(250.0)).at(
        t, Convention.ve(0.0, sigma_data=sd)
    )
    assert scale_in**2 * (sd**2 + t**2) == pytest.approx(1, rel=1e-13)
    assert (1 - skip) ** 2 * sd**2 + skip**2 * t**2 == pytest.approx(out**2, rel=1e-12)
    assert math.exp(embedding / 250) == pytest.approx(t, rel=1e-13)
    angle = math.atan2(t, sd)
    skip, out, scale_in, embedding = TrigFlowScalings().at(angle, Convention.trigflow(sd))
    assert scale_in * sd == pytest.approx(1, rel=1e-13)
    data, noise = 1 - skip * math.cos(angle), skip * math.sin(angle)
    assert (data**2 + noise**2) * sd**2 == pytest.approx(out**2, rel=1e-12)
    assert embedding == PlainTime().at(angle)


def test_scalings_at_the_boundary():
    """f(x, e) = x."""
    assert KarrasScalings().at(EDM.boundary, EDM)[:2] == (1, 0)
    plain = Convention.ve(0.002, scaled_input=False)
    assert KarrasScalings().at(7.0, plain)[2] == 1


def test_scalings_of_another_convention():
    """Refused, with the one that they are of."""
    with pytest.raises(InputError, match=r"KarrasScalings are of Convention\.ve, got a trigflow"):
        KarrasScalings().at(1.0, Convention.trigflow())
