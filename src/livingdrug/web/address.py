"""A scenario as the query of an address, and back: what is on the screen can be pasted to a colleague."""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from livingdrug.core.errors import InputError
from livingdrug.web.limits import check_limits
from livingdrug.workflows import Document, checked, kinds, workflow

# what belongs to the screen and not to the scenario
VIEW = ("pin", "line", "subject", "job", "item", "title", "shown-covariate", "shown-strata")
MAX_QUERY = 20_000
# tables whose keys are names, which may hold dots
NAMED = ("values", "columns", "units", "purpose", "above", "limits", "saturations", "fix", "per_cell",
         "ranges", "groups")


D = TypeVar("D", bound=Document)


def to_query(scenario: Document, view: Sequence[tuple[str, str]] = ()) -> str:
    """`kind=simulate&model=...`: what differs from the defaults; `values.k12=6` for the key of a table."""
    given = scenario.model_dump(exclude_defaults=True, exclude_none=True, mode="json", exclude={"version"})
    pairs = [("kind", scenario.kind)]
    for name, value in given.items():
        if name != "kind":
            pairs += _pairs(name, value)
    return urlencode([*pairs, *view])


def _pairs(name: str, value) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _pairs(f"{name}.{key}", item)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [pair for i, item in enumerate(value) for pair in _pairs(f"{name}.{i}", item)]
    if isinstance(value, list):
        return [(name, _text(item)) for item in value]
    return [(name, _text(value))]


def _text(value) -> str:
    return (
        repr(value)
        if isinstance(value, float)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def read_query(query: str) -> tuple[Document | None, dict[str, list[str]]]:
    """(scenario, what belongs to the view) of a query; no scenario where it names none. Raises InputError
    for what cannot be read, by its key, and for what the app does not run: whatever is done with the
    address, it is within bounds."""
    if len(query) > MAX_QUERY:
        raise InputError(f"the address has {len(query):,} signs; at most {MAX_QUERY:,} are read")
    pairs = parse_qsl(query.lstrip("?"), keep_blank_values=True)
    view = {name: [v for k, v in pairs if k == name] for name in VIEW}
    mine = [(k, v) for k, v in pairs if k not in VIEW]
    if not mine:
        return None, view
    kind = dict(mine).get("kind", "simulate")
    if kind not in kinds():
        raise InputError(f"the address asks for a scenario of the unknown kind `{kind[:40]}`")
    noun = workflow(kind).scenario
    nested = _nested([(k, v) for k, v in mine if k != "kind"], noun)
    scenario = checked(noun, {**nested, "kind": kind}, "address")
    check_limits(scenario)
    return scenario, view


def read_as(kind: type[D], query: str) -> tuple[D, dict[str, list[str]]]:
    """The same of a query that holds a scenario of this kind. Raises InputError for another one, or none."""
    scenario, view = read_query(query)
    if not isinstance(scenario, kind):
        raise InputError("the address holds no question of this page; open the page again")
    return scenario, view


def _nested(pairs: list[tuple[str, str]], kind: type[Document]) -> dict:
    made: dict = {}
    for key, value in pairs:
        head, *rest = key.split(".", 1) if key.split(".")[0] in NAMED else key.split(".")
        at = made
        for part in (head, *rest)[:-1]:
            at = at.setdefault(part, {}) if isinstance(at, dict) else at
        end = at.setdefault((head, *rest)[-1], []) if isinstance(at, dict) else None
        if not isinstance(end, list):
            raise InputError(f"the address gives `{key[:60]}` both a value and parts; it takes one of them")
        end.append(value)
    several = {name for name, field in kind.model_fields.items() if "tuple" in str(field.annotation)}
    return {name: _plain(value, name in several) for name, value in made.items()}


def _plain(value, several: bool):
    """Lists of texts as one text where one is meant; numbered tables as a list of tables."""
    if isinstance(value, list):
        return value if several else value[-1]
    if several and value and all(key.isdigit() for key in value):
        return [_plain(value[key], False) for key in sorted(value, key=int)]
    return {key: _plain(item, isinstance(item, list) and len(item) > 1) for key, item in value.items()}


def view_pairs(view: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """What `read_query` found of the view, as `to_query` takes it."""
    return [(name, value) for name, values in view.items() for value in values]


def with_query(base: str, changes: Mapping[str, str | None]) -> str:
    """A query with some keys replaced, or left out where the new value is None."""
    pairs = [(k, v) for k, v in parse_qsl(base.lstrip("?"), keep_blank_values=True) if k not in changes]
    return urlencode([*pairs, *((k, v) for k, v in changes.items() if v is not None)])
