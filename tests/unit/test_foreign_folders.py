"""A run's folder from somebody else: nothing outside it is read, changed or deleted, and nothing in its report runs."""

import json
import os
import re
import shutil

import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.files import below
from livingdrug.core.folders import GONE, LOCK, NEW, PART, held
from livingdrug.report import file_hash, rebuild
from livingdrug.report.record import read_record, sealed
from livingdrug.report.svg import clean_svg
from livingdrug.workflows import keep_run
from livingdrug.workflows.power.spec import Power
from livingdrug.workflows.simulate.spec import Simulation
from tests.commands import livingdrug
from tests.dying import contents
from tests.mutants import bytes_changed, data_changed

AGAIN = Power(effect=0.5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of a run, to be copied."""
    path = tmp_path_factory.mktemp("made") / "run"
    keep_run(Power(fold=2.0, log_sd=0.8), path)
    return path


@pytest.fixture
def folder(made, tmp_path):
    """A run's folder in a folder with a thesis."""
    (tmp_path / "thesis.txt").write_text("years of work")
    return shutil.copytree(made, tmp_path / "run")


def forged(folder, change) -> None:
    """A record changed by somebody who knows how its own hash is made."""
    record = json.loads((folder / "record.json").read_text())
    change(record)
    record.pop("sha256", None)
    (folder / "record.json").write_text(sealed(record))


NAMES = ("../thesis.txt", "..", "/etc/hostname", "a/../../thesis.txt", "./results.csv", "a//b", "", "a\\..\\b", "C:x",
         "a\nb", "a\x00b")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_out_of_the_folder_is_refused(folder, name):
    forged(folder, lambda record: record["hashes"].update({name: file_hash(folder.parent / "thesis.txt")}))
    for act in (lambda: keep_run(AGAIN, folder), lambda: rebuild(folder)):
        with pytest.raises(InputError, match="not a plain name|is not the record"):
            act()
    assert (folder.parent / "thesis.txt").read_text() == "years of work"


def test_names_of_our_own_are_plain(tmp_path):
    for name in ("results.csv", "pictures/output1-all.svg", "患者データ.csv", "a b.csv"):
        assert below(tmp_path, name) == tmp_path / name


@pytest.mark.parametrize("name", ["results.csv", "pictures", "record.json", "scenario.toml"])
def test_a_symbolic_link_is_not_followed(folder, name):
    outside = shutil.copytree(folder, folder.parent / "outside")
    before = contents(outside)
    (shutil.rmtree if (folder / name).is_dir() else os.unlink)(folder / name)
    (folder / name).symlink_to(outside / name)
    for act in (lambda: rebuild(folder), lambda: keep_run(AGAIN, folder)):
        with pytest.raises(InputError, match="symbolic link"):
            act()
    assert contents(outside) == before


def test_links_where_a_run_writes_are_replaced_or_refused(folder):
    thesis = folder.parent / "thesis.txt"
    for name in ("report.html", f"report.html.{os.getpid()}.part"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(thesis)
    (folder / PART).symlink_to(folder.parent)
    rebuild(folder)
    assert not (folder / "report.html").is_symlink()
    for name in (LOCK, NEW):
        (folder / name).symlink_to(folder.parent)
        with pytest.raises(InputError):
            rebuild(folder)
        (folder / name).unlink()
    assert thesis.read_text() == "years of work" and len(list(folder.parent.iterdir())) == 2


def test_a_journal_from_somebody_else_does_nothing_outside(folder):
    thesis = folder.parent / "thesis.txt"
    for gone in ({"../thesis.txt": file_hash(thesis)}, {str(thesis): file_hash(thesis)}, ["x"], "no json", {"a": 1}):
        (folder / NEW).mkdir()
        (folder / NEW / GONE).write_text(gone if isinstance(gone, str) else json.dumps(gone))
        with pytest.raises(InputError):
            rebuild(folder)
        shutil.rmtree(folder / NEW)
    (folder / NEW).mkdir()
    (folder / NEW / "link").symlink_to(thesis)
    with pytest.raises(InputError, match="symbolic link"), held(folder):
        pass
    assert thesis.read_text() == "years of work"


SVGS = (
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><path d="M0 0"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><g onClick="alert(1)"><path d="M0 0"/></g></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><b xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></b>'
    "</foreignObject></svg>",
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><a xlink:href="javascript:alert(1)">'
    '<path d="M0 0"/></a></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink"><image x:href="http://evil.example/a.png"/>'
    '<use href="//evil.example/a.svg#x"/><image href="data:image/svg+xml;base64,PHN2Zz4="/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>@import "http://evil.example/a.css"; * {fill: url(http://evil.example)}</style>'
    '<path style="fill: url(http://evil.example/x)" d="M0 0"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><style>a{b:\\75rl(http://evil.example)}</style></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><animate attributeName="href" to="javascript:alert(1)"/>'
    '<set to="javascript:x"/></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg"><title><style xmlns="http://www.w3.org/2000/svg">x</style>&lt;/title&gt;'
    "&lt;script&gt;alert(1)</title></svg>",
    '<svg xmlns="http://www.w3.org/2000/svg"><path id=\'a"><script>alert(1)</script>\'/></svg>',
)
RUNS = re.compile(
    r"<script|\son\w+=|javascript:|evil\.example|foreignObject|<style[^>]*>[^<]*[@\\]|<animate|<set|image/svg", re.IGNORECASE
)


@pytest.mark.parametrize("svg", SVGS)
def test_what_runs_or_fetches_is_taken_out_of_a_figure(folder, svg):
    try:
        cleaned = clean_svg(svg, 'p"><script>0')
    except InputError:
        cleaned = ""
    assert not RUNS.search(cleaned)
    path = folder / "pictures" / "power.svg"
    path.write_text(svg)
    forged(folder, lambda record: record["hashes"].update({"pictures/power.svg": file_hash(path)}))
    try:
        rebuild(folder)
    except InputError as error:
        assert "is no SVG" in str(error)
    assert not RUNS.search((folder / "report.html").read_text().partition("<figure>")[2])


def test_a_figure_of_our_own_keeps_what_draws(made):
    svg = (made / "pictures" / "power.svg").read_text()
    cleaned = clean_svg(svg, "p0")
    for element in ("path", "use", "clipPath", "text"):
        assert svg.count(f"<{element} ") == cleaned.count(f"<{element} "), element
    ids = set(re.findall(r'\bid="([^"]+)"', cleaned))
    used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', cleaned))
    assert used and all((a or b) in ids for a, b in used) and all(name.startswith("p0-") for name in ids)


def test_the_report_forbids_whatever_could_run(made):
    html = (made / "report.html").read_text()
    policy = re.search(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', html).group(1)
    assert policy.startswith("default-src &#39;none&#39;") and html.index("Content-Security-Policy") < html.index("<title")


def refused(act) -> bool:
    """Whether it is refused; anything but one sentence is raised."""
    try:
        act()
    except InputError as error:
        assert "\n" not in str(error).strip() and len(str(error)) < 600
        return True
    return False


def test_a_mutated_record_is_refused_in_one_sentence(folder):
    raw = (folder / "record.json").read_bytes()
    for data in bytes_changed(raw, 300, 11):
        (folder / "record.json").write_bytes(data)
        assert refused(lambda: rebuild(folder)) or read_record(folder) == json.loads(raw)
    (folder / "record.json").write_bytes(b"[" * 200_000)
    assert refused(lambda: rebuild(folder))


def test_a_forged_record_is_read_or_refused_in_one_sentence(folder):
    record = json.loads((folder / "record.json").read_bytes())
    record.pop("sha256")
    count = 0
    for data in data_changed(record, 300, 5):
        (folder / "record.json").write_text(sealed(data), encoding="utf-8", errors="surrogatepass")
        count += refused(lambda: read_record(folder)) or refused(lambda: rebuild(folder))
    assert count > 150 and (folder.parent / "thesis.txt").read_text() == "years of work"
    assert {p.name for p in folder.parent.iterdir()} == {"run", "thesis.txt"}


def test_the_command_says_it_in_a_sentence(folder):
    (folder / "record.json").write_text((folder / "record.json").read_text().replace("power", "tower", 1))
    done = livingdrug("report", folder)
    assert done.returncode == 2 and "is not the record that the run wrote" in " ".join(done.stderr.split())
    gone = livingdrug("report", folder.parent / "nothing")
    assert gone.returncode == 2 and not (folder.parent / "nothing").exists()


def test_a_report_is_not_left_beside_newer_numbers(tmp_path):
    keep_run(Simulation(model="stein_2019", days=5), tmp_path / "run")
    (tmp_path / "run" / "report.pdf").write_bytes(b"%PDF of the first run")
    keep_run(AGAIN, tmp_path / "run")
    assert not (tmp_path / "run" / "report.pdf").exists()
