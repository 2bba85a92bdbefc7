"""What must hold before numbers mean anything: a float32 network is never accused, a random or
batch-dependent f always is.
"""

import functools

import pytest
import torch
from torch import nn

from ctverify import Convention, Gaussian, InputError, Schedule, certify, train
from ctverify.certificate.checked_model import Centred
from ctverify.certificate.precision import call_dtype, networks
from ctverify.certificate.sanity import ROWS, sanity_verdicts
from ctverify.targets import load

from .conftest import FEW, SMALL, gaussian_model

KARRAS = Schedule.karras(12)
IDENTITY = "f_1 is the identity"
DETERMINISTIC = "f is deterministic"
BY_ROWS = "f acts row by row"
DTYPES = ("float64", "float32", "bfloat16", "float16")


def mlp(dim, width, depth, *, extra=None):
    """A network of fixed weights; `extra` makes a layer that follows each hidden one."""
    torch.manual_seed(0)
    layers = [nn.Linear(dim, width), nn.SiLU()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), nn.SiLU()]
        if extra is not None:
            layers.append(extra(width))
    return nn.Sequential(*layers, nn.Linear(width, dim))


class EDM(nn.Module):
    """f(x, t) = c_skip x + c_out net(c_in x), the identity at t = 0.002, as EDM models are."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, t):
        past = t - 0.002
        root = (0.25 + t * t) ** 0.5
        skip = 0.25 / (past * past + 0.25)
        return skip * x + 0.5 * past / root * self.net(x / root)


def statuses(f, target=None, schedule=FEW, dtype="auto"):
    """Status by law of the three verdicts."""
    target = load("mixture-2d") if target is None else target
    centred = Centred(f, target, schedule, dtype=call_dtype(f, dtype))
    with torch.no_grad():
        return {verdict.law: verdict.status for verdict in sanity_verdicts(centred, 0)}


@pytest.mark.parametrize(
    ("dtype", "dim", "width", "depth"),
    [
        ("float64", 2, 64, 12),
        ("float64", 8, 512, 2),
        ("float32", 2, 16, 2),
        ("float32", 2, 64, 12),
        ("float32", 8, 512, 2),
        ("bfloat16", 2, 16, 2),
        ("float16", 2, 16, 2),
    ],
)
def test_networks_are_not_accused(dtype, dim, width, depth):
    """MLPs of several widths in each dtype, in VE: sums of other orders, and sigma = 80."""
    target = Gaussian(torch.zeros(dim), torch.eye(dim))
    net = EDM(mlp(dim, width, depth, extra=nn.LayerNorm)).to(getattr(torch, dtype))
    f = Convention.ve().wrap(net, KARRAS)
    assert set(statuses(f, target, KARRAS).values()) == {"pass"}


def test_steep_and_cancelling_networks_are_not_accused():
    """Mutants of the limit: without its second term, or with the paper's x in place of VE's."""
    steep = mlp(2, 256, 4).float()
    for parameter in steep.parameters():
        parameter.data.mul_(3.0)

    def cancelling(x, t):
        return x - t * net(x / t)

    net = mlp(2, 256, 3).float()
    for f in (lambda x, t: x if t == 1 else steep(x), Convention.ve(0.0).wrap(cancelling, KARRAS)):
        assert set(statuses(f, schedule=KARRAS).values()) == {"pass"}


def noisy(net):
    """Noise of 1e-3 in what a network returns."""
    return lambda x, t: x if t == 1 else net(x) + 1e-3 * torch.randn_like(x)


def drifting(net):
    """1e-3 more at each call."""
    calls = []

    def f(x, t):
        calls.append(t)
        return x if t == 1 else net(x) + 1e-3 * len(calls)

    return f


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("make", [noisy, drifting])
def test_random_functions_fail(make, dtype):
    """f that is not the same at every call."""
    f = make(mlp(2, 32, 2).to(getattr(torch, dtype)))
    assert statuses(f)[DETERMINISTIC] == "fail"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_dropout_fails(dtype):
    """Dropout in training mode, with what to do; in evaluation mode it passes."""
    net = mlp(2, 32, 2, extra=lambda width: nn.Dropout(0.1)).to(getattr(torch, dtype))
    torch_dtype = getattr(torch, dtype)
    f = Centred(lambda x, t: x if t == 1 else net(x), load("gaussian-2d"), FEW, torch_dtype)
    with torch.no_grad():
        (failed,) = [v for v in sanity_verdicts(f, 0) if v.law == DETERMINISTIC]
        net.eval()
        assert all(v.status == "pass" for v in sanity_verdicts(f, 0))
    assert failed.status == "fail"
    assert "the network is in training mode: call eval()" in failed.detail


def centring(x):
    """The batch's mean taken out of a thousandth of x."""
    return x - 1e-3 * x.mean(0)


def counting(x):
    """A batch's size matters."""
    return x * (1 + 1e-3 * (len(x) == ROWS))


def neighbouring(x):
    """A row takes from the one before it."""
    return x + 1e-3 * x.roll(1, 0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mix", [centring, counting, neighbouring])
def test_batch_dependence_fails(mix, dtype):
    """Rows that see each other, deterministically."""
    found = statuses(lambda x, t: x if t == 1 else mix(x), dtype=dtype)
    assert found == {IDENTITY: "pass", DETERMINISTIC: "pass", BY_ROWS: "fail"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_batch_norm_in_training_fails(dtype):
    """The same for batch statistics; in evaluation mode they are constants."""
    net = mlp(2, 32, 2, extra=nn.BatchNorm1d).to(getattr(torch, dtype))

    def f(x, t):
        return x if t == 1 else net(x)

    assert statuses(f)[BY_ROWS] == "fail"
    net.eval()
    assert set(statuses(f).values()) == {"pass"}


@pytest.mark.parametrize("name", ["mild", "gaussian-2d"])
def test_our_own_models_say_what_they_compute_in(name):
    """A trained MLP is float32 within, though x and f(x, t) are float64."""
    target = load(name)
    model = train(target, FEW, "mlp", samples=300)
    assert model.computes_in == torch.float32
    verdicts = sanity_verdicts(Centred(model, target, FEW), 0)
    assert {verdict.status for verdict in verdicts} == {"pass"}
    assert train(target, FEW, "affine", samples=300).computes_in == torch.float64


def test_a_solver_inside_is_no_fault():
    """Rows of an f that solves an equation in steps that suit its worst row depend on one another
    by its tolerance; by 100 times that they must not.
    """

    def coupled(size):
        return lambda x, t: x if t == 1 else x + size * x.abs().max() * x.sign()

    assert statuses(coupled(1e-6))[BY_ROWS] == "pass"
    assert statuses(coupled(1e-3))[BY_ROWS] == "fail"


def test_float32_inside_is_told():
    """f that hides float32 in float64 is accused, with the dtype that judges it fairly; that its
    sums are of another order where the batch is cut is within a solver's tolerance.
    """
    weight = torch.linspace(-1, 1, 4).reshape(2, 2)

    def f(x, t):
        y = x.float()
        # as kernels do, but always
        summed = y @ weight + (len(x) % 3) * 6e-8 * y
        return y.double() if t == 1 else summed.double()

    centred = Centred(f, load("gaussian-2d"), FEW)
    verdicts = {verdict.law: verdict for verdict in sanity_verdicts(centred, 0)}
    assert verdicts[IDENTITY].status == "fail"
    assert "pass dtype='float32'" in verdicts[IDENTITY].detail
    assert verdicts[BY_ROWS].status == "pass"
    assert set(statuses(f, dtype="float32").values()) == {"pass"}


@pytest.mark.parametrize(
    ("f", "kind"),
    [
        (EDM(mlp(2, 16, 2)), "ve"),
        (lambda x, t: (1 - 0.9 * t) * x, "trigflow and linear"),
        (lambda x, t: 0.5 * x, ""),
    ],
)
def test_the_convention_that_was_left_out(f, kind):
    """f_1 is not the identity, but f is at the boundary of another convention: the verdict says
    which.
    """
    target = load("gaussian-2d")
    centred = Centred(f, target, KARRAS, call_dtype(f))
    with torch.no_grad():
        verdict = sanity_verdicts(centred, 0)[0]
    assert verdict.status == "fail"
    assert (f"boundary of {kind}: wrap the model" in verdict.detail) == bool(kind)
    if kind == "ve":
        assert "Convention.ve().wrap(f, schedule) (--convention ve)" in verdict.detail
        wrapped = Convention.ve().wrap(f, KARRAS)
        assert statuses(wrapped, target, KARRAS)[IDENTITY] == "pass"


def test_few_levels():
    """T = 2 has one level besides the first."""
    assert set(statuses(lambda x, t: x, schedule=Schedule.karras(2)).values()) == {"pass"}


class Holder:
    """A callable that holds a network."""

    def __init__(self, net):
        self.net = net

    def __call__(self, x, t):
        return self.net(x)

    def method(self, x, t):
        return self.net(x)


NET = nn.Linear(2, 2)


def beside(x, t):
    """Names a network of this module."""
    return NET(x)


def through(x, t):
    """Names a function that does."""
    return beside(x, t)


def test_auto_dtype():
    """The parameters', wherever the network is; float64 where there is none."""
    net = nn.Linear(2, 2)
    half = nn.Linear(2, 2).half()
    layers = [net]
    holder = Holder(net)
    wrapped = Convention.ve().wrap(lambda x, t: net(x), KARRAS)
    for f in (
        net,
        net.forward,
        lambda x, t: net(x),
        lambda x, t, net=net: net(x),
        lambda x, t: layers[0](x),
        functools.partial(lambda n, x, t: n(x), net),
        holder,
        Holder([net]),
        wrapped,
        beside,
        through,
    ):
        assert call_dtype(f) == torch.float32, f
    assert call_dtype(half) == torch.float16
    assert call_dtype(nn.Sequential(half, net)) == torch.float16
    assert call_dtype(nn.ReLU()) == torch.float64
    assert call_dtype(lambda x, t: x) == torch.float64
    assert call_dtype(net, "bfloat16") == call_dtype(net, torch.bfloat16) == torch.bfloat16
    assert networks(holder.method) == [net]
    for wrong in ("float", "int64", torch.int64, None, 32):
        with pytest.raises(InputError, match="dtype must be auto, float64, float32"):
            call_dtype(net, wrong)


def test_a_float32_network_works_as_it_is():
    """certify takes the module; coordinates are changed in float64, and it sees float32."""
    target = load("gaussian-2d")
    net = EDM(mlp(2, 16, 2))
    seen = set()
    net.register_forward_pre_hook(lambda _, inputs: seen.add((inputs[0].dtype, type(inputs[1]))))
    f = Convention.ve().wrap(net, KARRAS)
    certificate = certify(f, target, KARRAS, samples=16, pairs=64)
    failed = [v.law for v in certificate.verdicts if v.status == "fail" and v.kind == "sanity"]
    assert not failed
    assert seen == {(torch.float32, float)}
    assert certificate.model.endswith(":EDM")


def test_other_dtypes_on_request():
    """x arrives in the dtype that is asked for, and what comes back counts as float64."""
    target, _ = gaussian_model()
    seen = []

    def f(x, t):
        seen.append(x.dtype)
        return x

    for name in DTYPES:
        centred = Centred(f, target, FEW, getattr(torch, name))
        assert centred(torch.zeros(3, 2, dtype=torch.float64), 5).dtype == torch.float64
    assert seen == [getattr(torch, name) for name in DTYPES]


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x, t: torch.zeros(2, 2) @ x.T, r"dtype='float32' \(--dtype float32\)"),
        (lambda x, t: torch.zeros(2, 2).half() @ x.T, "dtype='float16'"),
        (lambda x, t: x + torch.sin(t), "t is a Python number"),
        (lambda x, t: x * t[:, None], "t is a Python number"),
        (lambda x, t: x + torch.zeros(2, device="meta"), "--device cpu"),
        (lambda x, t: 1 / 0, "ZeroDivisionError: division by zero$"),
    ],
)
def test_a_call_that_fails_says_what_to_do(f, words):
    """One sentence, with the user's own error as its cause."""
    target, _ = gaussian_model()
    with pytest.raises(InputError, match=words) as caught:
        certify(f, target, FEW, **SMALL)
    assert caught.value.__cause__ is not None
