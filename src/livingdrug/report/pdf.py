"""The report as pages to print or to file: PDF made of report.html by WeasyPrint, where the extra `pdf` is
installed."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livingdrug.core.errors import InputError
from livingdrug.core.files import whole_file
from livingdrug.report.folder_files import PDF

DATE = "SOURCE_DATE_EPOCH"


def write_pdf(html: Path) -> Path:
    """Write report.pdf beside an HTML report, whole or not at all; the same report gives the same bytes.

    Parameters
    ----------
    html : Path
        The report beside which it is written.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        Where WeasyPrint or the libraries that it draws with are not installed.
    """
    with _quiet_and_dateless():
        return _written(html)


def _written(html: Path) -> Path:
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: Pango is missing
        raise InputError(
            f"a PDF needs WeasyPrint ({str(error).splitlines()[0]}); install it with: pip install "
            "'livingdrug[pdf]' (on Debian and: apt-get install libpango-1.0-0 libpangoft2-1.0-0), or print "
            "report.html from a browser"
        ) from None
    path = html.with_name(PDF)
    with whole_file(path, "wb") as file:
        HTML(filename=html, url_fetcher=_nothing).write_pdf(file)
    return path


@contextmanager
def _quiet_and_dateless() -> Iterator[None]:
    """Without the library's advice to those who install it, and with one date in embedded fonts: where
    HarfBuzz-Subset is missing they are cut by fontTools, which stamps the time of day into them unless this
    variable says another."""
    given = os.environ.get(DATE)
    os.environ[DATE] = given or "0"
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        if given is None:
            del os.environ[DATE]


def _nothing(url: str, *_, **__):
    """A report holds all it shows: whatever it names elsewhere is not fetched."""
    raise InputError(f"the report names `{url}`, and nothing is fetched")
