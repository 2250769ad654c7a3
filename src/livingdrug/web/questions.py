"""A page for a kind of analysis, made of its fields and its answer: a form on the left, on the right what
is said, drawn and listed, with the files that reproduce it. A page is a file of a few lines with a
`Question`."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from dash import Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError, LivingdrugError
from livingdrug.core.known import known
from livingdrug.models import Model
from livingdrug.web.address import read_query, to_query, view_pairs
from livingdrug.web.drawn_answer import answered
from livingdrug.web.files import in_fields
from livingdrug.web.forms import Entry, form, present, register_form
from livingdrug.web.model_choice import choices
from livingdrug.web.pages import Page
from livingdrug.web.parts import FILES, beside, choice
from livingdrug.web.work import Work
from livingdrug.workflows import Document, about, help_of, workflow
from livingdrug.workflows.fields import METHOD
from livingdrug.workflows.fields import MODEL as OF_MODEL
from livingdrug.workflows.shared_fields import EvenSo

MODEL, MODELS = "model", "models"
_EVEN_SO = get_args(EvenSo)[1].flags
_REPEATABLE = re.compile(r"[;,]? *\brepeatable\b", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """A page of one kind.

    kind: of the scenario; page: how the menu shows it; heading: over the first fields; begin: what an
    address without a scenario asks; labels: field -> what it is called, its name in words by default;
    texts: field -> what stands below it instead of what the field says of itself; choices: field ->
    (value, text) of each, where a list serves; more: what stands below the fields, such as a choice of
    files; offered: whether the page offers a model (models with a label are typed); left_out: fields
    without an input; files: (name, text) of the downloads.
    """

    kind: str
    page: Page
    heading: str
    begin: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Callable[[Document, Work], Sequence[tuple[str, str]]]] = field(default_factory=dict)
    more: Callable[[Document, Work], Sequence] = lambda *_: ()
    offered: Callable[[Model], bool] = lambda _: True
    left_out: tuple[str, ...] = ()
    files: Sequence[tuple[str, str]] = FILES

    @cached_property
    def parts(self) -> dict[str, tuple[str, ...]]:
        """Heading -> fields under it, in the order of the kind."""
        found: dict[str, list[str]] = {}
        for name, info in workflow(self.kind).scenario.model_fields.items():
            said = about(info)
            if said is None:
                continue
            listed = (not said.hidden or name in self.labels) and said.flags != _EVEN_SO
            if listed and name not in self.left_out and (name != MODELS or self.typed):
                group = self.heading if said.argument or not found or said.group in (OF_MODEL, METHOD) else said.group
                found.setdefault(group, []).append(name)
        return {group: tuple(names) for group, names in found.items()}

    @property
    def typed(self) -> bool:
        """Whether several models are typed, with a label of their own, and not chosen one by one."""
        return MODELS in self.labels

    @property
    def _lists_models(self) -> bool:
        return MODELS in workflow(self.kind).scenario.model_fields and not self.typed

    def entries(self, scenario: Document | None = None, work: Work | None = None) -> dict[str, tuple[Entry, ...]]:
        """Heading -> inputs under it; without a scenario, or what the app runs, those whose lists are not filled."""
        labels = [Entry(name, self.label(name)) for names in self.parts.values() for name in names]
        return {
            group: tuple(self._entry(name, scenario, labels, work) for name in names)
            for group, names in self.parts.items()
        }

    def label(self, name: str) -> str:
        """What a field is called on the page."""
        said = about(workflow(self.kind).scenario.model_fields[name])
        unit = f" ({said.unit})" if said and said.unit else ""
        return f"{self.labels.get(name) or name.replace('_', ' ').capitalize()}{unit}"

    def _entry(
        self, name: str, scenario: Document | None, labels: Sequence[Entry], work: Work | None
    ) -> Entry:
        noun = workflow(self.kind).scenario
        info = noun.model_fields[name]
        kind, none = _kind_of(info.annotation)
        said = known(about(info), f"what is said of the field {name}").text
        text = self.texts.get(name, _meaning(said, labels, noun))
        listed = self._choices(name, kind, none, scenario, work)
        if listed:
            return Entry(name, self.label(name), text, choices=listed)
        pairs, several = get_origin(kind) is dict, get_origin(kind) is tuple and get_args(kind)[0] is float
        apart = ";" if pairs or (get_origin(kind) is tuple and not several) else ""
        return Entry(name, self.label(name), text, several=several, apart=apart, pairs=pairs)

    def _choices(
        self, name: str, kind, none: bool, scenario: Document | None, work: Work | None
    ) -> tuple[tuple[str, str], ...]:
        """(value, text) of each value of a field, where there are few."""
        if name in self.choices or name == MODEL:
            if scenario is None or work is None:
                return (("", ""),)
            return tuple(self.choices[name](scenario, work)) if name in self.choices else choices(self.offered)
        if get_origin(kind) is Literal:
            return (*((("", "not given"),) if none else ()), *((value, value) for value in get_args(kind)))
        return (("false", "no"), ("true", "yes")) if kind is bool else ()

    def scenario(self, query: str) -> Document:
        """What an address asks. Raises InputError for a scenario of another kind."""
        scenario, _ = read_query(query)
        scenario = scenario or workflow(self.kind).scenario(**self.begin)
        if scenario.kind != self.kind:
            raise InputError(
                f"this page answers `{self.kind}`; a `{scenario.kind}` scenario has a page of its own"
            )
        return scenario

    def shown(self, query: str, work: Work) -> html.Div:
        """The fields on the left, the answer on the right."""
        scenario = self.scenario(query)
        entries = self.entries(scenario, work)
        left = list(self._models(scenario)) if self._lists_models else []
        for k, (group, inputs) in enumerate(entries.items()):
            left += [html.H2(group), form(f"{self.kind}-{k}", scenario, to_query(scenario), inputs)]
        left += self.more(scenario, work)
        every = [entry for inputs in entries.values() for entry in inputs]
        right = list(answered(scenario, every, work, self.files))
        return html.Div(
            [
                *_introduced(in_fields(" ".join(" ".join(help_of(self.kind)).split()), every, type(scenario))),
                beside(left, right),
            ]
        )

    def _models(self, scenario: Document) -> Iterator:
        """Which models are compared: each may be left out while two remain, another one may be added."""
        yield html.H2("The models")
        titles = dict(choices())
        items = []
        models = getattr(scenario, MODELS)
        for name in models:
            rest = tuple(other for other in models if other != name)
            said, there = titles.get(name, name), to_query(scenario.model_copy(update={MODELS: rest}))
            without = dcc.Link("leave it out", href=f"{self.page.path}?{there}", title=f"leave out {said}")
            items.append(html.Li([said, *([" ", without] if len(rest) > 1 else [])]))
        yield html.Ul(items)
        others = [one for one in choices(self.offered) if one[0] not in models]
        yield choice(f"{self.kind}-add", "Another model", "", (("", "choose one to add it"), *others))
        yield dcc.Store(id=f"{self.kind}-models", data=to_query(scenario))

    def register(self, app, work: Work) -> None:
        """The callbacks of the fields."""
        for k, inputs in enumerate(self.entries().values()):
            register_form(app, f"{self.kind}-{k}", inputs)
        if self._lists_models:
            self._register_models(app)

    def _register_models(self, app) -> None:
        @app.callback(
            Output("address", "search", allow_duplicate=True), Input(f"{self.kind}-add", "data"),
            State(f"{self.kind}-models", "data"), State("address", "search"), prevent_initial_call=True,
        )  # fmt: skip
        def add(name, query, search):
            if not name:
                raise PreventUpdate
            scenario, view = present(query, search, workflow(self.kind).scenario)
            models = (*getattr(scenario, MODELS), name)
            return "?" + to_query(scenario.model_copy(update={MODELS: models}), view_pairs(view))


def _introduced(text: str) -> list:
    """What the page does: the first sentence, and the others for who asks."""
    first, stop, rest = text.partition(". ")
    more = [html.Details([html.Summary("How it is computed"), html.P(rest, className="quiet")])] if rest else []
    return [html.P(first + stop.strip(), className="quiet"), *more]


def fits(build: Callable[[], object]) -> bool:
    """Whether something can be built."""
    try:
        build()
    except LivingdrugError:
        return False
    return True


def _kind_of(annotation) -> tuple[Any, bool]:
    """(the type of a field without None, whether it may be None)."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    given = [part for part in get_args(annotation) if part is not NoneType]
    return given[0], len(given) < len(get_args(annotation))


def _meaning(text: str, labels: Sequence[Entry], noun: type[Document]) -> str:
    """What a field says of itself, in the words of a page."""
    return in_fields(_REPEATABLE.sub("", text).replace("..", "."), labels, noun).strip()
