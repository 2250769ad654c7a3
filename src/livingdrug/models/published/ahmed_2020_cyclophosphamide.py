r"""Cyclophosphamide in one compartment, and neutrophils after it (Ahmed 2020).

    dA/dt = -CL/V A          V ~ (BSA/1.58)^0.861          ANC after the course = 3450 - 1.42 AUC (umol h/L)

mg, mg/L and hours; the parent drug only. Clearance and volume of the 500 mg/m2 regimen are 0.677 and 0.629 of
the others'.
"""

from livingdrug.models import (
    About,
    Anchor,
    Definition,
    Experiment,
    Flow,
    Model,
    Output,
    Place,
    Population,
    Quantity,
    Source,
    State,
    Structure,
    Values,
    lognormal,
)
from livingdrug.models.shared import SOLVED, transcribed

SOURCE = transcribed(
    "ahmed_2020",
    "Ahmed et al. 2020, Tables 3 and 4",
    "10.3389/fphar.2020.00406",
    "Ahmed_2020_cyclophosphamide (02a4f89)",
)
REFERENCE = Source("livingdrug_facts", "the patient of the reference outcomes")
MASS = Source("livingdrug_facts", "molar mass of cyclophosphamide, 261.09 g/mol")


def _values(name: str, low: float) -> Values:
    return Values(
        name,
        SOURCE,
        {
            "cl_typical": 5.41,
            "v_typical": 46.5,
            "bsa": 1.58,
            "bsa_0": 1.58,
            "e_bsa": 0.861,
            "low_regimen": low,
            "e_cl": 0.677,
            "e_v": 0.629,
            "anc_0": 3450.0,
            "anc_slope": 1.42,
            "umol_per_mg": 1000 / 261.09,
        },
        {"bsa": REFERENCE, "umol_per_mg": MASS},
        {"anc_slope": "its sign is misprinted", "e_cl": "the regimen, not the dose: other drugs differ"},
    )


DOSE = "948@0 over=0.5"
MODEL = Model(
    name="ahmed_2020_cyclophosphamide",
    title="Cyclophosphamide exposure of a preconditioning, and neutrophils",
    structure=Structure(
        places=(Place("blood"),),
        states=(
            State("drug", "mg", "cyclophosphamide", ("drug",), "blood", symbol="A"),
            State("auc", "h*mg/L", "area under its level"),
        ),
        definitions=(
            Definition("cl", "cl_typical * (1 - low_regimen + low_regimen * e_cl)", "clearance", "CL"),
            Definition(
                "v",
                "v_typical * (bsa / bsa_0) ** e_bsa * (1 - low_regimen + low_regimen * e_v)",
                "volume",
                "V",
            ),
        ),
        flows=(
            Flow("elimination", "cl / v * drug", "clearance", out_of="drug"),
            Flow("exposure", "drug / v", "production", into="auc"),
        ),
        outputs=(
            Output("concentration", "drug / v", "mg/L", "cyclophosphamide in plasma", measured=True),
            Output(
                "neutrophils",
                "anc_0 - anc_slope * umol_per_mg * auc",
                "cells/uL",
                "neutrophils after the course",
                measured=True,
            ),
        ),
        quantities=(
            Quantity("cl_typical", "L/h", "clearance", "CL"),
            Quantity("v_typical", "L", "volume at 1.58 m2", "V", "positive"),
            Quantity("bsa", "1", "body surface area, m2", "BSA", "positive", covariate=True),
            Quantity("bsa_0", "1", "reference body surface area, m2", "", "positive", True),
            Quantity("e_bsa", "1", "its exponent on volume"),
            Quantity("low_regimen", "1", "1 in the 500 mg/m2 regimen", bound="fraction", covariate=True),
            Quantity("e_cl", "1", "clearance of that regimen, relative"),
            Quantity("e_v", "1", "volume of that regimen, relative"),
            Quantity("anc_0", "cells/uL", "neutrophils without the drug"),
            Quantity("anc_slope", "cells*L/uL/umol/h", "neutrophils lost per AUC"),
            Quantity("umol_per_mg", "umol/mg", "amount of substance in a mass", fixed=True),
        ),
        dose_into="drug",
        time_unit="h",
    ),
    values=(_values("regimen_600", 0.0), _values("regimen_500", 1.0)),
    populations=(
        Population(
            "tables",
            {"cl_typical": lognormal(cv=0.464), "v_typical": lognormal(cv=0.359)},
            SOURCE,
            "as printed",
        ),
    ),
    experiments=(
        Experiment("600 mg/m2", (), 168.0, given=(DOSE,)),
        Experiment("500 mg/m2", (), 168.0, given=("790@0 over=0.5",), vector="regimen_500"),
    ),
    anchors=(
        Anchor(
            "end of the infusion", 19.80545, "mg/L", 1e-4, SOLVED, output="concentration", quantity="C0.5"
        ),
        Anchor("neutrophils", 2496.9643, "cells/uL", 1e-4, SOLVED, output="neutrophils", quantity="C168"),
        Anchor(
            "24 h, 500 mg/m2",
            1.3803455,
            "mg/L",
            1e-4,
            SOLVED,
            output="concentration",
            quantity="C24",
            experiment="500 mg/m2",
        ),
    ),
    deviations=(
        "The parent drug only: not the active metabolite.",
        "The effect of the regimen is not one of the dose: its other drugs differ.",
        "The sign of the printed equation of neutrophils is wrong; the additive error is 1.54 mg/L.",
    ),
    about=About(
        purpose="Exposure to cyclophosphamide, and the neutrophils that a course leaves.",
        origin="267 patients under two regimens, of 500 and 600 mg/m2.",
        can="Levels, AUC and neutrophils after a course, populations.",
        cannot="No lymphocytes, no active metabolite, no recovery of neutrophils.",
        disease=("any",),
        target=("none",),
        mechanism=("preconditioning", "chemotherapy", "covariates"),
        data=("patients",),
        kind="population",
        licence="paper CC BY; transcription GPL, facts only",
    ),
)
