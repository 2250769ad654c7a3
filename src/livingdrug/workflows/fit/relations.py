"""Relations that sampled individual parameters show: between random effects, and with covariates."""

from livingdrug.fit import EtaCorrelation, Relation, Sampled
from livingdrug.fit.eta_correlation import FEWEST
from livingdrug.fit.groups import SHRUNK
from livingdrug.report import Part, Picture, Table
from livingdrug.workflows.fit.words import told


def correlation_part(pairs: tuple[EtaCorrelation, ...], sampled: Sampled) -> Part:
    """Correlations of random effects."""
    found = [c for c in pairs if c.found]
    if all(c.value != c.value for c in pairs):
        said = f"Correlations of random effects are not determined: {FEWEST} subjects or more are needed."
    elif found:
        said = (
            "More than expected by chance: "
            + "; ".join(f"{c.first} with {c.second}, {c.value:.2f}" for c in found)
            + "."
        )
    else:
        said = (
            f"No pair of random effects correlates more than expected by chance in {len(sampled.subjects)} "
            "subjects."
        )
    points = (
        said,
        f"From sampled individual parameters, averaged over {sampled.draws} draws of each subject; p values "
        f"are corrected for {len(pairs)} pair(s) (Holm). Draws follow the model where data say little: none "
        "found is no proof of none. A correlation that is found can be estimated (--correlated).",
    )
    rows = tuple(
        (
            c.first,
            c.second,
            told(c.value, ".2f") or "not determined",
            told(c.low, ".2f"),
            told(c.high, ".2f"),
            told(c.p, ".2g"),
            told(c.corrected, ".2g"),
            told(c.in_model, ".2f") or "none",
        )
        for c in pairs
    )
    header = ("effect", "with", "correlation", "95 % lower", "upper", "p", "corrected p", "in the model")
    caption = (
        "Below the diagonal one draw of the random effects of each subject, above it their correlation over "
        "all draws with its 95 % interval, in colour where it is more than expected by chance."
    )
    return Part(
        "correlations",
        "Correlations of random effects",
        points,
        (Table("correlations", header, rows),),
        (Picture("correlations", caption),),
    )


def covariate_part(relations: tuple[Relation, ...], sampled: Sampled, figures: dict[str, list[str]]) -> Part:
    """Individual parameters over covariates; figures: name -> the covariates that it shows."""
    found = [r for r in relations if r.found]
    names = list(dict.fromkeys(r.covariate for r in relations))
    said = "; ".join(f"{r.parameter} with {r.covariate}" for r in found)
    left = [name for name in names if name not in {n for shown in figures.values() for n in shown}]
    points = (
        f"More than expected by chance: {said}."
        if found
        else "No covariate goes with a parameter more than expected by chance.",
        f"Pearson's r, or F between levels, on the scale of the parameter, averaged over {sampled.draws} "
        f"draws of each subject's conditional distribution; p values are corrected for {len(relations)} "
        "relations (Holm). A relation is a candidate for the model (--covariate), not a result.",
        *([f"In the table only: {', '.join(left)}."] if left else []),
    )
    rows = tuple(
        (
            r.parameter,
            r.covariate,
            str(len(r.x)),
            r.statistic,
            told(r.value, ".2f") or "not determined",
            told(r.p, ".2g"),
            told(r.corrected, ".2g"),
            "yes" if r.in_model else "",
        )
        for r in relations
    )
    header = ("parameter", "covariate", "subjects", "statistic", "value", "p", "corrected p", "in the model")
    drawn = list(dict.fromkeys(r.parameter for r in relations if r.drawn))
    how = (
        "Individual estimates."
        if not drawn
        else (
            f"Open symbols ({', '.join(drawn)}): shrinkage above {SHRUNK:g} %, so that one draw of each "
            "subject's conditional distribution stands for it, as individual estimates would mislead; "
            "filled: individual estimates."
        )
    )
    pictures = tuple(
        Picture(name, f"Individual parameters over {', '.join(shown)}; p: corrected. {how}")
        for name, shown in figures.items()
    )
    return Part(
        "covariates", "Parameters and covariates", points, (Table("relations", header, rows),), pictures
    )
