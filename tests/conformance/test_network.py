"""The network in the subject's place: gradients and derivatives under any transform, NumPy, short
dtypes; the subject is never asked while it runs.
"""

from typing import ClassVar

import numpy as np
import pytest
import torch
from torch.func import grad, jvp, vmap
from torch.utils.checkpoint import checkpoint

from ctverify.conformance import check
from ctverify.conformance.oracle.network import Recorder, as_array, as_tensor
from ctverify.conformance.oracle.probe import Probe
from ctverify.conformance.oracle.rounding import ROUNDINGS, rounding

from .textbook import Textbook

# torch.func.jvp compiles its decompositions with torch.jit, which is deprecated
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")

X = torch.linspace(-2, 2, 10, dtype=torch.float64).reshape(5, 2)
T = torch.linspace(0.5, 1.5, 5, dtype=torch.float64)
ALONG_X, ALONG_T = torch.cos(3 * X), torch.sin(5 * T)


def network(x, e):
    """tanh(x) e, whose derivatives are known."""
    return torch.tanh(x) * e[:, None]


def slope():
    """The derivative of tanh(x) e along (ALONG_X, ALONG_T)."""
    return (1 - torch.tanh(X) ** 2) * T[:, None] * ALONG_X + torch.tanh(X) * ALONG_T[:, None]


def by_row(f):
    """f of one row, vmapped."""
    return vmap(lambda x, t: f(x[None], t[None])[0])


TRANSFORMS = {
    "as it is": lambda f: f(X, T),
    "jvp": lambda f: jvp(f, (X, T), (ALONG_X, ALONG_T))[0],
    "vmap": lambda f: vmap(f)(X, T),
    "vmap of rows": lambda f: by_row(f)(X, T),
    "jvp of vmap": lambda f: jvp(vmap(f), (X, T), (ALONG_X, ALONG_T))[0],
    "vmap of jvp": lambda f: vmap(lambda *a: jvp(f, a[:2], a[2:])[0])(X, T, ALONG_X, ALONG_T),
    "checkpoint": lambda f: checkpoint(f, X, T, use_reentrant=False),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_gradients_arrive(name):
    """The gradient of the sum of squares in the output is twice the output, under each transform;
    what is remembered are plain tensors.
    """
    seen = Recorder(network, leaves=True)
    out = TRANSFORMS[name](seen)
    torch.testing.assert_close(out.detach(), network(X, T), rtol=0, atol=0)
    out.square().sum().backward()
    call = seen.calls[0]
    torch.testing.assert_close(call.leaf.grad, 2 * network(X, T), rtol=1e-15, atol=0)
    assert type(call.x_in) is torch.Tensor
    assert torch.equal(call.x_in, X)
    assert all(other.leaf.grad is None for other in seen.calls[1:])


def test_teachers_have_no_gradient():
    """A call under no_grad, or whose output is not used, has none."""
    seen = Recorder(network, leaves=True)
    with torch.no_grad():
        teacher = seen(X, T)
    seen(X, T)
    (seen(X, T) - teacher).square().sum().backward()
    assert [call.leaf.grad is not None for call in seen.calls] == [False, False, True]


FORWARD = {
    "jvp": lambda f: jvp(f, (X, T), (ALONG_X, ALONG_T))[1],
    "vmap of jvp": lambda f: vmap(lambda *a: jvp(f, a[:2], a[2:])[1])(X, T, ALONG_X, ALONG_T),
    "two backward passes": lambda f: torch.autograd.functional.jvp(f, (X, T), (ALONG_X, ALONG_T))[
        1
    ],
}


@pytest.mark.parametrize("name", FORWARD)
def test_derivatives(name):
    """Central differences of steps h leave h^2/6 of the third derivative: |x| <= 2 steps by 3e-3 in
    x, whose third derivative is at most 2; 1.5e-4 in e, which is linear.
    """
    right = slope()
    gap = (FORWARD[name](Recorder(network)) - right).abs().max()
    assert gap <= 3e-3**2 / 6 * 2 * 1.5 + 1e-9


def test_reverse_derivatives():
    """By the embedding, under grad and under vmap of grad; tanh(x) e is linear in it."""
    f = Recorder(network)
    right = torch.tanh(X).sum(1)
    whole = grad(lambda t: f(X, t).sum())(T)
    rows = vmap(grad(lambda t, x: f(x, t).sum()))(T, X)
    torch.testing.assert_close(whole, right, rtol=0, atol=1e-10)
    torch.testing.assert_close(rows, right, rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_arrays(dtype):
    """NumPy in, NumPy of the same dtype out, rounded once."""
    x, t = X.numpy().astype(dtype), T.numpy()
    out = Recorder(network)(x, t)
    assert isinstance(out, np.ndarray)
    assert out.dtype == dtype
    right = np.tanh(x.astype(np.float64)) * t[:, None]
    allowed = 2 * float(np.finfo(dtype).eps)  # float32's tanh errs by a rounding of its own
    np.testing.assert_allclose(out.astype(np.float64), right, rtol=allowed, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_short_dtypes(dtype):
    """A body in few digits is asked in float64, and its answer rounded once."""
    seen = Recorder(network)
    out = seen(X.to(dtype), T)
    assert torch.equal(out, network(X.to(dtype).double(), T).to(dtype))
    assert seen.calls[0].x_in.dtype == seen.calls[0].raw.dtype == dtype


def test_bfloat16_arrays():
    """ml_dtypes' bfloat16, which JAX's arrays have."""
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="comes with jax: in the nightly job")
    array = X.numpy().astype(ml_dtypes.bfloat16)
    tensor = as_tensor(array)
    assert torch.equal(tensor, X.bfloat16())
    assert (as_array(tensor, array.dtype) == array).all()


@pytest.mark.parametrize("t", [0.3, np.float32(0.25), torch.tensor([0.3]), torch.tensor(2)])
def test_one_time_for_all(t):
    """Numbers, 0-d arrays and tensors, whole ones too."""
    seen = Recorder(network)
    seen(X, t)
    assert seen.calls[0].embedding.tolist() == [float(t)] * 5


def test_features_are_refused():
    """Fourier features are no embedding: the message says what is."""
    with pytest.raises(ValueError, match="must be one number a row"):
        Recorder(network)(X, torch.ones(5, 8))


def test_roundings():
    """64 roundings of float32, 8 of the short ones, to the nearest."""
    assert ROUNDINGS * rounding(torch.float64) == ROUNDINGS * rounding(torch.float32) == 2.0**-17
    assert ROUNDINGS * rounding(torch.float16) == 8 * 2.0**-11
    assert ROUNDINGS * rounding(torch.bfloat16) == 8 * 2.0**-8


class Once(Textbook):
    """Cannot be entered twice, nor copied."""

    busy: ClassVar[list[bool]] = [False]

    def f(self, x, t, network):
        """Textbook's."""

        def guarded(x_in, embedding):
            self.busy[0] = True
            try:
                return network(x_in, embedding)
            finally:
                self.busy[0] = False

        if self.busy[0]:
            raise RuntimeError("entered while it runs")
        return super().f(x, t, guarded)

    def __deepcopy__(self, memo):
        raise TypeError("not to be copied")


@pytest.mark.parametrize("kind", ["ve", "vp"])
def test_never_entered_twice(kind):
    """The oracle learns what it needs between calls."""
    checks = ["sampler.last", "sampler.pushforward", "scalings.semigroup", "loss.gradient"]
    report = check(Once(kind), checks=checks, max_examples=2)
    assert report.conforms
    assert {result.status for result in report.results} <= {"pass", "not_applicable"}


def test_sizes_of_scalings():
    """What roundings are relative to: |c| and |t dc/dt|; for VE's noise prediction c_out = -t,
    whose slope is as large. Steps of 2^-12 of t leave that much of a slope.
    """
    probe = Probe(Textbook("ve"))
    size = probe.sizes(3.0)
    assert size.out == pytest.approx(3.0 + 3.0, rel=2.0**-12)
    assert size.skip == pytest.approx(1.0)


def test_smallest_time():
    """f is asked for no time between the boundary and t_min, or t_max/10^4 where none is given."""

    class From(Textbook):
        t_min = 0.5

    given, default = Probe(From("ve")), Probe(Textbook("ve"))
    assert given.pick(0.0) == default.pick(0.0) == 0.0
    assert given.pick(1e-12) == pytest.approx(0.5)
    assert default.pick(1e-12) == pytest.approx(20.0 / 1e4)
