r"""bb2121 (idecabtagene vicleucel) in multiple myeloma: blood and marrow, CAR-target complexes (Singh 2021).

    dEB/dt = -K12 EB + K21 ET - KelE EB          dMB/dt = -K12 MB + K21 MT - KelM MB
    dET/dt =  K12 EB - K21 ET + kexp ET - Rm ET   dMT/dt =  K12 MB - K21 MT + Rm ET
    dc/dt  = kon (Ct AgCAR - c)(U AgT - c) - koff c           Ct = (ET + MT) / Vbm
    dU/dt  = Kg U - kkill U                                   (U per marrow volume)
    kexp = Kexp (c/Ct) / (EC50 + c/Ct)            kkill = Kkill (c/U) / (KC50 + c/U)
    dM/dt  = Pm U0 (U/U0)^gm - Km M               dS/dt = Pb U0 (U/U0)^gb - Kb S

E effector, M memory, B blood, T marrow (bone-marrow tissue). Complexes and tumour cells are followed here as
numbers in the whole marrow (c Vbm, U Vbm), which leaves the equations unchanged; cells/L became cells/uL.
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
from livingdrug.models.shared import BLOOD_VOLUME

SINGH = Source(
    "singh_2021",
    "Singh et al. 2021, CPT Pharmacometrics Syst Pharmacol 10:362-376",
    "10.1002/psp4.12598",
    "as transcribed by nlmixr2lib; simulated peaks identical to its vignette",
)
VIGNETTE = Source(
    "nlmixr2lib", "nlmixr2lib vignette of Singh_2021_idecabtageneVicleucel_human", note="simulated peaks"
)

DAY, AVOGADRO, UL_PER_L = 86400.0, 6.023e23, 1e6
KON = 7.103e4 * DAY / AVOGADRO * UL_PER_L  # 1/M/s -> uL/d

STRUCTURE = Structure(
    places=(Place("blood", volume="blood_volume"), Place("marrow", volume="marrow_volume")),
    states=(
        State("effector_blood", "cells", "effector CAR-T cells in blood", ("car_t",), "blood", symbol="E_B"),
        State("memory_blood", "cells", "memory CAR-T cells in blood", ("car_t",), "blood", symbol="M_B"),
        State(
            "effector_marrow",
            "cells",
            "effector CAR-T cells in marrow",
            ("car_t",),
            "marrow",
            "effector_0",
            "E_T",
        ),
        State("memory_marrow", "cells", "memory CAR-T cells in marrow", ("car_t",), "marrow", symbol="M_T"),
        State("complexes", "1", "CAR-target complexes in marrow", ("complex",), "marrow", symbol="c"),
        State(
            "tumour",
            "cells",
            "myeloma cells in marrow",
            ("target",),
            "marrow",
            "tumour_density_0 * marrow_volume",
            "U",
        ),
        State(
            "m_protein",
            "pg/uL",
            "serum M-protein",
            ("biomarker",),
            "serum",
            "p_m_protein * tumour_density_0 / k_m_protein",
            "M",
        ),
        State(
            "s_bcma",
            "pg/uL",
            "serum soluble BCMA",
            ("biomarker",),
            "serum",
            "p_s_bcma * tumour_density_0 / k_s_bcma",
            "S",
        ),
    ),
    definitions=(
        Definition("car_t_marrow", "effector_marrow + memory_marrow", "CAR-T cells in marrow", "C_T"),
        Definition("per_car_t", "complexes / car_t_marrow", "complexes per CAR-T cell", "c/C_T"),
        # a tumour eradicated to zero leaves no complexes to share
        Definition("per_tumour", "complexes / max(tumour, one_cell)", "complexes per tumour cell", "c/U"),
        Definition("free_car", "car_t_marrow * car_per_cell - complexes", "free CARs"),
        Definition("free_target", "tumour * target_per_cell - complexes", "free target antigens"),
        Definition(
            "burden",
            "max(tumour, 0) / (tumour_density_0 * marrow_volume)",
            "tumour relative to its start",
            "U/U_0",
        ),
    ),
    flows=(
        Flow(
            "effector_homing",
            "k_blood_marrow * effector_blood",
            "exchange",
            "effector_blood",
            "effector_marrow",
        ),
        Flow(
            "effector_egress",
            "k_marrow_blood * effector_marrow",
            "exchange",
            "effector_marrow",
            "effector_blood",
        ),
        Flow("memory_homing", "k_blood_marrow * memory_blood", "exchange", "memory_blood", "memory_marrow"),
        Flow("memory_egress", "k_marrow_blood * memory_marrow", "exchange", "memory_marrow", "memory_blood"),
        Flow("effector_loss", "d_effector * effector_blood", "death", out_of="effector_blood"),
        Flow("memory_loss", "d_memory * memory_blood", "death", out_of="memory_blood"),
        Flow(
            "effector_expansion",
            "k_expansion * hill(per_car_t, 1, expansion_50) * effector_marrow",
            "expansion",
            into="effector_marrow",
        ),
        Flow(
            "memory_formation",
            "k_memory * effector_marrow",
            "differentiation",
            "effector_marrow",
            "memory_marrow",
        ),
        Flow("binding", "k_on / marrow_volume * free_car * free_target", "production", into="complexes"),
        Flow("unbinding", "k_off * complexes", "clearance", out_of="complexes"),
        Flow("tumour_growth", "mu_tumour * tumour", "growth", into="tumour"),
        Flow("tumour_killing", "k_kill * hill(per_tumour, 1, kill_50) * tumour", "killing", out_of="tumour"),
        Flow(
            "m_protein_production",
            "p_m_protein * tumour_density_0 * burden ** g_m_protein",
            "production",
            into="m_protein",
        ),
        Flow("m_protein_clearance", "k_m_protein * m_protein", "clearance", out_of="m_protein"),
        Flow(
            "s_bcma_production",
            "p_s_bcma * tumour_density_0 * burden ** g_s_bcma",
            "production",
            into="s_bcma",
        ),
        Flow("s_bcma_clearance", "k_s_bcma * s_bcma", "clearance", out_of="s_bcma"),
    ),
    outputs=(
        Output(
            "transgene",
            "copies_per_density * density(car_t @ blood)",
            "copies/ug",
            "CAR transgene in blood by qPCR",
            measured=True,
        ),
        Output("car_t", "amount(car_t)", "cells", "CAR-T cells in blood and marrow"),
        Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood"),
        Output("tumour", "tumour", "cells", "myeloma cells in marrow"),
        Output(
            "m_protein_relative",
            "m_protein * k_m_protein / (p_m_protein * tumour_density_0)",
            "1",
            "M-protein relative to its start",
        ),
    ),
    quantities=(
        Quantity("k_blood_marrow", "1/d", "rate from blood to marrow", "K_{12}"),
        Quantity("k_marrow_blood", "1/d", "rate from marrow to blood", "K_{21}"),
        Quantity("d_effector", "1/d", "effector loss from blood", "K_{el,E}"),
        Quantity("d_memory", "1/d", "memory loss from blood", "K_{el,M}"),
        Quantity("k_expansion", "1/d", "largest expansion rate in marrow", "K_{exp}"),
        Quantity(
            "expansion_50", "1/cells", "complexes per CAR-T cell at half expansion", "EC_{50}", "positive"
        ),
        Quantity("k_memory", "1/d", "conversion of effectors to memory", "R_m"),
        Quantity("k_kill", "1/d", "largest kill rate", "K_{kill}"),
        Quantity("kill_50", "1/cells", "complexes per tumour cell at half kill", "KC_{50}", "positive"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", "K_g"),
        Quantity("k_on", "uL/d", "binding rate of CAR and target", "k_{on}"),
        Quantity("k_off", "1/d", "unbinding rate", "k_{off}"),
        Quantity("car_per_cell", "1/cells", "CARs per CAR-T cell", "Ag_{CAR}"),
        Quantity("target_per_cell", "1/cells", "BCMA per tumour cell", "Ag_T"),
        Quantity("copies_per_density", "copies*uL/ug/cells", "copies/ug per cells/uL in blood", "TransC"),
        Quantity(
            "tumour_density_0", "cells/uL", "tumour cells per marrow volume at infusion", "U_0", "positive"
        ),
        Quantity("p_m_protein", "pg/cells/d", "M-protein made per tumour cell", "P_m", "positive"),
        Quantity("k_m_protein", "1/d", "M-protein clearance", "K_m", "positive"),
        Quantity("g_m_protein", "1", "power of burden in M-protein production", r"\gamma_m"),
        Quantity("p_s_bcma", "pg/cells/d", "soluble BCMA made per tumour cell", "P_b", "positive"),
        Quantity("k_s_bcma", "1/d", "soluble BCMA clearance", "K_b", "positive"),
        Quantity("g_s_bcma", "1", "power of burden in soluble BCMA production", r"\gamma_b"),
        Quantity(
            "effector_0",
            "cells",
            "effectors in marrow at infusion, keeps c/C_T finite",
            "E_{T0}",
            "positive",
            True,
        ),
        Quantity(
            "one_cell",
            "cells",
            "floor of the tumour in complexes per tumour cell",
            "",
            "positive",
            fixed=True,
        ),
        Quantity("marrow_volume", "uL", "marrow volume", "V_{bm}", "positive", fixed=True),
        BLOOD_VOLUME,
    ),
    dose_into="effector_blood",
    time_unit="d",
)
VALUES = Values(
    "clinical",
    SINGH,
    {
        "k_blood_marrow": 1.71,
        "k_marrow_blood": 0.176,
        "d_effector": 113.0,
        "d_memory": 0.219,
        "k_expansion": 1.73,
        "expansion_50": 10.0,
        "k_memory": 2e-5,
        "k_kill": 0.343,
        "kill_50": 2.24,
        "mu_tumour": 0.008,
        "k_on": KON,
        "k_off": 2.385e-3 * DAY,
        "car_per_cell": 15000.0,
        "target_per_cell": 12590.0,
        "copies_per_density": 0.002 * UL_PER_L,
        "tumour_density_0": 2.5e9 / UL_PER_L,
        "p_m_protein": 12.1,
        "k_m_protein": 0.117,
        "g_m_protein": 0.215,
        "p_s_bcma": 0.175,
        "k_s_bcma": 0.7,
        "g_s_bcma": 1.0,
        "effector_0": 3.65e-6,
        "one_cell": 1e-6,
        "marrow_volume": 3.65e6,
        "blood_volume": 5e6,
    },
    notes={
        "k_on": "7.103e4 /M/s, times 86400 s/d, over 6.023e23 /mol, times 1e6 uL/L",
        "k_off": "2.385e-3 /s",
        "copies_per_density": "0.002 copies/ug per cell/L; 100-fold off the 0.05 cells/uL per copy/ug of "
        "Kirouac 2024",
        "tumour_density_0": "2.5e9 cells/L of marrow",
        "one_cell": "ours: a floor of 1e-6 cells that only matters once the tumour is gone",
    },
)

POPULATION = Population(
    "sd",
    {
        name: lognormal(sd=sd)
        for name, sd in (
            ("k_expansion", 0.22),
            ("k_kill", 0.50),
            ("g_m_protein", 0.21),
            ("g_s_bcma", 1.0),
            ("k_blood_marrow", 0.5),
            ("k_marrow_blood", 0.5),
            ("d_effector", 0.5),
            ("d_memory", 0.5),
        )
    },
    SINGH,
    "between-patient SDs of the logarithm; those of exchange and loss are assumed in the source",
)


def _dose(cells: float) -> Experiment:
    return Experiment(f"{cells / 1e6:g}e6 cells", doses=((0.0, cells),), until=100.0)


MODEL = Model(
    name="singh_2021",
    title="bb2121 (ide-cel) in myeloma: blood, marrow and CAR-target complexes",
    structure=STRUCTURE,
    values=(VALUES,),
    populations=(POPULATION,),
    experiments=tuple(_dose(cells) for cells in (50e6, 150e6, 450e6, 800e6)),
    anchors=tuple(
        Anchor(f"peak after day 1, {cells / 1e6:g}e6 cells", peak, "copies/ug", 1e-4, VIGNETTE, output="transgene",
               quantity="CMAX", experiment=f"{cells / 1e6:g}e6 cells", after=1.0, until=60.0, every=0.5)
        for cells, peak in ((50e6, 37411.0), (150e6, 36479.0), (450e6, 35743.0), (800e6, 35484.0))
    ),
    deviations=(
        "The printed supplement multiplies the kill term with the wrong state; the Monolix code (and this "
        "file) uses U.",
        "Of the published variabilities, the SD 0.5 on exchange and loss rates was assumed by the authors, "
        "not estimated.",
        "The published peaks are the highest on a half-day grid; the continuous peaks are 0.04 to 0.16 % "
        "higher.",
        "The infused dose alone gives a level at time 0; published peaks are those after day 1.",
    ),
    about=About(
        purpose="From binding of CAR and BCMA to expansion in marrow, myeloma burden, M-protein and soluble BCMA.",
        origin="Patients with myeloma given bb2121 (idecabtagene vicleucel), doses of 50e6 to 800e6 cells.",
        can="Transgene in blood, cells in blood and marrow, tumour and biomarkers, populations.",
        cannot="No preconditioning, no cytokines, no relapse with lost antigen; peaks hardly depend on the dose.",
        disease=("myeloma",), target=("BCMA",),
        mechanism=("expansion", "killing", "antigen binding", "distribution", "memory"), data=("patients",),
        kind="population", licence="transcription GPL, facts only",
    ),
)  # fmt: skip
