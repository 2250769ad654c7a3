"""Terms of public vocabularies (MIRIAM) for what is known for certain: sources, organism, T cells, cytokines
of man.

Nothing is guessed from a name alone: a source has its DOI, a BioModels entry is named where numbers were read
in it, the organism is that of the patients or mice of the model's data, T cells are those with a role of T
cells.
"""

import re

from livingdrug.models import Model

DOI, BIOMODELS, TAXON, CELL, PROTEIN = (
    "https://identifiers.org/doi:",
    "https://identifiers.org/biomodels.db:",
    "https://identifiers.org/taxonomy:",
    "https://identifiers.org/CL:",
    "https://identifiers.org/uniprot:",
)
ORGANISM = {"patients": "9606", "mice": "10090"}
T_CELL = "0000084"  # Cell Ontology: T cell
T_CELLS = {"car_t", "host_t", "infused"}
# UniProt, of man; states of the role biomarker
CYTOKINES = {"il6": "P05231", "il10": "P22301", "ifng": "P01579"}
_ENTRY = re.compile(r"\b(?:BIOMD|MODEL)\d{10}\b")


def annotate(document, model: Model) -> None:
    """Add the terms to a libsbml document that holds the model.

    Parameters
    ----------
    document : libsbml.SBMLDocument
    model : Model
    """
    import libsbml as s

    made = document.getModel()
    parts = [values.source for values in (*model.values[:1], *(f.values for f in model.fragments))]
    dois = [DOI + source.doi for source in parts if source.doi]
    entries = [
        BIOMODELS + entry for source in parts for entry in _ENTRY.findall(f"{source.citation} {source.note}")
    ]
    _add(made, s, s.MODEL_QUALIFIER, s.BQM_IS_DESCRIBED_BY, dois)
    _add(made, s, s.MODEL_QUALIFIER, s.BQM_IS_DERIVED_FROM, entries)
    of = _organism(model)
    if of:
        _add(made, s, s.BIOLOGICAL_QUALIFIER, s.BQB_HAS_TAXON, [TAXON + of])
    for state in getattr(model.system, "states", ()):
        element = made.getElementBySId(state.name)
        if T_CELLS & set(state.roles):
            _add(element, s, s.BIOLOGICAL_QUALIFIER, s.BQB_IS_VERSION_OF, [CELL + T_CELL])
        elif "biomarker" in state.roles and of == ORGANISM["patients"] and state.name in CYTOKINES:
            _add(element, s, s.BIOLOGICAL_QUALIFIER, s.BQB_IS, [PROTEIN + CYTOKINES[state.name]])


def _organism(model: Model) -> str:
    """Taxon of the one organism that the data of a model are from; empty where there are several, or an
    assay's cells."""
    found = model.about.data if model.about else ()
    return ORGANISM.get(found[0], "") if len(found) == 1 else ""


def _add(element, s, kind: int, qualifier: int, resources: list[str]) -> None:
    """One statement about an element, with all its resources."""
    if element is None or not resources:
        return
    if not element.isSetMetaId():
        element.setMetaId(f"meta_{element.getId()}")
    term = s.CVTerm(kind)
    if kind == s.MODEL_QUALIFIER:
        term.setModelQualifierType(qualifier)
    else:
        term.setBiologicalQualifierType(qualifier)
    for resource in dict.fromkeys(resources):
        term.addResource(resource)
    element.addCVTerm(term)
