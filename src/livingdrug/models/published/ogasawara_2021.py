r"""Lisocabtagene maraleucel transgene: the shape of the curve, without its height (Ogasawara 2021).

    until the lag: C0          until Tmax: C0 2^((t - lag)/doubling)
    after it: Cmax [(1 - FB) 2^-((t - Tmax)/half1) + FB 2^-((t - Tmax)/half2)]          C0 = Cmax 2^-((Tmax - lag)/doubling)

The peak and the part that is lost slowly are not public: set them.
"""

from livingdrug.models import (
    About,
    Anchor,
    ClosedForm,
    ClosedOutput,
    Definition,
    Experiment,
    Model,
    Piece,
    Quantity,
    Source,
    Values,
)

SOURCE = Source(
    "ogasawara_2021",
    "Ogasawara et al. 2021, abstract",
    "10.1007/s40262-021-01039-5",
    "estimates with 95 % intervals",
)
ARITHMETIC = Source("livingdrug", "arithmetic from the published estimates")

MODEL = Model(
    name="ogasawara_2021",
    title="Lisocabtagene maraleucel transgene kinetics in lymphoma, shape only",
    structure=ClosedForm(
        outputs=(
            ClosedOutput(
                "transgene",
                (
                    Piece("c_start", until="lag"),
                    Piece("c_start * exp(log(2) * (time - lag) / doubling)", until="t_max"),
                    Piece(
                        "c_max * ((1 - f_b) * exp(-log(2) * (time - t_max) / half_first)"
                        " + f_b * exp(-log(2) * (time - t_max) / half_last))"
                    ),
                ),
                "copies/ug",
                "CAR transgene in blood by qPCR",
                measured=True,
            ),
        ),
        definitions=(
            Definition(
                "c_start", "c_max * exp(-log(2) * (t_max - lag) / doubling)", "level until the lag", "C_0"
            ),
        ),
        quantities=(
            Quantity("lag", "d", "duration of the lag", bound="positive"),
            Quantity("doubling", "d", "doubling time", bound="positive"),
            Quantity("t_max", "d", "time of the peak", "T_{max}", "positive"),
            Quantity("half_first", "d", "initial half-life", bound="positive"),
            Quantity("half_last", "d", "terminal half-life", bound="positive"),
            Quantity("c_max", "copies/ug", "level at the peak", "C_{max}", "positive"),
            Quantity("f_b", "1", "part of the peak that is lost slowly", "F_B", "fraction"),
        ),
    ),
    values=(
        Values(
            "abstract",
            SOURCE,
            {"lag": 3.27, "doubling": 0.755, "t_max": 9.29, "half_first": 5.0, "half_last": 352.0},
            notes={
                "lag": "2.71 to 3.97",
                "doubling": "0.667 to 0.821",
                "t_max": "8.81 to 9.70",
                "half_first": "4.15 to 5.90",
                "half_last": "241 to 647",
            },
            unknown={
                "c_max": "the abstract prints no peak",
                "f_b": "the abstract prints no part of slow decline",
            },
        ),
    ),
    experiments=(
        Experiment("a peak of 1 without slow decline, for the shape", (), 90.0, {"c_max": 1.0, "f_b": 0.0}),
    ),
    anchors=(
        Anchor(
            "fold expansion",
            251.41,
            "1",
            1e-3,
            ARITHMETIC,
            expression="exp(log(2) * (t_max - lag) / doubling)",
        ),
        Anchor(
            "half of the peak one half-life later",
            0.5,
            "copies/ug",
            1e-6,
            ARITHMETIC,
            output="transgene",
            quantity="C14.29",
        ),
    ),
    deviations=(
        "Neither peak, nor slow part, nor variability is in what could be read: only the shape can be drawn.",
    ),
    about=About(
        purpose="When liso-cel peaks and how fast it falls.",
        origin="261 patients with large B-cell lymphoma (TRANSCEND).",
        can="The shape of the curve, once a peak and a slow part are set.",
        cannot="Levels, variability, dose and response: none of it is public.",
        disease=("lymphoma",),
        target=("CD19",),
        mechanism=("expansion", "memory"),
        data=("patients",),
        kind="typical",
        licence="abstract, facts only",
    ),
)
