r"""Fludarabine (F-ara-A) in three compartments, with kidney function and body weight (Langenhorst 2019).

    CL = (CLnr + slope eGFR) (WT/70)^0.75          Q2, Q3 ~ (WT/70)^0.75          V1, V2, V3 ~ WT/70

mg, mg/L and hours. Whether a dose is of fludarabine phosphate (factor 0.781 to F-ara-A) is `mass_factor`.
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
    "langenhorst_2019",
    "Langenhorst et al. 2019, Table 2",
    "10.1007/s40262-018-0715-9",
    "Langenhorst_2019_fludarabine (0148359)",
)
FACTOR = Source(
    "livingdrug_facts",
    "molar masses of F-ara-A and of its phosphate; whether the paper's doses need it is inferred",
)
REFERENCE = Source("livingdrug_facts", "the adult of the reference outcomes")

MODEL = Model(
    name="langenhorst_2019_fludarabine",
    title="Fludarabine exposure of a preconditioning, three compartments",
    structure=Structure(
        places=(Place("blood"), Place("periphery")),
        states=(
            State("central", "mg", "F-ara-A in the central compartment", ("drug",), "blood", symbol="A_1"),
            State(
                "shallow", "mg", "F-ara-A in the shallow compartment", ("drug",), "periphery", symbol="A_2"
            ),
            State("deep", "mg", "F-ara-A in the deep compartment", ("drug",), "periphery", symbol="A_3"),
        ),
        definitions=(
            Definition("size", "(weight / weight_0) ** 0.75", "body size on clearances"),
            Definition(
                "cl",
                "(cl_nonrenal + cl_slope * renal_per_egfr * egfr) * size * clearance_factor",
                "clearance",
                "CL",
            ),
            Definition("volume_1", "v_1 * weight / weight_0 * volume_factor", "central volume", "V_1"),
            Definition("volume_2", "v_2 * weight / weight_0 * volume_factor", "shallow volume", "V_2"),
            Definition("volume_3", "v_3 * weight / weight_0 * volume_factor", "deep volume", "V_3"),
            Definition("flow_2", "q_2 * size * clearance_factor", "flow to the shallow compartment", "Q_2"),
            Definition("flow_3", "q_3 * size * clearance_factor", "flow to the deep compartment", "Q_3"),
        ),
        flows=(
            Flow("elimination", "cl / volume_1 * central", "clearance", out_of="central"),
            Flow("to_shallow", "flow_2 / volume_1 * central", "exchange", "central", "shallow"),
            Flow("from_shallow", "flow_2 / volume_2 * shallow", "exchange", "shallow", "central"),
            Flow("to_deep", "flow_3 / volume_1 * central", "exchange", "central", "deep"),
            Flow("from_deep", "flow_3 / volume_3 * deep", "exchange", "deep", "central"),
        ),
        outputs=(Output("concentration", "central / volume_1", "mg/L", "F-ara-A in plasma", measured=True),),
        quantities=(
            Quantity("cl_nonrenal", "L/h", "clearance without kidneys, 70 kg", "CL_{nr}"),
            Quantity("cl_slope", "1", "clearance by kidneys per eGFR", "slope"),
            Quantity("renal_per_egfr", "L*min/h/mL", "1 mL/min in L/h", fixed=True),
            Quantity("v_1", "L", "central volume, 70 kg", "V_1", "positive"),
            Quantity("v_2", "L", "shallow volume, 70 kg", "V_2", "positive"),
            Quantity("v_3", "L", "deep volume, 70 kg", "V_3", "positive"),
            Quantity("q_2", "L/h", "flow to the shallow compartment", "Q_2"),
            Quantity("q_3", "L/h", "flow to the deep compartment", "Q_3"),
            Quantity(
                "clearance_factor",
                "1",
                "what a subject's clearance and flows are multiplied with",
                bound="positive",
            ),
            Quantity("volume_factor", "1", "what a subject's volumes are multiplied with", bound="positive"),
            Quantity("weight", "kg", "body weight", "WT", "positive", covariate=True),
            Quantity("weight_0", "kg", "reference weight", "", "positive", True),
            Quantity("egfr", "mL/min", "eGFR for 1.73 m2, at most 140", "eGFR", covariate=True),
            Quantity("mass_factor", "1", "F-ara-A in a dose of phosphate: 0.781, or 1", bound="fraction"),
        ),
        dose_into="central",
        time_unit="h",
    ),
    values=(
        Values(
            "table_2",
            SOURCE,
            {
                "cl_nonrenal": 3.2,
                "cl_slope": 0.78,
                "renal_per_egfr": 0.06,
                "v_1": 39.0,
                "v_2": 20.0,
                "v_3": 50.0,
                "q_2": 8.6,
                "q_3": 3.8,
                "clearance_factor": 1.0,
                "volume_factor": 1.0,
                "weight": 70.0,
                "weight_0": 70.0,
                "egfr": 90.0,
                "mass_factor": 0.781,
            },
            {"mass_factor": FACTOR, "weight": REFERENCE, "egfr": REFERENCE},
        ),
    ),
    populations=(
        Population(
            "table_2",
            {"clearance_factor": lognormal(cv=0.23), "volume_factor": lognormal(cv=0.48)},
            SOURCE,
            "one random effect for clearance and flows, one for volumes",
        ),
    ),
    experiments=(
        Experiment(
            "3 x 30 mg/m2, 1.85 m2",
            (),
            120.0,
            given=("55.5@0 over=0.5 every=24 repeats=2 fraction=mass_factor",),
        ),
        Experiment(
            "the same, eGFR 50",
            (),
            120.0,
            {"egfr": 50.0},
            given=("55.5@0 over=0.5 every=24 repeats=2 fraction=mass_factor",),
        ),
    ),
    anchors=(
        Anchor("highest level", 1.0550244, "mg/L", 1e-4, SOLVED, output="concentration", quantity="CMAX"),
        Anchor(
            "AUC to infinity",
            17.54405,
            "h*mg/L",
            1e-4,
            SOLVED,
            output="concentration",
            quantity="AUC",
            until=1500.0,
        ),
        Anchor(
            "AUC to infinity, eGFR 50",
            23.472292,
            "h*mg/L",
            1e-4,
            SOLVED,
            output="concentration",
            quantity="AUC",
            until=1500.0,
            experiment="the same, eGFR 50",
        ),
    ),
    deviations=(
        "Whether doses are of the phosphate (factor 0.781) decides on which side of every published cut a "
        "patient falls; set mass_factor to 1 for doses of F-ara-A.",
        "Variability between doses (12 and 31 %) is not drawn; proportional residual error is 6.3 %.",
        "Published cuts: 13.8 to 14 mg h/L in B-ALL, a window of 18 to 20 in lymphoma; response is not "
        "monotone in exposure.",
    ),
    about=About(
        purpose="Exposure to fludarabine before CAR-T cells, by body weight and kidney function.",
        origin="258 patients, 2,605 samples.",
        can="Levels and AUC of a regimen, populations.",
        cannot="No effect on lymphocytes by itself (see the fragment `preconditioning_fludarabine`).",
        disease=("any",),
        target=("none",),
        mechanism=("preconditioning", "chemotherapy", "covariates"),
        data=("patients",),
        kind="population",
        licence="transcription GPL, facts only",
    ),
)
