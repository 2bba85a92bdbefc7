"""Wrong trainers: edits of textbook.py, each with the law that is expected to find it."""

from __future__ import annotations

from tests.anchor import Edit, Mutant

EQUATIONS = "training.least_squares"


def _mutant(name: str, killer: str, function: str, old: str, new: str) -> Mutant:
    return Mutant(name, killer, Edit(function, old, new))


WRONG = (
    # the pairs
    _mutant("noise drawn anew at t - 1", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t - 1)", "noised(x0, noise(x0, generator), schedule, t - 1)"),
    _mutant("noise at t - 1 in another order", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t - 1)", "noised(x0, z.roll(1, 0), schedule, t - 1)"),
    _mutant("noise at t - 1 with the other sign", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t - 1)", "noised(x0, -z, schedule, t - 1)"),
    _mutant("X_0 drawn anew at t - 1", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t - 1)",
            "noised(sample(samples, key + 1), z, schedule, t - 1)"),
    _mutant("X_t from X_{t-1} along the chain", EQUATIONS, "pairs",
            "previous = noised(x0, z, schedule, t - 1)",
            "previous = noised(x0, z, schedule, t - 1)\n"
            "step = scales(schedule, t)[0] / scales(schedule, t - 1)[0]\n"
            "x = step * previous + (1 - step**2) ** 0.5 * noise(x0, generator)"),
    _mutant("pairs two levels apart", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t - 1)", "noised(x0, z, schedule, max(1, t - 2))"),
    _mutant("one noise for all coordinates", EQUATIONS, "noise",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype)",
            "torch.randn(len(like), 1, generator=generator, dtype=like.dtype).expand_as(like)"),
    _mutant("uniform noise on (0, 1)", EQUATIONS, "noise", "torch.randn", "torch.rand"),
    _mutant("noise that is positive", EQUATIONS, "noise",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype)",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype).abs()"),
    _mutant("noise clipped at one deviation", EQUATIONS, "noise",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype)",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype).clamp(-1, 1)"),
    # the scales
    _mutant("noise scaled by 1 - alpha_bar", EQUATIONS, "scales", "return a, b",
            "return a, b**2"),
    _mutant("noise scaled by the root of b", EQUATIONS, "scales", "return a, b",
            "return a, b**0.5"),
    _mutant("noise scaled by sigma, of VE", EQUATIONS, "scales", "return a, b",
            "return a, b / a"),
    _mutant("data scaled by alpha_bar", EQUATIONS, "scales", "return a, b", "return a**2, b"),
    _mutant("data not scaled, noise by b", EQUATIONS, "scales", "return a, b", "return 1.0, b"),
    _mutant("schedule off by one", EQUATIONS, "scales",
            "schedule.scales(t)", "schedule.scales(min(t + 1, schedule.T))"),
    _mutant("a tenth more noise at t alone", EQUATIONS, "pairs",
            "noised(x0, z, schedule, t)", "noised(x0, 1.1 * z, schedule, t)"),
    # the teacher
    _mutant("teacher at X_t", "training.levels", "train",
            "model(previous, t - 1)", "model(x, t - 1)"),
    _mutant("teacher two levels below", EQUATIONS, "train",
            "model(previous, t - 1)", "model(previous, max(1, t - 2))"),
    _mutant("values are X_{t-1}: no teacher", EQUATIONS, "train",
            "model(previous, t - 1)", "previous"),
    _mutant("values are X_t", "training.levels", "train", "model(previous, t - 1)", "x"),
    _mutant("values shrunk by a tenth", EQUATIONS, "train",
            "model(previous, t - 1)", "0.9 * model(previous, t - 1)"),
    _mutant("values clipped to -1..1", EQUATIONS, "train",
            "model(previous, t - 1)", "model(previous, t - 1).clamp(-1, 1)"),
    _mutant("values without their mean", EQUATIONS, "train",
            "values = model(previous, t - 1)",
            "values = model(previous, t - 1)\nvalues = values - values.mean(0)"),
    # the levels
    _mutant("level 2 is not trained", "training.levels", "Model.__call__", "t == 1", "t <= 2"),
    _mutant("even levels are not trained", "training.levels", "Model.__call__",
            "self.features(x, t) @ self.coefficients[t]",
            "self(x, t - 1) if t % 2 == 0 else self.features(x, t) @ self.coefficients[t]"),
    _mutant("the last level is not trained", EQUATIONS, "Model.__call__",
            "self.features(x, t) @ self.coefficients[t]",
            "self(x, t - 1) if t == self.schedule.T else self.features(x, t) @ "
            "self.coefficients[t]"),
    _mutant("the coefficients of the level below", EQUATIONS, "Model.__call__",
            "self.coefficients[t]", "self.coefficients[max(2, t - 1)]"),
    # the fit
    _mutant("the first 64 pairs alone", EQUATIONS, "train",
            "solve(model.features(x, t), values)", "solve(model.features(x, t)[:64], values[:64])"),
    _mutant("a ridge on everything", EQUATIONS, "solve",
            "ridge[: features.shape[1] - WAVES] = 0", "ridge = 100 * ridge"),
    _mutant("no constant", EQUATIONS, "Model.features",
            "torch.ones_like(u[:, :1])", "torch.zeros_like(u[:, :1])"),
    _mutant("pairs weighted by the size of the values", EQUATIONS, "train",
            "solve(model.features(x, t), values)",
            "solve(model.features(x, t) * values.norm(dim=1, keepdim=True), "
            "values * values.norm(dim=1, keepdim=True))"),
    _mutant("coordinates of the values in reverse", EQUATIONS, "train",
            "model(previous, t - 1)", "model(previous, t - 1).flip(1)"),
    # the model as a function
    _mutant("f_1 shrinks by a thousandth", "training.identity", "Model.__call__",
            "x.clone()", "0.999 * x"),
    _mutant("waves that grow", "training.finite", "Model.features",
            "torch.cos(u @ self.frequencies + self.phases)",
            "torch.exp(u @ self.frequencies + self.phases)"),
    _mutant("batch mean in place of the pilot's", "training.rows", "Model.features",
            "x - a * self.mean", "x - x.mean(0)"),
    _mutant("x changed in place", "training.function", "Model.features",
            "x - a * self.mean", "x.sub_(a * self.mean)"),
    _mutant("dropout at use", "training.function", "Model.features",
            "torch.cos(u @ self.frequencies + self.phases)",
            "torch.nn.functional.dropout(torch.cos(u @ self.frequencies + self.phases), 0.05)"),
    _mutant("noise without the seed", "training.reproducible", "noise",
            "torch.randn(like.shape, generator=generator, dtype=like.dtype)",
            "torch.randn_like(like)"),
    _mutant("coefficients shared by all models", "training.memory", "Model.__init__",
            "self.coefficients = {}",
            'self.coefficients = globals().setdefault("shared", {})'),
    _mutant("values clipped far out, at -15..15", "training.equivariant", "Model.__call__",
            "self.features(x, t) @ self.coefficients[t]",
            "(self.features(x, t) @ self.coefficients[t]).clamp(-15, 15)"),
    _mutant("samples without effect", "training.samples", "train",
            "pairs(sample, schedule, t, samples, generator)",
            "pairs(sample, schedule, t, 512, generator)"),
)  # fmt: skip
