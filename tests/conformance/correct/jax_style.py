"""JAX: f is jitted around the network's answer, which is NumPy's."""

import jax
import jax.numpy as jnp
import numpy as np
import torch

from ctverify import Convention
from ctverify.conformance import Metric


@jax.jit
def scalings(t):
    """EDM's, e = 0.02, sd = 0.5."""
    total = t**2 + 0.25
    return 0.25 / ((t - 0.02) ** 2 + 0.25), 0.5 * (t - 0.02) / jnp.sqrt(total), total**-0.5


@jax.jit
def combine(x, raw, t):
    """c_skip x + c_out F."""
    c_skip, c_out, _ = scalings(t[:, None])
    return c_skip * x + c_out * raw


class Jax:
    """float32, as JAX is; keys for noise; no gradients can be seen."""

    name = "JAX"
    dtypes = (torch.float32,)
    convention = Convention.ve(0.02, t_max=80.0, sigma_data=0.5)
    loss_law = Metric(lambda r: (r.square().sum(1) + 1e-4).sqrt() - 1e-2, lambda t, s: 1 / (t - s))

    def f(self, x, t, network):
        """JAX arrays in, NumPy for the network."""
        c_in = scalings(t[:, None])[2]
        raw = network(np.asarray(c_in * x), np.asarray(jnp.log(t) / 4))
        return combine(x, jnp.asarray(raw), t)

    def ramp(self, n):
        """n + 1 levels from 80 to 0.02."""
        ramp = np.linspace(80.0 ** (1 / 7), 0.02 ** (1 / 7), n + 1) ** 7
        ramp[0] = 80.0
        return ramp

    def times(self, n):
        """NumPy's."""
        return self.ramp(n)[:-1]

    def consistency(self, x, t, network):
        """NumPy out."""
        x = jnp.asarray(x.numpy())
        return np.asarray(self.f(x, jnp.full(len(x), t), network))

    def sample(self, z, n, network, seed):
        """A key a step; returns a JAX array."""
        key, z = jax.random.key(seed % 2**31), jnp.asarray(z.numpy())
        x = self.f(80.0 * z, jnp.full(len(z), 80.0), network)
        for t in self.times(n)[1:]:
            key, now = jax.random.split(key)
            noise = float(np.sqrt(t**2 - 0.02**2)) * jax.random.normal(now, z.shape)
            x = self.f(x + noise, jnp.full(len(z), float(t)), network)
        return x

    def training_pair(self, x0, network, seed):
        """JAX arrays."""
        x0 = jnp.asarray(x0.numpy())
        one, two = jax.random.split(jax.random.key(seed % 2**31))
        grid = jnp.asarray(self.ramp(18))
        i = jax.random.randint(one, (len(x0),), 0, 18)
        t, s, z = grid[i], grid[i + 1], jax.random.normal(two, x0.shape)
        return x0 + t[:, None] * z, t, x0 + s[:, None] * z, s

    def weight(self, t, s):
        """1/(t - s)."""
        return 1 / (np.asarray(t) - np.asarray(s))

    def loss(self, x0, network, seed):
        """A JAX scalar."""
        x_t, t, x_s, s = self.training_pair(x0, network, seed)
        gap = self.f(x_t, t, network) - self.f(x_s, s, network)
        return jnp.mean((jnp.sqrt((gap**2).sum(1) + 1e-4) - 1e-2) / (t - s))

    def time_law(self):
        """Uniform over all but the last."""
        return self.ramp(18)[:-1], np.full(18, 1 / 18)


FACTORIES = (Jax,)
