"""What a comparison with a product says: ratios of geometric means, percentiles, and what makes them
differ."""

from collections.abc import Iterator

import numpy as np

from livingdrug.core.words import number
from livingdrug.data import printable
from livingdrug.products import Comparison, Placement
from livingdrug.report import Answer, Cell, Picture, Table, cell
from livingdrug.workflows.compare.spec import Compare, Placed
from livingdrug.workflows.nca.answer import analysis_lines, checks, conversion
from livingdrug.workflows.tables import hashes

MEANING = (
    "ratio: your geometric mean over the published one; percentile: median (range) of your subjects in the "
    "published distribution"
)


def answer(scenario: Compare, found: Placed) -> Answer:
    """Subjects among published exposures, group by group."""
    comparison = found.comparison
    data = comparison.result.data
    cautions = numbered(comparison)
    sources = dict.fromkeys(p.fact.source for p in comparison.placements)
    said = (*comparison.notes, MEANING, f"published by: {'; '.join(sources)}")
    return Answer(
        title=f"{data.name} beside {comparison.product}",
        question=f"Where do the subjects in {data.name} lie among the published exposures of {comparison.product}?",
        sentences=placement_sentences(comparison),
        flags=(
            *(f"{n}: {text}" for text, n in cautions.items()),
            *filter(None, (conversion(comparison.result),)),
        ),
        tables=(*group_tables(comparison, cautions), placement_table(comparison)),
        data=hashes(scenario),
        **checks(found.analysis, said),
    )


def table(_: Compare, found: Placed):
    """One row for each profile and published number."""
    return found.comparison.table()


def figures(_: Compare, found: Placed) -> Iterator[tuple[Picture, object]]:
    """Exposure beside that of the product, a figure for each assay, unit and infusion that can be placed."""
    from livingdrug.plots import plot_comparison

    comparison = found.comparison
    parts = comparison.parts()
    placed = [any(np.isfinite(p.percentile).any() for p in placements) for _, placements in parts]
    for part in np.flatnonzero(placed).tolist():
        name = f"exposure-{part + 1}" if len(placed) > 1 else "exposure"
        said = f"Your subjects as points over the published groups of {comparison.product}: {parts[part][0]}."
        yield Picture(name, said), plot_comparison(comparison, part)


def plain(_: Compare, found: Placed) -> dict:
    """Plain data of a comparison; what is not known is null."""
    comparison = found.comparison
    data = comparison.result.data
    return {
        "product": comparison.product,
        "file": data.name,
        "bridge": data.bridge,
        "notes": [*data.notes, *comparison.notes],
        "groups": [_placement(p) for p in comparison.placements],
        "subjects": comparison.table().to_dict("records"),
    }


def _placement(placed: Placement) -> dict:
    return {
        **vars(placed.fact),
        "yours": len(placed.members),
        "cautions": list(placed.cautions),
        "absent": placed.absent,
        "ratio": placed.ratio,
        "ratio_low": placed.low,
        "ratio_high": placed.high,
    }


def numbered(comparison: Comparison) -> dict[str, int]:
    """Every difference, with the number that stands for it in the tables."""
    texts = (text for p in comparison.placements for text in (*p.cautions, p.absent) if text)
    return {text: n for n, text in enumerate(dict.fromkeys(texts), 1)}


def group_tables(comparison: Comparison, cautions: dict[str, int]) -> list[Table]:
    """A table for each published group, and each assay, unit and infusion of the user's."""
    made: dict[str, list] = {}
    for title, placements in comparison.parts():
        for p in placements:
            name = printable(p.fact.group) + (
                f" ({printable(title, 100)})" if len(comparison.parts()) > 1 else ""
            )
            see = " ".join(str(n) for n in sorted(cautions[text] for text in (*p.cautions, p.absent) if text))
            row = (f"{p.fact.parameter} {p.fact.unit}", p.fact.printed, _ratio(p), _percentile(p), see)
            made.setdefault(name, []).append(row)
    header = ("parameter", "published", "ratio (95 %)", "percentile", "see")
    return [Table(title, header, tuple(rows)) for title, rows in made.items()]


def _ratio(placed: Placement) -> Cell:
    if np.isnan(placed.ratio):
        return Cell("-", reason=placed.absent or "")
    return cell(float(placed.ratio), ends=(placed.low, placed.high))


def _percentile(placed: Placement) -> Cell:
    """Median and range over the user's subjects, or how many lie in the published range."""
    known = placed.percentile[np.isfinite(placed.percentile)]
    if not len(known):
        return Cell(placed.fact.in_range(placed.values) or "-")
    middle = float(np.median(known))
    return Cell(
        f"{middle:.0f}" + ("" if len(known) == 1 else f" ({known.min():.0f} to {known.max():.0f})"),
        middle,
        "%",
    )


def placement_sentences(comparison: Comparison) -> tuple[str, ...]:
    """How the user's geometric means stand to the published ones."""
    ratios: dict[str, list[Placement]] = {}
    for p in comparison.placements:
        if np.isfinite(p.ratio):
            ratios.setdefault(p.fact.parameter, []).append(p)
    if not ratios:
        return (
            "No published number can be placed beside these subjects; the reasons are among the cautions.",
        )
    return tuple(
        f"{parameter}: your geometric mean is {_times(placed)}." for parameter, placed in ratios.items()
    )


def _times(placed: list[Placement]) -> str:
    if len(placed) == 1:
        return f"{number(placed[0].ratio)} times the published one ({placed[0].fact.group})"
    ratios = [p.ratio for p in placed]
    return f"{number(min(ratios))} to {number(max(ratios))} times the published ones ({len(ratios)} groups)"


def placement_table(comparison: Comparison) -> Table:
    """One row for each published number, with what makes it differ and its source."""
    rows = tuple(
        (p.fact.group, f"{p.fact.parameter} {p.fact.unit}", p.fact.printed, _ratio(p), _percentile(p),
         "; ".join((*p.cautions, *filter(None, (p.absent,)))), p.fact.source)
        for p in comparison.placements
    )  # fmt: skip
    header = (
        "published group",
        "parameter",
        "published",
        "ratio (95 %)",
        "your percentile: median (range)",
        "caution",
        "source",
    )
    return Table("beside published exposures", header, rows, detail=True)


def script(scenario: Compare, out: str) -> str:
    """The script that analyses, places and writes."""
    placed = f"ld.compare(result, {scenario.product!r}, {scenario.indication!r}, {scenario.variability!r})"
    return "\n".join([*analysis_lines(scenario), f"ld.write_csv({placed}.table(), {out!r})"]) + "\n"
