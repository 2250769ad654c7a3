"""A real browser on the app, with every way to a network closed. Without a browser or its driver these tests skip."""

import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
OURS = r"(http://127\.0\.0\.1:|data:|blob:)"
# dcc.Input of Dash 4.4 says so, in no one's way, where a page is drawn anew in the moment after a letter was typed
OF_DASH = "Cannot read properties of null (reading 'setSelectionRange')"
PATIENCE = 180_000  # ms: a first run compiles, and others may use the machine


@pytest.fixture(scope="session")
def app():
    """(process, address, address with the key) of the app as `livingdrug app` serves it, on a free port."""
    command = [sys.executable, "-u", "-m", "livingdrug", "app", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said, found = "", None
    for line in server.stderr:
        said += line
        if found := re.search(r"(http://127\.0\.0\.1:\d+/)\?key=\S+", line):
            break
    assert found, said
    # a pipe that nobody reads fills, and whoever writes into it waits
    reader = threading.Thread(target=lambda: sys.stderr.writelines(server.stderr), daemon=True)
    reader.start()
    yield server, found.group(1), found.group()
    server.terminate()
    server.wait(60)
    reader.join(60)
    server.stderr.close()


@pytest.fixture(scope="session")
def served(app):
    """(process, address) of the app."""
    return app[:2]


@pytest.fixture(scope="session")
def address(served):
    """Where the app answers."""
    return served[1]


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium from the system."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed; `make test-web` installs it (Debian)")
    sync = pytest.importorskip("playwright.sync_api", reason="no Playwright; `make test-web` installs it")
    with sync.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", NO_NETWORK])
        yield opened
        opened.close()


@pytest.fixture
def context(browser, app):
    """A fresh window that has been let in; anything asked of another machine, and any error in the page, fails the test."""
    made = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    made.set_default_timeout(PATIENCE)
    assert made.request.get(app[2]).ok
    strangers, errors = [], []
    made.on("request", lambda r: None if re.match(OURS, r.url) else strangers.append(r.url))
    made.on("weberror", lambda error: errors.append(str(error.error)))
    yield made
    made.close()
    assert strangers == [] and [error for error in errors if OF_DASH not in error] == []


@pytest.fixture
def page(context):
    """A page of that window."""
    return context.new_page()


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, which `make test-web` takes from npm."""
    path = Path(__file__).parents[2] / ".venv" / "web" / "package" / "axe.min.js"
    if not path.exists():
        pytest.skip("no axe-core; `make test-web` takes it from npm")
    return path.read_text(encoding="utf-8")
