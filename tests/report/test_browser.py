"""The page in a headless Chromium: no console message, no request, no overflow, light and dark, 400
and 1,600 pixels wide.
"""

import json
import os
import shutil

import pytest

from ctverify.report.collect import Collection, collect
from ctverify.report.standalone import standalone
from ctverify.report.page import html
from ctverify.sweep.exponents import fits

from .conftest import crowd

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OUTSIDE = """
    return figures.flatMap(figure => {
        const box = figure.getBoundingClientRect();
        return [...figure.querySelectorAll('text')].filter(text => {
            const own = text.getBoundingClientRect();
            const across = own.left < box.left - 1 || own.right > box.right + 1;
            return across || own.top < box.top - 1 || own.bottom > box.bottom + 1;
        }).map(text => text.textContent);
    })"""
FIGURES = "const figures = [...document.querySelectorAll('svg.figure'), ...[document.documentElement].filter(e => e.tagName == 'svg')];"


@pytest.fixture(scope="module")
def driver():
    """Chromium and its driver, where they are installed: Debian's chromium and chromium-driver, or
    Chrome and chromedriver.
    """
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="selenium is not installed: pip install '.[test]'"
    )
    from selenium.webdriver.chrome.service import Service

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    directory = os.environ.get("CHROMEWEBDRIVER")
    chromedriver = shutil.which("chromedriver") or (
        directory and shutil.which("chromedriver", path=directory)
    )
    if browser is None or chromedriver is None:
        pytest.skip(
            "no Chromium with its chromedriver was found: apt-get install chromium chromium-driver"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield found
    found.quit()


@pytest.fixture(scope="module")
def pages(directory, hostile, far_off, tmp_path_factory):
    """Files: everything, hostile names, a model far off; a sweep of many families, and its figure
    alone.
    """
    home = tmp_path_factory.mktemp("pages")
    texts = {
        "all.html": html(collect([directory])),
        "hostile.html": html(collect([hostile])),
        "far.html": far_off,
    }
    texts |= {
        "sweep.html": html(Collection(records=tuple(crowd()))),
        "alone.svg": standalone(fits(crowd())),
    }
    for name, text in texts.items():
        (home / name).write_text(text)
    return {name.split(".")[0]: (home / name).as_uri() for name in texts}


def show(driver, address, width, scheme):
    """Load the page at that width and colour scheme, everything unfolded."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    driver.get(address)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")


@pytest.mark.parametrize("name", ["all", "hostile", "far", "sweep", "alone"])
def test_nothing_is_said_and_nothing_is_fetched(driver, pages, name):
    """The console is empty and the only request is the page itself."""
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    show(driver, pages[name], 800, "light")
    assert driver.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    requests = {
        e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"
    }
    assert {url for url in requests if not url.startswith("data:")} == {pages[name]}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
@pytest.mark.parametrize("name", ["all", "hostile", "far", "sweep"])
def test_nothing_leaves_the_page(driver, pages, name, width, scheme):
    """No sideways scrolling of the page, and no text of a figure outside it."""
    show(driver, pages[name], width, scheme)
    assert driver.execute_script(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    assert driver.execute_script(FIGURES + OUTSIDE) == []


def test_nothing_leaves_a_figure_that_stands_alone(driver, pages):
    """The same for the file of its own, whose width is fixed."""
    show(driver, pages["alone"], 1600, "light")
    assert driver.execute_script(FIGURES + OUTSIDE) == []


@pytest.mark.parametrize(
    ("name", "width"),
    [
        *((name, width) for name in ("all", "hostile", "far", "sweep") for width in (400, 1600)),
        ("alone", 1600),
    ],
)
def test_no_texts_of_a_figure_overlap(driver, pages, name, width):
    """Labels, legends and titles stay apart, and are at least 9 pixels high."""
    show(driver, pages[name], width, "light")
    overlaps = """
        const found = [];
        for (const figure of figures) {
            const texts = [...figure.querySelectorAll('text')].map(text => [text.textContent, text.getBoundingClientRect()]);
            texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
                const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (across > 1 && down > 3) found.push([one, other]);
            }));
            texts.filter(([, a]) => a.height < 9).forEach(([one]) => found.push([one, 'too small']));
        }
        return found"""
    assert driver.execute_script(FIGURES + overlaps) == []


def test_light_and_dark_differ_and_can_be_read(driver, pages):
    """The contrast of text, soft text, links and marks with their ground, by WCAG: 4.5 for text, 3
    for marks.
    """
    contrast = """
        const linear = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const light = name => {
            const probe = document.createElement('i');
            probe.style.color = `var(${name})`;
            document.body.append(probe);
            const [r, g, b] = getComputedStyle(probe).color.match(/[0-9.]+/g).map(Number).map(linear);
            probe.remove();
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        const names = ['--text', '--soft', '--model', '--exact', '--theory', '--pass', '--fail', '--inconclusive'];
        const grounds = ['--back', '--panel'];
        const least = name => Math.min(...grounds.map(ground => ratio(light(name), light(ground))));
        return [light('--back'), Object.fromEntries(names.map(name => [name, least(name)]))]"""
    grounds = []
    for scheme in ("light", "dark"):
        show(driver, pages["all"], 800, scheme)
        ground, ratios = driver.execute_script(contrast)
        grounds.append(ground)
        marks = {"--exact", "--theory"}
        assert all(ratio >= (3 if name in marks else 4.5) for name, ratio in ratios.items()), ratios
    assert grounds[0] > 0.9 and grounds[1] < 0.05


def test_one_click_selects_a_script(driver, pages):
    """The whole script, ready to be copied."""
    show(driver, pages["all"], 800, "light")
    script = driver.find_element("css selector", "pre")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", script)
    script.click()
    assert driver.execute_script(
        "return getSelection().toString().trim() == arguments[0].textContent.trim()", script
    )
