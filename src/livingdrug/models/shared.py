"""Quantities that several structures need. They are declared once, here, so that joined parts share one
number."""

from livingdrug.core.sources import Source
from livingdrug.models.elements import Quantity

PAPER = Source(
    "kirouac_2024",
    "Kirouac, Zmurchok & Morris 2024, npj Syst Biol Appl 10",
    "10.1038/s41540-024-00355-3",
)
SYNTHETIC = Source("synthetic", "synthetic: chosen for illustration, not published")
OURS = Source("livingdrug", "our own choice, not published")

BLOOD_VOLUME = Quantity(
    "blood_volume", "uL", "blood volume behind cells/uL", "V_{blood}", bound="positive", fixed=True
)
ADULT_BLOOD = Source(PAPER.key, PAPER.citation, PAPER.doi, "Table 1 footnotes: 5 L of blood assumed")


def transcribed(key: str, citation: str, doi: str, file: str) -> Source:
    """A paper whose numbers were read in the public transcription of nlmixr2lib (facts, not code)."""
    return Source(key, citation, doi, f"as transcribed by nlmixr2lib: {file}")


SOLVED = Source("livingdrug_facts", "own LSODA solution, rtol 1e-10")


def biomodels(key: str, citation: str, entry: str, doi: str = "") -> Source:
    """A paper whose numbers were read in its entry in BioModels (CC0)."""
    return Source(key, citation, doi, f"as encoded in BioModels {entry}")
