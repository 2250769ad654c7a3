r"""Target cells that have lost the antigen: they grow, and CAR-T cells neither see nor kill them (after Liu
2022).

dBn/dt = rn Bn (1 - Bn/Bmax) + kl B          dB/dt += -kl B          for every target B in cells
"""

from livingdrug.models import EachWith, Flow, Fragment, Needs, Output, Quantity, State, Structure, Values
from livingdrug.models.published.liu_2022 import LIU

BLOOD = 5e6  # the source counts in cells/uL of 5 L of blood

ANTIGEN_LOSS = Fragment(
    name="antigen_loss",
    title="Relapse from target cells that have lost the antigen",
    structure=Structure(
        states=(
            State(
                "antigen_negative",
                "cells",
                "target cells without the antigen",
                (),
                initial="antigen_negative_0",
                symbol="B_n",
            ),
        ),
        flows=(
            Flow(
                "negative_growth",
                "mu_antigen_negative * antigen_negative * (1 - antigen_negative / antigen_negative_max)",
                "growth",
                into="antigen_negative",
            ),
        ),
        each_with=(
            EachWith(
                "target",
                Flow(
                    "{state}_loses_antigen",
                    "k_antigen_loss * {state}",
                    "differentiation",
                    "{state}",
                    "antigen_negative",
                ),
            ),
        ),
        outputs=(
            Output(
                "antigen_negative",
                "antigen_negative",
                "cells",
                "target cells without the antigen",
                measured=True,
            ),
            Output(
                "all_target",
                "antigen_negative + amount(target)",
                "cells",
                "target cells with and without the antigen",
            ),
        ),
        quantities=(
            Quantity("mu_antigen_negative", "1/d", "growth rate without the antigen", "r_n"),
            Quantity("antigen_negative_max", "cells", "their capacity", "B_{max}", "positive"),
            Quantity("antigen_negative_0", "cells", "cells without the antigen at the infusion", "B_{n0}"),
            Quantity("k_antigen_loss", "1/d", "rate of loss of the antigen", "k_l"),
        ),
        needs=(Needs("target"),),
        time_unit="d",
    ),
    values=Values(
        "liu_2022",
        LIU,
        {
            "mu_antigen_negative": 0.1,
            "antigen_negative_max": 19988.53 * BLOOD,
            "antigen_negative_0": 19.89 * BLOOD,
            "k_antigen_loss": 0.0,
        },
        notes={"k_antigen_loss": "0 in the published example", "antigen_negative_0": "19.89 cells/uL in 5 L"},
    ),
    deviations=(
        "One example vector of one patient; the part of cells without the antigen at the infusion decides, "
        "and is rarely measured.",
        "Bystander killing of the source is left out: CAR-T cells do nothing to these cells.",
    ),
)
