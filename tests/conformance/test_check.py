"""`ctverify check` as users meet it: tables, JSON, JUnit, xfails, baselines, their own adapters,
one sentence for bad input.
"""

import json
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import torch
from click.testing import CliRunner

from ctverify import Convention, InputError
from ctverify.cli.main import main
from ctverify.conformance import Function, Karras, check, conformance_tests, search
from ctverify.conformance.references.reference import Reference
from ctverify.conformance.results.result import Report, Result
from ctverify.conformance.search import judge

from .judging import BY_ID
from .mutants import MUTANTS, subject
from .scripted import run
from .subjects import Broken, Denoiser, Plain, Startled, Stepping, Terse

pytest_plugins = ["pytester"]
STATED = {"id", "group", "statement", "reference"}
FIELDS = STATED | {"status", "observed", "limit", "configuration", "reproduce"}


few_examples = pytest.mark.parametrize("most", [2, pytest.param(None, marks=pytest.mark.slow)])


@pytest.fixture(scope="module", autouse=True)
def _larger_failures():
    """No failure is shrunk for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "SHRINKS", 20)
        yield


def call(*arguments):
    """Exit code, stdout and stderr of `ctverify check ARGUMENTS`, judged in this process; others
    have tests of their own.
    """
    result = CliRunner().invoke(main, ["check", "--in-process", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def noisy():
    """A factory: the reference with trailing noise."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "trailing noise")
    return subject(mutant)


def nothing():
    """A factory of something that is no adapter."""
    return object()


NOISY = f"{__name__}:noisy"


def test_table_and_json(tmp_path):
    """A report: the table groups by cause, JSON has every field, the exit code says whether it
    conforms.
    """
    code, out, err = call("reference", "--max-examples", 2, "--json", tmp_path / "report.json")
    assert code == 0
    assert err == ""
    assert re.search(r"\nconforms: \d+ pass, \d+ n/a\n", out)
    causes = ("interface.calls", "times.finite", "scalings.finite", "sampler.finite")
    positions = [out.index(id) for id in causes]
    assert positions == sorted(positions)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["schema"] == "ctverify/conformance/2"
    assert report["subject"] == "reference"
    assert report["seed"] == 0
    assert all(set(fields) >= FIELDS for fields in report["checks"])
    assert Report.from_dict(report).to_dict() == report


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The noisy subject judged by all checks but the two that ask most: what was printed, and a
    folder with both reports.
    """
    folder = tmp_path_factory.mktemp("noisy")
    reports = ("--json", folder / "report.json", "--junit", folder / "report.xml")
    quick = [f"--only={id}" for id in BY_ID if id not in ("loss.rows", "pair.residual")]
    code, out, _ = call(NOISY, *quick, "--max-examples", 2, *reports)
    assert code == 1
    return out, folder


def test_failure_is_shown_with_its_script(judged):
    """A failure says what was seen, at which configuration, and a script; JUnit has it too."""
    out, folder = judged
    assert "FAIL     sampler.last" in out
    assert "does not conform" in out
    assert "what is returned is the last f, without noise" in out
    assert "samples = sample(z, " in out
    assert "AssertionError" not in out
    suite = ElementTree.fromstring((folder / "report.xml").read_bytes())
    failing = [case for case in suite if case.find("failure") is not None]
    assert [case.get("name") for case in failing] == ["sampler.last"]
    assert suite.get("failures") == "1"
    assert suite.get("tests") == str(len(list(suite)))


def test_xfails_and_baseline(judged, tmp_path):
    """Expected failures and known ones do not fail; an expected failure that passes does."""
    expected = tmp_path / "xfails.txt"
    expected.write_text("# ours\nsampler.last noise is left in, on purpose\n")
    few = ("--only", "sampler.last", "--only", "sampler.finite", "--max-examples", 2)
    assert call(NOISY, *few)[0] == 1
    code, out, _ = call(NOISY, *few, "--xfails", expected)
    assert code == 0
    assert "noise is left in, on purpose" in out
    assert call(NOISY, *few, "--baseline", judged[1] / "report.json")[0] == 0
    code, out, _ = call("reference", *few, "--xfails", expected)
    assert code == 1
    assert "was expected to fail, and passes" in out
    code, out, _ = call(NOISY, *few, "--xfails", expected, "--json", "-")
    assert "expected_failure" in {fields["status"] for fields in json.loads(out)["checks"]}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "SUBJECT must be given"),
        (["nobody"], "SUBJECT must be one of reference, .* got 'nobody'"),
        (["no_such_module:f"], "SUBJECT must name an importable callable"),
        ([f"{__name__}:nothing"], "SUBJECT must be an adapter with a ctverify Convention"),
        ([f"{__name__}:call"], "conforms|must be an adapter"),
        (
            ["reference", "--max-examples", "0"],
            "'--max-examples': 0 is not in the range x>=1",
        ),
        (["reference", "--seed", "-1"], "'--seed': -1 is not in the range x>=0"),
        (["reference", "--xfails", "/no/such/file"], "--xfails '/no/such/file' cannot be read"),
        (["reference", "--baseline", "/no/such/file"], "--baseline '/no/such/file' cannot be read"),
        (["reference", "--max-examples", "1", "--json", "/proc/no/report.json"], "cannot write"),
    ],
)
def test_bad_input_is_one_sentence(arguments, words):
    """Bad input is one sentence that starts with Error, exit code 2, and no traceback."""
    code, _, err = call(*arguments)
    assert code == 2
    assert err.startswith("Error: ")
    assert "Traceback" not in err
    assert re.search(words, err), err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sampler.lost reason", "'sampler.lost' is no check's id"),
        ("sampler.last", "'sampler.last' needs a reason"),
    ],
)
def test_bad_xfails(tmp_path, line, words):
    """Ids that match nothing and missing reasons are refused."""
    (tmp_path / "x.txt").write_text(line)
    code, _, err = call("reference", "--xfails", tmp_path / "x.txt")
    assert code == 2
    assert words in err


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"schema": "ctverify/certificate/1"}', '{"schema": "ctverify/conformance/2"}'],
)
def test_bad_baseline(tmp_path, text):
    """A baseline that is no report is refused with exit code 2."""
    (tmp_path / "b.json").write_text(text)
    code, _, err = call("reference", "--baseline", tmp_path / "b.json")
    assert code == 2
    assert "--baseline must hold a report" in err


def test_list():
    """--list shows the checks and the built-in subjects, and judges nothing."""
    code, out, _ = call("--list")
    assert code == 0
    assert "loss.stationary" in out
    assert "diffusers-lcm" in out
    assert "pass" not in out.split()[:5]


def test_reproduction_runs(tmp_path):
    """The script of a failure runs by itself, shows the number that was seen and ends with its
    sentence.
    """
    result = judge(BY_ID["sampler.prior"], Startled(), 0, None)
    assert result.status == "fail"
    done = run(result.reproduce, tmp_path)
    assert done.returncode == 1, done
    assert "seen:  the start is z times 3.0" in done.stdout, done
    assert done.stderr.strip().endswith(f"AssertionError: {result.detail}"), done
    assert "the start's factor is 3" in result.detail


def test_a_callable_of_ones_own():
    """f(x, t) with a declared convention: the boundary and rows are judged, what needs a network is
    not applicable.
    """

    def exact(x, t):
        return x * math.sqrt((0.25 + 0.002**2) / (0.25 + t * t))

    def wrong(x, t):
        return x * 0.5 / math.sqrt(0.25 + t * t)

    report = check(Function(exact, Convention.ve(0.002)))
    assert report.conforms
    assert sum(r.status == "pass" for r in report.results) == 6
    report = check(Function(wrong, Convention.ve(0.2)))
    assert [r.id for r in report.failed] == ["scalings.boundary"]


@few_examples
def test_karras_protocol(most):
    """A right denoiser of that family passes, one without the boundary condition is told so."""
    report = check(Karras(Denoiser()), max_examples=most)
    assert report.conforms
    assert sum(r.status == "pass" for r in report.results) >= 12
    plain = check(Karras(Plain()), max_examples=most)
    assert [r.id for r in plain.failed] == ["scalings.boundary"]


def test_what_raises_is_told_once():
    """A sampler that raises fails one check; its group is inconclusive or not applicable."""
    report = check(Broken())
    assert [r.id for r in report.failed] == ["interface.calls"]
    assert "RuntimeError: not today" in report.failed[0].detail
    assert {r.status for r in report.results if r.group == "sampler"} <= {
        "inconclusive",
        "not_applicable",
    }


@few_examples
def test_placeholders_are_not_methods(most):
    """What is inherited from the protocol counts as missing; a float is an embedding like any
    other.
    """
    report = check(Terse(), max_examples=most)
    assert report.conforms
    assert not any(r.status == "inconclusive" for r in report.results)
    assert {r.status for r in report.results if r.group in ("loss", "sampler")} == {
        "not_applicable"
    }


@few_examples
def test_stateful_subjects(most):
    """The network asks f for its scalings while the sampler is in the middle of its steps."""
    report = check(Stepping(), max_examples=most)
    assert report.conforms, report.failed
    assert {r.id for r in report.results if r.status == "pass"} > {
        "sampler.renoise",
        "sampler.pushforward",
        "scalings.semigroup",
    }


def test_missing_is_never_passed():
    """A subject with nothing but a convention passes only what has nothing to call."""
    empty = type("Empty", (), {"convention": Convention.ve()})()
    assert {r.id for r in check(empty).results if r.status == "pass"} <= {
        "interface.calls",
        "interface.returns",
    }


def test_unusable_subjects_are_refused():
    """What is no adapter is refused, and so is a vp convention without its alpha_bar."""
    with pytest.raises(InputError, match="must be an adapter"):
        check(object())
    with pytest.raises(InputError, match="alpha_bar"):
        check(type("V", (), {"convention": Convention.vp()})())


def test_some_checks():
    """Groups and ids select, in the order of causes; a verdict does not depend on what else ran."""
    every = check("reference", checks=["times", "sampler"], max_examples=1, in_process=True)
    some = ["sampler", "times.count"]
    some = check("reference", checks=some, max_examples=1, in_process=True)
    ids = [result.id for result in some.results]
    assert ids[0] == "times.count"
    assert {id.partition(".")[0] for id in ids[1:]} == {"sampler"}
    assert some.results == tuple(result for result in every.results if result.id in ids)
    assert len(ids) == 1 + sum(result.group == "sampler" for result in every.results)


@pytest.mark.parametrize(
    ("checks", "words"),
    [
        (["sampler", "loss.lost"], r"checks must be .* got 'loss\.lost'"),
        ("sampler", "checks must be a sequence of text"),
        ([], "checks must be a list"),
    ],
)
def test_unknown_checks(checks, words):
    """What is no id and no group is refused, with those that are."""
    with pytest.raises(InputError, match=words):
        check("reference", checks=checks, in_process=True)
    with pytest.raises(InputError, match=r"groups \(interface, .*\(interface\.returns, "):
        check("reference", checks=["loss.lost"], in_process=True)


@conformance_tests(max_examples=2)
def test_decorated():
    """The decorator makes one pytest test of each check."""
    return Reference()


DECORATED = f"""
from ctverify.conformance import conformance_tests
from {__name__} import noisy

@conformance_tests(max_examples=3, xfails={{"sampler.last": "left in"}})
def test_expected():
    return noisy()

@conformance_tests(max_examples=3)
def test_plain():
    return noisy()
"""


def test_decorator_fails_what_fails(pytester):
    """A failing check is a failing test; xfails are strict; unknown ids are refused."""
    pytester.makepyfile(test_it=DECORATED)
    done = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-k", "sampler")
    sampler = [check for check in BY_ID.values() if check.group == "sampler"]
    others = 2 * len(sampler) - 2
    outcomes = done.parseoutcomes()
    assert outcomes.pop("deselected") == 2 * len(BY_ID) - others - 2
    of_maps = 2 * sum("flow_map" in check.needs for check in sampler)
    assert outcomes.pop("skipped") == of_maps
    assert outcomes == {"failed": 1, "xfailed": 1, "passed": others - of_maps}
    done.stdout.fnmatch_lines("*test_plain[[]sampler.last[]]*")
    with pytest.raises(ValueError, match="no check's id"):
        conformance_tests(xfails={"sampler.lost": "x"})


def test_json_of_what_is_not_finite():
    """NaN is a string in JSON, and NaN again when it is read."""
    result = Result("a", "a", "", "", "fail", observed=math.nan, limit=0.0)
    text = json.dumps(Report("a", "1", 0, (result,)).to_dict(), allow_nan=False)
    report = json.loads(text)
    assert report["checks"][0]["observed"] == "NaN"
    assert math.isnan(Report.from_dict(report).results[0].observed)


def test_core_imports_no_subject():
    """Neither diffusers nor bayesflow is imported by ctverify.conformance and its reference."""
    code = "import sys, ctverify.conformance as c"
    code += "; c.check('reference', checks=['times.count'], max_examples=1, in_process=True)"
    code += "; print({'diffusers', 'bayesflow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_gradients_may_be_off():
    """A library that switches autograd off does not change the verdict."""
    with torch.no_grad():
        assert check(Reference(), max_examples=1).conforms
