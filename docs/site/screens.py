"""Screenshots of the app for the manual: `python docs/site/screens.py docs/screens [NAME ...]`, with the browser of `make
test-web` on the path. Every page of the app at three widths, and what comes after a click at one; look at each before
it is kept."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

WIDTHS = {1440: 900, 1024: 768, 390: 844}
STEIN = "&model=stein_2019"
FIT = f"kind=fit&file=example{STEIN}&estimate=beta" + "".join(
    f"&random={name}" for name in ("fold", "t_max", "c_max", "alpha", "f_b")
)
# what a page shows that would wait for a file; every other one is shown as it opens
SHOWN = {
    "/study": "kind=check&file=example_study&endpoints=example_outcomes",
    "/data": "kind=compare&file=example&product=tisagenlecleucel",
    "/fit": FIT,
    "/forecast": f"kind=forecast&file=example{STEIN}&at=14",
    "/assay": "kind=assay-check&files=example_plate&plan=example_plate_map&events=example_plate_events",
    "/attributes": "kind=attributes-relate&file=example_products&outcome=CR%2BPR",
    "/report": "item=kind%3Dpower%26effect%3D0.5&item=kind%3Dsimulate%26model%3Dstein_2019&title=Study+X",
}
# what is shown of a page besides, on a wide screen: name -> address
MORE = {
    "model": "/models?model=kirouac_2023",
    "response_own": "/response?kind=index&file=example_response&exposure=CMAX&efficacy=ORR&toxicity=CRS+grade>%3D3",
    "dark": "/explore",
}
CLICKED = ("trial_design", "fit_progress", "fit_done", "fit_check")  # what comes after a click
PATIENCE, COLOURS = 600_000, 128  # ms; of a screenshot, without loss: fewer would change hues


def addresses() -> dict[str, str]:
    """Name of each page of the app -> its address."""
    from livingdrug.web.pages import pages

    shown = {path: f"{path}?{SHOWN[path]}" if path in SHOWN else path for path in pages()}
    return {module.PAGE.file_name: shown[path] for path, module in pages().items()}


def files() -> set[str]:
    """The names of the screenshots of all pages."""
    return {f"{name}-{width}.webp" for name in addresses() for width in WIDTHS}


def shoot(page, path: Path) -> None:
    """What is on the screen, once nothing is being worked on and plots are drawn."""
    import io

    from PIL import Image

    page.wait_for_function("document.getElementById('busy').hidden && !document.querySelector('.stale')")
    page.wait_for_function("[...document.querySelectorAll('.dash-graph')].every(g => g.querySelector('.main-svg'))")
    page.wait_for_timeout(800)
    few = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.convert("RGB").save(path, lossless=True, method=4)


def at(page, width: int) -> None:
    """The window at one of the widths."""
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})


def opened(page, address: str) -> None:
    """A page with its heading."""
    page.goto(address)
    page.wait_for_selector("main h1")


def clicked(page, base: str, folder: Path) -> None:
    """A trial from its design; a fit on its way, and what it gave."""
    at(page, 1440)
    opened(page, base + "/trial")
    page.get_by_role("link", name="Several versions against a shared control").click()
    page.wait_for_selector("#sizes .main-svg", state="attached")
    shoot(page, folder / "trial_design-1440.webp")
    opened(page, f"{base}/fit?{FIT}")
    page.get_by_role("button", name="Start the fit").click()
    page.wait_for_selector("#fit-progress p")
    page.wait_for_function("/iteration|search/.test(document.querySelector('#fit-progress').innerText)")
    shoot(page, folder / "fit_progress-1440.webp")
    page.wait_for_selector("#vpc .main-svg", state="attached")
    page.evaluate("window.scrollTo(0, 0)")
    shoot(page, folder / "fit_done-1440.webp")
    page.locator("#vpc").scroll_into_view_if_needed()
    shoot(page, folder / "fit_check-1440.webp")


def main(folder: Path, names: list[str]) -> None:
    """Every page that is named (`clicked`: those after a click), or all."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(parents=True, exist_ok=True)
    every = {**addresses(), **MORE}
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as app, sync_playwright() as driver:
        key = re.search(r"(http://127\.0\.0\.1:\d+)/\?key=\S+", app.stderr.readline())
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(key.group())
        for name in names or [*every, "clicked"]:
            page.emulate_media(color_scheme="dark" if name == "dark" else "light")
            if name == "clicked":
                clicked(page, key.group(1), folder)
                continue
            at(page, 1440)
            opened(page, key.group(1) + every[name])
            for width in [1440] if name in MORE else WIDTHS:
                at(page, width)
                shoot(page, folder / f"{name}-{width}.webp")
        browser.close()
        app.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
