r"""Distribution of T cells over the organs of a mouse (Khot 2019).

    Vb W' = -(Ql + Ll) W + sum (Qo - Lo) vo + LLN LN          lungs: in (Ql + Ll) W, out Ql l, Jl l V and 0.84 l V
    V v' = Qo l - (Qo - Lo) v - Jo v V                        Ve e' = Jo v V - Lo e/Ro          gut drains through the liver
    nodes: lymph of bone and muscle through two nodes, all other lymph to the central node, and from there to blood

Amounts in percent of the injected dose, mL and hours; v vascular, e extravascular.
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
    Source,
    State,
    Structure,
    Values,
)
from livingdrug.models.shared import SOLVED

KHOT = Source(
    "khot_2019",
    "Khot et al. 2019, JPET 368:503, Table 2",
    "10.1124/jpet.118.252858",
    "transfer and retention from the paper; flows and volumes as in a re-implementation "
    "(schnebeni/cart-cell-model, b91eb9d)",
)
READING = Source(
    KHOT.key, KHOT.citation, KHOT.doi, "reading of the re-implementer, or assumed: not in the paper"
)
CLOSURE = Source("livingdrug", "ours: closes the circulation, so that the body holds what was injected")
# organ: transfer 1/h, retention, flow of plasma and of blood cells mL/h, lymph mL/h, vascular and
# extravascular volume mL
ORGANS = {
    "lungs": (1843.0, 1.0, 373.0, 305.0, 0.746, 0.0536, 0.15042),
    "heart": (34.9, 1.0, 36.5, 29.9, 0.073, 0.01064, 0.14146),
    "kidney": (87.3, 3.9, 68.5, 56.1, 0.137, 0.0525, 0.47243),
    "brain": (1.4, 1.0, 11.8, 9.64, 0.0236, 0.01943, 0.46573),
    "muscle": (0.5, 1.0, 86.1, 70.5, 0.1722, 0.453, 10.8666),
    "bone": (82.6, 1.0, 15.2, 12.4, 0.0304, 0.1129, 2.7091),
    "skin": (0.6, 1.0, 27.8, 22.8, 0.0556, 0.342, 4.6851),
    "adipose": (1.6, 1.0, 13.4, 11.0, 0.0268, 0.0396, 1.94691),
    "small_gut": (12.9, 1.0, 58.1, 47.5, 0.1162, 0.0211, 0.70764),
    "large_gut": (5.2, 1.0, 17.3, 14.1, 0.0346, 0.00909, 0.30407),
    "spleen": (114.0, 9.8, 8.18, 6.7, 0.01636, 0.028, 0.099035),
    "liver": (126.9, 2.5, 10.3, 8.4, 0.0206, 0.298, 1.62463),
    "pancreas": (10.0, 1.0, 6.24, 5.1, 0.01248, 0.00971, 0.087285),
    "others": (86.8, 1.0, 10.9, 8.91, 0.0218, 0.0355, 0.43003),
    "tumour": (0.6, 1.0, 6.0, 0.0, 0.01143, 0.0315, 0.24975),
}
GUT, THROUGH_NODES = ("small_gut", "large_gut", "spleen", "pancreas"), ("bone", "muscle")
TISSUES = tuple(o for o in ORGANS if o != "lungs")
OTHER_LYMPH = tuple(o for o in ORGANS if o not in (*THROUGH_NODES, "tumour"))
DRAINED = " + ".join(f"(flow_{o} - lymph_{o})" for o in GUT)


def _organ(o: str) -> list[Flow]:
    """Blood through an organ other than the lungs, and passage into its tissue."""
    level = f"{o}_vessels / vessels_{o}"
    into = "liver_vessels" if o in GUT else "blood"
    out = f"({DRAINED} + flow_liver - lymph_liver)" if o == "liver" else f"(flow_{o} - lymph_{o})"
    return [
        Flow(
            f"{o}_perfusion",
            f"flow_{o} * lungs_vessels / vessels_lungs",
            "exchange",
            "lungs_vessels",
            f"{o}_vessels",
        ),
        Flow(f"{o}_outflow", f"{out} * {level}", "exchange", f"{o}_vessels", into),
        Flow(f"{o}_passage", f"transfer_{o} * {o}_vessels", "exchange", f"{o}_vessels", f"{o}_tissue"),
    ]


def _lymph(o: str) -> list[Flow]:
    """Lymph of a tissue to its node; that of bone and muscle is halved between two nodes."""
    rate = f"lymph_{o} * {o}_tissue / tissue_{o} / retention_{o}"
    if o in THROUGH_NODES:
        return [
            Flow(f"{o}_lymph_{n}", f"0.5 * {rate}", "exchange", f"{o}_tissue", n)
            for n in ("inguinal", "draining")
        ]
    return [Flow(f"{o}_lymph", rate, "exchange", f"{o}_tissue", "draining" if o == "tumour" else "node")]


HALF = "0.5 * (lymph_bone + lymph_muscle)"
STRUCTURE = Structure(
    places=(Place("body"),),
    states=(
        State("blood", "%", "T cells in whole blood", (), "body"),
        *(
            State(f"{o}_{part}", "%", f"T cells in {part} of {o.replace('_', ' ')}", (), "body")
            for o in ORGANS
            for part in ("vessels", "tissue")
        ),
        State("node", "%", "T cells in lymph nodes", (), "body"),
        State("inguinal", "%", "T cells in the inguinal node", (), "body"),
        State("draining", "%", "T cells in the node that drains the tumour", (), "body"),
    ),
    flows=(
        Flow(
            "lungs_inflow",
            "(flow_lungs + lymph_lungs) * blood / blood_volume_mouse",
            "exchange",
            "blood",
            "lungs_vessels",
        ),
        # the lungs give flow_lungs away; what the tissues do not take of it is lost or gained where flows do
        # not balance
        Flow(
            "lungs_rest",
            "(flow_lungs - (" + " + ".join(f"flow_{o}" for o in TISSUES) + ")) * lungs_vessels / "
            "vessels_lungs",
            "clearance",
            out_of="lungs_vessels",
        ),
        Flow("lungs_passage", "transfer_lungs * lungs_vessels", "exchange", "lungs_vessels", "lungs_tissue"),
        Flow("lungs_loss", "k_loss * lungs_vessels", "death", out_of="lungs_vessels"),
        *(flow for o in TISSUES for flow in _organ(o)),
        *(flow for o in ORGANS for flow in _lymph(o)),
        Flow("inguinal_flow", f"{HALF} * inguinal / volume_inguinal", "exchange", "inguinal", "node"),
        Flow(
            "draining_flow",
            f"({HALF} + lymph_tumour) * draining / volume_draining",
            "exchange",
            "draining",
            "node",
        ),
        Flow("node_flow", "lymph_return * node / volume_node", "exchange", "node", "blood"),
    ),
    outputs=(
        Output(
            "blood_level",
            "blood / blood_volume_mouse",
            "%/mL",
            "T cells in blood, percent of the dose per mL",
            measured=True,
        ),
        *(
            Output(f"{o}_amount", f"{o}_vessels + {o}_tissue", "%", f"T cells in {o.replace('_', ' ')}")
            for o in ("lungs", "liver", "spleen", "kidney", "bone")
        ),
        Output(
            "tumour_level",
            "(tumour_vessels + tumour_tissue) / (vessels_tumour + tissue_tumour)",
            "%/mL",
            "T cells in the tumour",
        ),
        Output("node_amount", "node", "%", "T cells in lymph nodes"),
        Output(
            "total",
            "blood + "
            + " + ".join(f"{o}_{part}" for o in ORGANS for part in ("vessels", "tissue"))
            + " + node + inguinal + draining",
            "%",
            "T cells in the body",
        ),
    ),
    quantities=(
        *(
            Quantity(f"{name}_{o}", unit, f"{words} of {o.replace('_', ' ')}", bound=bound)
            for o in ORGANS
            for name, unit, words, bound in (
                ("transfer", "1/h", "passage into tissue", "nonnegative"),
                ("retention", "1", "retention", "positive"),
                ("flow", "mL/h", "blood flow", "nonnegative"),
                ("lymph", "mL/h", "lymph flow", "nonnegative"),
                ("vessels", "mL", "volume of vessels", "positive"),
                ("tissue", "mL", "volume of tissue", "positive"),
            )
        ),
        Quantity("k_loss", "1/h", "loss in the vessels of the lungs"),
        Quantity("lymph_return", "mL/h", "lymph that returns to blood"),
        Quantity("volume_node", "mL", "volume of lymph nodes", bound="positive"),
        Quantity("volume_inguinal", "mL", "volume of the inguinal node", bound="positive"),
        Quantity("volume_draining", "mL", "volume of the node that drains the tumour", bound="positive"),
        Quantity("blood_volume_mouse", "mL", "volume of whole blood", bound="positive"),
    ),
    dose_into="blood",
    time_unit="h",
)


def _vector(name: str, lymph_return: float, balanced: bool, loss: float = 0.84) -> Values:
    numbers = {
        "k_loss": loss,
        "lymph_return": lymph_return,
        "volume_node": 0.113,
        "volume_inguinal": 0.113 / 3,
        "volume_draining": 0.113 / 3,
        "blood_volume_mouse": 1.717,
    }
    for o, (transfer, retention, plasma, cells, lymph, vessels, tissue) in ORGANS.items():
        numbers |= {
            f"transfer_{o}": transfer,
            f"retention_{o}": retention,
            f"flow_{o}": plasma + cells,
            f"lymph_{o}": lymph,
            f"vessels_{o}": vessels,
            f"tissue_{o}": tissue,
        }
    sources: dict[str, Source] = dict.fromkeys(
        (
            "lymph_return",
            "volume_inguinal",
            "volume_draining",
            "lymph_tumour",
            "vessels_tumour",
            "tissue_tumour",
        ),
        READING,
    )
    if balanced:
        numbers["flow_others"] = numbers["flow_lungs"] - sum(
            numbers[f"flow_{o}"] for o in TISSUES if o != "others"
        )
        sources |= {"flow_others": CLOSURE, "lymph_return": CLOSURE}
    return Values(
        name,
        KHOT,
        numbers,
        sources,
        {"k_loss": "printed; a quarter of a second per pass makes it do nothing"},
    )


LYMPH = sum(row[4] for row in ORGANS.values())
MODEL = Model(
    name="khot_2019_mouse_pbpk",
    title="Whole-body distribution of T cells in mice, with its closures",
    structure=STRUCTURE,
    values=(
        _vector("balanced", LYMPH, True),
        _vector("as_printed", 1.65, False),
        _vector("lymph_closed", LYMPH, False),
    ),
    experiments=(
        Experiment("one injection", ((0.0, 100.0),), 168.0),
        Experiment("one injection, as printed", ((0.0, 100.0),), 168.0, vector="as_printed"),
        Experiment("lung loss x 100", ((0.0, 100.0),), 168.0, {"k_loss": 84.0}),
    ),
    anchors=(
        Anchor("blood at 24 h", 0.023376009, "%/mL", 1e-3, SOLVED, output="blood_level", quantity="C24"),
        Anchor("liver at 24 h", 73.194175, "%", 1e-3, SOLVED, output="liver_amount", quantity="C24"),
        Anchor(
            "all at day 7, as printed",
            106.88357,
            "%",
            1e-3,
            SOLVED,
            output="total",
            quantity="C168",
            experiment="one injection, as printed",
        ),
    ),
    deviations=(
        "Flows and volumes are not in the paper: they are those of a re-implementation.",
        "As printed the flows do not balance (lungs 678, tissues 679.4 mL/h): the body holds 106.9 % of the "
        "dose at day 7. The default closes the circulation; `as_printed` does not.",
        "The printed elimination of 0.84/h in the lungs removes 0.2 % in a week: a cell stays there "
        "for a quarter of a second a pass.",
        "The kidney's term of the lymph node names a flow in place of a concentration; corrected.",
        "T cells have no role here: mechanisms of CAR-T cells do not join amounts in percent.",
    ),
    about=About(
        purpose="Where injected T cells are, organ by organ, in the first week.",
        origin="T cells in tumour-bearing mice, in percent of the injected dose.",
        can="Amounts in 15 organs, nodes and blood over a week.",
        cannot="No expansion, no kill, no man; read it with its warnings on the balance of flows.",
        disease=("any",),
        target=("none",),
        mechanism=("distribution",),
        data=("mice",),
        licence="paper text, facts only",
    ),
)
