"""Fields that edit a scenario: what is typed becomes a new address, or a sentence that says why it cannot."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.web.address import D, read_as, read_query, to_query, view_pairs
from livingdrug.web.parts import choice, field, problem
from livingdrug.workflows import Document, about


@dataclass(frozen=True)
class Entry:
    """A field of the scenario: its key, a label, what to know; whether several numbers stand in it, one after the other;
    what parts several texts; whether each of them is a pair NAME=VALUE (with `several` NAME=VALUE,VALUE); or (value, text) of
    each choice, where only some values can be."""

    key: str
    label: str
    about: str = ""
    several: bool = False
    apart: str = ""
    pairs: bool = False
    choices: tuple[tuple[str, str], ...] = ()


def form(name: str, scenario: Document, query: str, entries: Sequence[Entry]) -> html.Div:
    """The fields, filled from the scenario."""
    entries = [replace(e, about=e.about or _meaning(scenario, e)) for e in entries]
    made = [_field(f"{name}-{e.key}", e, getattr(scenario, e.key)) for e in entries]
    return html.Div([dcc.Store(id=f"{name}-query", data=query), *made, html.Div(id=f"{name}-problem")])


def folded(title: str, name: str, scenario: Document, entries: Sequence[Entry]) -> html.Details:
    """A form that is folded away until something is chosen in it."""
    fields = type(scenario).model_fields
    chosen = any(getattr(scenario, e.key) != fields[e.key].get_default(call_default_factory=True) for e in entries)
    return html.Details([html.Summary(title), form(name, scenario, to_query(scenario), entries)], open=chosen)


def _meaning(scenario: Document, entry: Entry) -> str:
    """What the field says of itself, where an entry says nothing; not a text that names options, nor beside a
    list, which says what can be chosen."""
    said = about(type(scenario).model_fields[entry.key])
    text = said.text if said and "--" not in said.text and "FILE" not in said.text and not entry.choices else ""
    return text if adds_to(entry.label, text) else ""


def adds_to(label: str, text: str) -> bool:
    """Whether a text says more than the label above it."""
    words = {word.lower() for word in re.findall(r"\w+", label)}
    return not {word.lower() for word in re.findall(r"\w+", text)} <= {*words, "level", "the", "of", "a"}


def _field(ident: str, entry: Entry, value) -> html.Div:
    if entry.choices:
        shown = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
        known = shown in dict(entry.choices)  # an address may ask for another one
        return choice(ident, entry.label, shown, entry.choices if known else ((shown, shown), *entry.choices), entry.about)
    return field(ident, entry.label, _shown(value, entry), entry.about, type="text")


def _shown(value, entry: Entry) -> str:
    if value is None:
        return ""
    if entry.pairs:
        return f"{entry.apart} ".join(f"{name}={_text(text)}" for name, text in value.items())
    if entry.apart:
        return f"{entry.apart} ".join(value)
    return " ".join(map(_text, value)) if isinstance(value, tuple) else _text(value)


def _text(value) -> str:
    """Of one value, or of several with commas between."""
    several = value if isinstance(value, tuple) else (value,)
    return ",".join(_number(v) if isinstance(v, float) else f"{v}" for v in several)


def _number(value: float) -> str:
    """The shortest text that is read as this very number: a field that nobody touched rounds nothing."""
    short = f"{value:g}"
    text = short if float(short) == value else repr(value)
    return re.sub(r"e\+?(-?)0*(\d)", r"e\1\2", text)


def register_form(app, name: str, entries: Sequence[Entry]) -> None:
    """The callback of a form."""

    @app.callback(
        Output("address", "search", allow_duplicate=True), Output(f"{name}-problem", "children"),
        *(Input(f"{name}-{e.key}", "data" if e.choices else "value") for e in entries), State(f"{name}-query", "data"),
        State("address", "search"), prevent_initial_call=True,
    )  # fmt: skip
    def edit(*values):
        *texts, query, search = values
        drawn, _ = read_as(Document, query)
        try:
            new = taken_up(query, search, edited(drawn, entries, texts))
        except (LivingdrugError, ValueError):
            wrong = [e.label for e, text in zip(entries, texts, strict=True) if not _fits(drawn, e, text)]
            return no_update, problem(f"{', '.join(wrong) or 'a value'}: what was typed cannot be used here")
        if new is None:
            raise PreventUpdate
        return "?" + new, []


def taken_up(query: str, search: str | None, changed: Document) -> str | None:
    """The address once something was changed on a page, None where that says nothing new. query: that the page was drawn
    of; search: of the address, which may be ahead of it, and keeps what else was changed; changed: the scenario of `query`
    with the change."""
    drawn, _ = read_as(Document, query)
    mine = [key for key in type(drawn).model_fields if getattr(changed, key) != getattr(drawn, key)]
    scenario, view = present(query, search, Document, mine)
    new = to_query(_with_changes(scenario, mine, changed), view_pairs(view))
    return None if new == to_query(scenario, view_pairs(view)) else new


def present(
    query: str, search: str | None, kind: type[D], mine: Sequence[str] = ()
) -> tuple[D, dict[str, list[str]]]:
    """The scenario and the view of the address, which may be ahead of the page that was drawn of `query`: another field
    was taken up, or a link to a scenario of another kind was followed that has these fields (`mine`) too. Else those of
    `query`."""
    scenario, view = read_query((search or "").lstrip("?"))
    if isinstance(scenario, kind) and set(mine) <= set(type(scenario).model_fields):
        return scenario, view
    return read_as(kind, query)


def ahead(query: str, search: str | None, kind: type[Document]) -> str:
    """The query of the address where it asks a question of this kind, else that the page was drawn of, "" for none."""
    now = (search or "").lstrip("?")
    return now if isinstance(read_query(now)[0], kind) else query


def _with_changes(scenario: Document, mine: Sequence[str], changed: Document) -> Document:
    """A scenario with what was changed in a form."""
    kept = scenario.model_dump(exclude_defaults=True, exclude_none=True, exclude=set(mine))
    return type(scenario)(**kept, **{"kind": scenario.kind} | changed.model_dump(include=set(mine), exclude_none=True))


def edited(scenario: Document, entries: Sequence[Entry], texts: Sequence[str | None]) -> Document:
    """The scenario with what was typed; empty means not given."""
    data = scenario.model_dump(exclude_defaults=True, exclude_none=True) | {"kind": scenario.kind}
    for entry, text in zip(entries, texts, strict=True):
        text = str(text).strip() if text is not None else ""
        data.pop(entry.key, None)
        if text and entry.apart:
            several = [part.strip() for part in text.split(entry.apart) if part.strip()]
            pairs = dict(_pair(part) for part in several) if entry.pairs else {}
            pairs = {name: text.split(",") for name, text in pairs.items()} if entry.several else pairs
            data[entry.key] = pairs if entry.pairs else several
        elif text:
            data[entry.key] = text.replace(",", " ").split() if entry.several else text
    return type(scenario)(**data)


def _pair(text: str) -> tuple[str, str]:
    """(name, value) of NAME=VALUE; the last `=` parts them, as headings may hold one."""
    name, equals, value = (part.strip() for part in text.rpartition("="))
    if not (name and equals and value):
        raise InputError(f"`{text}` is no pair NAME=VALUE")
    return name, value


def _fits(scenario: Document, entry: Entry, text: str | None) -> bool:
    try:
        edited(scenario, [entry], [text])
    except ValueError:
        return False
    return True
