"""What was kept, how large it is in effect, and how near the published distributions are."""

from collections.abc import Iterator
from pathlib import Path

from livingdrug.models import MODEL_FILE, to_toml
from livingdrug.population import FAR, Matched, model_of, said, weighted_percentile
from livingdrug.report import Answer, Picture, Table, cell, model_card
from livingdrug.workflows.base import workflow
from livingdrug.workflows.population.spec import PopulationScenario
from livingdrug.workflows.simulate.answer import unphysical_words

NAME = "matched"


def answer(scenario: PopulationScenario, found: Matched) -> Answer:
    """Loud where the targets are out of reach."""
    model = found.model
    written = () if found.out_of_reach else (_written(found),)
    return Answer(
        title=f"Population of {model.full_name}",
        question=f"Which virtual patients of {model.full_name} look like {scenario.named}?",
        sentences=(*said(found), *written),
        flags=(*_out_of_reach(found), *_unphysical(found), *found.candidates.notices),
        checks=tuple(f"{t.name}: {t.source}" for t in found.targets),
        tables=(_table(found),),
        cards=(model_card(model),),
        seed=scenario.seed,
    )


def _written(found: Matched) -> str:
    members = int((found.members > 0).sum())
    return (
        f"The population has {members:,} members; a run's folder (--out FOLDER, in the app a download) holds "
        f"it as {MODEL_FILE}, which `livingdrug simulate FOLDER -n 1000` and all others take as a model."
    )


def _out_of_reach(found: Matched) -> Iterator[str]:
    if not found.out_of_reach:
        return
    if found.effective < found.least:
        yield (
            f"OUT OF REACH: the targets rest on an effective size of {found.effective:.1f} of {found.n:,} "
            f"candidates, below {found.least:g}; no population is written. Take more candidates (-n), a "
            "wider variability (--cv), or other targets"
        )
    for target in found.targets:
        if found.missed(target):
            yield (
                f"OUT OF REACH: {target.name} stays {found.distance(target, found.after[target.name]):.3f} "
                f"from the published distribution, more than {FAR:g} standard errors of {target.n:,} "
                "patients; no population is written"
            )


def _unphysical(found: Matched) -> Iterator[str]:
    status = found.candidates.status
    rows = [i for i, word in enumerate(status) if word == "unphysical"]
    if rows:
        yield unphysical_words(len(rows), len(status), rows[0] + 1, found.candidates.reason[rows[0]])


def _table(found: Matched) -> Table:
    rows = []
    for target in found.targets:
        name = target.name
        if not target.levels:
            parts = (found.before[name][0], found.after[name][0])
            rows.append((name, "rate", cell(target.rate), *(cell(float(v)) for v in parts), ""))
        for level, value in zip(target.levels, target.values, strict=True):
            before, after = (weighted_percentile(found, target, level, first) for first in (True, False))
            rows.append(
                (name, f"{level:.3g} %", *(cell(v, target.unit) for v in (value, before, after)), target.unit)
            )
    header = ("target", "percentile", "published", "candidates", "population", "unit")
    return Table("percentiles: published, of the candidates, of the population", header, tuple(rows))


def table(_: PopulationScenario, found: Matched):
    """A row for each candidate."""
    return found.table()


def files(_: PopulationScenario, found: Matched) -> dict:
    """Every target before and after."""
    return {"distances.csv": found.distances()}


def keep(scenario: PopulationScenario, found: Matched, folder: Path) -> Answer:
    """The tables and figures, and the population as a model, where the targets are in reach."""
    if not found.out_of_reach:
        text = to_toml(model_of(found, NAME, scenario.how()))
        (folder / MODEL_FILE).write_text(text, encoding="utf-8")
    return workflow(scenario.kind).keep_as_usual(scenario, found, folder)


def exit_code(_: PopulationScenario, found: Matched) -> int:
    """2 where the targets are out of reach."""
    return 2 if found.out_of_reach else 0


def figures(_: PopulationScenario, found: Matched) -> Iterator[tuple[Picture, object]]:
    """The distribution of each target's exposure before and after."""
    from livingdrug.plots import plot_matched

    caption = "Cumulative distributions of the candidates and of the population, and the published values."
    yield Picture("matched", caption), plot_matched(found)
