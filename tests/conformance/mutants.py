"""Wrong implementations: pieces of the two references, replaced, each small and plausible. A check
is expected to kill each.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import ctverify.conformance

FOLDER = Path(ctverify.conformance.__path__[0])
DISCRETE, ANGLE = ("reference.py", "Reference"), ("reference_trigflow.py", "TrigFlow")


@dataclass(frozen=True)
class Mutant:
    """`old` in the reference's source, which occurs once, becomes `new`; the check `id` is expected
    to fail.
    """

    name: str
    id: str
    old: str
    new: str
    home: tuple[str, str] = DISCRETE

    def subject(self) -> Any:
        """The adapter with the replacement made."""
        file, name = self.home
        source = (FOLDER / file).read_text()
        assert source.count(self.old) == 1, (
            f"{self.name}: {self.old!r} occurs {source.count(self.old)} times in {file}"
        )
        module = ModuleType("ctverify.conformance.mutant")
        module.__package__ = "ctverify.conformance"
        sys.modules[module.__name__] = module
        exec(compile(source.replace(self.old, self.new), file, "exec"), vars(module))
        return getattr(module, name)()


STEP = "self._ramp(i / n) for i"
RANGE = "range(n)]\n\n    def curriculum"
PAIR = "return x0 + t * z, t, x0 + s * z, s"
NOISE = "x + math.sqrt(t**2 - self.sigma_min**2) * noise"
END = "        return x\n\n    def training_pair"
MUTANTS = (
    Mutant("one step divides by n - 1", "times.finite",
           STEP, "self._ramp(float(torch.tensor(float(i)) / (n - 1))) for i"),
    Mutant("one time too many", "times.count", RANGE, RANGE.replace("n)", "n + 1)")),
    Mutant("times rise", "times.monotone", RANGE, RANGE.replace("range(n)", "reversed(range(n))")),
    Mutant("the noise end left out", "times.ends", STEP, "self._ramp((i + 1) / (n + 1)) for i"),
    Mutant("ramp below the boundary", "times.ends", "(high + share * (low - high)) ** self.rho)",
           "(high + share * (low - high)) ** self.rho - self.sigma_min)"),
    Mutant("ceil for floor in N(k)", "times.curriculum", "math.floor(K /", "math.ceil(K /"),
    Mutant("intervals for levels in N(k)", "times.curriculum", "self.s1) + 1", "self.s1)"),
    Mutant("N(k) never doubles", "times.curriculum", "2 ** (k // period)", "2 ** (k // K)"),
    Mutant("training times drawn evenly", "times.law",
           "torch.multinomial(probabilities,", "torch.multinomial(torch.ones_like(probabilities),"),
    Mutant("swapped times", "times.law", "for j in (i + 1, i)", "for j in (i, i + 1)"),
    Mutant("angle without sigma_data", "times.law", "(tau.exp() / self.sigma_data)", "tau.exp()", ANGLE),
    Mutant("float32 radicand below zero in c_out", "scalings.finite",
           "sd * (t - e) / (t**2 + sd**2).sqrt()",
           "sd * (t.float() ** 2 - e**2).sqrt().to(t) / (t**2 + sd**2).sqrt()"),
    Mutant("clamp left on", "scalings.affine",
           "return c_skip * x + c_out * network(c_in * x, embedding[:, 0])",
           "return (c_skip * x + c_out * network(c_in * x, embedding[:, 0])).clamp(-1, 1)"),
    Mutant("t for t - e in c_skip", "scalings.boundary", "((t - e) ** 2 + sd**2)", "(t**2 + sd**2)"),
    Mutant("t for t - e in c_out", "scalings.boundary", "sd * (t - e) /", "sd * t /"),
    Mutant("scalings(t) says t for log(t)/4", "scalings.declared", "float(c_in), float(embedding)", "float(c_in), t"),
    Mutant("output not scaled by sigma_data", "scalings.declared",
           "math.cos(t) * x - math.sin(t) * self.sigma_data * raw", "math.cos(t) * x - math.sin(t) * raw", ANGLE),
    Mutant("root dropped in c_in", "scalings.input", "c_in = 1 / (t**2 + sd**2).sqrt()", "c_in = 1 / (t**2 + sd**2)"),
    Mutant("c_in without the data's scale", "scalings.input",
           "c_in = 1 / (t**2 + sd**2).sqrt()", "c_in = 1 / (t**2 + 1).sqrt()"),
    Mutant("root dropped in c_out", "scalings.output", "(t - e) / (t**2 + sd**2).sqrt()", "(t - e) / (t**2 + sd**2)"),
    Mutant("c_skip squared", "scalings.output", "c_skip = sd**2 / ((t - e) ** 2 + sd**2)", "c_skip = (1 + (t - e)) ** 2"),
    Mutant("coordinates mixed", "scalings.equivariance",
           "return c_skip * x + c_out", "return c_skip * x + 0.1 * c_out * (x - x[:, :1]) + c_out"),
    Mutant("embedding rounded to eighths", "scalings.semigroup", "c_in, t.log() / 4", "c_in, (2 * t.log()).round() / 8"),
    Mutant("noise of twice the deviation", "pair.noise", PAIR, PAIR.replace("* z", "* 2 * z")),
    Mutant("noise t - e in the pair", "pair.noise", PAIR,
           "return x0 + (t - self.sigma_min) * z, t, x0 + (s - self.sigma_min) * z, s"),
    Mutant("noise of standard deviation 1 for sigma_data", "pair.noise",
           "z = self.sigma_data * torch.randn(x0.shape, generator=generator, dtype=x0.dtype)\n        return t.cos()",
           "z = torch.randn(x0.shape, generator=generator, dtype=x0.dtype)\n        return t.cos()", ANGLE),
    Mutant("independent noise", "pair.shared", PAIR,
           "return x0 + t * z, t, x0 + s * torch.randn(x0.shape, generator=generator, dtype=x0.dtype), s"),
    Mutant("another data point at s", "pair.shared", PAIR, "return x0 + t * z, t, x0.roll(1, 0) + s * z, s"),
    Mutant("s two levels below t", "pair.adjacent", "for j in (i + 1, i)", "for j in (i + 1, (i - 1).clamp_min(0))"),
    Mutant("noise t^2 in add_noise", "pair.add_noise", "return x0 + t * torch.randn", "return x0 + t**2 * torch.randn"),
    Mutant("add_noise's seed depends on t", "pair.add_noise",
           "torch.randn(x0.shape, generator=_generator(seed), dtype=x0.dtype)\n\n    def consistency",
           "torch.randn(x0.shape, generator=_generator(seed + int(1e3 * t)), dtype=x0.dtype)\n\n    def consistency"),
    Mutant("student fed clean data", "pair.inputs", "student = self._f(x_t, t, network)", "student = self._f(x0, t, network)"),
    Mutant("teacher fed x_t", "pair.inputs", "teacher = self._f(x_s, s, network)", "teacher = self._f(x_t, s, network)"),
    Mutant("input not scaled in training", "pair.inputs",
           "network(x_t / sd, t[:, 0]) - frozen", "network(x_t, t[:, 0]) - frozen", ANGLE),
    Mutant("dropout not shared", "pair.dropout", "torch.random.set_rng_state(state)", "pass"),
    Mutant("a first step that does not shrink", "pair.residual",
           STEP, "self._ramp(0.5 + 0.5 * i / n if i else 0) for i"),
    Mutant("teacher not detached", "loss.gradient", "with torch.no_grad():", "with torch.enable_grad():"),
    Mutant("loss under no_grad", "loss.gradient", "x_t, t, network)\n        torch", "x_t, t, network).detach()\n        torch"),
    Mutant("gradient through the teacher alone", "loss.gradient",
           "with torch.no_grad():\n            teacher = self._f(x_s, s, network)",
           "with torch.enable_grad():\n            teacher, student = self._f(x_s, s, network), student.detach()"),
    Mutant("weight t - s", "loss.law", "/ (t - s)[:, 0]", "* (t - s)[:, 0]"),
    Mutant("a sum for the mean", "loss.law", "[:, 0]).mean()", "[:, 0]).sum()"),
    Mutant("(B, B) broadcast of the weight", "loss.law", "/ (t - s)[:, 0]).mean()", "/ (t - s)).mean()"),
    Mutant("root dropped in the metric", "loss.law", "self._huber(student - teacher)", "(student - teacher).square().sum(1)"),
    Mutant("the gradient's sign reversed", "loss.direction",
           "self._huber(student - teacher)", "self._huber(2 * student.detach() - student - teacher)"),
    Mutant("(B, B) broadcast of e^w", "loss.rows", "w = -torch.log1p(t[:, 0])", "w = -torch.log1p(t)", ANGLE),
    Mutant("tangent normalised over the batch", "loss.rows", "g.norm(dim=1, keepdim=True)", "g.norm()", ANGLE),
    Mutant("cos(t) sin(t) twice in the tangent", "loss.stationary", "sd * slope)", "cosine * sine * sd * slope)", ANGLE),
    Mutant("sigma_data missing in the tangent", "loss.stationary", "sd * slope)", "slope)", ANGLE),
    Mutant("x_t/sd's tangent lacks 1/sd", "loss.stationary",
           "(cosine * sine * velocity / sd, cosine * sine)", "(cosine * sine * velocity, cosine * sine)", ANGLE),
    Mutant("velocity of the wrong sign", "loss.stationary", "t.cos() * z - t.sin() * x0", "t.cos() * z + t.sin() * x0", ANGLE),
    Mutant("EMA swapped", "loss.ema", "decay * average + (1 - decay) * value", "decay * value + (1 - decay) * average"),
    Mutant("float32 radicand below zero at the end", "sampler.finite", END,
           END.replace("x", "x + (torch.tensor(self.sigma_min) ** 2 - self.sigma_min**2).sqrt()", 1)),
    Mutant("a step skipped", "sampler.calls", "for t in times[1:]:", "for t in times[2:]:"),
    Mutant("the first time in every step", "sampler.calls", "* noise, t, network)", "* noise, times[0], network)"),
    Mutant("prior of variance 1", "sampler.prior", "self.consistency(times[0] * z,", "self.consistency(z,"),
    Mutant("prior of variance T", "sampler.prior", "self.consistency(times[0] * z,", "self.consistency(times[0] ** 0.5 * z,"),
    Mutant("the given noise unused", "sampler.prior", "self.consistency(times[0] * z,",
           "self.consistency(times[0] * torch.randn(z.shape, generator=generator, dtype=z.dtype),"),
    Mutant("noise t for sqrt(t^2 - e^2)", "sampler.renoise", NOISE, "x + t * noise"),
    Mutant("noise t - e for sqrt(t^2 - e^2)", "sampler.renoise", NOISE, "x + (t - self.sigma_min) * noise"),
    Mutant("noise of the time before", "sampler.renoise", NOISE, NOISE.replace("t**2", "times[times.index(t) - 1] ** 2")),
    Mutant("noise of the angle before", "sampler.renoise", "math.cos(t) * x + math.sin(t) * noise",
           "math.cos(times[times.index(t) - 1]) * x + math.sin(times[times.index(t) - 1]) * noise", ANGLE),
    Mutant("fresh noise not scaled by sigma_data", "sampler.renoise",
           "noise = self.sigma_data * torch.randn(z.shape", "noise = torch.randn(z.shape", ANGLE),
    Mutant("one noise for all steps", "sampler.renoise",
           "noise = torch.randn(z.shape, generator=generator,", "noise = torch.randn(z.shape, generator=_generator(seed),"),
    Mutant("x not shrunk before noise", "sampler.renoise",
           "math.cos(t) * x + math.sin(t) * noise", "x + math.sin(t) * noise", ANGLE),
    Mutant("trailing noise", "sampler.last", END,
           END.replace("x", "x + 0.01 * self.sigma_data * torch.randn(z.shape, generator=generator, dtype=z.dtype)", 1)),
    Mutant("uniform noise", "sampler.pushforward", "noise = torch.randn(z.shape, generator=generator, dtype=z.dtype)",
           "noise = 12**0.5 * (torch.rand(z.shape, generator=generator, dtype=z.dtype) - 0.5)"),
    Mutant("noise without its seed", "sampler.seed",
           "generator, times = _generator(seed), self.times(n)", "generator, times = None, self.times(n)"),
    Mutant("one seed for all", "sampler.seed",
           "generator, times = _generator(seed), self.times(n)", "generator, times = _generator(0), self.times(n)"),
    Mutant("one step raises", "interface.calls", STEP, "self._ramp(i / (n - 1)) for i"),
    Mutant("times in double precision", "interface.kept",
           "(len(x), 1), t, dtype=x.dtype)", "(len(x), 1), t, dtype=torch.float64)"),
    Mutant("centred over the batch", "interface.batch", "return self._f(x, torch.full((len(x), 1), t, dtype=x.dtype), network)",
           "return self._f(x - (t - self.sigma_min) * (x.mean(0) - x[0]), torch.full((len(x), 1), t, dtype=x.dtype), network)"),
    Mutant("rho not saved", "interface.state",
           "return Reference(**json.loads(json.dumps(dataclasses.asdict(self))))",
           "return Reference(**(json.loads(json.dumps(dataclasses.asdict(self))) | {'rho': 7.0}))"),
)  # fmt: skip
