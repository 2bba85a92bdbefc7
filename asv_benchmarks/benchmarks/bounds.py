"""How near each bound comes to what it bounds: the largest ratio that the property suite's search
finds. Above 1 the bound would be false; the nearer to 1, the less a wrong estimate of it can hide.
"""

import importlib
import re
import sys

from .suites import ROOT, SUITE, silently

# by the name of the ratio: the module and the law that look for it
LAWS = {
    "W_2 / loss form": ("test_forms", "test_loss_form"),
    "W_2 / spread form": ("test_forms", "test_spread_form"),
    "W_2 / trajectory": ("test_forms", "test_spread_form"),
    "W_2 / trivial bound": ("test_forms", "test_trivial"),
    "W_2 / Theorem A": ("test_forms", "test_theorem_a"),
    "W_2 / Theorem A2": ("test_forms", "test_theorem_a"),
    "W_2 / few steps": ("test_forms", "test_carry"),
    "W_1 / trajectory": ("test_bound", "test_trained"),
    "W_1 / coupled pairs": ("test_bound", "test_trained"),
    "mean / E": ("test_claim", "test_accuracy"),
    "steps / E": ("test_claim", "test_accuracy"),
    "eps_t / claim": ("test_claim", "test_claim"),
    "steps / claim": ("test_claim", "test_claim"),
}


class Nearest:
    """Fixed draws of the ci profile, so that a figure changes with the code alone."""

    params = list(LAWS)
    param_names = ["ratio"]
    timeout = 600

    def setup(self, ratio: str) -> None:
        sys.path.insert(0, str(ROOT))

    def track_largest(self, ratio: str) -> float:
        """The largest ratio found."""
        module, law = LAWS[ratio]
        file = importlib.import_module(f"{SUITE}.{module}").__file__
        told = silently(f"{file}::{law}", "--ctverify-profile=ci")
        (found,) = re.findall(rf"^ +(-?[\d.]+)  \S+: {re.escape(ratio)}$", told, re.MULTILINE)
        return float(found)
