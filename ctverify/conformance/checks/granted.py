"""What checks take for granted: the checks that others rest on, by the way in which they judge.

Where one of these failed, a failure of a check that rests on it is no evidence of a second defect:
its law, or the oracle that it is judged with, does not hold then whatever the rest does.
"""

from __future__ import annotations

# scalings are read off f at one row, from two constant networks, and used for every row
READ = ("interface.batch", "scalings.finite", "scalings.affine")
# with its oracle f is exact at every time, the boundary included
EXACT = (*READ, "scalings.boundary", "scalings.semigroup", "scalings.equivariance")
# an n-step sampler goes through n times that fall from the noise end to above the boundary
TIMES = ("times.finite", "times.count", "times.monotone", "times.ends")
# each step of a sampler can be told apart
STEPS = (*TIMES, "sampler.finite", "sampler.calls")

# what a method returns is finite before anything else of it is judged
FINITE = {
    "consistency": "scalings.finite",
    "times": "times.finite",
    "training_pair": "pair.finite",
    "loss": "loss.finite",
    "sample": "sampler.finite",
}


def causes(id: str, needs: tuple[str, ...], rests_on: tuple[str, ...]) -> tuple[str, ...]:
    """Whatever a check rests on, once: what it says, and that what it needs is finite."""
    finite = () if id in FINITE.values() else (FINITE[name] for name in needs if name in FINITE)
    return tuple(dict.fromkeys(one for one in (*finite, *rests_on) if one != id))
