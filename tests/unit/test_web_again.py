"""A link to a file of one's own: known by its content, it asks for the file where the app has it not, and then shows what it
showed."""

import base64

import pytest

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.web import again
from livingdrug.web.app import page_of
from livingdrug.web.uploads import MAX_FILES, Uploads, is_token
from livingdrug.web.work import Work
from livingdrug.workflows.examples.kinetics import example_kinetics


def as_text(raw: bytes) -> str:
    return "data:text/csv;base64," + base64.b64encode(raw).decode()


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("again") / "mine.csv"
    write_csv(example_kinetics(3), path)
    return path.read_bytes()


def test_a_token_is_of_the_content_alone():
    one, other = Uploads(), Uploads()
    token = one.keep("mine.csv", b"ID\n1\n")
    assert is_token(token) and other.keep("renamed.csv", b"ID\n1\n") == token != one.keep("mine.csv", b"ID\n2\n")
    assert one.name(token) == "mine.csv" and other.name(token) == "renamed.csv"


def test_a_file_that_is_chosen_again_is_the_last_to_go():
    uploads = Uploads()
    token = uploads.keep("mine.csv", b"mine")
    for k in range(MAX_FILES - 1):
        uploads.keep("other.csv", str(k).encode())
    uploads.keep("mine.csv", b"mine")
    uploads.keep("other.csv", b"one more")
    assert uploads.path(token).read_bytes() == b"mine"


PAGES = (
    "/data?kind=nca&file={}&window=0&window=28", "/fit?kind=fit&file={}&model=stein_2019", "/study?kind=check&file={}",
    "/assay?kind=assay-check&files={}", "/attributes?kind=attributes-check&file={}",
    "/forecast?kind=forecast&file={}&model=stein_2019", "/response?kind=response&file={}&exposure=CMAX&endpoint=ORR",
)  # fmt: skip


@pytest.mark.parametrize("address", PAGES)
def test_every_page_asks_for_the_file_of_a_link(address, raw):
    token, work = Uploads().keep("mine.csv", raw), Work()
    path, _, query = address.format(token).partition("?")
    page = str(page_of(path, f"?{query}", work))
    assert "again-upload" in page and "Choose the same file again" in page and "Shown: " not in page


def test_with_the_file_the_link_shows_what_it_showed(raw):
    first, second = Work(), Work()
    token = first.uploads.keep("mine.csv", raw)
    search = f"?kind=nca&file={token}&window=0&window=14"
    before = str(page_of("/data", search, first))
    with pytest.raises(InputError, match="another content"):
        again.given(search, "mine.csv", as_text(raw + b"\n"), second)
    renewed = again.given(search, "mine.csv", as_text(raw), second)
    assert renewed == search + "&" and again.renewed(renewed) == search
    assert str(page_of("/data", renewed, second)) == before and "again-upload" not in before


def test_of_two_files_one_after_the_other(raw):
    token, other = Uploads().keep("a.csv", raw), Uploads().keep("b.csv", b"ID,ORR\n1,1\n")
    search, work = f"?kind=check&file={token}&endpoints={other}", Work()
    assert again.missing(search, work) == [token, other] and "2 files" in str(page_of("/study", search, work))
    search = again.given(search, "b.csv", as_text(b"ID,ORR\n1,1\n"), work)
    assert again.missing(search, work) == [token] and "a file" in str(page_of("/study", search, work))
    search = again.given(search, "a.csv", as_text(raw), work)
    assert again.missing(search, work) == []


def test_a_path_of_this_machine_is_no_file_of_a_link():
    assert again.missing("?kind=nca&file=../secret.csv&values.k12=1", Work()) == []
    assert again.missing("?kind=nca&file=example", Work()) == []
