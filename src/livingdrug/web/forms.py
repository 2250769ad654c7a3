"""Fields that edit a scenario: what is typed becomes a new address, or a sentence that says why it cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import LivingdrugError
from livingdrug.scenario.purpose import Document
from livingdrug.web.address import read_query, to_query, view_pairs
from livingdrug.web.parts import field, problem


@dataclass(frozen=True)
class Entry:
    """A field of the scenario: its key, a label, what to know, whether several numbers stand in it, one after the other."""

    key: str
    label: str
    about: str = ""
    several: bool = False


def form(name: str, scenario: Document, query: str, entries: Sequence[Entry]) -> html.Div:
    """The fields, filled from the scenario."""
    made = [field(f"{name}-{e.key}", e.label, _shown(getattr(scenario, e.key)), e.about, type="text") for e in entries]
    return html.Div([dcc.Store(id=f"{name}-query", data=query), *made, html.Div(id=f"{name}-problem")])


def _shown(value) -> str:
    if value is None:
        return ""
    return " ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value}"


def register_form(app, name: str, entries: Sequence[Entry]) -> None:
    """The callback of a form."""

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output(f"{name}-problem", "children"),
        *(Input(f"{name}-{e.key}", "value") for e in entries), State(f"{name}-query", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def edit(*values):
        *texts, query = values
        try:
            scenario, view = read_query(query)
            changed = edited(scenario, entries, texts)
        except (LivingdrugError, ValueError):
            wrong = [e.label for e, text in zip(entries, texts, strict=True) if not _fits(scenario, e, text)]
            return no_update, problem(f"{', '.join(wrong) or 'a value'}: what was typed cannot be used here")
        new = to_query(changed, view_pairs(view))
        if new == to_query(scenario, view_pairs(view)):
            raise PreventUpdate
        return "?" + new, []


def edited(scenario: Document, entries: Sequence[Entry], texts: Sequence[str | None]) -> Document:
    """The scenario with what was typed; empty means not given."""
    data = scenario.model_dump(exclude_defaults=True, exclude_none=True) | {"kind": scenario.kind}
    for entry, text in zip(entries, texts, strict=True):
        text = str(text).strip() if text is not None else ""
        data.pop(entry.key, None)
        if text:
            data[entry.key] = text.replace(",", " ").split() if entry.several else text
    return type(scenario)(**data)


def _fits(scenario: Document, entry: Entry, text: str | None) -> bool:
    try:
        edited(scenario, [entry], [text])
    except ValueError:
        return False
    return True
