"""Mutants that no law can kill, and why: what they compute is right, or another right trainer."""

WHITENING = "whitening is a choice of parametrisation: the fit takes up any other scale"
FEATURES = "other waves: least squares is right in any class, and theirs is as good"
PACE = "another rate of Adam's steps, which ends within the tolerance of right trainers"
ONE = "one target alone is trained: its axis has the length 1"
ASKED = "checks an argument that the laws give right: refusals have tests of their own"
ALIKE = "the same for every value that occurs"

EQUIVALENT: dict[str, str] = {
    "Whitening.of: eigenvalues.clamp_min(0.0) -> eigenvalues": (
        "eigenvalues of a covariance are negative by rounding alone"
    ),
    "Whitening._deviation: (a * a * self.eigenvalues + b * b).sqrt()[:, None]"
    " -> (a * a * self.eigenvalues + b * b).sqrt()[None, :]": ONE,
    "Whitening._deviation: a * a * self.eigenvalues -> self.eigenvalues": WHITENING,
    "Whitening._deviation: b * b -> b / b": WHITENING,
    "features: waves.add_(frequencies['phase']).cos_() -> waves.add_(frequencies['phase'])": (
        FEATURES
    ),
    "features: waves.add_(frequencies['phase']) -> waves": FEATURES,
    "frequencies: 2.0 / dim -> 2.0 * dim": FEATURES,
    "least_squares: RIDGE * gram.diagonal(dim1=-2, dim2=-1)"
    " -> RIDGE / gram.diagonal(dim1=-2, dim2=-1)": "another ridge on the waves, which none owes",
    "least_squares: y.shape[-1] + 1 -> y.shape[-1] + 2": "one wave more without a ridge",
    "Levels.__call__: t = arguments.level('t', t, self.schedule.T) -> pass": ASKED,
    "Levels.__call__: x = arguments.batch('x', x, mean.shape[1]).to(mean) -> pass": ASKED,
    "Trainer.__call__: self.together([sample], schedule, [seed])[0]"
    " -> self.together([sample], schedule, [seed])[-1]": ONE,
    "Trainer._draw: torch.stack(draws).to(self.device, torch.float64) -> torch.stack(draws)": (
        "on the CPU draws are float64 and in place already"
    ),
    "cosine_rate: rate * 0.5 * (1 + math.cos(math.pi * (count - 1) / steps)) -> rate * 0.5": PACE,
    "cosine_rate: 1 + math.cos(math.pi * (count - 1) / steps)"
    " -> 2 + math.cos(math.pi * (count - 1) / steps)": PACE,
    "cosine_rate: math.cos(math.pi * (count - 1) / steps) -> math.pi * (count - 1) / steps": PACE,
    "cosine_rate: math.pi * (count - 1) / steps -> math.pi * (count - 1) * steps": PACE,
    "cosine_rate: count - 1 -> count - 2": PACE,
    "cosine_rate: count - 1 -> count - 0": PACE,
    "initial: scale * weight -> -(scale * weight)": "the draw of weights is symmetric",
    "slopes: layer > 0 -> layer != 0": ALIKE,
    "Schedule.cosine: T <= 8 -> T <= 7": ASKED,
    "Schedule.cosine: alpha_bar_1 is None -> alpha_bar_1 == None": ALIKE,
    "Schedule.karras: [0.0] -> [-0.0]": ALIKE,
}
