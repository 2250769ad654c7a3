"""The `response` kind of scenario: exposure related to an outcome."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.data import Reading, cross, read_data, read_endpoints, read_unit
from livingdrug.nca import NcaSettings
from livingdrug.response import (
    Kind,
    Question,
    Sample,
    Scale,
    SubjectTable,
    fit_response,
    on_axis,
    read_subjects,
    rows_of,
    select,
    table_of_samples,
    with_endpoints,
)
from livingdrug.workflows.fields import About, commas
from livingdrug.workflows.response.by_day import ByDay, by_day
from livingdrug.workflows.response.coefficients import LEVEL
from livingdrug.workflows.shared_fields import EXPOSURE
from livingdrug.workflows.tables import KineticScenario

ASKED = "Exposure and outcome"
# what is said of samples: how to read them, and how to compute exposures (a window may also be that of a
# product's exposure)
SAMPLES_ONLY = (
    set(Reading.__dataclass_fields__) | set(NcaSettings.__dataclass_fields__) | {"conversion"}
) - {
    "unit",
    "sheet",
    "window",
}


def read_codes(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """NAME=CODE texts between commas, in their order."""
    codes = {}
    for text in commas(texts):
        name, equals, code = (part.strip() for part in text.rpartition("="))
        if not equals or not name or not code or name in codes:
            raise InputError(
                f"{option} `{text}` cannot be read; write NAME=CODE, each name once, such as relapse=1,death=2"
            )
        codes[name] = code
    return codes


class Response(KineticScenario):
    """Exposure and outcome of subjects; a file with a row for each, or samples with a table of endpoints."""

    EXAMPLES: ClassVar = (
        "livingdrug response kinetics.csv --endpoints endpoints.csv --exposure CMAX --endpoint ORR",
        "livingdrug response kinetics.csv --endpoints endpoints.csv --exposure CMAX --endpoint 'CRS>=3' "
        "--out run_crs",
    )

    kind: Literal["response"] = "response"
    exposure: Annotated[str, EXPOSURE.under(ASKED)]
    endpoint: Annotated[
        str | None,
        About(
            "The outcome: a column, ORR or CRR of response words, or 'CRS>=3' of grades.",
            group=ASKED,
            metavar="NAME",
        ),
    ] = None
    outcome: Annotated[
        Literal["binary", "repeated", "graded", "time", "competing", "visits", "continuous"] | None,
        About("What the outcome is; by its values where it is not said. repeated: yes or no, several rows of each subject.",
              ("--kind",), ASKED),
    ] = None
    model: Annotated[
        str | None,
        About(
            "Model of the outcome. binary: logistic, firth, probit, cloglog, emax, hill; repeated: gee; "
            "graded: ordinal; time: cox, km, "
            "weibull, exponential, loglogistic, lognormal; visits: weibull, exponential, loglogistic, lognormal; competing: "
            "fine-gray, cause-specific; continuous: emax, emax-baseline, hill, 4pl. "
            "The first is the default.",
            group=ASKED,
            metavar="NAME",
        ),
    ] = None
    time: Annotated[
        str | None,
        About("Column with the time to the event or the last observation.", group=ASKED, metavar="COLUMN"),
    ] = None
    event: Annotated[
        str | None,
        About(
            "Column with 1 for an event and 0 for none so far (CNSR of CDISC: 0 for an event); the one "
            "beside the time by default, such as PFS_event.",
            group=ASKED,
            metavar="COLUMN",
        ),
    ] = None
    event_value: Annotated[
        float | None,
        About("The code of an event, where the column has others, such as 2 for 1 and 2.", group=ASKED),
    ] = None
    start: Annotated[
        str | None,
        About(
            "Column with the start of each row, where a subject has a row for each stretch of time (exposure that changes); "
            "--time is then its end.",
            group=ASKED,
            metavar="COLUMN",
        ),
    ] = None
    strata: Annotated[
        tuple[str, ...],
        About("Column whose groups have baseline hazards of their own, of a time (cox, km). Repeatable.", group=ASKED,
              metavar="COLUMN"),
    ] = ()
    robust: Annotated[
        bool, About("Robust (sandwich) errors of cox, the rows of a subject taken together.", group=ASKED)
    ] = False
    cluster: Annotated[
        str | None,
        About(
            "The same with the rows of this column taken together, such as a site; of --kind repeated whose each row is.",
            group=ASKED,
            metavar="COLUMN",
        ),
    ] = None
    seen_by: Annotated[
        str | None,
        About(
            "Column with the first visit at which the event was seen, empty where it never was; --time is then the last "
            "visit without it (the event lies between them).",
            group=ASKED,
            metavar="COLUMN",
        ),
    ] = None
    causes: Annotated[
        dict[str, str],
        About(
            "Competing risks: codes of the events in the column of --event, the one asked about first, such as "
            "relapse=1,death=2; 0 is censored.",
            ("--cause",),
            ASKED,
            metavar="NAME=CODE,...",
            read=read_codes,
        ),
    ] = Field(default_factory=dict)
    groups: Annotated[
        int | None,
        About("Exposure groups of equal size for the curves of a time; 2 by default.", group=ASKED),
    ] = None
    adjust: Annotated[
        tuple[str, ...],
        About(
            "A covariate to adjust for, such as burden; of categories COLUMN=LEVEL names the reference. "
            "Repeatable.",
            group=ASKED,
            metavar="COLUMN",
        ),
    ] = ()
    landmark: Annotated[
        float | None,
        About(
            "Only subjects event-free and observed after this many days (--time), with exposure up to it.",
            group=ASKED,
        ),
    ] = None
    by_day: Annotated[
        float | None,
        About(
            "For a time to an event: also the probability of an event (with --cause: of each cause) by this "
            "day after time 0, as a function of exposure, in curve.toml.",
            group=ASKED,
            unit="d",
        ),
    ] = None
    onset: Annotated[
        str | None,
        About("Time of onset: exposure computed from samples ends there.", group=ASKED, metavar="COLUMN"),
    ] = None
    trials: Annotated[
        str | None,
        About("Size of each group, where the endpoint counts events.", group=ASKED, metavar="COLUMN"),
    ] = None
    scale: Annotated[Literal["log", "linear"], About("Scale of exposure.", group=ASKED)] = "log"

    def question(self) -> Question:
        """The part that says what is asked. Raises InputError for parts that do not fit together."""
        timed = self.time and self.event and self.landmark is None and not self.endpoint
        kind = self.outcome or (
            "competing" if self.causes else "visits" if self.seen_by else "time" if timed else None
        )
        return Question(self.exposure, self.endpoint, kind, self.trials, self.time, self.event, self.event_value,
                        self.adjust, self.landmark, self.onset, tuple(self.causes.items()), self.start, self.strata,
                        self.cluster, self.robust, self.seen_by)  # fmt: skip


class Fit(Protocol):
    """What fits of all kinds of outcomes share."""

    @property
    def model(self) -> str:
        """The model that was fitted."""
        ...

    @property
    def sample(self) -> Sample:
        """Whose outcomes entered."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the fit."""
        ...


@dataclass(frozen=True)
class ResponseAnswer:
    """What a scenario gives for one group of subjects ("" where all are one): the kind, the sample, and its
    fit; by_day: the probability of an event by a day, where it was asked."""

    group: str
    kind: Kind
    scale: Scale
    sample: Sample
    fit: Fit
    by_day: ByDay | None = None


def run(scenario: Response) -> tuple[ResponseAnswer, ...]:
    """Read, compute exposures where they come from samples, choose subjects, fit; one answer for each group
    of `by`.

        Raises InputError before anything is computed from a faulty table.
    """
    question = scenario.question()
    table = subject_table(scenario)
    answers = []
    for group, part in _groups(table, scenario.by):
        try:
            kind, sample = select(part, question)
            sample = on_axis(sample, kind, scenario.model, scenario.scale)
            fit = fit_response(sample, kind, scenario.model, scenario.scale, LEVEL, scenario.groups)
            asked = None if scenario.by_day is None else by_day(fit, scenario.by_day, scenario.landmark)
        except InputError as error:
            raise InputError(f"{scenario.by} `{group}`: {error}") if group else error from None
        answers.append(ResponseAnswer(group, kind, scenario.scale, sample, fit, asked))
    return tuple(answers)


def subject_table(scenario: Response) -> SubjectTable:
    """The table of a scenario: its file where that has the exposure as a column, else computed from its
    samples."""
    endpoints = read_endpoints(scenario.endpoints) if scenario.endpoints else None
    wide = _wide(scenario)
    if wide is not None:
        wide = _as_it_is(scenario, wide)
        if scenario.onset:
            raise InputError(f"`{wide.name}` holds exposures that are computed already, so they cannot be "
                             f"cut at `{scenario.onset}`; give the samples and a table of endpoints "
                             "(--endpoints)")  # fmt: skip
        if scenario.landmark is not None:
            taken = (
                f"`{scenario.exposure}` is taken as the file has it: it should count up to the landmark and "
                "no further"
            )
            wide = replace(wide, notes=(*wide.notes, taken))
        return with_endpoints(wide, endpoints) if endpoints else wide
    data = read_data(scenario.file, scenario.reading())
    if scenario.conversion:
        data = cross(data, scenario.conversion)
    return table_of_samples(
        data, scenario.settings(), scenario.exposure, endpoints, scenario.landmark, scenario.onset
    )


def _wide(scenario: Response) -> SubjectTable | None:
    """The file as a table of subjects, or None where it holds no column of the exposure's name and so may
    hold samples."""
    repeated = scenario.outcome == "repeated"
    several = repeated or any((scenario.trials, scenario.by, scenario.start, scenario.robust, scenario.cluster))
    table = read_subjects(scenario.file, scenario.sheet, several=True)
    if table.find(scenario.exposure) is None:
        if scenario.endpoints is None:
            table.heading(scenario.exposure, "exposure")  # says which columns there are
        return None
    return table if several else read_subjects(scenario.file, scenario.sheet)


def _as_it_is(scenario: Response, wide: SubjectTable) -> SubjectTable:
    """Exposures that a file holds ready-made: `unit` is theirs where the file states none, and what is about
    samples is refused, as it would change nothing."""
    plain = Response(file=scenario.file, exposure=scenario.exposure)
    asked = [name for name in Response.model_fields if name in SAMPLES_ONLY]
    idle = [name for name in asked if getattr(scenario, name) != getattr(plain, name)]
    if idle:
        flags = [{"columns": "column", "units": "unit"}.get(name, name).replace("_", "-") for name in idle]
        named = " and ".join(f"--{flag}" for flag in flags)
        raise InputError(
            f"`{wide.name}` holds `{scenario.exposure}` ready-made, so {named} would change nothing; leave "
            "it out, or give the samples"
        )
    heading = wide.heading(scenario.exposure, "exposure")
    if scenario.unit is None:
        return wide
    said, stated = scenario.reading().unit, wide.units.get(heading, "")
    if stated and read_unit(stated) != said:
        raise InputError(
            f"`{wide.name}`: `{heading}` is in {stated} by its heading and in {said} by --unit; leave the "
            "option out"
        )
    return replace(wide, units=wide.units | {heading: said})


def _groups(table: SubjectTable, by: str | None):
    """(group, its rows), in the order of the file."""
    if by is None:
        return [("", table)]
    texts = table.texts(by, "--by")
    known = [t for t in dict.fromkeys(texts) if t]
    return [(group, rows_of(table, np.flatnonzero(texts == group))) for group in known]
