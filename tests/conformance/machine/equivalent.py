"""Mutants that no check can kill, and why: what they compute is right."""

SYMMETRIC = "the draw is symmetric: -z is a standard normal number as z is"
COMMUTES = "the least of two numbers is the same in either order"
ROUNDS = "(T^(1/rho))^rho is T but for a rounding"
RARE = "moves probabilities below 1e-12, which no training draws"
SINGLE = "times and draws may be of float32 whatever the dtype of x, which the result keeps"
ABSORBED = "the sign of c_in or c_out is the network's: around -F, f is the same, in training too"

EQUIVALENT: dict[str, str] = {
    "Reference.curriculum: min(self.s0 * 2 ** (k // period), self.s1)"
    " -> min(self.s1, self.s0 * 2 ** (k // period))": COMMUTES,
    "Reference.add_noise: x0 + t * torch.randn(x0.shape, generator=_generator(seed),"
    " dtype=x0.dtype) -> x0 - t * torch.randn(x0.shape, generator=_generator(seed),"
    " dtype=x0.dtype)": SYMMETRIC,
    "Reference.sample: x + math.sqrt(t ** 2 - self.sigma_min ** 2) * noise"
    " -> x - math.sqrt(t ** 2 - self.sigma_min ** 2) * noise": SYMMETRIC,
    "Reference._ramp: share == 0 -> share == -1": ROUNDS,
    "Reference._scalings: sd * (t - e) / (t ** 2 + sd ** 2).sqrt()"
    " -> -(sd * (t - e) / (t ** 2 + sd ** 2).sqrt())": ABSORBED,
    "Reference._scalings: 1 / (t ** 2 + sd ** 2).sqrt()"
    " -> -(1 / (t ** 2 + sd ** 2).sqrt())": ABSORBED,
    "Reference._law: (torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(1e-12)"
    " -> torch.erf(z[1:]) - torch.erf(z[:-1])": RARE,
    "TrigFlow.sample: math.cos(t) * x + math.sin(t) * noise"
    " -> math.cos(t) * x - math.sin(t) * noise": SYMMETRIC,
    "TrigFlow.sample: math.sin(t) * noise -> -(math.sin(t) * noise)": SYMMETRIC,
    "Reference.scalings: torch.tensor([[t]], dtype=torch.float64) -> torch.tensor([[t]])": SINGLE,
    "Reference.add_noise: t * torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype)"
    " -> -(t * torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype))": SYMMETRIC,
    "Reference.add_noise: torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype)"
    " -> torch.randn(x0.shape, generator=_generator(seed))": SINGLE,
    "Reference.consistency: torch.full((len(x), 1), t, dtype=x.dtype)"
    " -> torch.full((len(x), 1), t)": SINGLE,
    "Reference.sample: torch.randn(z.shape, generator=generator, dtype=z.dtype)"
    " -> torch.randn(z.shape, generator=generator)": SINGLE,
    "Reference.sample: math.sqrt(t ** 2 - self.sigma_min ** 2) * noise"
    " -> -(math.sqrt(t ** 2 - self.sigma_min ** 2) * noise)": SYMMETRIC,
}
