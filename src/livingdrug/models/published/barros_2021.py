r"""Effector and memory CAR-T cells in two mouse models (CARTmath, Barros 2021).

    dCt/dt = phi Ct - pi Ct - alpha T Ct + theta T Cm          dCm/dt = eps Ct - theta T Cm - mu Cm
    dT/dt  = rho T (1 - beta T) - gamma Ct T

HDLM-2 (CAR-T cells on day 45, re-challenge on day 250) and Raji (CAR-T cells on day 7, with IDO and its
inhibitor 1-MT). As encoded, the formation of memory does not drain the effectors.
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

CITATION = "Barros et al. 2021, Cancers 13:2941"
HDLM2_SOURCE = biomodels("barros_2021", CITATION, "BIOMD0000001019")
RAJI_SOURCE = biomodels("barros_2021", CITATION, "BIOMD0000001020")

STRUCTURE = Structure(
    states=(
        State("effector", "cells", "effector CAR-T cells", ("car_t",), "body", symbol="C_t"),
        State("memory", "cells", "memory CAR-T cells", ("car_t",), "body", symbol="C_m"),
        State("tumour", "cells", "tumour cells", ("target",), "body", "tumour_0", "T", log=True),
    ),
    places=(Place("body"),),
    flows=(
        Flow("proliferation", "mu_effector * effector", "expansion", into="effector"),
        Flow("effector_death", "d_effector * effector", "death", out_of="effector"),
        Flow("inhibition", "k_inhibition * tumour * effector", "death", out_of="effector"),
        # the effectors that become memory are not taken out of them again
        Flow("memory_formation", "k_memory * effector", "differentiation", into="memory"),
        Flow("reactivation", "k_reactivation * tumour * memory", "differentiation", "memory", "effector"),
        Flow("memory_death", "d_memory * memory", "death", out_of="memory"),
        Flow("tumour_growth", "mu_tumour * tumour * (1 - crowding * tumour)", "growth", into="tumour"),
        Flow("killing", "k_kill * effector * tumour", "killing", out_of="tumour"),
    ),
    outputs=(
        Output("effector", "effector", "cells", "effector CAR-T cells"),
        Output("memory", "memory", "cells", "memory CAR-T cells"),
        Output("car_t", "amount(car_t)", "cells", "CAR-T cells", measured=True),
        Output("tumour", "tumour", "cells", "tumour cells"),
    ),
    quantities=(
        Quantity("mu_effector", "1/d", "proliferation of effectors", r"\phi"),
        Quantity("d_effector", "1/d", "death of effectors", r"\pi"),
        Quantity("k_memory", "1/d", "formation of memory", r"\epsilon"),
        Quantity("k_reactivation", "1/cells/d", "memory to effectors per tumour cell", r"\theta"),
        Quantity("k_inhibition", "1/cells/d", "inhibition of effectors per tumour cell", r"\alpha"),
        Quantity("d_memory", "1/d", "death of memory", r"\mu"),
        Quantity("mu_tumour", "1/d", "tumour growth rate", r"\rho"),
        Quantity("crowding", "1/cells", "inverse of the tumour capacity", r"\beta"),
        Quantity("k_kill", "1/cells/d", "kill rate per effector", r"\gamma"),
        Quantity("tumour_0", "cells", "tumour cells at the start", "T_0", "positive"),
    ),
    dose_into="effector",
    time_unit="d",
)


def _about(words: str, target: str, *more: str) -> About:
    return About(
        purpose=words,
        origin="Mice with a human tumour line; numbers of the paper as encoded.",
        can="Effector and memory CAR-T cells and tumour, with doses at any day.",
        cannot="No human kinetics; what regrows from less than one cell is no prediction.",
        disease=("lymphoma",),
        target=(target,),
        mechanism=("expansion", "killing", "memory", "immunosuppression", *more),
        data=("mice",),
        licence="SBML CC0",
    )


HDLM2 = Model(
    name="barros_2021_hdlm2",
    title="Effector and memory CAR-T cells against HDLM-2 in mice, with a re-challenge",
    structure=STRUCTURE,
    values=(
        Values(
            "hdlm2",
            HDLM2_SOURCE,
            {
                "mu_effector": 0.265,
                "d_effector": 0.35,
                "k_memory": 0.15,
                "k_reactivation": 6e-6,
                "k_inhibition": 4.5e-8,
                "d_memory": 0.005,
                "mu_tumour": 0.05650026,
                "crowding": 1.404029e-12,
                "k_kill": 3.715843e-6,
                "tumour_0": 2e6,
            },
        ),
    ),
    experiments=(
        Experiment("CAR-T cells on day 45", ((45.0, 2e6),), 250.0, given=()),
        Experiment("re-challenge on day 250", ((45.0, 2e6),), 400.0, given=("1e6@250 into=tumour",)),
    ),
    anchors=(
        Anchor("tumour on day 45", 25422281.0, "cells", 1e-4, SOLVED, output="tumour", quantity="C45"),
        Anchor("peak of memory", 2595790.4, "cells", 1e-4, SOLVED, output="memory", quantity="CMAX"),
        Anchor("effectors on day 200", 3.4987861, "cells", 1e-3, SOLVED, output="effector", quantity="C200"),
    ),
    deviations=(
        "As encoded, the formation of memory does not drain the effectors.",
        "The tumour falls far below one cell before the re-challenge; add `extinct_below` in a model file "
        "for a rule.",
        "The re-challenge adds cells; the encoding sets the tumour to 1e6, the same where it has been "
        "cleared.",
    ),
    about=_about("Whether memory CAR-T cells reject a tumour that is given again.", "any"),
)

RAJI = Model(
    name="barros_2021_raji",
    title="Effector and memory CAR-T cells against Raji in mice, with IDO and its inhibitor",
    structure=STRUCTURE,
    values=tuple(
        Values(
            name,
            RAJI_SOURCE,
            {
                "mu_effector": 0.83,
                "d_effector": 0.8300536,
                "k_memory": 1.59795,
                "k_reactivation": 2.3e-4,
                "k_inhibition": inhibition,
                "d_memory": 6.89e-7,
                "mu_tumour": 0.5071721,
                "crowding": 0.0,
                "k_kill": 3.365388e-8,
                "tumour_0": 3e6,
            },
            notes={"k_inhibition": note},
        )
        for name, inhibition, note in (
            ("control", 1.248506e-8, "control"),
            ("ido", 1.461699e-8, "with IDO"),
            ("ido_1mt", 1.26166e-8, "with IDO and its inhibitor 1-MT"),
        )
    ),
    experiments=(
        Experiment("CAR-T cells on day 7", ((7.0, 1e7),), 60.0),
        Experiment("with IDO", ((7.0, 1e7),), 60.0, vector="ido"),
    ),
    anchors=(
        Anchor("peak of effectors", 12775130.0, "cells", 1e-4, SOLVED, output="effector", quantity="CMAX"),
        Anchor("tumour on day 28", 6.8699586e11, "cells", 1e-3, SOLVED, output="tumour", quantity="C28"),
        Anchor(
            "tumour on day 28, with IDO",
            2.0728971e12,
            "cells",
            1e-3,
            SOLVED,
            output="tumour",
            quantity="C28",
            experiment="with IDO",
        ),
    ),
    deviations=(
        "As encoded, the formation of memory does not drain the effectors.",
        "The tumour escapes in all three arms and grows without a limit (capacity 0 means none).",
    ),
    about=_about(
        "Whether an inhibitor of IDO restores CAR-T cells against a suppressive tumour.", "CD19", "checkpoint"
    ),
)
