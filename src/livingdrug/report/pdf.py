"""The report as pages to print or to file: PDF made of report.html by WeasyPrint, where the extra `pdf` is installed."""

from pathlib import Path

from livingdrug.core.errors import InputError

NAME = "report.pdf"


def write_pdf(html: Path) -> Path:
    """Write report.pdf beside an HTML report, whole or not at all; the same report gives the same bytes.

    Raises InputError where WeasyPrint or the libraries that it draws with are not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # OSError: Pango is missing
        raise InputError(
            f"a PDF needs WeasyPrint ({str(error).splitlines()[0]}); install it with: pip install 'livingdrug[pdf]' (on "
            "Debian and: apt-get install libpango-1.0-0 libpangoft2-1.0-0), or print report.html from a browser"
        ) from None
    path = html.with_name(NAME)
    part = path.with_name(f"{NAME}.part")
    HTML(filename=html, url_fetcher=_nothing).write_pdf(part)
    part.replace(path)
    return path


def _nothing(url: str, *_, **__):
    """A report holds all it shows: whatever it names elsewhere is not fetched."""
    raise InputError(f"the report names `{url}`, and nothing is fetched")
