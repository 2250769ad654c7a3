"""A small-molecule drug: two compartments, first-order absorption, direct Hill effects (Kirouac 2024, Fig
1A-C).

The paper says which structure it used for illustration and that doses ran from 2 to 18 arbitrary units; it
prints no parameter values. The numbers here are synthetic.
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
from livingdrug.models.shared import PAPER, SYNTHETIC

DOSES = Source(PAPER.key, PAPER.citation, PAPER.doi, "Methods: doses 2 through 18, arbitrary units")

STRUCTURE = Structure(
    places=(Place("gut"), Place("blood"), Place("periphery")),
    states=(
        State("absorbing", "1", "drug still to be absorbed", ("infused",), "gut", symbol="A_g"),
        State("central", "1", "drug in the central compartment", ("drug",), "blood", symbol="A_c"),
        State("peripheral", "1", "drug in the peripheral compartment", ("drug",), "periphery", symbol="A_p"),
    ),
    definitions=(Definition("c_central", "central / v_central", "concentration", "C"),),
    flows=(
        Flow("absorption", "k_a * absorbing", "exchange", out_of="absorbing", into="central"),
        Flow("distribution", "k_cp * central", "exchange", out_of="central", into="peripheral"),
        Flow("return", "k_pc * peripheral", "exchange", out_of="peripheral", into="central"),
        Flow("elimination", "k_el * central", "clearance", out_of="central"),
    ),
    outputs=(
        Output("concentration", "c_central", "1", "drug concentration, arbitrary units", measured=True),
        Output(
            "efficacy",
            "hill(c_central, n_efficacy, ec50_efficacy)",
            "1",
            "efficacy as a fraction of its maximum",
        ),
        Output(
            "toxicity",
            "hill(c_central, n_toxicity, ec50_toxicity)",
            "1",
            "toxicity as a fraction of its maximum",
        ),
    ),
    quantities=(
        Quantity("k_a", "1/d", "absorption rate", "k_a"),
        Quantity("k_cp", "1/d", "rate from central to peripheral", "k_{cp}"),
        Quantity("k_pc", "1/d", "rate from peripheral to central", "k_{pc}"),
        Quantity("k_el", "1/d", "elimination rate", "k_{el}"),
        Quantity("v_central", "1", "central volume, arbitrary units", "V_c", bound="positive"),
        Quantity("ec50_efficacy", "1", "concentration at half efficacy", "EC_{50}^{eff}", bound="positive"),
        Quantity("n_efficacy", "1", "steepness of efficacy", "n_{eff}", bound="positive"),
        Quantity("ec50_toxicity", "1", "concentration at half toxicity", "EC_{50}^{tox}", bound="positive"),
        Quantity("n_toxicity", "1", "steepness of toxicity", "n_{tox}", bound="positive"),
    ),
    dose_into="absorbing",
    time_unit="d",
)
VALUES = Values(
    "illustration",
    SYNTHETIC,
    {
        "k_a": 2.0, "k_cp": 0.5, "k_pc": 0.4, "k_el": 0.6, "v_central": 1.0,
        "ec50_efficacy": 1.5, "n_efficacy": 3.0, "ec50_toxicity": 6.0, "n_toxicity": 3.0,
    },
)  # fmt: skip

MODEL = Model(
    name="two_compartment_hill",
    title="Two-compartment drug with absorption and Hill effects (illustration)",
    structure=STRUCTURE,
    values=(VALUES,),
    experiments=(Experiment("one dose of 10", doses=((0.0, 10.0),), until=14.0),),
    anchors=(
        Anchor(
            "AUC to infinity is dose / (k_el V)",
            10.0 / 0.6,
            "d",
            1e-4,
            SYNTHETIC,
            output="concentration",
            quantity="AUC",
            until=200.0,
        ),
    ),
    deviations=("No parameter value is printed in the paper; all numbers are synthetic.",),
    about=About(
        purpose="Efficacy and toxicity as two Hill curves of a concentration: the idea of a therapeutic index.",
        origin="Synthetic numbers.",
        can="A drug by mouth, its concentration and two effects.",
        cannot="Nothing about a real drug or a cell.",
        disease=("any",),
        target=("none",),
        mechanism=("effect curve",),
        data=("assumed",),
        kind="illustration",
        licence="paper CC BY",
    ),
)
