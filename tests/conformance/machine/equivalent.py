"""Mutants that no check can kill, and why: what they compute is right."""

SYMMETRIC = "the draw is symmetric: -z is a standard normal number as z is"
COMMUTES = "the least of two numbers is the same in either order"
ROUNDS = "(T^(1/rho))^rho is T but for a rounding"
RARE = "moves probabilities below 1e-12, which no training draws"
SINGLE = "times and draws may be of float32 whatever the dtype of x, which the result keeps"
EVEN = "only the square, or an even function, of the difference is used"
COLUMN = "there is one column: the last is the first"
ROWS = "a loss may be one number or one a row"
SHARES = "shares of the way are never below 0"

EQUIVALENT: dict[str, str] = {
    "Reference.curriculum: min(self.s0 * 2 ** (k // period), self.s1)"
    " -> min(self.s1, self.s0 * 2 ** (k // period))": COMMUTES,
    "Reference.add_noise: x0 + t * torch.randn(x0.shape, generator=_generator(seed),"
    " dtype=x0.dtype) -> x0 - t * torch.randn(x0.shape, generator=_generator(seed),"
    " dtype=x0.dtype)": SYMMETRIC,
    "Reference.sample: x + math.sqrt(t ** 2 - self.sigma_min ** 2) * noise"
    " -> x - math.sqrt(t ** 2 - self.sigma_min ** 2) * noise": SYMMETRIC,
    "Reference._ramp: share == 0 -> share == -1": ROUNDS,
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
    "Reference._ramp: self.sigma_max if share == 0 else float((high + share * (low - high)) "
    "** self.rho) -> float((high + share * (low - high)) ** self.rho)": ROUNDS,
    "Reference._law: (torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(1e-12) -> "
    "(torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(0.0)": RARE,
    "Reference.loss: (t - s)[:, 0] -> (t - s)[:, -1]": COLUMN,
    "TrigFlow.loss: t[:, 0] -> t[:, -1]": COLUMN,
    "TrigFlow.add_noise: self.sigma_data * torch.randn(x0.shape, generator=_generator(seed), "
    "dtype=x0.dtype) -> -(self.sigma_data * torch.randn(x0.shape, generator=_generator(seed),"
    " dtype=x0.dtype))": SYMMETRIC,
    "Reference._f: embedding[:, 0] -> embedding[:, -1]": COLUMN,
    "Reference._law: torch.tensor([self._ramp(1 - i / (n - 1)) for i in range(n)], "
    "dtype=torch.float64) -> torch.tensor([self._ramp(1 - i / (n - 1)) for i in range(n)])": SINGLE,
    "Reference.loss: (self._huber(student - teacher) / (t - s)[:, 0]).mean() -> "
    "self._huber(student - teacher) / (t - s)[:, 0]": ROWS,
    "TrigFlow.consistency: torch.full((len(x),), t, dtype=x.dtype) -> torch.full((len(x),), "
    "t)": SINGLE,
    "Reference._ramp: share == 0 -> share <= 0": SHARES,
    "TrigFlow.sample: self.sigma_data * torch.randn(z.shape, generator=generator, "
    "dtype=z.dtype) -> -(self.sigma_data * torch.randn(z.shape, generator=generator, "
    "dtype=z.dtype))": SYMMETRIC,
    "Reference.training_pair: torch.randn(x0.shape, generator=generator, dtype=x0.dtype) -> "
    "torch.randn(x0.shape, generator=generator)": SINGLE,
    "TrigFlow.add_noise: torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype) ->"
    " torch.randn(x0.shape, generator=_generator(seed))": SINGLE,
    "TrigFlow._noised: torch.randn(x0.shape, generator=generator, dtype=x0.dtype) -> "
    "torch.randn(x0.shape, generator=generator)": SINGLE,
    "TrigFlow._noised: torch.randn(len(x0), 1, generator=generator, dtype=x0.dtype) -> "
    "torch.randn(len(x0), 1, generator=generator)": SINGLE,
    "TrigFlow.add_noise: math.cos(t) * x0 + math.sin(t) * z -> math.cos(t) * x0 - math.sin(t)"
    " * z": SYMMETRIC,
    "TrigFlow._noised: self.p_std * torch.randn(len(x0), 1, generator=generator, "
    "dtype=x0.dtype) -> -(self.p_std * torch.randn(len(x0), 1, generator=generator, "
    "dtype=x0.dtype))": SYMMETRIC,
    "TrigFlow._noised: self.p_mean + self.p_std * torch.randn(len(x0), 1, "
    "generator=generator, dtype=x0.dtype) -> self.p_mean - self.p_std * torch.randn(len(x0), "
    "1, generator=generator, dtype=x0.dtype)": SYMMETRIC,
    "TrigFlow.loss: t[:, 0] -> t[:, -1] (3)": COLUMN,
    "Reference.training_pair: levels[j][:, None].to(x0.dtype) -> levels[j][:, None]": SINGLE,
    "TrigFlow.add_noise: math.sin(t) * z -> -(math.sin(t) * z)": SYMMETRIC,
    "Reference._law: (torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(1e-12) -> "
    "(torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(2e-12)": RARE,
    "TrigFlow.sample: torch.randn(z.shape, generator=generator, dtype=z.dtype) -> "
    "torch.randn(z.shape, generator=generator)": SINGLE,
    "Reference.sample: times[0] * z -> -(times[0] * z)": SYMMETRIC,
    "Reference._law: (torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(1e-12) -> "
    "(torch.erf(z[1:]) - torch.erf(z[:-1])).clamp_min(-1e-12)": RARE,
    "Reference.loss: student - teacher -> teacher - student": EVEN,
    "TrigFlow.sample: self.sigma_data * z -> -(self.sigma_data * z)": SYMMETRIC,
    "TrigFlow._noised: self.sigma_data * torch.randn(x0.shape, generator=generator, "
    "dtype=x0.dtype) -> -(self.sigma_data * torch.randn(x0.shape, generator=generator, "
    "dtype=x0.dtype))": SYMMETRIC,
    "TrigFlow.loss: t[:, 0] -> t[:, -1] (2)": COLUMN,
    "TrigFlow.loss: network(x_t / sd, t[:, 0]) - frozen - g -> g - (network(x_t / sd, t[:, "
    "0]) - frozen)": EVEN,
    "Reference._scalings: t - e -> e - t": EVEN,
}
