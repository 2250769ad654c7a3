r"""Killing assay of glioma cells with CAR-T cells (CARRGO, Sahoo 2020).

    dX/dt = rho X (1 - X/K) - kappa1 X Y          dY/dt = kappa2 X Y - theta Y

X tumour and Y CAR-T cells in cell index, days. The capacity and the starts are not public: set them.
"""

from livingdrug.models import (
    About,
    Anchor,
    Experiment,
    Flow,
    Model,
    Output,
    Quantity,
    Source,
    State,
    Structure,
    Values,
)

PRINTED = Source(
    "sahoo_2020", "Sahoo et al. 2020, J R Soc Interface 17:20190734", "10.1098/rsif.2019.0734", "printed"
)
FIGURE = Source(PRINTED.key, PRINTED.citation, PRINTED.doi, "read off figure 4, about 10 % either way")
ARITHMETIC = Source("livingdrug", "arithmetic: ln 2 / rho")
NOT_PUBLIC = {
    "tumour_max": "the fitted capacity is in no text that could be read",
    "tumour_0": "set it to the cell index when CAR-T cells are added",
    "car_t_0": "set it to the cell index of the CAR-T cells",
}
# line, E:T as 1 to so many: rho, kappa1, kappa2, theta
WELLS = {
    "pbt138_1_20": (0.72, 5.3, 0.05, 0.00023),
    "pbt138_1_10": (0.72, 4.1, 0.35, 0.00022),
    "pbt138_1_5": (0.72, 3.0, 1.1, 0.00012),
    "pbt030_1_20": (1.07, 25.5, 1.4, 0.0),
    "pbt030_1_10": (1.07, 14.0, 1.9, 0.00023),
    "pbt030_1_5": (1.07, 5.5, 2.6, 5e-5),
    "ht1080_1_20": (2.1, 6.0, 0.07, 0.0008),
    "ht1080_1_10": (2.1, 3.4, 0.06, 0.0008),
    "ht1080_1_5": (2.1, 1.9, 0.06, 0.0008),
}
GIVEN = {"tumour_max": 5.0, "tumour_0": 1.0, "car_t_0": 0.0}

MODEL = Model(
    name="sahoo_2020",
    title="Killing assay of three glioma lines (CARRGO), capacity not public",
    structure=Structure(
        states=(
            State(
                "tumour",
                "1",
                "tumour cells in cell index",
                ("target",),
                initial="tumour_0",
                symbol="X",
                log=True,
            ),
            State("car_t", "1", "CAR-T cells in cell index", ("car_t",), initial="car_t_0", symbol="Y"),
        ),
        flows=(
            Flow("growth", "mu_tumour * tumour * (1 - tumour / tumour_max)", "growth", into="tumour"),
            Flow("killing", "k_kill * tumour * car_t", "killing", out_of="tumour"),
            Flow("expansion", "k_expansion * tumour * car_t", "expansion", into="car_t"),
            Flow("death", "d_car_t * car_t", "death", out_of="car_t"),
        ),
        outputs=(
            Output("tumour_index", "tumour", "1", "tumour cells in cell index", measured=True),
            Output("car_t_index", "car_t", "1", "CAR-T cells in cell index"),
        ),
        quantities=(
            Quantity("mu_tumour", "1/d", "tumour growth rate", r"\rho", "positive"),
            Quantity("tumour_max", "1", "largest cell index", "K", "positive"),
            Quantity("k_kill", "1/d", "kill rate per cell index", r"\kappa_1"),
            Quantity(
                "k_expansion",
                "1/d",
                "expansion minus exhaustion per cell index; of either sign",
                r"\kappa_2",
                "any",
            ),
            Quantity("d_car_t", "1/d", "death rate of CAR-T cells", r"\theta"),
            Quantity("tumour_0", "1", "cell index of the tumour at the start", "X_0", "positive"),
            Quantity("car_t_0", "1", "cell index of CAR-T cells at the start", "Y_0"),
        ),
        dose_into="car_t",
        time_unit="d",
    ),
    values=tuple(
        Values(
            name,
            FIGURE,
            {"mu_tumour": rho, "k_kill": kill, "k_expansion": expansion, "d_car_t": death},
            {"mu_tumour": PRINTED},
            unknown=NOT_PUBLIC,
        )
        for name, (rho, kill, expansion, death) in WELLS.items()
    ),
    experiments=(Experiment("tumour alone, with a capacity of 5 as an example", (), 4.0, GIVEN),),
    anchors=(
        Anchor("doubling time of PBT138", 0.96270, "d", 1e-4, ARITHMETIC, expression="log(2) / mu_tumour"),
    ),
    deviations=(
        "The capacity and the starts are not public: nothing runs until they are set. `brummer_2022` is "
        "complete.",
        "kappa and theta are read off a figure, and theta is below 1e-3/d.",
        "The text says that kappa2 is negative for HT1080; the figure shows small positive values.",
    ),
    about=About(
        purpose="How kill and expansion of CAR-T cells change with the effector to target ratio.",
        origin="Impedance curves of three glioma lines, a fit for each ratio.",
        can="Cell index over days, once capacity and starts are set.",
        cannot="To reproduce a published curve: capacity and starts are not public.",
        disease=("glioma",),
        target=("any",),
        mechanism=("killing", "expansion"),
        data=("assay",),
        kind="individual fits",
        licence="paper CC BY",
    ),
)
