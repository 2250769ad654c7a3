"""Screenshots of the app for the manual, at three widths: `python docs/site/screens.py FOLDER [NAME ...]`, with the browser
of `make test-web` on the path. FOLDER gets them, to be looked at and chosen from."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

WIDTHS = {1440: 900, 1024: 768, 390: 844}
FIT = "/fit?kind=fit&file=example&model=stein_2019&estimate=beta"
FIT += "".join(f"&random={name}" for name in ("fold", "t_max", "c_max", "alpha", "f_b"))
PAGES = {
    "start": "/", "explore": "/explore", "models": "/models", "model": "/models?model=kirouac_2023",
    "sensitivity": "/sensitivity", "study": "/study?kind=check&file=example_study&endpoints=example_outcomes",
    "data": "/data?kind=nca&file=example", "response": "/response", "trial": "/trial",
    "sampling": "/sampling", "fit_plan": FIT, "forecast": "/forecast?kind=forecast&file=example&model=stein_2019&at=14",
    "assay": "/assay?kind=assay-check&files=example_plate&plan=example_plate_map&events=example_plate_events",
    "attributes": "/attributes?kind=attributes-check&file=example_products",
    "preconditioning": "/preconditioning", "fractionation": "/fractionation", "optimise": "/optimise", "cure": "/cure",
    "compare_models": "/models-compare", "distinguish": "/models-distinguish", "population": "/population",
    "report": "/report?item=kind%3Dpower%26effect%3D0.5&item=kind%3Dsimulate%26model%3Dstein_2019&title=Study+X",
    "paper": "/paper",
}
PATIENCE = 300_000


def shoot(page, path: Path) -> None:
    """What is on the screen, in few colours: a page of text needs no more."""
    from PIL import Image

    page.wait_for_function("document.getElementById('busy').hidden")
    page.wait_for_timeout(800)
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)


def fit(page, address: str, folder: Path) -> None:
    """The pages of a fit: on its way, and what it found."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(address + FIT.lstrip("/"))
    page.get_by_role("button", name="Start the fit").click()
    page.wait_for_selector("#fit-progress p")
    page.wait_for_function("/iteration|search/.test(document.querySelector('#fit-progress').innerText)")
    shoot(page, folder / "fit_progress-1440.png")
    page.wait_for_selector("#vpc .main-svg", state="attached", timeout=PATIENCE)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("window.scrollTo(0, 0)")
        shoot(page, folder / f"fit-{width}.png")
        page.locator("#vpc").scroll_into_view_if_needed()
        shoot(page, folder / f"fit_check-{width}.png")
        page.locator("#own").scroll_into_view_if_needed()
        shoot(page, folder / f"fit_own-{width}.png")


def main(folder: Path, names: list[str]) -> None:
    """Every page that is named, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as app, sync_playwright() as driver:
        key = re.search(r"(http://127\.0\.0\.1:\d+/)\?key=\S+", app.stderr.readline())
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(key.group())
        for name in names or [*PAGES, "fit"]:
            if name == "fit":
                fit(page, key.group(1), folder)
                continue
            for width, height in WIDTHS.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(key.group(1) + PAGES[name].lstrip("/"))
                page.wait_for_selector("main h1")
                shoot(page, folder / f"{name}-{width}.png")
        browser.close()
        app.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
