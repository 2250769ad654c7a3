r"""CD19 CAR-T cells in systemic lupus: antigen binding, B cells, host T cells, neutrophils and markers (Park 2025).

For each subset s (CD8, CD4), blood P = (TN, CM, EM, EF) and marrow M alike; x complexes in blood, z in marrow.

    kexp = Kexp r/(EC50 + r), r = x/sum P          dTN = kexp TN - rm1 TN - Kel TN + X
    dCM = kexp CM + rm1 TN - rm2 CM - Kel CM + X
    dEM = kexp EM + rm2 CM - rm3 EM - Kel EM + X   dEF = rm3 EM - KelE EF + X                   X: exchange with marrow
    dx = kon (CAR sum P - x)(CD19 B - x8 - x4) - koff x          dB = Kg B - Kkill b/(KC50 + b) B, b = (x8 + x4)/B
    naive B cells return once all CAR-T cells are below 2.38/uL; chemotherapy acts on precursors of T cells and neutrophils
    autoantibodies, interferon, C3 and proteinuria follow as in the paper's control stream

Cells/uL and days. The two switches are steep Hill terms here.
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
    Quantity,
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import BLOOD_VOLUME, SOLVED, transcribed

PARK = transcribed(
    "park_2025_sle", "Park et al. 2025 (CD19 CAR-T cells in lupus), Table 1 and Appendices S1 and S2",
    "10.1111/cts.70146", "Park_2025_cd19_cart_sle_qsp (54e3a64)",
)
FIGURE = Source(PARK.key, PARK.citation, PARK.doi, "median of five patients, read off a figure")
OWN = Source("livingdrug", "ours: what keeps a ratio finite, or makes a step steep")
SUBSETS, STAGES = ("cd8", "cd4"), ("naive", "central", "memory", "effector")
WORDS = {"naive": "naive", "central": "central memory", "memory": "effector memory", "effector": "effector"}
PLACES = (("blood", ""), ("marrow", "_marrow"))


def _cells(subset: str, suffix: str) -> list[str]:
    return [f"{subset}_{stage}{suffix}" for stage in STAGES]


def _car_t_flows(subset: str, place: str, suffix: str) -> list[Flow]:
    """Expansion, differentiation and (in blood) elimination of one subset in one place."""
    flows, cells = [], _cells(subset, suffix)
    for stage, cell in zip(STAGES, cells, strict=True):
        if stage != "effector":
            flows.append(
                Flow(f"{cell}_expansion", f"expansion_{subset}{suffix} * {cell}", "expansion", into=cell)
            )
        if not suffix:
            rate = "d_effector" if stage == "effector" else "d_memory"
            flows.append(Flow(f"{cell}_elimination", f"{rate} * {cell}", "death", out_of=cell))
            marrow, diluted = f"{cell}_marrow", "blood_volume / marrow_volume"
            flows.append(Flow(f"{cell}_out", f"k_out * {cell}", "exchange", cell, marrow, gain=diluted))
            concentrated = "marrow_volume / blood_volume"
            flows.append(Flow(f"{cell}_back", f"k_back * {marrow}", "exchange", marrow, cell, gain=concentrated))
    for i, (young, old) in enumerate(zip(cells[:-1], cells[1:], strict=True), start=1):
        flows.append(Flow(f"{young}_matures", f"k_mature_{i} * {young}", "differentiation", young, old))
    return flows


def _binding(subset: str, suffix: str) -> list[Flow]:
    """Complexes of one subset with B cells of its place."""
    name = f"bound_{subset}{suffix}"
    rate = f"k_on * (car_per_cell * all_{subset}{suffix} - {name}) * free_target{suffix}"
    return [
        Flow(f"{name}_on", rate, "production", into=name),
        Flow(f"{name}_off", f"k_off * {name}", "clearance", out_of=name),
    ]


def _definitions() -> list[Definition]:
    found = []
    for _, suffix in PLACES:
        b = f"b_cells{suffix}"
        bound = " + ".join(f"bound_{s}{suffix}" for s in SUBSETS)
        found += [
            Definition(
                f"free_target{suffix}",
                f"target_per_cell * {b} - {' - '.join(f'bound_{s}{suffix}' for s in SUBSETS)}",
            ),
            Definition(f"per_b_cell{suffix}", f"({bound}) / max({b}, least)"),
        ]
        for subset in SUBSETS:
            fastest = "k_expansion" if subset == "cd8" else "k_expansion / ratio_cd8_cd4"
            found += [
                Definition(f"all_{subset}{suffix}", " + ".join(_cells(subset, suffix))),
                Definition(
                    f"expansion_{subset}{suffix}",
                    f"{fastest} * hill(max(bound_{subset}{suffix}, 0) / max(all_{subset}{suffix}, least), 1, "
                    "expansion_50)",
                ),
            ]
    return found


CYTOPENIA = (
    Definition("chemo_level", "chemo / plasma_volume", "level of chemotherapy"),
    Definition("left_cd4", "1 - e_max_cd4 * hill(chemo_level, 1, ec50_cd4)"),
    Definition("left_cd8", "1 - e_max_cd8 * hill(chemo_level, 1, ec50_cd8)"),
    Definition("left_neutrophils", "1 - e_max_neutrophils * hill(chemo_level, 1, ec50_neutrophils)"),
    Definition("car_t_all", "all_cd8 + all_cd4", "CAR-T cells in blood"),
    Definition("returning", "1 - hill(max(car_t_all, 0), steep, car_t_return)", "1 once CAR-T cells are few"),
    Definition(
        "antibodies_made", "hill(max(b_cells, 0), steep, b_cells_least)", "1 while B cells make antibodies"
    ),
    Definition("interferon_ratio", "max(interferon, 0) / interferon_0"),
    Definition("antibody_ratio", "max(antibodies, 0) / antibodies_0"),
    Definition("k_antibodies", "k_secretion * antibodies_made"),
)
HOST = (
    *(
        flow
        for s in SUBSETS
        for flow in (
            Flow(f"pre_{s}_input", f"k_input_{s}", "production", into=f"pre_{s}"),
            Flow(f"pre_{s}_release", f"k_release_{s} * left_{s} * pre_{s}", "differentiation", f"pre_{s}", f"host_{s}"),
            Flow(f"host_{s}_loss", f"k_loss_{s} * host_{s}", "death", out_of=f"host_{s}"),
        )
    ),
    Flow("chemo_decay", "k_chemo * chemo", "clearance", out_of="chemo"),
    Flow(
        "neutrophil_proliferation",
        "4 / transit * proliferating * left_neutrophils * (neutrophils_0 / max(neutrophils, least)) ** "
        "feedback",
        "growth",
        into="proliferating",
    ),
    *(
        Flow(f"{one}_matures", f"4 / transit * {one}", "differentiation", one, other)
        for one, other in (
            ("proliferating", "transit_1"), ("transit_1", "transit_2"), ("transit_2", "transit_3"),
            ("transit_3", "neutrophils"),
        )
    ),
    Flow("neutrophil_loss", "4 / transit * neutrophils", "death", out_of="neutrophils"),
)
B_CELLS = (
    *(
        flow
        for _, suffix in PLACES
        for flow in (
            Flow(f"b_cell_growth{suffix}", f"mu_b * b_cells{suffix}", "growth", into=f"b_cells{suffix}"),
            Flow(
                f"b_cell_killing{suffix}",
                f"k_kill * hill(per_b_cell{suffix}, 1, kill_50) * b_cells{suffix}", "killing",
                out_of=f"b_cells{suffix}",
            ),
        )
    ),
    Flow("naive_return", "k_naive * returning * (1 - (b_cells + b_naive) / b_max)", "growth", into="b_naive"),
)
MARKERS = (
    Flow(
        "interferon_release", "k_interferon * interferon_0 * antibody_ratio * neutrophils / neutrophils_0",
        "production", into="interferon",
    ),
    Flow("interferon_decay", "k_interferon * interferon", "clearance", out_of="interferon"),
    Flow(
        "antibody_release",
        "b_cells * k_antibodies * host_cd4 * k_loss_cd4 / k_input_cd4 * interferon_ratio ** interferon_power",
        "production", into="antibodies",
    ),
    Flow(
        "antibody_decay", "b_cells_0 * k_antibodies / antibodies_0 * antibodies", "clearance",
        out_of="antibodies",
    ),
    Flow("c3_production", "c3_synthesis * weight / plasma_volume", "production", into="c3"),
    Flow(
        "c3_consumption", "c3_synthesis * weight / plasma_volume * c3 / c3_0 * antibody_ratio ** c3_power",
        "clearance", out_of="c3",
    ),
    Flow(
        "protein_loss",
        "k_protein / weight * (c3_0 / max(c3, c3_least)) ** protein_power * interferon_ratio ** "
        "protein_interferon * exp(host_cd8 * k_loss_cd8 / k_input_cd8) * exp(neutrophils / neutrophils_0)",
        "production",
        into="proteinuria",
    ),
    Flow(
        "protein_clearance", "k_protein / weight / proteinuria_0 * proteinuria", "clearance",
        out_of="proteinuria",
    ),
)
DOSED = "dose_per_kg * weight * part_{subset} * part_{stage} / blood_volume"


def _states() -> tuple[State, ...]:
    cells = [
        State(
            f"{s}_{stage}{suffix}", "cells/uL", f"{WORDS[stage]} {s.upper()} CAR-T cells in {place}",
            ("car_t",), place, DOSED.format(subset=s, stage=stage) if not suffix else "seed",
        )
        for place, suffix in PLACES
        for s in SUBSETS
        for stage in STAGES
    ]
    bound = [
        State(
            f"bound_{s}{suffix}", "1/uL", f"complexes of {s.upper()} CAR-T cells in {place}", ("complex",),
            place, "seed * one_per_cell",
        )
        for place, suffix in PLACES
        for s in SUBSETS
    ]
    rest = (
        ("b_cells", "cells/uL", "reactive B cells in blood", ("target",), "blood", "b_cells_0"),
        ("b_cells_marrow", "cells/uL", "B cells in marrow", ("target",), "marrow", "b_cells_marrow_0"),
        ("b_naive", "cells/uL", "naive B cells in blood", (), "blood", "0"),
        ("chemo", "mg", "signal of the preconditioning", ("drug",), "plasma", "chemo_dose"),
        ("pre_cd8", "cells/uL", "precursors of host CD8 cells", (), "marrow", "k_input_cd8 / k_release_cd8"),
        ("pre_cd4", "cells/uL", "precursors of host CD4 cells", (), "marrow", "k_input_cd4 / k_release_cd4"),
        ("host_cd8", "cells/uL", "host CD8 cells in blood", ("host_t",), "blood", "k_input_cd8 / k_loss_cd8"),
        ("host_cd4", "cells/uL", "host CD4 cells in blood", ("host_t",), "blood", "k_input_cd4 / k_loss_cd4"),
        *(
            (name, "cells/uL", f"neutrophils, {name.replace('_', ' ')}", (), "marrow", "neutrophils_0")
            for name in ("proliferating", "transit_1", "transit_2", "transit_3")
        ),
        ("neutrophils", "cells/uL", "neutrophils in blood", (), "blood", "neutrophils_0"),
        ("interferon", "pg/mL", "interferon alpha", ("biomarker",), "blood", "interferon_0"),
        ("antibodies", "1/L", "autoantibodies, IU/L", ("biomarker",), "blood", "antibodies_0"),
        ("c3", "mg/L", "complement C3", ("biomarker",), "blood", "c3_0"),
        ("proteinuria", "mg/g", "protein per creatinine in urine", ("biomarker",), "urine", "proteinuria_0"),
    )
    return (*cells, *bound, *(State(*row) for row in rest))


NUMBERS = {  # name: (unit, meaning, value)
    "k_expansion": ("1/d", "largest expansion of CD8 cells", 1.8),
    "ratio_cd8_cd4": ("1", "expansion of CD8 over CD4 cells", 1.12),
    "expansion_50": ("1/cells", "complexes per cell at half of the expansion", 1.9e-5),
    "k_mature_1": ("1/d", "naive to central memory", 0.15),
    "k_mature_2": ("1/d", "central to effector memory", 0.11),
    "k_mature_3": ("1/d", "effector memory to effector", 0.72),
    "d_effector": ("1/d", "loss of effectors from blood", 47.38),
    "d_memory": ("1/d", "loss of the others from blood", 0.69),
    "k_out": ("1/d", "blood to marrow", 1.41),
    "k_back": ("1/d", "marrow to blood", 0.0017),
    "k_kill": ("1/d", "largest kill of B cells", 2.76),
    "kill_50": ("1/cells", "complexes per B cell at half of it", 7.71),
    "mu_b": ("1/d", "growth of B cells", 0.0193),
    "car_t_return": ("cells/uL", "CAR-T cells below which naive B cells return", 2.38),
    "k_naive": ("cells/uL/d", "return of naive B cells", 1.58),
    "b_max": ("cells/uL", "most B cells in blood", 449.0),
    "b_cells_0": ("cells/uL", "reactive B cells in blood", 143.0),
    "b_cells_marrow_0": ("cells/uL", "B cells in marrow", 1500.0),
    "b_cells_least": ("cells/uL", "B cells below which no antibodies are made", 1.0),
    "car_per_cell": ("1/cells", "CARs per CAR-T cell", 15000.0),
    "target_per_cell": ("1/cells", "CD19 per B cell", 14000.0),
    "k_on": ("uL/d", "binding rate", 2.1e5 * 86400 / 6.023e23 * 1e6),
    "k_off": ("1/d", "unbinding rate", 6.81e-5 * 86400),
    "k_chemo": ("1/d", "decay of the preconditioning", 1.39),
    "chemo_dose": ("mg", "signal of the preconditioning", 1935.0),
    "plasma_volume": ("L", "blood volume in L", 5.0),
    "marrow_volume": ("uL", "marrow volume", 1.6e6),
    "k_release_cd4": ("1/d", "release of CD4 cells", 0.0007),
    "k_input_cd4": ("cells/uL/d", "input of their precursors", 210.18),
    "k_loss_cd4": ("1/d", "loss of CD4 cells", 1.02),
    "e_max_cd4": ("1", "largest block of release, CD4", 0.85),
    "ec50_cd4": ("mg/L", "level at half of it", 0.15),
    "k_release_cd8": ("1/d", "release of CD8 cells", 0.00045),
    "k_input_cd8": ("cells/uL/d", "input of their precursors", 525.59),
    "k_loss_cd8": ("1/d", "loss of CD8 cells", 1.49),
    "e_max_cd8": ("1", "largest block of release, CD8", 0.96),
    "ec50_cd8": ("mg/L", "level at half of it", 0.067),
    "neutrophils_0": ("cells/uL", "neutrophils", 5617.22),
    "transit": ("d", "mean time to maturity", 4.35),
    "feedback": ("1", "power of the feedback", 0.14),
    "e_max_neutrophils": ("1", "largest effect on neutrophils; above 1", 27.32),
    "ec50_neutrophils": ("mg/L", "level at half of it", 1203.42),
    "k_secretion": ("1/cells/d", "secretion of antibodies", 15875.77),
    "k_interferon": ("1/d", "turnover of interferon", 23.04),
    "interferon_power": ("1", "power of interferon on antibodies", 0.09),
    "c3_power": ("1", "power of antibodies on C3", 0.1),
    "c3_synthesis": ("mg/kg/d", "synthesis of C3", 36.0),
    "protein_power": ("1", "power of C3 on proteinuria", 1.09),
    "protein_interferon": ("1", "power of interferon on proteinuria", 0.8),
    "k_protein": ("kg*mg/g/d", "release of protein into urine", 1000.0 / 0.24),
    "antibodies_0": ("1/L", "autoantibodies, IU/L", 470000.0),
    "interferon_0": ("pg/mL", "interferon alpha", 21.0),
    "c3_0": ("mg/L", "complement C3", 555.0),
    "proteinuria_0": ("mg/g", "protein per creatinine in urine", 3060.0),
    "dose_per_kg": ("cells/kg", "CAR-T cells infused per body weight", 1e6),
    "weight": ("kg", "body weight", 70.0),
    "part_cd8": ("1", "part of CD8 in the product", 0.23),
    "part_cd4": ("1", "part of CD4 in the product", 0.759),
    "part_naive": ("1", "part of naive cells", 0.0729),
    "part_central": ("1", "part of central memory", 0.221),
    "part_memory": ("1", "part of effector memory", 0.609),
    "part_effector": ("1", "part of effectors", 0.0977),
    "seed": ("cells/uL", "CAR-T cells in marrow at the start", 1e-18),
    "one_per_cell": ("1/cells", "complexes per such cell", 1.0),
    "least": ("cells/uL", "floor of a population in a ratio", 1e-12),
    "c3_least": ("mg/L", "floor of C3 in a ratio", 1e-6),
    "steep": ("1", "steepness of the switches", 2000.0),
}
FIXED = ("seed", "one_per_cell", "least", "c3_least", "steep", "marrow_volume", "plasma_volume")
PER_CELL = 1e6  # the antibodies are per litre, the cells per microlitre
PUBLISHED = {name: value for name, (_, _, value) in NUMBERS.items()} | {
    "k_secretion": 15875.77 * PER_CELL,
    "blood_volume": 5e6,
}

MODEL = Model(
    name="park_2025_sle",
    title="CD19 CAR-T cells in systemic lupus: B cells, host cells, complement and kidneys",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"), Place("marrow", volume="marrow_volume")),
        states=_states(),
        definitions=(*_definitions(), *CYTOPENIA),
        flows=(
            *(flow for s in SUBSETS for place, suffix in PLACES for flow in _car_t_flows(s, place, suffix)),
            *(flow for s in SUBSETS for _, suffix in PLACES for flow in _binding(s, suffix)), *B_CELLS,
            *HOST, *MARKERS,
        ),
        outputs=(
            Output("car_t_blood", "car_t_all", "cells/uL", "CAR-T cells in blood", measured=True),
            Output("b_cells_blood", "b_cells + b_naive", "cells/uL", "B cells in blood", measured=True),
            Output("cd4", "host_cd4", "cells/uL", "host CD4 cells"),
            Output("cd8", "host_cd8", "cells/uL", "host CD8 cells"),
            Output("neutrophils", "neutrophils", "cells/uL", "neutrophils"),
            Output("c3", "c3", "mg/L", "complement C3"),
            Output("proteinuria", "proteinuria", "mg/g", "protein per creatinine in urine"),
        ),
        quantities=(
            *(
                Quantity(
                    name, "1/L*uL/cells/d" if name == "k_secretion" else unit, meaning,
                    bound="positive" if name in FIXED or name.endswith("_0") else "nonnegative",
                    fixed=name in FIXED,
                )
                for name, (unit, meaning, _) in NUMBERS.items()
            ),
            BLOOD_VOLUME,
        ),
        time_unit="d",
    ),
    values=(
        Values(
            "typical",
            PARK,
            PUBLISHED,
            {
                **dict.fromkeys(("antibodies_0", "interferon_0", "c3_0", "proteinuria_0"), FIGURE),
                **dict.fromkeys(("seed", "one_per_cell", "least", "c3_least", "steep"), OWN),
            },
            {
                "chemo_dose": "fludarabine 3 x 25 and cyclophosphamide 1000 mg/m2 at 1.8 m2; inferred",
                "kill_50": "complexes per B cell",
                "car_t_return": "the printed unit is cells/L",
            },
        ),
    ),
    experiments=(
        Experiment("1e6 cells/kg", (), 90.0), Experiment("1e5 cells/kg", (), 90.0, {"dose_per_kg": 1e5}),
        Experiment("1e6 cells/kg without preconditioning", (), 90.0, {"chemo_dose": 0.0}),
    ),
    anchors=(
        Anchor("CAR-T on day 28", 7.4726356, "cells/uL", 2e-3, SOLVED, output="car_t_blood", quantity="C28"),
        Anchor("C3 on day 90", 1111.4867, "mg/L", 1e-2, SOLVED, output="c3", quantity="C90"),
        Anchor(
            "CAR-T on day 28, 1e5 cells/kg", 4.0284733, "cells/uL", 2e-3, SOLVED, output="car_t_blood",
            quantity="C28", experiment="1e5 cells/kg",
        ),
    ),
    deviations=(
        "Appendix and control stream disagree in six places; the control stream is used.",
        "The two switches (return of naive B cells, end of antibodies) are steep Hill terms; autoantibodies "
        "turn over in 0.02 s and freeze when B cells cross 1 cell/uL, so C3 and proteinuria after it are "
        "known to 1 %.",
        "The typical neutrophil nadir (144/uL) lies below the published range of 200 to 2000.",
        "CAR-T cells in marrow have no loss; untreated B cells grow for ever; no residual error is "
        "published.",
        "Volumes are those of 70 kg; scale them with the body weight. Variability is published for single "
        "rates and left out here.",
        "The dose is an initial value (dose_per_kg), and chemotherapy enters at the same time.",
    ),
    about=About(
        purpose="CAR-T cells against B cells in autoimmunity: depletion, return of naive B cells, and the kidney.",
        origin="Five patients with lupus, and numbers from the literature.",
        can="CAR-T cells by subset and place, B cells, host T cells, neutrophils, complement and proteinuria.",
        cannot="No CRS, no relapse of the disease, no population; markers after the depletion are known to 1 %.",
        disease=("lupus",),
        target=("CD19",),
        mechanism=(
            "expansion", "killing", "phenotypes", "antigen binding", "b cells", "preconditioning",
            "distribution", "autoimmunity",
        ),
        data=("patients",),
        kind="typical",
        licence="paper open access; transcription GPL, facts only",
    ),
)
