"""Mutants of training/."""

from . import Mutant

RECURSION, PAIRS, MODEL, MLP, LINEAR = (
    f"training/{name}.py" for name in ("recursion", "pairs", "model", "mlp", "linear")
)

MUTANTS = (
    Mutant("no boundary condition", "training.identity", RECURSION,
           "if t == 1:\n            return x.clone()\n        u = self",
           "if t == 0:\n            return x.clone()\n        u = self"),
    Mutant("identity through float32", "training.identity", RECURSION,
           "return x.clone()\n        u = self", "return x.float().double()\n        u = self"),
    Mutant("an activation that overflows", "training.finite", MLP,
           "hidden = silu(torch", "hidden = torch.exp(torch"),
    Mutant("batch statistics at inference", "training.rows", PAIRS,
           "(x - a * self.mean[:, None]) @ self.basis", "(x - x.mean(1, keepdim=True)) @ self.basis"),
    Mutant("noise without its seed", "training.reproducible", RECURSION,
           'normal(tuple(x0.shape[1:]), stream("training/noise", seed, t), x0)', "torch.randn_like(x0[0])"),
    Mutant("weights without their seed", "training.reproducible", MLP,
           "torch.randn((targets, fan_in, fan_out), generator=generator, dtype=torch.float64)",
           "torch.randn((targets, fan_in, fan_out), dtype=torch.float64)"),
    Mutant("saved in single precision", "training.saved", MODEL,
           "save({key: v.contiguous() for key, v in tensors.items()})",
           "save({key: v.float().contiguous() for key, v in tensors.items()})"),
    Mutant("random frequencies not saved", "training.saved", MODEL,
           'tensors |= {f"shared.{key}": value for key, value in self.levels.shared.items()}', "pass"),
    Mutant("independent noise at t and t - 1", "training.shared_noise", PAIRS,
           "a1 * x0 + b1 * z", "a1 * x0 + b1 * z.flip(1)"),
    Mutant("target X_0 instead of f_{t-1}(X_{t-1})", "training.shared_noise", RECURSION,
           "row = self._fit(row, shared, t, u, v)",
           "row = self._fit(row, shared, 2, u, whitening.encode(x0, (1.0, 0.0)))"),
    Mutant("target X_{t-1} instead of f_{t-1}(X_{t-1})", "training.affine_slope", RECURSION,
           "return at if t == 2 else predict(self.kind, row, shared, at)", "return at"),
    Mutant("pairs two levels apart", "training.shared_noise", PAIRS,
           "schedule.scales(t), schedule.scales(t - 1)\n    return",
           "schedule.scales(t), schedule.scales(max(1, t - 2))\n    return"),
    Mutant("other units in the network", "bound.zoo", MLP, "import silu", "import gelu as silu"),
    Mutant("ridge on the affine part", "training.affine_slope", LINEAR,
           "ridge[..., : y.shape[-1] + 1] = 0.0", "ridge = 30 * ridge"),
)  # fmt: skip
