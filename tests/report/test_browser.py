"""The page in a headless Chromium: no console message, no request, no overflow, no cut label, light
and dark, 400 to 1,600 pixels wide.
"""

import itertools
import json
import os
import shutil

import pytest

from ctverify.report.collect import Collection, collect
from ctverify.report.page import html
from ctverify.report.standalone import standalone
from ctverify.sweep.exponents import fits

from .conftest import crowd

ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIGURES = """
    const root = document.documentElement;
    const inside = [...document.querySelectorAll('svg.figure')];
    const figures = root.tagName == 'svg' ? [root] : inside;
"""
OUTSIDE = """
    return figures.flatMap(figure => {
        const box = figure.getBoundingClientRect();
        return [...figure.querySelectorAll('text')].filter(text => {
            const own = text.getBoundingClientRect();
            const across = own.left < box.left - 1 || own.right > box.right + 1;
            return across || own.top < box.top - 1 || own.bottom > box.bottom + 1;
        }).map(text => text.textContent);
    })"""
OVERLAPS = """
    const overlaps = [];
    for (const figure of figures) {
        const texts = [...figure.querySelectorAll('text')];
        const boxes = texts.map(text => [text.textContent, text.getBoundingClientRect()]);
        boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 3) overlaps.push([one, other]);
        }));
        const small = boxes.filter(([, box]) => box.height < 9);
        small.forEach(([words]) => overlaps.push([words, 'too small']));
    }
    return overlaps"""
CONTRAST = """
    const linear = c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = name => {
        const probe = document.createElement('i');
        probe.style.color = `var(${name})`;
        document.body.append(probe);
        const colour = getComputedStyle(probe).color;
        const [r, g, b] = colour.match(/[0-9.]+/g).map(Number).map(linear);
        probe.remove();
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const names = ['--text', '--soft', '--model', '--exact', '--theory'];
    names.push('--pass', '--fail', '--inconclusive');
    const grounds = ['--back', '--panel'];
    const least = name => Math.min(...grounds.map(ground => ratio(light(name), light(ground))));
    return [light('--back'), Object.fromEntries(names.map(name => [name, least(name)]))]"""


@pytest.fixture(scope="session")
def driver():
    """Chromium and its driver, where they are installed: Debian's chromium and chromium-driver, or
    Chrome and chromedriver. Of the whole session, so that where there is none no page is made.
    """
    webdriver = pytest.importorskip(
        "selenium.webdriver", reason="selenium is not installed: pip install '.[test]'"
    )
    from selenium.webdriver.chrome.service import Service

    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    chromedriver = shutil.which("chromedriver")
    if chromedriver is None and "CHROMEWEBDRIVER" in os.environ:
        chromedriver = shutil.which("chromedriver", path=os.environ["CHROMEWEBDRIVER"])
    if browser is None or chromedriver is None:
        pytest.skip(
            "no Chromium with its chromedriver was found: apt-get install chromium chromium-driver"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield chrome
    chrome.quit()


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
        "sweep.html": html(Collection(records=tuple(crowd()))),
        "alone.svg": standalone(fits(crowd())),
    }
    addresses = {}
    for name, text in texts.items():
        file = home / name
        file.write_text(text)
        addresses[file.stem] = file.as_uri()
    return addresses


def show(driver, address, width, scheme):
    """Load the page at that width and colour scheme, everything unfolded."""
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    driver.get(address)
    driver.execute_script("document.querySelectorAll('details').forEach(part => part.open = true)")


@pytest.mark.parametrize("name", ["all", "hostile", "far", "sweep", "alone"])
def test_nothing_is_said_and_nothing_is_fetched(driver, pages, name):
    """The console is empty and the only request is the page itself."""
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    show(driver, pages[name], 800, "light")
    assert driver.get_log("browser") == []
    requests = set()
    for entry in driver.get_log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            requests.add(event["params"]["request"]["url"])
    assert {url for url in requests if not url.startswith("data:")} == {pages[name]}


@pytest.mark.parametrize("width", [400, 1280])
def test_no_label_is_cut(driver, pages, width):
    """No name that certify's own models and targets have ends in an ellipsis."""
    show(driver, pages["all"], width, "light")
    script = "return figures.flatMap(f => [...f.querySelectorAll('text')].map(t => t.textContent))"
    words = driver.execute_script(FIGURES + script)
    assert [text for text in words if "…" in text] == []


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
    [*itertools.product(("all", "hostile", "far", "sweep"), (400, 1600)), ("alone", 1600)],
)
def test_no_texts_of_a_figure_overlap(driver, pages, name, width):
    """Labels, legends and titles stay apart, and are at least 9 pixels high."""
    show(driver, pages[name], width, "light")
    assert driver.execute_script(FIGURES + OVERLAPS) == []


def test_light_and_dark_differ_and_can_be_read(driver, pages):
    """The contrast of text, soft text, links and marks with their ground, by WCAG: 4.5 for text, 3
    for marks.
    """
    grounds = []
    for scheme in ("light", "dark"):
        show(driver, pages["all"], 800, scheme)
        ground, ratios = driver.execute_script(CONTRAST)
        grounds.append(ground)
        for name, ratio in ratios.items():
            assert ratio >= (3 if name in ("--exact", "--theory") else 4.5), name
    assert grounds[0] > 0.9
    assert grounds[1] < 0.05


def test_one_click_selects_a_script(driver, pages):
    """The whole script, ready to be copied."""
    show(driver, pages["all"], 800, "light")
    script = driver.find_element("css selector", "pre")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", script)
    script.click()
    assert driver.execute_script(
        "return getSelection().toString().trim() == arguments[0].textContent.trim()", script
    )
