"""Nothing of a figure is cut off: no ink within two pixels of its border, in the figures of the manual and of every kind of
analysis that is quick to run, drawn with long names."""

import io
from pathlib import Path

import numpy as np
import pytest

from livingdrug.core.export import write_csv
from livingdrug.plots import SETTINGS
from livingdrug.report.pictures import arrange
from livingdrug.workflows import workflow

DOCS = Path(__file__).parents[2] / "docs"
FIGURES = sorted(
    path for path in DOCS.glob("*.png") if not path.name.startswith("app_")
)  # those are of a whole window
BORDER, WHITE = 2, 250
LONG = "a subject whose name is rather long "


def sides_with_ink(image: np.ndarray) -> list[str]:
    """Which sides of an image, shape (height, width, channels), have ink within BORDER pixels."""
    ink = image[..., :3].min(axis=2) < WHITE
    sides = {"top": ink[:BORDER], "foot": ink[-BORDER:], "left": ink[:, :BORDER], "right": ink[:, -BORDER:]}
    return [name for name, part in sides.items() if part.any()]


def pixels(file) -> np.ndarray:
    from PIL import Image

    image = Image.open(file).convert("RGBA")
    return np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, "white"), image))


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_no_figure_of_the_manual_is_clipped(path):
    assert sides_with_ink(pixels(path)) == []


def test_ink_at_the_border_is_seen():
    image = np.full((40, 60, 3), 255)
    assert sides_with_ink(image) == []
    image[20, 1] = 0
    assert sides_with_ink(image) == ["left"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Example data under long names."""
    from livingdrug.workflows.examples.kinetics import example_endpoints, example_kinetics
    from livingdrug.workflows.examples.outcomes import example_subjects

    folder = tmp_path_factory.mktemp("ink")
    kinetics, endpoints = example_kinetics(8), example_endpoints().iloc[:8]
    for frame in (kinetics, endpoints):
        frame["ID"] = LONG + frame["ID"]
    endpoints["GROUP"] = "those with a response of the bone marrow, " + endpoints["RESPONSE"].astype(str)
    write_csv(kinetics, folder / "kinetics.csv")
    write_csv(endpoints, folder / "endpoints.csv")
    write_csv(example_subjects(), folder / "subjects.csv")
    return folder


CASES = (
    ("nca", {"file": "kinetics.csv", "endpoints": "endpoints.csv", "by": "GROUP"}),
    ("compare", {"file": "kinetics.csv", "product": "tisagenlecleucel"}),
    ("simulate", {"model": "kirouac_2023", "fragments": ("tissue", "host_competition"), "days": 28}),
    ("power", {"fold": 2.0, "model": "stein_2019", "variability": "sd"}),
    ("power", {"historical": 0.2, "rate": 0.4, "two_stage": "optimal"}),
    ("sampling", {"model": "stein_2019", "variability": "sd", "limit": 50.0}),
    ("sensitivity", {"model": "stein_2019", "variability": "sd", "n": 8}),
    ("index", {"file": "subjects.csv", "exposure": "CMAX", "efficacy": "ORR", "toxicity": "CRS grade>=3"}),
    ("response", {"file": "subjects.csv", "exposure": "CMAX", "endpoint": "PFS", "outcome": "time"}),
)


@pytest.mark.parametrize(("kind", "given"), CASES, ids=[f"{kind}-{k}" for k, (kind, _) in enumerate(CASES)])
def test_no_figure_of_an_analysis_is_clipped(files, kind, given):
    from matplotlib import rc_context

    made = workflow(kind)
    given = {
        name: str(files / value) if name in made.scenario.FILES else value for name, value in given.items()
    }
    scenario = made.scenario(**given)
    found = made.run(scenario)
    drawn = 0
    for picture, figure in made.figures(scenario, found):
        with rc_context(SETTINGS):
            arrange(figure)
            file = io.BytesIO()
            figure.savefig(file, format="png", dpi=110)
        assert sides_with_ink(pixels(file)) == [], picture.name
        drawn += 1
    assert drawn
