"""What a model is for: the words by which models are found, and the sentences that open `livingdrug models
show`."""

from dataclasses import dataclass

from livingdrug.core.errors import ModelError
from livingdrug.core.names import unknown

# closed lists, so that a search finds everything that it should
WORDS = {
    "disease": (
        "leukaemia",
        "lymphoma",
        "myeloma",
        "glioma",
        "solid tumour",
        "lupus",
        "melanoma",
        "transplant",
        "any",
    ),
    "target": ("CD19", "BCMA", "IL13Ra2", "HER2", "CD123", "CD52", "none", "any"),
    "mechanism": (
        "expansion",
        "killing",
        "memory",
        "phenotypes",
        "exhaustion",
        "antigen binding",
        "host competition",
        "preconditioning",
        "cytokines",
        "antigen loss",
        "b cells",
        "distribution",
        "checkpoint",
        "immunosuppression",
        "chemotherapy",
        "radiotherapy",
        "off-tumour",
        "corticosteroid",
        "oncolytic virus",
        "stochastic cure",
        "autoimmunity",
        "covariates",
        "comedication",
        "effect curve",
    ),
    "data": ("patients", "mice", "assay", "assumed"),
    "kind": ("population", "typical", "individual fits", "ensemble", "illustration"),
}


@dataclass(frozen=True)
class About:
    """What a model is for, from what, and what it can and cannot do.

    Attributes
    ----------
    purpose, origin, can, cannot : str
        What the model is for, from what it comes, and what it can and cannot do; one sentence each.
    disease, target, mechanism, data : tuple of str
        Words of the closed lists WORDS.
    kind : str
        Whether its numbers are a population's, a typical subject's, fits of individuals, an ensemble of
        vectors or an illustration.
    licence : str
        Of the place where the numbers were read.
    """

    purpose: str
    origin: str
    can: str
    cannot: str
    disease: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    mechanism: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    kind: str = "typical"
    licence: str = ""

    def __post_init__(self) -> None:
        for name, words in WORDS.items():
            given = getattr(self, name)
            for word in (given,) if isinstance(given, str) else given:
                if word not in words:
                    raise ModelError(f"about, {name}: " + unknown("word", word, words))
