"""The plain sentence and the tables: what is said, and what is not where nothing carries it."""

from dataclasses import replace

import pytest
from rich.console import Console

from ctverify import Certificate
from ctverify.certificate.sentence import bands, percent, sentence
from ctverify.certificate.table import certificate_text, comparison
from ctverify.core.verdict import at_most

from .made import FILES, bracket, made, sampler, shares

SAID = [
    (
        shares(0.2, 0.8),
        "; 80 % of it is the schedule, above all at sigma 0.56 to 0.69: "
        "try `ctverify schedule optimal`, or more levels.",
    ),
    (shares(0.91, 0.09), "; 91 % of it is the model, above all at"),
    (shares(0.91, 0.09), ": train longer, or a larger model."),
    (shares(-0.2, 1.2), ", of which the model's error cancels 20 %: try `ctverify schedule"),
    (shares(1.3, -0.3), ", of which the schedule's error cancels 30 %: train longer"),
    (shares(-0.01, 1.01), "; 101 % of it is the schedule, above all at sigma"),
    (shares(0.56, 0.44), "; 56 % of it is the model, 44 % the schedule."),
    (shares(0.5, 0.5), "; 50 % of it is the model, 50 % the schedule."),
    (shares(0.2, 0.8, error=0.2), "; whether by the model or by the schedule cannot be told"),
    (shares(0.1, 0.1, start=0.8), "; 80 % of it is the start at N(0, I): let the schedule end"),
    (shares(0.1, 0.1), "; 80 % of it is f_1, which is not the identity: build"),
    (None, "off (limits 0.095 and 0.105 at 99.9999 %), 5 % of the spread."),
]


@pytest.mark.parametrize(("parts", "words"), SAID)
def test_reasons(parts, words):
    """A reason is named where the shares carry it."""
    said = sentence(made(parts))
    assert said.startswith("Samples are 0.1 off (limits 0.095 and 0.105 at 99.9999 %), 5 % of the")
    assert words in said
    assert "\n" not in said


def test_no_cancelling_within_noise():
    """A share that is negative by less than two standard errors cancels nothing."""
    assert "cancels" not in sentence(made(shares(-0.01, 1.01)))


def test_a_coupled_distance_that_is_much_larger():
    """Shares are of that one, where re-pairing brings the upper end down."""
    rotated = made(shares(0.9, 0.1), bracket(0.038, 0.042))
    assert "; 90 % of the coupled distance, 0.1, is the model" in sentence(rotated)


def test_tiny_shares_are_nothing():
    """Roundings are no percentage."""
    assert percent(4e-17) == percent(-4e-17) == "0 %"
    assert percent(1e-4) == "0.01 %"


def test_loose_limits():
    """Both ends are told where they are far apart, and so is a model worse than a constant."""
    loose = made(None, bracket(0.03, 0.1))
    assert "Samples are 0.032 to 0.095 off" in sentence(loose)
    assert "at most 5 % of the spread" in sentence(loose)
    bad = made(None, bracket(2.5, 2.6))
    assert "more than a constant model's 2" in sentence(bad)


def test_an_error_of_the_solvers_size():
    """No reason is asked for."""
    exact = made(None, bracket(0.95e-7, 1e-7))
    assert sentence(exact).endswith("; too little to ask for a reason.")


def test_steps_that_make_it_worse():
    """Certain where the limits are apart, else by the upper end alone; nothing where it falls."""
    base = made(shares(0.1, 0.2, start=0.7))
    worse = replace(base, sampler=sampler(0.1, 0.2))
    said = sentence(worse)
    assert "70 % of it is carried over from the steps before" in said
    assert said.endswith("Step 2 makes it worse: 0.1 at most before it, 0.18 at least after it.")
    perhaps = replace(base, sampler=sampler(0.1, 0.105))
    assert "Step 2 may make it worse: the upper end rises from 0.098" in sentence(perhaps)
    better = replace(base, sampler=sampler(0.2, 0.1))
    assert "worse" not in sentence(better)


def test_what_is_not_to_be_relied_on():
    """A sanity verdict that fails comes first; one of quality does not."""
    base = made(shares(0.2, 0.8))
    sane = at_most("f is deterministic", "(14)", 1.0, 0.0)
    doubtful = replace(base, verdicts=(sane,))
    assert sentence(doubtful).startswith('Not to be relied on: "f is deterministic" fails. Samples')
    bad = replace(base, verdicts=(replace(sane, kind="quality"),))
    assert sentence(bad).startswith("Samples")


def test_nothing_measured():
    """The reason of a model that is not finite."""
    base = made(None)
    verdict = replace(at_most("f is finite", "(14)", 1.0, 0.0), detail="f(x, 1) is not finite")
    broken = replace(base, w1=None, budget=None, theorem=None, verdicts=(verdict,))
    assert sentence(broken) == "Nothing was measured: f(x, 1) is not finite."
    assert sentence(replace(broken, verdicts=())) == "Nothing was measured."
    infinite = made(None, bracket(0.1, float("inf")))
    assert sentence(infinite).startswith("How far off the samples are is not known")


@pytest.mark.parametrize(("count", "most"), [(1, 12), (63, 12), (1023, 12), (5, 1)])
def test_bands_hold_every_level_once(count, most):
    """In order, at most that many."""
    levels = list(range(count))
    joined = [level for band in bands(count, most) for level in levels[band]]
    assert joined == levels
    assert len(bands(count, most)) <= most


def printed(shown):
    """What rich prints on 80 columns."""
    console = Console(width=80, color_system=None)
    with console.capture() as capture:
        console.print(shown)
    return capture.get()


def test_comparison_in_80_columns():
    """A row a model with its limits, its part of the spread and the shares with their signs."""
    certificates = [made(shares(-0.2, 1.2)), made(shares(0.91, 0.09)), made(None)]
    text = printed(comparison(certificates))
    assert max(map(len, text.splitlines())) <= 80
    rows = [line.split() for line in text.splitlines() if line.startswith("mixture-2d ")]
    cells = ["0.095", "0.105", "5", "%", "-20", "%", "120", "%"]
    assert rows[0][3:11] == cells
    assert rows[2][3:9] == ["0.095", "0.105", "5", "%", "-", "-"]
    assert "mixture-2d: Samples are 0.1 off" in text
    assert "are negative where errors cancel" in " ".join(text.split())


def test_the_profile_sums_to_the_whole():
    """Shares by level, the start and f_1; their sums with twice the standard errors."""
    text = certificate_text(made(shares(0.2, 0.7)), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "20 % ± 2  70 % ± 2  of 0.1, the mean distance" in text
    rows = {line.split()[0]: line for line in text.splitlines() if line.strip()}
    assert rows["3"].rstrip().endswith(f"90 % {16 * '#'}")
    assert rows["|f_1"].rstrip().endswith("10 % ##")
    assert "at large T the sum grows" in " ".join(text.split())


def test_the_profile_of_a_sampler_ends_where_its_last_step_starts():
    """And begins with what is carried over."""
    certificate = replace(made(shares(0.2, 0.2, start=0.6)), sampler=sampler(0.2, 0.1))
    text = certificate_text(certificate, 80)
    assert "carried over from the steps before, 20 % the model, 20 % the schedule" in " ".join(
        text.split()
    )
    profile = text.partition("|d_t|")[2].partition("sum ")[0].splitlines()
    assert [line.split()[0] for line in profile if line][1:] == ["2", "3", "carried", "|f_1"]


def test_verdicts_by_kind():
    """Sanity and quality are told apart."""
    text = certificate_text(made(None))
    sanity, _, quality = text.partition("quality: is the model good?")
    assert "sanity: can the certificate be relied on?" in sanity
    assert "W_1 at most max_w1" in quality
    assert "W_1 at most max_w1" not in sanity


def test_no_numbers_and_no_shares():
    """Old certificates and models that are not finite are shown, in 80 columns too."""
    old = Certificate.load(FILES / "certificate-1.json")
    text = certificate_text(old, 80)
    assert "sum along the trajectory" in text
    assert "schedule" not in text.partition("Theorem")[0].partition("|d_t|")[2]
    broken = replace(old, w1=None, budget=None, theorem=None)
    assert "W_1" not in printed(comparison([broken])).splitlines()[3]
    assert "Nothing was measured" in certificate_text(broken)
