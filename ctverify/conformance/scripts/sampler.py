"""Plain scripts for the sampler: what it showed its network, step by step.

Times and scalings are recorded numbers, those of the subject's own times(n) and f.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.special import chdtri

from ..checks.deviation import EPS, RATE, ROUNDINGS
from .write import Shown, network, uniform


def finite(shown: Shown) -> list[str]:
    """Samples are numbers."""
    return [
        *_run(shown),
        'print("seen: ", samples.flatten().tolist())',
        'print("right: finite numbers")',
        shown.asserted("bool(torch.isfinite(samples).all())"),
    ]


def calls(shown: Shown) -> list[str]:
    """One call for each time, with its embedding."""
    times = shown.probe.times(shown.given("n"))
    right = [shown.probe.scales(t).embedding for t in times]
    slack = [ROUNDINGS * EPS * max(abs(e), 1e-3) for e in right]
    return [
        *_run(shown),
        f"right = {right!r}  # what f shows its network at times({shown.given('n')}), in turn",
        f"allowed = {max(slack):.6g}",
        "seen = [float(torch.as_tensor(t).reshape(-1)[0]) for _, t, _ in shown]",
        'print("seen: ", seen)',
        'print("right:", right)',
        shown.asserted(
            "len(seen) == len(right)"
            " and all(abs(one - other) <= allowed for one, other in zip(seen, right))"
        ),
    ]


def prior(shown: Shown) -> list[str]:
    """The factor of z."""
    c = shown.probe.convention
    noise, data = (c.b(c.t_max) * c.z_std) ** 2, c.a(c.t_max) ** 2 * max(1.0, c.sigma_data**2)
    slack = ROUNDINGS * EPS * (noise + data)
    low, high = math.sqrt(max(noise - slack, 0.0)), math.sqrt(noise + data + slack)
    if shown.replay.method == "initial_std":
        seen = ["seen = float(initial_std)"]
    else:
        scale_in = shown.probe.scales(shown.probe.times(shown.given("n"))[0]).scale_in
        seen = [
            *_run(shown),
            f"x = shown[0][0] / {scale_in!r}  # the start: the first input over c_in there",
            "seen = float((x * z).sum() / (z.double() * z).sum())",
            "gap = (x - seen * z).abs().max()",
            shown.asserted(f"gap <= {ROUNDINGS * EPS} * x.abs().max()"),
        ]
    return [
        *seen,
        'print("seen:  the start is z times", seen)',
        f'print("right: z times", {low!r}, "to", {high!r})',
        shown.asserted(f"{low!r} <= seen <= {high!r}"),
    ]


def renoise(shown: Shown) -> list[str] | None:
    """The noise between steps: its standard deviation, and that it is fresh."""
    probe, c, n = shown.probe, shown.probe.convention, shown.given("n")
    if probe.body_eps > probe.eps:
        return None  # roundings of the network are not told plainly
    times = probe.times(n)
    a_e, b_e = c.a(c.boundary), c.b(c.boundary)
    rows = len(shown.given("z"))
    low, high = (math.sqrt(chdtri(rows, tail) / rows) for tail in (1 - RATE / 2, RATE / 2))
    table = []
    for t in times:
        s, ratio = probe.scales(t), c.a(t) / a_e
        variance = (c.b(t) ** 2 - ratio**2 * b_e**2) * c.z_std**2
        table.append((t, s.skip, s.out, s.scale_in, ratio, math.sqrt(max(variance, 0.0))))
    clip = "" if c.clipping is None else f".clamp(-{c.clipping!r}, {c.clipping!r})"
    return [
        *_run(shown),
        "steps = [  # t, c_skip, c_out and c_in of f there, a_t/a_e, the noise that is right",
        *(f"    ({', '.join(f'{number:.12g}' for number in row)})," for row in table),
        "]",
        "before = None",
        "for (t, skip, out, scale_in, ratio, right), (x_in, _, answer) in zip(steps, shown):",
        "    x = x_in / scale_in",
        "    if before is not None:",
        "        noise = x - ratio * before",
        "        seen = float(noise.square().mean().sqrt())",
        "        size = ratio * before.abs().max() + x.abs().max()",
        '        print(f"noise before f at t = {t:.6g}: seen {seen:.6g}, right {right:.6g}")',
        f"        rounding = 512 * {EPS} * size  # below it nothing can be told",
        f"        assert seen <= {high:.6g} * right + rounding, {shown.said!r}",
        f"        assert seen >= {low:.6g} * right - rounding, {shown.said!r}",
        "        if right > 100 * rounding:",
        "            for other in (before, last):",
        "                pair = torch.stack([noise.flatten(), other.flatten()])",
        "                r = float(torch.corrcoef(pair)[0, 1])",
        f"                assert not abs(r) > {6.5 / math.sqrt(rows):.4g}, {shown.said!r}",
        "        last = noise",
        "    else:",
        "        last = z.double()",
        f"    before = (skip * x + out * answer){clip}",
    ]


def last(shown: Shown) -> list[str]:
    """The last f."""
    probe, clip = shown.probe, shown.probe.convention.clipping
    s = probe.scales(probe.times(shown.given("n"))[-1])
    f = f"{s.skip!r} * x_in / {s.scale_in!r} + {s.out!r} * answer"
    f = f if clip is None else f"({f}).clamp(-{clip!r}, {clip!r})"
    return [
        *_run(shown),
        "x_in, _, answer = shown[-1]",
        *shown.compared("samples", f, "f of the last call: c_skip x_in/c_in + c_out F"),
    ]


def pushforward(shown: Shown) -> list[str] | None:
    """Samples' standard deviation and ranks, for a Gaussian in d = 1."""
    probe, c, exact = shown.probe, shown.probe.convention, shown.case["target"]
    target = exact.target(c)
    if target.dim != 1 or target.normal_form() is None or probe.body_eps > probe.eps:
        return None
    s, clip = probe.scales(probe.times(shown.given("n"))[-1]), c.clipping
    f = f"{s.skip!r} * x_in / {s.scale_in!r} + {s.out!r} * answer"
    f = f if clip is None else f"({f}).clamp(-{clip!r}, {clip!r})"
    a, b = c.a(c.boundary), c.b(c.boundary) * c.z_std
    mean, right = a * float(target.mean[0]), math.hypot(a * target.spread, b)
    rows = len(shown.given("z"))
    low, high = (math.sqrt(chdtri(rows, tail) / rows) for tail in (1 - RATE / 2, RATE / 2))
    return [
        *_run(shown),
        "x_in, _, answer = shown[-1]",
        f"f = {f}  # the last f: c_skip x_in/c_in + c_out F",
        f"line, right = f - {mean!r}, {right!r}  # of x_e, less its mean: a_e s and b_e",
        "seen = float(line.square().mean().sqrt())",
        'print("seen:  standard deviation of the samples", seen)',
        'print("right: standard deviation", right)',
        *uniform("torch.special.ndtr(line / right)", rows),
        shown.asserted(f"close and {low:.6g} * right <= seen <= {high:.6g} * right"),
    ]


def seeded(shown: Shown) -> list[str]:
    """One seed, one sample; two seeds, two samples."""
    n, seed = shown.given("n"), shown.given("seed")
    call = f"sample(z, {n}, network, {{}})"
    noisy = n > 1 and shown.probe.times(n)[1] > shown.probe.convention.boundary * 1.01
    head = [
        f"z = {shown.written('z')}",
        "network = lambda x_in, t: torch.tanh(x_in)",
        f"one, again = {call.format(seed)}, {call.format(seed)}",
        f"other = {call.format(seed + 1)}",
        'print("seen:  one seed", one.flatten().tolist(), again.flatten().tolist())',
        'print("       another seed", other.flatten().tolist())',
        'print("right: the same, and others")',
        shown.asserted("torch.equal(one, again)"),
    ]
    return [*head, shown.asserted("not torch.equal(one, other)")] if noisy else head


def _run(shown: Shown) -> list[str]:
    """One run of the sampler."""
    return [
        f"z = {shown.written('z')}",
        *network(shown.replay.calls),
        f"samples = sample(z, {shown.given('n')}, network, {shown.given('seed')})",
    ]


PLAIN: dict[str, Callable[[Shown], list[str] | None]] = {
    "sampler.finite": finite,
    "sampler.calls": calls,
    "sampler.prior": prior,
    "sampler.renoise": renoise,
    "sampler.last": last,
    "sampler.pushforward": pushforward,
    "sampler.seed": seeded,
}
