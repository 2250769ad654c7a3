"""One HTML file: pictures inline, tables, settings, versions; nothing is fetched when it is opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livingdrug.core.files import whole_file
from livingdrug.core.words import NOTICE
from livingdrug.report.svg import clean_svg

# a browser runs nothing and fetches nothing, whatever has found its way into the page
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Drawing:
    """A figure as SVG text.

    Attributes
    ----------
    svg : str
        The text.
    caption : str
        What it shows, in a sentence.
    file : str
        Name of its files in the folder of the run.
    """

    svg: str
    caption: str
    file: str = ""


def drawing(name: str, svg: str, caption: str, file: str = "") -> Drawing:
    """A drawing from the text of an SVG file; `name` sets its ids apart from those of the report's other
    figures.

    Parameters
    ----------
    name : str
        Sets its ids apart from those of the report's other figures.
    svg : str
        The text of a file.
    caption : str
        What it shows, in a sentence.
    file : str, optional
        Name of its files in the folder of the run.

    Returns
    -------
    Drawing

    Raises
    ------
    InputError
        Where the text is no SVG.
    """
    return Drawing(clean_svg(svg, name), caption, file)


@dataclass(frozen=True)
class Section:
    """A heading of a report with what stands below it.

    Attributes
    ----------
    anchor : str
        Of the heading.
    title : str
        The heading.
    text : sequence of str
        Paragraphs of the chapter.
    points : sequence of str
        Bullet points.
    pictures : sequence of Drawing
        Figures of the chapter, in their order.
    tables : Sequence[tuple[str, sequence of str, Sequence[sequence of str]]]
        (title, header, rows) each.
    label, code : str
        Of a text to be copied as it is, and the text.
    """

    anchor: str
    title: str
    text: Sequence[str] = ()
    points: Sequence[str] = ()
    pictures: Sequence[Drawing] = ()
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = ()
    label: str = ""
    code: str = ""


@dataclass(frozen=True)
class Report:
    """What is printed.

    Attributes
    ----------
    title : str
        Of the report.
    summary : sequence of str
        The first sentences of the document, which say the answer.
    sections : sequence of Section
        Chapters in their order.
    settings : dict[str, str]
        Versions among them, printed at the end.
    """

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    settings: dict[str, str] = field(default_factory=dict)


TEMPLATE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}"><title>{{ report.title }}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
h1 { line-height: 1.2; } h2 { margin-top: 2.6rem; border-top: 1px solid #ddd; padding-top: 1rem; }
nav { columns: 3; font-size: .9rem; } nav a { display: block; } a { color: #00568a; }
table { border-collapse: collapse; font-size: .85rem; margin: .8rem 0; } th, td { padding: .2rem .6rem; text-align: left; }
th { border-bottom: 2px solid #999; } td { border-bottom: 1px solid #eee; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
.label { background: #fff3cd; padding: .1rem .5rem; border-radius: .3rem; font-size: .85rem; font-weight: 600; }
.notice { background: #f3f3f3; padding: .6rem 1rem; border-left: 4px solid #d55e00; }
.pass { color: #00694b; } .deviates { color: #a04000; font-weight: 600; }
figcaption { color: #444; font-size: .9rem; } pre { background: #f6f6f6; padding: .7rem 1rem; overflow-x: auto; }
details summary { cursor: pointer; color: #00568a; }
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; } h1 { margin-top: 0; }
  h2, summary { break-after: avoid; } figure, tr { break-inside: avoid; } svg { max-height: 11cm; }
  pre { white-space: pre-wrap; }
}
</style></head><body>
<h1>{{ report.title }}</h1>
<p class="notice">{{ notice }}</p>
{% for line in report.summary %}<p>{{ line }}</p>{% endfor %}
<nav aria-label="contents">{% for s in report.sections %}<a href="#{{ s.anchor }}">{{ s.title }}</a>{% endfor %}</nav>
{% for s in report.sections %}
<h2 id="{{ s.anchor }}">{{ s.title }}{% if s.label %} <span class="label">{{ s.label }}</span>{% endif %}</h2>
{% for line in s.text %}<p>{{ line }}</p>{% endfor %}
{% if s.points %}<ul>{% for line in s.points %}<li>{{ line }}</li>{% endfor %}</ul>{% endif %}
{% for picture in s.pictures %}<figure><div role="img" aria-label="{{ picture.caption }}">{{ picture.svg | safe }}</div>
<figcaption>{{ picture.caption }}</figcaption></figure>{% endfor %}
{% for title, header, rows in s.tables %}
<details {% if rows | length <= 30 %}open{% endif %}>
<summary>{{ title }} ({{ rows | length }} row{{ '' if rows | length == 1 else 's' }})</summary>
<div class="scroll"><table><thead><tr>{% for h in header %}<th scope="col">{{ h }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr>{% for c in row %}<td class="{{ cell_class(c) }}">{{ c }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div></details>
{% endfor %}
{% if s.code %}<pre tabindex="0" aria-label="{{ s.title }}">{{ s.code }}</pre>{% endif %}
{% endfor %}
<h2 id="settings">Settings and versions</h2>
<table>{% for k, v in settings.items() %}<tr><td>{{ k }}</td><td>{{ v }}</td></tr>{% endfor %}</table>
<p class="notice">{{ notice }}</p>
</body></html>
"""


def write_report(report: Report, path: Path) -> None:
    """Write the file whole or not at all. The same report gives the same bytes.

    Parameters
    ----------
    report : Report
        What is printed.
    path : Path
        Of the file.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(TEMPLATE)
    html = template.render(
        report=report, notice=NOTICE, policy=POLICY, settings=report.settings, cell_class=_cell_class
    )
    with whole_file(path) as file:
        file.write(html)


def _cell_class(cell: str) -> str:
    if cell in ("pass", "deviates"):
        return cell
    try:
        float(cell.replace(",", ""))
    except ValueError:
        return ""
    return "n"
