"""What each subject of a fit is given and when: rows of doses become a `Regimen` on the clock on which the
model runs.

That clock starts with the infusion where the state that takes it is empty before. Where it is not (tumour
cells added to a well that already holds some), there is something to see before the first dose, and time
counts as the file writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.core.names import unknown
from livingdrug.core.units import parse_unit
from livingdrug.data import GAP, Data
from livingdrug.fit.occasions import numbered
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.units import doses_in_model_units
from livingdrug.models import Model, State, flows_of
from livingdrug.simulation import Dose, Regimen, Reset

PRODUCT = {"car_t", "infused"}


@dataclass(frozen=True)
class Given:
    """time (rows,): of every sample of the data on the clock of the model; regimens: of every subject of the
    data; lines: for each, the lines of its resets in the file, in order; start: where that clock begins, on
    that of the first dose."""

    time: np.ndarray
    regimens: tuple[Regimen, ...]
    lines: tuple[tuple[int, ...], ...]
    start: np.ndarray


def given_of(problem: FitProblem, notes: list[str]) -> Given:
    """Clock and doses of all subjects. Raises InputError, naming subject and line, for what the model cannot
    take.

    Parameters
    ----------
    problem : FitProblem
        The data, the model and what is fitted, see `new_problem`.
    notes : sequence of str
        Takes what is to be known of the doses.

    Returns
    -------
    Given
    """
    data, model = problem.data, problem.model
    if is_closed(model) and any(p.changes for p in problem.parameters):  # it begins anew with every occasion
        n = len(data.subjects)
        return Given(data.time, (Regimen(),) * n, ((),) * n, np.zeros(n))
    return read_given(model, data, dict(problem.compartments), notes)


def regimens_of(
    model: Model, data: Data, compartments: Mapping[str, str] | None = None
) -> tuple[dict[str, Regimen], tuple[str, ...]]:
    """(regimen of each subject that has samples, notes), as a fit of the model reads them: for `simulate`,
    say.

    Parameters
    ----------
    model : Model
        Equations with their numbers: `get_model`, `build_model`, or parts joined with `+`.
    data : Data
        The samples, see `read_data`.
    compartments : Mapping[str, str], optional
        As the rows of doses name them -> state of the model.

    Returns
    -------
    tuple[dict[str, Regimen], tuple of str]

    Raises
    ------
    InputError
        As a fit does.
    """
    data, converted = doses_in_model_units(model, data)
    notes: list[str] = list(converted)
    found = read_given(model, data, dict(compartments or {}), notes)
    present = np.unique(data.profiles.subject).tolist()
    return {data.subjects[i]: found.regimens[i] for i in present}, tuple(notes)


def read_given(model: Model, data: Data, said: Mapping[str, str], notes: list[str]) -> Given:
    """Clock and doses of all subjects; said: compartment -> state."""
    shift, dose_shift = _after_resets(data)
    start = data.doses.start[data.profile] if data.doses is not None else 0.0
    time = data.time + start + shift
    none = (Regimen(),) * len(data.subjects)
    if is_closed(model):
        _check_closed(model, data, notes)
        return Given(time, none, ((),) * len(none), np.zeros(len(none)))
    if data.doses is None:
        return Given(time, _one_each(model, data, notes), ((),) * len(none), np.zeros(len(none)))
    into = _compartments(model, data, said, notes)
    when = data.doses.time + dose_shift
    zero = _starts(model, data, into, when, notes)
    found, lines = _regimens(model, data, into, when - zero[data.doses.subject])
    _note_untreated(model, data, np.array([not r.doses for r in found]), notes)
    return Given(time - zero[data.profiles.subject[data.profile]], found, lines, zero)


def _after_resets(data: Data) -> tuple[np.ndarray, np.ndarray]:
    """(shift of each sample, of each dose): occasions that count time anew from a reset are put one after the
    other."""
    rows = np.zeros(data.rows)
    given = data.doses
    if given is None:
        return rows, np.zeros(0)
    doses = np.zeros(len(given.time))
    same = (
        (np.diff(given.subject) == 0)
        & (np.diff(given.time) == 0)
        & (given.occasion[1:] != given.occasion[:-1])
    )
    place, who = numbered(data), data.profiles.subject
    for subject in np.unique(given.subject[1:][same]).tolist():
        samples, own = who[data.profile] == subject, given.subject == subject
        names = dict(
            zip(place[who == subject].tolist(), data.profiles.occasion[who == subject].tolist(), strict=True)
        )
        end = -np.inf
        for k in sorted(names):
            mine, theirs = (
                samples & (data.profiles.occasion[data.profile] == names[k]),
                own & (given.occasion == names[k]),
            )
            if not theirs.any():
                continue
            begin = float(given.time[theirs].min())
            if begin <= end and not given.reset[theirs & (given.time == begin)].any():
                raise InputError(
                    f"subject `{data.subjects[subject]}`: occasions {names[k - 1]} and {names[k]} both begin "
                    f"at time {begin:g}, and a fit needs to know what came first; count all times from the "
                    "first infusion, or write EVID 4 where everything restarts"
                )
            move = max(end + GAP - begin, 0.0) if begin <= end else 0.0
            rows[mine] += move
            doses[theirs] += move
            last = (data.time + given.start[data.profile] + rows)[mine]
            end = max(end, float(last.max(initial=-np.inf)), float((given.time + doses)[theirs].max()))
    return rows, doses


def _check_closed(model: Model, data: Data, notes: list[str]) -> None:
    name = model.full_name
    if data.doses is None:
        return
    if (data.doses.time > 0).any():
        i = int(np.flatnonzero(data.doses.time > 0)[0])
        who, when = data.subjects[data.doses.subject[i]], data.doses.time[i]
        raise InputError(
            f"`{name}` takes one infusion at time 0, and subject `{who}` has one at time {when:g}"
        )
    if (data.doses.steady != "").any():
        line = int(data.doses.line[data.doses.steady != ""].min())
        raise InputError(
            f"line {line}: `{name}` starts with its infusion and has no steady state; take one made of flows"
        )
    words = (
        ("the length of the infusion", data.doses.duration > 0),
        ("the compartment", data.doses.into != ""),
    )
    said = [word for word, where in words if where.any()]
    if said:
        notes.append(
            f"`{name}` is a formula of the time since the infusion: {' and '.join(said)} play(s) no part"
        )


def _one_each(model: Model, data: Data, notes: list[str]) -> tuple[Regimen, ...]:
    """One dose at time 0, where a column or the user says one for each subject and no row is a dose."""
    p, n = data.profiles, len(data.subjects)
    if not model.system.dose_into:
        return (Regimen(),) * n
    found = [p.dose[p.subject == i][:1] for i in range(n)]
    regimens = tuple(
        Regimen.of([Dose(float(d[0]))]) if len(d) and np.isfinite(d[0]) else Regimen() for d in found
    )
    _note_untreated(model, data, np.array([not r.doses for r in regimens]), notes)
    return regimens


def _empty(state: State) -> bool:
    return state.initial.strip() in ("0", "0.0")


def _note_untreated(model: Model, data: Data, without: np.ndarray, notes: list[str]) -> None:
    """Subjects without a dose are untreated where others have one; where nobody has one, a model that needs
    one says so."""
    state = next((s for s in flows_of(model).states if s.name == model.system.dose_into), None)
    present = np.isin(np.arange(len(data.subjects)), data.profiles.subject)
    if state is None or not (without & present).any():
        return
    names = [data.subjects[i] for i in np.flatnonzero(without & present)]
    if without[present].all() and _empty(state):
        raise InputError(
            f"subject `{names[0]}` has no dose, and `{model.full_name}` needs one; add the row of its "
            "infusion, or say one dose for all (--dose)"
        )
    if _empty(state):
        shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
        notes.append(
            f"{len(names)} subject(s) have no dose and are fitted as untreated, with the amount 0: {shown}"
        )


# ----------------------------------------------------------------------------------------------- where a dose goes


def _compartments(model: Model, data: Data, said: Mapping[str, str], notes: list[str]) -> dict[str, str]:
    """State of each compartment that the rows of doses name; a number is its place among the states of the
    model."""
    system, doses = flows_of(model), _doses(data)
    states = [s.name for s in system.states]
    for theirs, ours in said.items():
        if ours not in states:
            raise InputError(f"compartment `{theirs}`: " + unknown("state", ours, states))
    named = sorted(set(doses.into[doses.given].tolist()))
    table = {text: said.get(text) or _state(model, data, text, named) for text in named if text}
    _check_one_unit(model, data, table)
    if table:
        listed = ", ".join(f"`{text}` is `{state}`" for text, state in table.items())
        notes.append(f"compartments of the doses: {listed} (--compartment changes that)")
    return table | {"": system.dose_into}


def _doses(data: Data):
    return known(data.doses, "the rows of doses")


def _first_line(data: Data, text: str) -> int:
    """Of the first dose into a compartment."""
    doses = _doses(data)
    return int(doses.line[doses.into == text].min())


def _check_one_unit(model: Model, data: Data, table: dict[str, str]) -> None:
    """Refuse doses into a state that counts something else than their unit."""
    units = {s.name: s.unit for s in flows_of(model).states}
    for text, state in table.items():
        if data.dose_unit and parse_unit(units[state]) != parse_unit(data.dose_unit):
            line = _first_line(data, text)
            raise InputError(
                f"line {line}: the dose into compartment `{text}` is in {data.dose_unit}, and `{state}` of "
                f"`{model.full_name}` is in {units[state]}; give doses in the unit of the state that they "
                "enter"
            )


def _state(model: Model, data: Data, text: str, named: list[str]) -> str:
    system = flows_of(model)
    states = [s.name for s in system.states]
    if text in states:
        return text
    line = _first_line(data, text)
    place = int(text) if text.isdecimal() else 0
    listed = ", ".join(f"{i} {name}" for i, name in enumerate(states, 1))
    if not 1 <= place <= len(states):
        raise InputError(
            f"line {line}: the dose goes into compartment `{text}`, and the states of `{model.full_name}` "
            f"are {listed}; say which one it is (--compartment {text}=STATE)"
        )
    if named == [text] and states[place - 1] != system.dose_into:
        raise InputError(
            f"line {line}: all doses go into compartment {text}, which is `{states[place - 1]}` among the "
            f"states of `{model.full_name}` ({listed}), and its doses go into "
            f"`{system.dose_into or 'no state'}`; say which one is meant (--compartment {text}=STATE)"
        )
    return states[place - 1]


def _starts(model: Model, data: Data, into: dict[str, str], when: np.ndarray, notes: list[str]) -> np.ndarray:
    """When the clock of the model starts, on that of the first dose, shape (subjects,): its infusion, or 0 as
    written."""
    given, states = _doses(data), {s.name: s for s in flows_of(model).states}
    found = np.zeros(len(data.subjects))
    written = 0
    for subject in np.unique(given.subject[given.given]).tolist():
        own = np.flatnonzero((given.subject == subject) & given.given & (given.amount + given.rate > 0))
        if not len(own):
            continue
        product = [i for i in own if PRODUCT & set(_roles(states, into[given.into[i]]))]
        first = min(product or own.tolist(), key=lambda i: when[i])
        state = states.get(into[given.into[first]])
        if state is not None and not _empty(state):
            found[subject] = -given.zero[subject]
            written += given.zero[subject] != 0
        else:
            found[subject] = when[first]
    if written:
        notes.append(
            f"{written} subject(s) are given something after the start into a state that is not empty: their "
            "time counts as written in the file, not from the first dose"
        )
    return found


def _roles(states: dict[str, State], name: str) -> tuple[str, ...]:
    return states[name].roles if name in states else ()


# --------------------------------------------------------------------------------------------------------- regimens


def _regimens(
    model: Model, data: Data, into: dict[str, str], when: np.ndarray
) -> tuple[tuple[Regimen, ...], tuple[tuple[int, ...], ...]]:
    given = _doses(data)
    items: list[list] = [[] for _ in data.subjects]
    lines: list[list[tuple[float, int]]] = [[] for _ in data.subjects]
    with_samples = set(data.profiles.subject.tolist())
    for i, (subject, time) in enumerate(zip(given.subject.tolist(), when.tolist(), strict=True)):
        if subject not in with_samples:
            continue
        if given.reset[i] and time > 0:
            items[subject].append(Reset(time))
            lines[subject].append((time, int(given.line[i])))
        if not given.given[i] or not model.system.dose_into and not given.into[i]:
            continue
        if given.amount[i] == 0 and given.rate[i] == 0:
            continue
        if time < 0:
            raise InputError(
                f"subject `{data.subjects[subject]}`, line {given.line[i]}: a dose lies {-time:g} before the "
                f"infusion with which `{model.full_name}` starts; leave it out, or take a model that begins "
                "earlier"
            )
        items[subject].append(_dose(given, i, time, into[given.into[i]], model))
    return tuple(Regimen.of(own) for own in items), tuple(
        tuple(line for _, line in sorted(own)) for own in lines
    )


def _dose(given, i: int, time: float, state: str, model: Model) -> Dose:
    try:
        return Dose(
            float(given.amount[i]),
            time,
            "" if state == model.system.dose_into else state,
            float(given.duration[i]),
            float(given.rate[i]),
            every=float(given.every[i]),
            steady_state=str(given.steady[i]),
        )
    except InputError as error:
        raise InputError(f"line {given.line[i]}: {error}") from None
