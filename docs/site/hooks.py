"""Pages of the manual that are made while it is built: the Python reference from docstrings, the catalogue and what fits
what from the models; and every page that the menu does not name yet is in it all the same."""

import inspect
import re
from pathlib import Path

from mkdocs.structure.files import File, Files

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.M)
MADE = {
    "api.md": "api_page", "catalogue.md": "catalogue_page", "fragments.md": "fragments_page", "screens.md": "screens_page",
}  # fmt: skip


def on_files(files: Files, config) -> Files:
    """Add the pages that are made."""
    for name, maker in MADE.items():
        files.append(File.generated(config, name, content=globals()[maker]()))
    for name, drawing in diagrams():
        files.append(File.generated(config, f"diagrams/{name}.svg", content=drawing))
    return files


def on_config(config):
    """Pages of docs that the menu does not name stand in a section of their own."""
    named = set(re.findall(r"[\w/]+\.md", str(config.nav)))
    more = sorted(p.name for p in Path(config.docs_dir).glob("*.md") if p.name not in named)
    if more:
        config.nav.append({"More": more})
    return config


def api_page() -> str:
    """Every public name of `import livingdrug as ld` with its signature and its docstring."""
    import livingdrug as ld

    names = sorted((n for n in ld.__all__ if not n.startswith("_")), key=str.lower)
    parts = ["# Python\n", "`import livingdrug as ld`, then `ld.` and Tab. Made of the docstrings.\n"]
    for name in names:
        parts.append(f"## {name}\n\n```python\n{_signature(name, getattr(ld, name))}\n```\n\n{_docstring(getattr(ld, name))}\n")
    return "\n".join(parts)


def _signature(name: str, item) -> str:
    """How it is called, a line for each argument where there are several."""
    call = item if callable(item) else getattr(item, name, None)
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return f"ld.{name}"
    plain = [str(p.replace(annotation=p.empty)) for p in signature.parameters.values()]
    inside = ", ".join(plain)
    return f"ld.{name}({inside})" if len(inside) < 80 else "ld.{}(\n    {},\n)".format(name, ",\n    ".join(plain))


def _docstring(item) -> str:
    """A docstring in numpy's form as Markdown: sections as bold words, parameters as a list."""
    text = inspect.getdoc(item) or ""
    parts = SECTION.split(text)
    made = [_text(parts[0])]
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        rows, after = [], []
        for block in re.split(r"\n(?=\S)", body.strip("\n")):
            head, _, about = block.partition("\n")
            if about or not rows:
                said = _text(" ".join(about.split()))
                rows.append(f"- `{head}`: {said}" if said else f"- {_text(head)}")
            else:
                after.append(block)
        made.append(f"**{title}**\n\n" + "\n".join(rows))
        made += [_text(block) for block in after]
    return "\n\n".join(made)


def _text(said: str) -> str:
    """Text that is no markup: what looks like a tag is shown."""
    return said.replace("<", "&lt;")


def screens_page() -> str:
    """Every page of the app on a wide, a middle and a narrow screen."""
    from livingdrug.web.pages import pages

    parts = ["# Pages of the app\n", "At 1440, 1024 and 390 px, with data that are simulated or published. Made by "
             "`docs/site/screens.py`; what the pages do: [the app](app.md).\n"]  # fmt: skip
    for module in pages().values():
        page = module.PAGE
        wide, middle, narrow = (f"screens/{page.file_name}-{width}.webp" for width in (1440, 1024, 390))
        parts.append(f"## {page.name}\n\n![{page.name} at 1440 px]({wide}){{ loading=lazy }}\n")
        parts.append(f"![{page.name} at 1024 px]({middle}){{ loading=lazy width=\"66%\" }} "
                     f"![{page.name} at 390 px]({narrow}){{ loading=lazy width=\"30%\" }}\n")  # fmt: skip
    return "\n".join(parts)


def diagrams() -> list[tuple[str, str]]:
    """(name, SVG) of every model."""
    from livingdrug.diagram import diagram_of, to_svg
    from livingdrug.models import get_model, list_models

    return [(name, to_svg(diagram_of(get_model(name)))) for name in list_models()]


def catalogue_page() -> str:
    """A line for each model: what it is for, of which disease, from which data."""
    from livingdrug.models import get_model, list_models

    rows = []
    for name in list_models():
        model = get_model(name)
        about = model.about
        cells = (", ".join(about.disease), ", ".join(about.data), about.purpose) if about else ("", "", "")
        rows.append(f"| [`{name}`](diagrams/{name}.svg) | {_text(model.title)} | " + " | ".join(_text(c).replace("|", "\\|") for c in cells) + " |")
    head = (
        "# Catalogue of models\n\nMade of the models. `livingdrug models show NAME` has equations, sources and anchors; "
        "the name leads to the diagram of its states and flows.\n\n"
    )
    return head + "| name | title | disease | data | what it is for |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


def fragments_page() -> str:
    """Every fragment on every model: joined alone, beside another fragment, or refused, with the sentence."""
    from livingdrug.models import get_fragment, get_model, list_fragments, list_models
    from livingdrug.models.conformance import joining

    fragments, models = list_fragments(), {name: get_model(name) for name in list_models()}
    found = {(base, name): joining(model, name) for base, model in models.items() for name in fragments}
    parts = [
        "# Which fragment joins which model\n\nEvery fragment was tried on every model while this page was made. `livingdrug "
        "simulate MODEL --with FRAGMENT` joins it; `livingdrug models show MODEL` lists those that fit.\n"
    ]
    for name in fragments:
        rows = [f"| `{base}` | {_fit(found[base, name])} |" for base in models]
        joined = sum(found[base, name].fits for base in models)
        parts.append(f"## {name}\n\n{_text(get_fragment(name).title)}. It joins {joined} of {len(models)} models.\n")
        parts.append("| model | |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _fit(one) -> str:
    """A cell of the table of a fragment."""
    if one.fits:
        return f"joins beside `{one.partner}`" if one.partner else "joins"
    return "no: " + _text(one.why).replace("|", "\\|")
