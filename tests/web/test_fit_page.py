"""A fit in a real browser: from a file to its numbers, cancelled and gone on with, found again by its address."""

import subprocess
import sys

import numpy as np

from tests.web.test_app import DRAWN, addressed, opened, says, taken

LONG = 240_000  # ms: pictures of a fit take a while


def write_samples(path, wrong=""):
    """A few subjects around the published curve, made up."""
    random = np.random.default_rng(3)
    rows = ["ID,TIME (d),DV,UNIT,ASSAY,EVID,AMT (cells),LIMIT"]
    for i in range(8):
        rows.append(f"S{i},0,,,,1,1e8,")
        top, slow = 24000 * np.exp(0.5 * random.normal()), 0.16 * np.exp(0.4 * random.normal())
        for t in (4, 9, 12, 17, 21, 28):
            level = top * (np.exp(-slow * max(t - 9.3, 0)) if t > 4 else 0.05) * np.exp(0.3 * random.normal())
            rows.append(f"S{i},{t},{level:.1f},copies/ug,qPCR,0,,50")
    rows[4] = rows[4].replace(rows[4].split(",")[2], wrong) if wrong else rows[4]
    path.write_text("\n".join(rows))


def serious(page, axe):
    """What axe finds on the page."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]


def chosen(page, label, value, sign):
    """Choose of a list and wait until the address says so."""
    page.get_by_label(label, exact=True).select_option(value)
    addressed(page, sign)


def under_way(page):
    """Wait until a fit says how far it is: its search, which is short, or what follows it."""
    stages = "['iteration', 'optim', 'nterval']"
    told = "(document.querySelector('#fit-progress')?.innerText ?? '')"
    page.wait_for_function(f"() => {stages}.some(s => {told}.includes(s))")


def test_fit_from_a_file_to_equal_bytes(page, context, address, axe, tmp_path):
    write_samples(tmp_path / "mine.csv")
    opened(page, address, "fit", plot=None)
    page.set_input_files("input[type=file]", tmp_path / "mine.csv")
    says(page, "#fit-size", "8 subjects in mine.csv")
    for name in ("fold", "t_max", "f_b", "beta"):
        page.locator(f"#choice-fit-role-{name}").select_option("held")
        page.wait_for_function("n => !document.querySelector('.right table').innerText.includes(n)", arg=name)
    assert "random=c_max&random=alpha" in page.url
    # by keyboard
    page.get_by_role("button", name="Start the fit").focus()
    page.keyboard.press("Enter")
    under_way(page)
    assert "job=" in page.url
    assert serious(page, axe) == []
    there = page.url
    page.close()
    page = context.new_page()  # later, by its address
    page.goto(there)
    page.wait_for_selector(DRAWN.format("vpc"), state="attached", timeout=LONG)
    assert "The fit" in page.locator("#sentence").inner_text()
    said = page.locator("main").inner_text()
    for words in ("c_max (transgene level at the peak) is", "RSE", "shrinkage", "What the data determine", "95 % intervals"):
        assert words in said, words
    for figure in page.locator("main figure").all():
        assert len(figure.locator("figcaption").inner_text()) > 20
        figure.locator("summary").click()
        assert figure.locator("table tbody tr").count() > 1
    assert serious(page, axe) == []
    taken(page, tmp_path)
    check_fit(tmp_path)


def check_fit(folder):
    """Tables of the app are those of `livingdrug run` and of the script, byte for byte."""
    mine = (folder / "parameters.csv").read_bytes()
    (folder / "parameters.csv").rename(folder / "app.csv")
    run = subprocess.run([sys.executable, "-m", "livingdrug", "run", "scenario.toml", "--out", "fitted"], cwd=folder,
                         capture_output=True, text=True)  # fmt: skip
    assert run.returncode in (0, 3, 4), run.stderr
    script = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True)
    assert script.returncode == 0, script.stderr
    assert (folder / "fitted" / "parameters.csv").read_bytes() == mine == (folder / "parameters.csv").read_bytes()
    for name in ("individuals.csv", "predictions.csv", "vpc.csv"):
        assert (folder / "fitted" / name).read_bytes() == (folder / name).read_bytes(), name
    report = (folder / "report.html").read_text()
    assert "fitted to mine.csv" in report and "samples.csv" not in report
    assert (folder / "picture.png").read_bytes().startswith(b"\x89PNG") and "<svg" in (folder / "picture.svg").read_text()


def test_a_fit_is_cancelled_and_goes_on(page, address):
    opened(page, address, "fit", plot=None)
    page.get_by_role("link", name="Look at the example").click()
    page.get_by_role("button", name="Start the fit").click()
    under_way(page)
    page.get_by_role("button", name="Cancel").click()
    says(page, "#fit-job", "It was cancelled.")
    there = page.url
    page.goto(address + "fit")
    page.locator("#fit-list").get_by_role("link").first.click()  # this browser knows its fits
    page.wait_for_url(there)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_selector("#fit-progress")
    page.get_by_role("button", name="Cancel").click()
    says(page, "#fit-job", "It was cancelled.")


def test_a_fit_that_is_gone_and_a_faulty_file_are_said(page, address, tmp_path):
    opened(page, address, "fit?job=nothing", plot=None)
    says(page, "main", "there is no fit of this address")
    write_samples(tmp_path / "bad.csv", "plenty")
    opened(page, address, "fit", plot=None)
    page.set_input_files("input[type=file]", tmp_path / "bad.csv")
    page.wait_for_selector("text=fault(s) and nothing was computed")
    assert page.locator("tr", has_text="plenty").first.inner_text().startswith("5\t")
    assert page.get_by_role("button", name="Start the fit").count() == 0
