"""The `forecast` kind of scenario: what each patient's samples so far say of the rest of the course."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from livingdrug.core.errors import InputError
from livingdrug.core.known import known
from livingdrug.data import Check, Data, Endpoints, check_endpoints, cross, join, read_endpoints
from livingdrug.fit.text import read_residuals
from livingdrug.forecast import DRAWS, UNCERTAIN, UNTIL, Forecast, forecast
from livingdrug.models import Model
from livingdrug.response import read_outcome, read_subjects
from livingdrug.workflows.conduct import HERE, Conduct
from livingdrug.workflows.curves import TakenCurve, take_curve
from livingdrug.workflows.fields import About, named_numbers, numbers
from livingdrug.workflows.fit.scenario import OUTPUT_IS, read_theirs
from livingdrug.workflows.shared_fields import CV, EVEN_SO, FRAGMENTS, SEED, VARIABILITY, built
from livingdrug.workflows.tables import TableScenario, checked_table

COUNTED = "patients"
ROLES = ("response", "toxicity")
MODEL, ASKED, OUTCOMES, CHECK = (
    "Population",
    "Forecast",
    "Response and toxicity",
    "Check against later samples",
)


class ForecastScenario(TableScenario):
    """A forecast of the patients of a file. The reading of the table is that of `check`."""

    OUTPUTS: ClassVar = ("resume",)
    CURVES: ClassVar = ("response", "toxicity")
    EXAMPLES: ClassVar = (
        "livingdrug forecast kinetics.csv --model stein_2019 --at 14 --until 180",
        "livingdrug forecast kinetics.csv --model stein_2019 --at 14 --response tisagenlecleucel_response "
        "--toxicity tisagenlecleucel_severe_crs --check 7,14 --out run_forecast",
    )

    kind: Literal["forecast"] = "forecast"
    model: Annotated[
        str,
        About(
            "The population: a name from `livingdrug models`, a model file (.toml), or the folder of a fit.",
            group=MODEL,
            metavar="NAME",
        ),
    ]
    fragments: Annotated[tuple[str, ...], FRAGMENTS.under(MODEL)] = ()
    values: Annotated[
        dict[str, float],
        About(
            "A typical value by name or paper symbol. Repeatable.", ("--set",), MODEL,
            metavar="NAME=VALUE", read=named_numbers,
        ),
    ] = Field(default_factory=dict)
    variability: Annotated[str | None, VARIABILITY.under(MODEL)] = None
    cv: Annotated[float | None, CV.under(MODEL)] = None
    residual: Annotated[
        tuple[str, ...],
        About(
            "Residual error, where the model has none: additive:a, proportional:b, combined:a,b, "
            "lognormal:a.",
            group=MODEL,
            metavar="[OUTPUT=]KIND:A,B",
        ),
    ] = ()
    outputs: Annotated[dict[str, str], OUTPUT_IS.under(MODEL)] = Field(default_factory=dict)
    compartments: Annotated[
        dict[str, str],
        About(
            "Which state of the model a compartment of the rows of doses is, such as 2=central.",
            ("--compartment",),
            MODEL,
            metavar="THEIRS=STATE",
            read=read_theirs,
        ),
    ] = Field(default_factory=dict)
    missing: Annotated[
        str | None,
        About(
            "Patients without a covariate that is used: median or leave-out; refused by default.",
            group=MODEL,
            metavar="RULE",
        ),
    ] = None
    uncertainty: Annotated[
        int | None,
        About(
            f"Draws of the population of a fit, so that bands hold its uncertainty too ({UNCERTAIN} where "
            "the fit gave any); 0 takes it as known.",
            group=MODEL,
            metavar="DRAWS",
        ),
    ] = None
    conversion: Annotated[
        str | None,
        About("Convert units by a named, cited conversion, as `nca` takes it.", group=MODEL),
    ] = None
    at: Annotated[
        float | None,
        About(
            "Last day whose samples are used, as if today were that day; all samples by default.",
            group=ASKED,
            unit="d",
        ),
    ] = None
    until: Annotated[float, About("Last day of the forecast.", group=ASKED, unit="d")] = UNTIL
    of: Annotated[
        str | None,
        About(
            "Output of the model that is forecast; the measured one by default.",
            group=ASKED,
            metavar="OUTPUT",
        ),
    ] = None
    response: Annotated[
        str | None,
        About(
            "Exposure-response of efficacy (`livingdrug index --list`), or the folder of a `response`: its "
            "probability for each patient, by which they are ordered.",
            group=OUTCOMES,
            metavar="NAME",
        ),
    ] = None
    toxicity: Annotated[
        str | None,
        About("The same of toxicity, such as tisagenlecleucel_severe_crs.", group=OUTCOMES, metavar="NAME"),
    ] = None
    next: Annotated[
        tuple[float, ...],
        About("Days on which one more sample is looked at; some after the last one by default.", group=ASKED,
              metavar="21,28", read=numbers),
    ] = ()
    check: Annotated[
        tuple[float, ...],
        About(
            "Days from whose samples everything is forecast as well, and compared with what came later.",
            group=CHECK,
            metavar="7,10,14",
            read=numbers,
        ),
    ] = ()
    response_is: Annotated[
        str | None,
        About(
            "Endpoint in --endpoints that the response is (ORR, CRR, a column), for --check.",
            group=CHECK,
            metavar="NAME",
        ),
    ] = None
    toxicity_is: Annotated[
        str | None,
        About("Endpoint that the toxicity is, such as 'CRS>=3', for --check.", group=CHECK, metavar="NAME"),
    ] = None
    even_so: Annotated[bool, EVEN_SO.under(MODEL)] = False
    draws: Annotated[int, About("Draws of each patient's posterior.", group=ASKED)] = DRAWS
    seed: Annotated[int, SEED.under(ASKED)] = 1

    def samples(self, checked: Check) -> Data:
        """The samples: endpoints joined, units converted."""
        data = known(checked.data, "the data of a table that may be analysed")
        if self.endpoints:
            data = join(data, read_endpoints(self.endpoints))
        return cross(data, self.conversion) if self.conversion else data


@dataclass(frozen=True)
class Forecasts:
    """The tables as they were read, the model, the exposure-responses by their names, and the forecast."""

    parts: tuple[Check | Endpoints, ...]
    model: Model
    curves: dict[str, TakenCurve]
    forecast: Forecast


def run(scenario: ForecastScenario, conduct: Conduct = HERE) -> Forecasts:
    """Read the samples, forecast every patient. Raises InputError before anything is computed."""
    conduct.alone(scenario)
    model = built(scenario)
    checked = checked_table(scenario)
    entries = {
        role: take_curve(name, scenario.even_so)
        for role in ROLES
        if (name := getattr(scenario, role)) is not None
    }
    made = forecast(
        model,
        scenario.samples(checked),
        scenario.at,
        scenario.until,
        scenario.of,
        progress=conduct.progress,
        **population_of(scenario, model),
        response=entries["response"].curve if "response" in entries else None,
        toxicity=entries["toxicity"].curve if "toxicity" in entries else None,
        days=scenario.next or None,
        check=scenario.check,
        observed=observed_of(scenario, entries),
        draws=scenario.draws,
        uncertainty=scenario.uncertainty,
        seed=scenario.seed,
        kept=conduct.kept,
    )
    parts = (checked, *([check_endpoints(scenario.endpoints)] if scenario.endpoints else []))
    return Forecasts(parts, model, {entry.curve.name: entry for entry in entries.values()}, made)


def observed_of(scenario: ForecastScenario, entries: dict[str, TakenCurve]) -> dict[str, dict[str, float]]:
    """Name of an exposure-response -> patient -> whether the outcome came, for a check."""
    found = {}
    for role in ROLES:
        name = getattr(scenario, f"{role}_is")
        if name is None:
            continue
        flag = f"--{role}-is"
        if not scenario.check or scenario.endpoints is None or role not in entries:
            raise InputError(
                f"{flag} {name} is for a check of probabilities: give --endpoints, --check and --{role} too"
            )
        table = read_subjects(scenario.endpoints)
        outcome = read_outcome(table, name, "binary")
        known = np.isfinite(outcome.values)
        pairs = zip(np.array(table.names, dtype=object)[known], outcome.values[known], strict=True)
        found[entries[role].curve.name] = {str(who): float(value) for who, value in pairs}
    return found


def population_of(scenario: ForecastScenario, model: Model) -> dict:
    """What is said of the population, as `forecast` takes it."""
    return {
        "spread": scenario.variability,
        "cv": scenario.cv,
        "residuals": read_residuals(scenario.residual, model),
        "outputs": scenario.outputs,
        "compartments": scenario.compartments,
        "missing": scenario.missing or "",
    }
