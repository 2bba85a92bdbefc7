"""Code as training scripts have it: functions and constants of a module, Fourier features."""

import math

import numpy as np
import torch
from scipy.special import erf
from torch import nn

from ctverify import Convention
from ctverify.conformance import Metric

SIGMA_MIN, SIGMA_MAX, SIGMA_DATA, RHO = 0.002, 80.0, 0.5, 7.0
P_MEAN, P_STD, HUBER = -1.1, 2.0, 0.03


def karras_boundaries(n):
    """n levels that rise, float32."""
    ramp = np.arange(n) / (n - 1)
    low, high = SIGMA_MIN ** (1 / RHO), SIGMA_MAX ** (1 / RHO)
    return torch.tensor((low + ramp * (high - low)) ** RHO, dtype=torch.float32)


def lognormal_weights(sigmas):
    """Of the intervals between levels."""
    z = (np.log(sigmas.double().numpy()) - P_MEAN) / (P_STD * math.sqrt(2))
    weights = erf(z[1:]) - erf(z[:-1])
    return torch.from_numpy(weights / weights.sum())


def append_dims(x, ndim):
    """(n,) to (n, 1, ...)."""
    return x.reshape(-1, *[1] * (ndim - 1))


def consistency_forward(net, x, sigma):
    """sigma (n,), float32."""
    sigma = append_dims(sigma, x.ndim)
    c_skip = SIGMA_DATA**2 / ((sigma - SIGMA_MIN) ** 2 + SIGMA_DATA**2)
    c_out = SIGMA_DATA * (sigma - SIGMA_MIN) / (SIGMA_DATA**2 + sigma**2) ** 0.5
    c_in = 1 / (SIGMA_DATA**2 + sigma**2) ** 0.5
    return (c_skip * x + c_out * net((c_in * x).to(x.dtype), sigma.flatten().log() / 4)).to(x.dtype)


def pseudo_huber(a, b):
    """Of vectors."""
    return torch.sqrt((a - b).flatten(1).pow(2).sum(1) + HUBER**2) - HUBER


class Script:
    """Improved consistency training of 40 levels; times are listed from the data's end, in float32;
    EMA updates in place.
    """

    name = "training script"
    convention = Convention.ve(SIGMA_MIN, t_max=SIGMA_MAX, sigma_data=SIGMA_DATA, ascending=True)
    loss_law = Metric(
        lambda r: (r.pow(2).sum(1) + HUBER**2).sqrt() - HUBER, lambda t, s: 1 / (t - s)
    )

    def times(self, n):
        """Rising, float32's numbers."""
        return karras_boundaries(n + 1)[1:]

    def consistency(self, x, t, network):
        """In float32 times."""
        return consistency_forward(network, x, torch.full((len(x),), t))

    def add_noise(self, x0, t, seed):
        """x + sigma z."""
        torch.manual_seed(seed)
        return x0 + t * torch.randn_like(x0)

    def sample(self, z, n, network, seed):
        """By torch's own generator."""
        torch.manual_seed(seed)
        sigmas = self.times(n).flip(0)
        x = consistency_forward(network, z * sigmas[0], sigmas[:1].expand(len(z)))
        for sigma in sigmas[1:]:
            x = x + (sigma.double() ** 2 - SIGMA_MIN**2).sqrt().to(z) * torch.randn_like(z)
            x = consistency_forward(network, x, sigma.expand(len(z)))
        return x

    def training_pair(self, x0, network, seed):
        """Neighbours."""
        torch.manual_seed(seed)
        sigmas = karras_boundaries(40)
        i = torch.multinomial(lognormal_weights(sigmas), len(x0), replacement=True)
        z = torch.randn_like(x0)
        return (
            x0 + append_dims(sigmas[i + 1], 2) * z,
            sigmas[i + 1],
            x0 + append_dims(sigmas[i], 2) * z,
            sigmas[i],
        )

    def loss(self, x0, network, seed):
        """A mean."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        state = torch.get_rng_state()
        student = consistency_forward(network, x_t, t)
        torch.set_rng_state(state)
        with torch.no_grad():
            teacher = consistency_forward(network, x_s, s)
        return (pseudo_huber(student, teacher) / (t - s)).mean()

    shares_dropout = True

    def time_law(self):
        """The upper ends'."""
        sigmas = karras_boundaries(40)
        return sigmas[1:], lognormal_weights(sigmas)

    def ema(self, average, value, decay):
        """torch's."""
        with torch.no_grad():
            average.mul_(decay).add_(value, alpha=1 - decay)
        return average


class FourierNet(nn.Module):
    """Embeds one number a row; the features stay within."""

    def __init__(self):
        super().__init__()
        self.register_buffer("freqs", 2 * math.pi * torch.arange(1, 5))
        self.inner = None

    def features(self, t):
        """(n, 8), for the layers within."""
        angles = t[:, None] * self.freqs.to(t)
        return torch.cat([angles.cos(), angles.sin()], 1)

    def forward(self, x, t):
        """The features would go to the layers; what stands for these is shown the number."""
        assert self.features(t).shape == (len(x), 8)
        return self.inner(x, t)


class Fourier:
    """TrigFlow for data of deviation 2, boundary 0.01; log-SNR is the number that is embedded."""

    name = "Fourier features within"
    convention = Convention.trigflow(2.0, 0.01, t_max=1.56)

    def __init__(self):
        self.net = FourierNet()

    def f(self, x, t):
        """A rotation."""
        angle = (t - 0.01)[:, None]
        raw = self.net(x / 2.0, 0.25 * torch.log(torch.tan(t)))
        return torch.cos(angle) * x - torch.sin(angle) * 2.0 * raw

    def times(self, n):
        """Even in the angle."""
        return np.linspace(1.56, 0.01, n + 1)[:-1]

    def consistency(self, x, t, network):
        """t as a 0-d tensor, expanded."""
        self.net.inner = network
        return self.f(x, torch.tensor(t, dtype=x.dtype).expand(len(x)))

    def add_noise(self, x0, t, seed):
        """cos x_0 + sin z."""
        g = torch.Generator().manual_seed(seed)
        z = torch.empty_like(x0).normal_(0, 2.0, generator=g)
        return math.cos(t) * x0 + math.sin(t) * z

    def sample(self, z, n, network, seed):
        """x_e has sin(0.01) of noise already."""
        g = torch.Generator().manual_seed(seed)
        x = 2.0 * z
        for i, t in enumerate(self.times(n)):
            if i:
                ratio = math.cos(t) / math.cos(0.01)
                missing = math.sqrt(math.sin(t) ** 2 - (ratio * math.sin(0.01)) ** 2)
                x = ratio * x + missing * torch.empty_like(z).normal_(0, 2.0, generator=g)
            x = self.consistency(x, float(t), network)
        return x


FACTORIES = (Script, Fourier)
