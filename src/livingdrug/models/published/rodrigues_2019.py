r"""Chemotherapy and adoptive immune cells in chronic lymphocytic leukaemia (Rodrigues 2019).

    dN = r N (1 - N/k) - c1 N I - mu N Q/(a + Q)          dQ = dose rate - lambda Q
    dI = s0 - d I + rho N I/(gamma + N) - c2 N I - delta I Q/(b + Q)

Not a CAR-T model. N leukaemia, I immune cells, Q drug (mg); cells and days.
"""

from livingdrug.models import (
    About,
    Anchor,
    Experiment,
    Flow,
    Model,
    Output,
    Place,
    Quantity,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import SOLVED, biomodels

SOURCE = biomodels("rodrigues_2019", "Rodrigues et al. 2019 (chemoimmunotherapy of CLL)", "BIOMD0000000879")

STRUCTURE = Structure(
    places=(Place("body"),),
    states=(
        State("leukaemia", "cells", "leukaemia cells", ("target",), "body", "leukaemia_0", "N", log=True),
        State("immune", "cells", "immune cells, own and given", ("car_t",), "body", "immune_0", "I"),
        State("drug", "mg", "chemotherapy", ("drug",), "body", symbol="Q"),
    ),
    flows=(
        Flow(
            "growth", "mu_leukaemia * leukaemia * (1 - leukaemia / leukaemia_max)", "growth", into="leukaemia"
        ),
        Flow("killing", "k_kill * leukaemia * immune", "killing", out_of="leukaemia"),
        Flow(
            "drug_on_leukaemia",
            "drug_leukaemia * leukaemia * hill(drug, 1, drug_leukaemia_50)",
            "death",
            out_of="leukaemia",
        ),
        Flow("immune_supply", "supply", "production", into="immune"),
        Flow("immune_death", "d_immune * immune", "death", out_of="immune"),
        Flow(
            "expansion", "k_expansion * immune * hill(leukaemia, 1, expansion_50)", "expansion", into="immune"
        ),
        Flow("exhaustion", "k_exhaustion * leukaemia * immune", "death", out_of="immune"),
        Flow(
            "drug_on_immune", "drug_immune * immune * hill(drug, 1, drug_immune_50)", "death", out_of="immune"
        ),
        Flow("drug_elimination", "k_drug * drug", "clearance", out_of="drug"),
    ),
    outputs=(
        Output("leukaemia", "leukaemia", "cells", "leukaemia cells", measured=True),
        Output("immune", "immune", "cells", "immune cells"),
        Output("drug_amount", "drug", "mg", "chemotherapy"),
    ),
    quantities=(
        Quantity("mu_leukaemia", "1/d", "growth rate", "r"),
        Quantity("leukaemia_max", "cells", "capacity", "k", "positive"),
        Quantity("k_kill", "1/cells/d", "kill rate per immune cell", "c_1"),
        Quantity("k_exhaustion", "1/cells/d", "loss of immune cells per leukaemia cell", "c_2"),
        Quantity("supply", "cells/d", "supply of immune cells", "s_0"),
        Quantity("d_immune", "1/d", "death of immune cells", "d"),
        Quantity("k_expansion", "1/d", "largest expansion", r"\rho"),
        Quantity("expansion_50", "cells", "leukaemia at half of the expansion", r"\gamma", "positive"),
        Quantity("drug_leukaemia", "1/d", "largest kill of leukaemia by the drug", r"\mu"),
        Quantity("drug_leukaemia_50", "mg", "drug at half of that", "a", "positive"),
        Quantity("drug_immune", "1/d", "largest kill of immune cells by the drug", r"\delta"),
        Quantity("drug_immune_50", "mg", "drug at half of that", "b", "positive"),
        Quantity("k_drug", "1/d", "elimination of the drug", r"\lambda"),
        Quantity("leukaemia_0", "cells", "leukaemia cells at the start", "N_0", "positive"),
        Quantity("immune_0", "cells", "immune cells at the start", "I_0"),
    ),
    dose_into="drug",
    time_unit="d",
)
CYCLES = "1080@0 over=0.125 every=21 repeats=5"
MODEL = Model(
    name="rodrigues_2019",
    title="Chemotherapy and adoptive immune cells in CLL",
    structure=STRUCTURE,
    values=(
        Values(
            "biomodels",
            SOURCE,
            {
                "mu_leukaemia": 0.01,
                "leukaemia_max": 1e12,
                "k_kill": 5e-11,
                "k_exhaustion": 1e-13,
                "supply": 7e5,
                "d_immune": 0.001,
                "k_expansion": 1e-12,
                "expansion_50": 100.0,
                "drug_leukaemia": 8.0,
                "drug_leukaemia_50": 2000.0,
                "drug_immune": 1e4,
                "drug_immune_50": 5e6,
                "k_drug": 4.16,
                "leukaemia_0": 2e10,
                "immune_0": 5e7,
            },
        ),
    ),
    experiments=(
        Experiment("six cycles", (), 365.0, given=(CYCLES,)),
        Experiment("no treatment", (), 365.0),
        Experiment("six cycles, then cells", (), 365.0, given=(CYCLES, "1e10@140 into=immune")),
    ),
    anchors=(
        Anchor(
            "leukaemia on day 100", 6.4834292e8, "cells", 1e-3, SOLVED, output="leukaemia", quantity="C100"
        ),
        Anchor("peak of the drug", 842.14963, "mg", 1e-3, SOLVED, output="drug_amount", quantity="CMAX"),
        Anchor(
            "leukaemia on day 365, no treatment",
            1.1990741e11,
            "cells",
            1e-3,
            SOLVED,
            output="leukaemia",
            quantity="C365",
            experiment="no treatment",
        ),
    ),
    deviations=(
        "The entry gives seven infusions; six are the default here.",
        "Immune cells carry the role of CAR-T cells here, so that mechanisms can join; the model is not of "
        "CAR-T cells.",
    ),
    about=About(
        purpose="Chemotherapy in cycles, followed by adoptive immune cells.",
        origin="Numbers of the paper, from the literature.",
        can="Leukaemia, immune cells and drug for any regimen of both.",
        cannot="No CAR, no expansion worth the name, no patient's kinetics.",
        disease=("leukaemia",),
        target=("none",),
        mechanism=("killing", "chemotherapy"),
        data=("assumed",),
        kind="illustration",
        licence="SBML CC0",
    ),
)
