r"""CD4 and CD8 CAR-T cells in thirteen patients given IM19, reduced form (Minucci 2024).

    c = mAg B / (V NA)   (nM)          f = c / (Kd + c)          k8 = f / 18 h,  k4 = f / 36 h
    di8 = -k8 i8 - i8/lifeDP        de8 = 2^ndiv k8 i8 - e8/lifeEff        dm8 = fmem e8/lifeEff - m8/lifeMem8     (CD4 alike)
    dB  = ln2/tDiv B - kmaxKill f e8 B                                     dL = (endo V - L)/lifeEndo

i infused, e effector, m memory; B tumour and B cells, L host lymphocytes; cells and days. Binding and the
activated state are at quasi-steady state, as in the transcription.
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
from livingdrug.models.shared import BLOOD_VOLUME, transcribed

MINUCCI = transcribed(
    "minucci_2024",
    "Minucci et al. 2024, Front Syst Biol, Table S1",
    "10.3389/fsysb.2024.1380018",
    "Minucci_2024_CART_qsp (06786e0)",
)
SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")
LINES = (("cd8", "CD8"), ("cd4", "CD4"))

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"),),
    states=tuple(
        State(
            f"{stage}_{line}",
            "cells",
            f"{words} {name} CAR-T cells",
            ("car_t",),
            "blood",
            start.format(line=line),
            f"{stage[0]}_{line[-1]}",
        )
        for line, name in LINES
        for stage, words, start in (
            ("infused", "infused", "part_{line} * weight * dose_per_kg"),
            ("effector", "effector", "0"),
            ("memory", "memory", "0"),
        )
    )
    + (
        State("b_cells", "cells", "tumour and B cells", ("target",), "blood", "b_cells_0", "B"),
        State(
            "host",
            "cells",
            "host lymphocytes",
            ("host_t",),
            "blood",
            "host_left * host_density * blood_volume",
            "L",
        ),
    ),
    definitions=(
        Definition(
            "antigen", "antigen_per_cell * b_cells / (blood_volume * molecules)", "antigen in blood", "c"
        ),
        Definition("bound", "hill(antigen, 1, k_d)", "part of the receptors that is bound", "f"),
        Definition("part_cd8_activated", "bound / activation_cd8", "activation rate of CD8", "k_8"),
        Definition("part_cd4_activated", "bound / activation_cd4", "activation rate of CD4", "k_4"),
    ),
    flows=(
        *(
            flow
            for line, _ in LINES
            for flow in (
                Flow(
                    f"expansion_{line}",
                    f"part_{line}_activated * infused_{line}",
                    "expansion",
                    f"infused_{line}",
                    f"effector_{line}",
                    gain="2 ** divisions",
                ),
                Flow(
                    f"infused_{line}_death",
                    f"infused_{line} / life_infused",
                    "death",
                    out_of=f"infused_{line}",
                ),
                Flow(
                    f"effector_{line}_death",
                    f"(1 - part_memory) * effector_{line} / life_effector",
                    "death",
                    out_of=f"effector_{line}",
                ),
                Flow(
                    f"memory_{line}_formation",
                    f"part_memory * effector_{line} / life_effector",
                    "differentiation",
                    f"effector_{line}",
                    f"memory_{line}",
                ),
                Flow(
                    f"memory_{line}_death",
                    f"memory_{line} / life_memory_{line}",
                    "death",
                    out_of=f"memory_{line}",
                ),
            )
        ),
        Flow("b_cell_growth", "log(2) / doubling * b_cells", "growth", into="b_cells"),
        Flow("b_cell_killing", "k_kill * bound * effector_cd8 * b_cells", "killing", out_of="b_cells"),
        Flow("host_production", "host_density * blood_volume / life_host", "production", into="host"),
        Flow("host_death", "host / life_host", "death", out_of="host"),
    ),
    outputs=(
        Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
        Output("b_cells", "b_cells", "cells", "tumour and B cells"),
        Output(
            "b_cell_percent",
            "hundred * b_cells / (b_cells + host)",
            "%",
            "tumour and B cells of all lymphocytes",
            measured=True,
        ),
    ),
    quantities=(
        Quantity("antigen_per_cell", "1/cells", "CD19 per B cell", "m_{Ag}"),
        Quantity("molecules", "1/nM/uL", "molecules in 1 uL of 1 nM", fixed=True, bound="positive"),
        Quantity("k_d", "nM", "dissociation constant of CAR and CD19", "K_d", bound="positive"),
        Quantity("doubling", "d", "doubling time of tumour and B cells", "t_{Div}", bound="positive"),
        Quantity("activation_cd8", "d", "mean time of activation of CD8", bound="positive"),
        Quantity("activation_cd4", "d", "mean time of activation of CD4", bound="positive"),
        Quantity("divisions", "1", "divisions after activation", "n_{div}"),
        Quantity("part_memory", "1", "part of effectors that become memory", "f_{mem}", bound="fraction"),
        Quantity("life_infused", "d", "life of infused cells", "lifeDP", bound="positive"),
        Quantity("life_effector", "d", "life of effectors", "lifeEff", bound="positive"),
        Quantity("life_memory_cd8", "d", "life of CD8 memory", "lifeMem_8", bound="positive"),
        Quantity("life_memory_cd4", "d", "life of CD4 memory", "lifeMem_4", bound="positive"),
        Quantity("k_kill", "1/cells/d", "kill rate per CD8 effector", "k_{maxKill}"),
        Quantity("host_density", "cells/uL", "host lymphocytes at rest", bound="positive"),
        Quantity("life_host", "d", "life of host lymphocytes", bound="positive"),
        Quantity("host_left", "1", "part of host lymphocytes left by preconditioning", bound="fraction"),
        Quantity("hundred", "%", "all, in percent", fixed=True, bound="positive"),
        Quantity("weight", "kg", "body weight", "WT", bound="positive", covariate=True),
        Quantity("part_cd8", "1", "part of CD8 in the product", "f_{CD8}", bound="fraction"),
        Quantity("part_cd4", "1", "part of CD4 in the product", bound="fraction"),
        Quantity("dose_per_kg", "cells/kg", "infused CAR-T cells per body weight"),
        Quantity("b_cells_0", "cells", "tumour and B cells at the infusion", "B_0"),
        BLOOD_VOLUME,
    ),
    time_unit="d",
)
# patient, kg, part of CD8 in the product, tumour and B cells at the infusion, divisions, part that becomes
# memory
PATIENTS = (
    ("f0104", 73, 0.333, 1e7, 21.41559, 0.002514715),
    ("f0106", 57, 0.446, 1e7, 22.21255, 0.002367866),
    ("f0107", 48, 0.461, 1e7, 21.15557, 0.01336295),
    ("f0109", 88, 0.833, 1e5, 27.70301, 0.002076709),
    ("f0110", 67, 0.82, 1e5, 19.58777, 0.1),
    ("f0111", 76, 0.943, 1e5, 22.85367, 0.1),
    ("f0118", 80, 0.29, 1e7, 15.88462, 0.002267028),
    ("f0119", 62, 0.633, 1e7, 21.48104, 2.91e-10),
    ("f0121", 62, 0.61, 3834397.0, 18.06981, 0.001182971),
    ("f0122", 62, 0.546, 1162658.0, 19.63343, 0.007041995),
    ("f0123", 63, 0.725, 1e5, 21.63407, 0.1),
    ("f0125", 71, 0.376, 1613397.0, 18.05807, 1.48e-07),
    ("f0126", 68, 0.372, 279892.4, 22.42293, 4.57e-07),
)
VECTORS = tuple(
    Values(
        name,
        MINUCCI,
        {
            "antigen_per_cell": 5000.0,
            "molecules": 6.022e8,
            "k_d": 1.0,
            "doubling": 16.0,
            "activation_cd8": 18 / 24,
            "activation_cd4": 36 / 24,
            "divisions": divisions,
            "part_memory": memory,
            "life_infused": 9.606881,
            "life_effector": 3.101849,
            "life_memory_cd8": 180.0,
            "life_memory_cd4": 240.0,
            "k_kill": 86400e-9,
            "host_density": 500.0,
            "life_host": 30.0,
            "host_left": 0.1,
            "hundred": 100.0,
            "weight": float(weight),
            "part_cd8": cd8,
            "part_cd4": 1 - cd8,
            "dose_per_kg": 1e6,
            "b_cells_0": burden,
            "blood_volume": 5e6,
        },
        notes={
            "antigen_per_cell": "the sheet also lists 15877",
            "host_density": "5e8 cells/L; the text has 1e9",
            "k_kill": "1e-9 per cell and second",
            "doubling": "tuned by hand",
            "molecules": "6.022e14 per L of 1 nM",
            "part_cd4": "the rest of the product",
            "dose_per_kg": "the dose of the reference outcomes; the patients' own are not public",
        },
    )
    for name, weight, cd8, burden, divisions, memory in PATIENTS
)

MODEL = Model(
    name="minucci_2024",
    title="CD4 and CD8 CAR-T cells, B cells and host lymphocytes in thirteen patients",
    structure=STRUCTURE,
    values=VECTORS,
    experiments=(
        Experiment("f0104, 1e6 cells/kg", (), 180.0),
        Experiment("f0109, 1e6 cells/kg", (), 180.0, vector="f0109"),
        Experiment("f0118, 3e5 cells/kg", (), 180.0, {"dose_per_kg": 3e5}, vector="f0118"),
    ),
    anchors=(
        Anchor("f0104: peak", 474.58012, "cells/uL", 1e-3, SOLVED, output="car_t_blood", quantity="CMAX"),
        Anchor("f0104: day 28", 24.630594, "cells/uL", 1e-3, SOLVED, output="car_t_blood", quantity="C28"),
        Anchor(
            "f0104: B cells on day 100",
            1.0448331,
            "%",
            1e-2,
            SOLVED,
            output="b_cell_percent",
            quantity="C100",
        ),
        Anchor(
            "f0109: peak",
            1384.6062,
            "cells/uL",
            1e-3,
            SOLVED,
            output="car_t_blood",
            quantity="CMAX",
            experiment="f0109, 1e6 cells/kg",
        ),
    ),
    deviations=(
        "Binding and the activated state are at quasi-steady state: the transcriber's reduction, which also "
        "drops the time that divisions take (5.4 h each). Do not fit an observed time of the peak with it.",
        "divisions is fitted for each patient, and 2**divisions multiplies any error of it.",
        "Tumour and normal B cells are one population here.",
        "The dose is an initial value (dose_per_kg), divided between CD8 and CD4.",
    ),
    about=About(
        purpose="How the CD4 and CD8 composition of a product and the burden of B cells shape expansion and aplasia.",
        origin="Thirteen patients given IM19 (CD19), digitised from Ying 2021 and fitted one by one.",
        can="CAR-T in blood, B cells and their recovery, by patient and dose per body weight.",
        cannot="No delay of divisions, no distribution, no variability beyond the thirteen patients.",
        disease=("leukaemia", "lymphoma"),
        target=("CD19",),
        mechanism=("expansion", "killing", "phenotypes", "memory", "b cells", "antigen binding"),
        data=("patients",),
        kind="individual fits",
        licence="paper CC BY; transcription GPL, facts only",
    ),
)
