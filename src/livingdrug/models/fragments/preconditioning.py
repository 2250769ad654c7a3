r"""Preconditioning kills host T cells: fludarabine with cyclophosphamide as a signal, fludarabine,
alemtuzumab.

    preconditioning:  dL/dt = -kL L, c = L/V          dTh/dt += -kd c/(EC50 + c) Th          (K-PD of Park 2025, in lupus)
    fludarabine:      three compartments of F-ara-A (Langenhorst 2019)                        dTh/dt += -kf C Th
    alemtuzumab:      two compartments, saturable elimination (Mould 2007)                    dTh/dt += -kd C/(EC50 + C) Th

Th every host T cell. Drugs are given by `--dose '...@0 into=chemo'` (`fludarabine`, `alemtuzumab`), the CAR-T
cells days later.
"""

from livingdrug.models import (
    Definition,
    EachWith,
    Flow,
    Fragment,
    Needs,
    Output,
    Place,
    Quantity,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.published.langenhorst_2019_fludarabine import SOURCE as LANGENHORST
from livingdrug.models.published.mould_2007_alemtuzumab import SOURCE as MOULD
from livingdrug.models.published.park_2025_sle import PARK
from livingdrug.models.shared import OURS

DAY = 24.0
NOT_PUBLISHED = Source(
    OURS.key, "no rate of kill of host T cells is published; nothing is killed until it is set"
)


def _kill(rate: str) -> EachWith:
    return EachWith(
        "host_t", Flow("{state}_killed_by_drug", rate + " * {state}", "killing", out_of="{state}")
    )


PRECONDITIONING = Fragment(
    name="preconditioning",
    title="Fludarabine and cyclophosphamide, as one fading signal, kill host T cells",
    structure=Structure(
        places=(Place("plasma"),),
        states=(State("chemo", "mg", "signal of the preconditioning", ("drug",), "plasma", symbol="L"),),
        definitions=(Definition("chemo_effect", "hill(chemo / chemo_volume, 1, chemo_50)", "effect of it"),),
        flows=(Flow("chemo_decay", "k_chemo * chemo", "clearance", out_of="chemo"),),
        each_with=(_kill("k_chemo_kill * chemo_effect"),),
        outputs=(Output("chemo_signal", "chemo", "mg", "signal of the preconditioning"),),
        quantities=(
            Quantity("k_chemo", "1/d", "decay of the signal", "k_L"),
            Quantity("chemo_volume", "L", "its volume", bound="positive"),
            Quantity("chemo_50", "mg/L", "level at half effect", "EC_{50}", "positive"),
            Quantity("k_chemo_kill", "1/d", "largest rate of kill of host T cells", "k_d"),
        ),
        needs=(Needs("host_t"),),
        time_unit="d",
    ),
    values=Values(
        "park_2025",
        PARK,
        {"k_chemo": 1.39, "chemo_volume": 5.0, "chemo_50": 0.15, "k_chemo_kill": 0.85 * 1.02},
        notes={
            "k_chemo_kill": "largest effect on CD4 cells (0.85) times their turnover (1.02/d): our reading "
            "as a kill"
        },
    ),
    deviations=(
        "The source blocks the release of T cells; as a kill of those that circulate it is our reading, "
        "equal where they turn over.",
        "1935 mg stand for fludarabine 3 x 25 and cyclophosphamide 1000 mg/m2 at 1.8 m2; other regimens are "
        "scaled by mass, which nobody has tested.",
    ),
)

FLUDARABINE = Fragment(
    name="preconditioning_fludarabine",
    title="Fludarabine with its own kinetics, and a kill of host T cells that must be set",
    structure=Structure(
        places=(Place("plasma"),),
        states=(
            State("fludarabine", "mg", "F-ara-A in the central compartment", ("drug",), "plasma"),
            State("fludarabine_shallow", "mg", "F-ara-A in the shallow compartment", ("drug",), "plasma"),
            State("fludarabine_deep", "mg", "F-ara-A in the deep compartment", ("drug",), "plasma"),
            State("fludarabine_auc", "d*mg/L", "area under its level"),
        ),
        definitions=(Definition("fludarabine_level", "fludarabine / flu_v1", "level"),),
        flows=(
            Flow(
                "fludarabine_elimination", "flu_cl / flu_v1 * fludarabine", "clearance", out_of="fludarabine"
            ),
            Flow(
                "fludarabine_to_shallow",
                "flu_q2 / flu_v1 * fludarabine",
                "exchange",
                "fludarabine",
                "fludarabine_shallow",
            ),
            Flow(
                "fludarabine_from_shallow",
                "flu_q2 / flu_v2 * fludarabine_shallow",
                "exchange",
                "fludarabine_shallow",
                "fludarabine",
            ),
            Flow(
                "fludarabine_to_deep",
                "flu_q3 / flu_v1 * fludarabine",
                "exchange",
                "fludarabine",
                "fludarabine_deep",
            ),
            Flow(
                "fludarabine_from_deep",
                "flu_q3 / flu_v3 * fludarabine_deep",
                "exchange",
                "fludarabine_deep",
                "fludarabine",
            ),
            Flow("fludarabine_exposure", "fludarabine_level", "production", into="fludarabine_auc"),
        ),
        each_with=(_kill("k_flu_kill * fludarabine_level"),),
        outputs=(
            Output("fludarabine", "fludarabine_level", "mg/L", "F-ara-A in plasma", measured=True),
            Output("fludarabine_exposure", "fludarabine_auc", "d*mg/L", "its area so far"),
        ),
        quantities=(
            Quantity("flu_cl", "L/d", "clearance, 70 kg, eGFR 90", "CL"),
            Quantity("flu_v1", "L", "central volume", "V_1", "positive"),
            Quantity("flu_v2", "L", "shallow volume", "V_2", "positive"),
            Quantity("flu_v3", "L", "deep volume", "V_3", "positive"),
            Quantity("flu_q2", "L/d", "flow to the shallow compartment", "Q_2"),
            Quantity("flu_q3", "L/d", "flow to the deep compartment", "Q_3"),
            Quantity("k_flu_kill", "L/mg/d", "kill of host T cells per level"),
        ),
        needs=(Needs("host_t"),),
        time_unit="d",
    ),
    values=Values(
        "langenhorst_2019",
        LANGENHORST,
        {
            "flu_cl": DAY * (3.2 + 0.78 * 0.06 * 90.0),
            "flu_v1": 39.0,
            "flu_v2": 20.0,
            "flu_v3": 50.0,
            "flu_q2": DAY * 8.6,
            "flu_q3": DAY * 3.8,
            "k_flu_kill": 0.0,
        },
        {"k_flu_kill": NOT_PUBLISHED},
    ),
    deviations=(
        "Doses are of F-ara-A: multiply a dose of the phosphate by 0.781.",
        "No rate of kill of host T cells is public: it is 0 until it is set.",
    ),
)

ALEMTUZUMAB = Fragment(
    name="preconditioning_alemtuzumab",
    title="Alemtuzumab with its own kinetics kills host T cells",
    structure=Structure(
        places=(Place("plasma"),),
        states=(
            State("alemtuzumab", "mg", "alemtuzumab in the central compartment", ("drug",), "plasma"),
            State("alemtuzumab_deep", "mg", "alemtuzumab in the peripheral compartment", ("drug",), "plasma"),
        ),
        definitions=(Definition("alemtuzumab_level", "alemtuzumab / ale_v1", "level"),),
        flows=(
            Flow(
                "alemtuzumab_elimination",
                "ale_vmax * hill(alemtuzumab_level, 1, ale_km)",
                "clearance",
                out_of="alemtuzumab",
            ),
            Flow(
                "alemtuzumab_out",
                "ale_q / ale_v1 * alemtuzumab",
                "exchange",
                "alemtuzumab",
                "alemtuzumab_deep",
            ),
            Flow(
                "alemtuzumab_back",
                "ale_q / ale_v2 * alemtuzumab_deep",
                "exchange",
                "alemtuzumab_deep",
                "alemtuzumab",
            ),
        ),
        each_with=(_kill("k_ale_kill * hill(alemtuzumab_level, 1, ale_50)"),),
        outputs=(Output("alemtuzumab", "alemtuzumab_level", "mg/L", "alemtuzumab in serum", measured=True),),
        quantities=(
            Quantity("ale_vmax", "mg/d", "largest elimination, 10e9 white cells/L", "V_{max}"),
            Quantity("ale_km", "mg/L", "level at half of it", "K_m", "positive"),
            Quantity("ale_v1", "L", "central volume", "V_1", "positive"),
            Quantity("ale_v2", "L", "peripheral volume", "V_2", "positive"),
            Quantity("ale_q", "L/d", "flow between them", "Q"),
            Quantity("ale_50", "mg/L", "level at half of the kill", "EC_{50}", "positive"),
            Quantity("k_ale_kill", "1/d", "largest rate of kill of host T cells"),
        ),
        needs=(Needs("host_t"),),
        time_unit="d",
    ),
    values=Values(
        "mould_2007",
        MOULD,
        {
            "ale_vmax": DAY * 1.02,
            "ale_km": 0.338,
            "ale_v1": 11.3,
            "ale_v2": 41.5,
            "ale_q": DAY * 1.05,
            "ale_50": 0.306,
            "k_ale_kill": DAY * 0.029 * 18.2,
        },
        notes={"k_ale_kill": "stimulated loss of white cells in CLL, taken for host T cells"},
    ),
    deviations=(
        "The effect is that on white cells of CLL; on normal T cells it is a scenario.",
        "CAR-T cells without CD52 are spared; for others add a loss of their own.",
    ),
)
