r"""CAR-T cells and leukaemia with complete response, relapse and loss of the antigen (Liu 2022).

    dP/dt = rP P (1 - P/nM) - e A P/(P + KP)          dN/dt = -ka N P/(P + KA) - lN N
    dA/dt = rTA0 A P/(P + Kr) + ka N P/(P + KA) - lA A
with CD19-negative leukaemia:  dPn/dt = rN Pn (1 - Pn/nM) + km P - (e/kb) A Pn/(Pn + KN)

P leukaemia, A active and N resting CAR-T cells; cells/uL and days. The burden in percent is 97.19 x/(x +
1909).
"""

from dataclasses import replace

from livingdrug.models import (
    About,
    Anchor,
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
from livingdrug.models.shared import ADULT_BLOOD, BLOOD_VOLUME, SOLVED

LIU = Source(
    "liu_2022",
    "Liu L. et al. 2022, J Immunother Cancer",
    "",
    "numbers of the authors' code (Lunan12/CAR-T-model, commit 813a33a, no licence); facts only",
)
FLOWS = (
    Flow("growth", "mu_leukaemia * leukaemia * (1 - leukaemia / leukaemia_max)", "growth", into="leukaemia"),
    Flow("killing", "k_kill * active * hill(leukaemia, 1, kill_50)", "killing", out_of="leukaemia"),
    Flow("expansion", "k_expansion * active * hill(leukaemia, 1, expansion_50)", "expansion", into="active"),
    Flow(
        "activation",
        "k_activation * resting * hill(leukaemia, 1, activation_50)",
        "differentiation",
        "resting",
        "active",
    ),
    Flow("active_death", "d_active * active", "death", out_of="active"),
    Flow("resting_death", "d_resting * resting", "death", out_of="resting"),
)
STATES = (
    State(
        "leukaemia", "cells/uL", "CD19-positive leukaemia", ("target",), "blood", "leukaemia_0", "P", log=True
    ),
    State("active", "cells/uL", "active CAR-T cells", ("car_t",), "blood", symbol="A"),
    State("resting", "cells/uL", "resting CAR-T cells", ("car_t",), "blood", "resting_0", "N"),
)
OUTPUTS = (
    Output("active", "active", "cells/uL", "active CAR-T cells"),
    Output("car_t_blood", "density(car_t @ blood)", "cells/uL", "CAR-T cells in blood", measured=True),
    Output("leukaemia", "leukaemia", "cells/uL", "CD19-positive leukaemia", measured=True),
)
QUANTITIES = (
    Quantity("mu_leukaemia", "1/d", "growth rate of leukaemia", "r_P"),
    Quantity("leukaemia_max", "cells/uL", "capacity of leukaemia", "n_M", "positive"),
    Quantity("k_kill", "1/d", "leukaemia cells that an active cell kills in a day, at most", "e"),
    Quantity("kill_50", "cells/uL", "leukaemia at half of the kill", "K_P", "positive"),
    Quantity("k_expansion", "1/d", "largest expansion rate", "r_{TA0}"),
    Quantity("expansion_50", "cells/uL", "leukaemia at half of the expansion", "K_r", "positive"),
    Quantity("k_activation", "1/d", "largest activation rate", "k_a"),
    Quantity("activation_50", "cells/uL", "leukaemia at half of the activation", "K_A", "positive"),
    Quantity("d_active", "1/d", "death rate of active cells", r"\lambda_A"),
    Quantity("d_resting", "1/d", "death rate of resting cells", r"\lambda_N"),
    Quantity("leukaemia_0", "cells/uL", "leukaemia at the infusion", "P_0", "positive"),
    Quantity("resting_0", "cells/uL", "resting CAR-T cells at the infusion", "N_0"),
    Quantity("percent_max", "%", "largest burden", fixed=True),
    Quantity("percent_50", "cells/uL", "leukaemia at half of it", fixed=True),
    BLOOD_VOLUME,
)
BURDEN = Output(
    "burden", "percent_max * hill(leukaemia, 1, percent_50)", "%", "burden of leukaemia", measured=True
)


def _values(name: str, numbers: tuple[float, ...], **more: float) -> Values:
    names = (
        "mu_leukaemia",
        "k_expansion",
        "d_active",
        "d_resting",
        "leukaemia_max",
        "k_kill",
        "k_activation",
        "kill_50",
        "expansion_50",
        "activation_50",
        "leukaemia_0",
        "resting_0",
    )
    fixed = {"percent_max": 97.19, "percent_50": 1909.0, "blood_volume": 5e6}
    return Values(
        name, LIU, {**dict(zip(names, numbers, strict=True)), **fixed, **more}, {"blood_volume": ADULT_BLOOD}
    )


LIU_2022 = Model(
    name="liu_2022",
    title="Active and resting CAR-T cells against leukaemia",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=STATES,
        flows=FLOWS,
        outputs=(*OUTPUTS, BURDEN),
        quantities=QUANTITIES,
        time_unit="d",
    ),
    values=(
        _values(
            "complete_response",
            (0.069, 1.62, 0.12, 3e-5, 2939.1, 22.72, 0.65, 5891.45, 637.64, 1808.02, 2200.24, 16.46),
        ),
        _values(
            "second",
            (
                0.070779259,
                1.686986892,
                0.109101224,
                3.03e-5,
                2808.586835,
                26.14056824,
                0.395195924,
                7932.097398,
                813.2196461,
                2118.538966,
                1874.144179,
                7.892191922,
            ),
        ),
    ),
    experiments=(
        Experiment("complete response", (), 90.0),
        Experiment("second vector", (), 90.0, vector="second"),
        Experiment("slow expansion", (), 90.0, {"k_expansion": 0.5}),
    ),
    anchors=(
        Anchor("peak of active cells", 612.688, "cells/uL", 1e-4, SOLVED, output="active", quantity="CMAX"),
        Anchor(
            "active cells on day 28", 44.372407, "cells/uL", 1e-3, SOLVED, output="active", quantity="C28"
        ),
        Anchor(
            "peak, second vector",
            583.37034,
            "cells/uL",
            1e-4,
            SOLVED,
            output="active",
            quantity="CMAX",
            experiment="second vector",
        ),
        Anchor(
            "burden on day 28, slow expansion",
            0.248282,
            "%",
            1e-3,
            SOLVED,
            output="burden",
            quantity="C28",
            experiment="slow expansion",
        ),
    ),
    deviations=(
        "Leukaemia falls below one cell in 5 L of blood and grows back from there; a relapse after it is no "
        "prediction.",
        "Worse kill gives more expansion here: a tenth of the kill rate, ten times the peak.",
        "No fitted population is published with the code.",
    ),
    about=About(
        purpose="Which rates part complete responders from those who relapse or do not respond.",
        origin="Example vectors of the authors' code for patients with B-ALL.",
        can="Active and resting CAR-T cells, leukaemia and its burden in percent.",
        cannot="No population, no dose in cells, no loss of antigen (see liu_2022_antigen_negative).",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "memory"),
        data=("patients",),
        kind="individual fits",
        licence="authors' code without licence, facts only",
    ),
)

NEGATIVE = Model(
    name="liu_2022_antigen_negative",
    title="Relapse of leukaemia that has lost CD19",
    structure=Structure(
        places=(Place("blood", volume="blood_volume"),),
        states=(
            # not its logarithm here: it falls below the smallest number within weeks
            replace(STATES[0], log=False),
            *STATES[1:],
            State(
                "negative", "cells/uL", "CD19-negative leukaemia", ("target",), "blood", "negative_0", "P_n"
            ),
        ),
        flows=(
            *FLOWS,
            Flow(
                "negative_growth",
                "mu_negative * negative * (1 - negative / leukaemia_max)",
                "growth",
                into="negative",
            ),
            # the leukaemia that turns negative is not taken out of the positive one
            Flow("loss_of_antigen", "k_loss * leukaemia", "differentiation", into="negative"),
            Flow(
                "bystander_killing",
                "k_kill / bystander * active * hill(negative, 1, bystander_50)",
                "killing",
                out_of="negative",
            ),
        ),
        outputs=(
            *OUTPUTS,
            Output("negative", "negative", "cells/uL", "CD19-negative leukaemia", measured=True),
            Output(
                "burden",
                "percent_max * hill(leukaemia + negative, 1, percent_50)",
                "%",
                "burden of leukaemia",
                measured=True,
            ),
        ),
        quantities=(
            *QUANTITIES,
            Quantity("mu_negative", "1/d", "growth rate of CD19-negative leukaemia", "r_N"),
            Quantity("k_loss", "1/d", "rate of loss of CD19", "k_m"),
            Quantity(
                "bystander", "1", "how much weaker CD19-negative leukaemia is killed", "k_b", "positive"
            ),
            Quantity(
                "bystander_50", "cells/uL", "CD19-negative leukaemia at half of that", "K_N", "positive"
            ),
            Quantity("negative_0", "cells/uL", "CD19-negative leukaemia at the infusion", "P_{n0}"),
        ),
        time_unit="d",
    ),
    values=(
        _values(
            "negative_relapse",
            (0.086, 1.7, 0.04, 0.073, 19988.53, 8.6, 0.19, 794.99, 827.08, 93066.8, 17212.23022, 0.3),
            mu_negative=0.1,
            k_loss=0.0,
            bystander=7.9,
            bystander_50=5956.03,
            negative_0=19.89,
        ),
    ),
    experiments=(
        Experiment("relapse", (), 200.0),
        Experiment("a hundredth of it", (), 200.0, {"negative_0": 0.1989}),
    ),
    anchors=(
        Anchor("peak of active cells", 3608.6703, "cells/uL", 1e-4, SOLVED, output="active", quantity="CMAX"),
        Anchor(
            "CD19-negative on day 180",
            53.867889,
            "cells/uL",
            1e-3,
            SOLVED,
            output="negative",
            quantity="C180",
        ),
        Anchor(
            "a hundredth: on day 180",
            0.53631872,
            "cells/uL",
            1e-3,
            SOLVED,
            output="negative",
            quantity="C180",
            experiment="a hundredth of it",
        ),
    ),
    deviations=("One example vector; the loss of antigen during treatment is 0 in it.",),
    about=About(
        purpose="Relapse from leukaemia cells that had no CD19 at the infusion.",
        origin="One example vector of the authors' code.",
        can="CD19-positive and CD19-negative leukaemia, CAR-T cells, burden in percent.",
        cannot="No population, no dose in cells.",
        disease=("leukaemia",),
        target=("CD19",),
        mechanism=("expansion", "killing", "antigen loss"),
        data=("patients",),
        kind="individual fits",
        licence="authors' code without licence, facts only",
    ),
)
