"""What scenarios about outcomes give, kept in a folder: response and index."""

from importlib import import_module
from pathlib import Path

from livingdrug.core.export import write_csv
from livingdrug.models import build_model
from livingdrug.report import Answer, Picture, model_card, save, text_table
from livingdrug.response import CONFOUNDED, chance_within, limits, probability, probability_band, verdict
from livingdrug.scenario.index import Index, IndexAnswer, run_index
from livingdrug.scenario.report.pictures import INDEX_PICTURES, write_index_pictures
from livingdrug.scenario.response import Answer as ResponseAnswer
from livingdrug.scenario.response import Response, run_response
from livingdrug.workflows.tables import hashes

# kind of outcome -> module with `as_dict(answer)`, `show(console, answer)`, `table(answer)` and `figure(answer)`
SHOWN = {
    "binary": "livingdrug.scenario.report.response_binary",
    "time": "livingdrug.scenario.report.response_time",
    "graded": "livingdrug.scenario.report.response_graded",
    "continuous": "livingdrug.scenario.report.response_continuous",
}


def response_table(answers: tuple[ResponseAnswer, ...]):
    """The curves with their bands; a first column for the group where there are several."""
    import pandas as pd

    tables = [import_module(SHOWN[answer.kind]).table(answer) for answer in answers]
    if len(tables) == 1:
        return tables[0]
    for table, answer in zip(tables, answers, strict=True):
        table.insert(0, "group", answer.group)
    return pd.concat(tables, ignore_index=True)


def answer_response(scenario: Response, folder: Path) -> Answer:
    """The chance of an outcome over exposure, for each group."""
    answers = run_response(scenario)
    write_csv(response_table(answers), folder / "results.csv")
    plain = [import_module(SHOWN[answer.kind]).as_dict(answer) for answer in answers]
    pictures, tables, notes = [], [], []
    for i, (answer, said) in enumerate(zip(answers, plain, strict=True), 1):
        name = f"response-{i}" if len(answers) > 1 else "response"
        save(import_module(SHOWN[answer.kind]).figure(answer), folder / "pictures", name)
        of = f" ({answer.group})" if answer.group else ""
        pictures.append(Picture(name, f"{answer.sample.endpoint} over {answer.sample.exposure_name}{of}: {said['sentence']}"))
        tables.append(text_table(f"coefficients{of}", _frame(said["coefficients"])))
        if isinstance(said.get("observed"), list):
            tables.append(text_table(f"observed rates by exposure{of}", _frame(said["observed"])))
        notes += [*answer.sample.notes, *answer.fit.notes]
    sample = answers[0].sample
    return Answer(
        title=f"{sample.endpoint} on {sample.exposure_name}",
        question=f"How does {sample.endpoint} depend on {sample.exposure_name} in {sample.name}?",
        sentences=tuple(said["sentence"] for said in plain),
        flags=(CONFOUNDED,),
        checks=tuple(dict.fromkeys(notes)),
        tables=tuple(tables),
        pictures=tuple(pictures),
        data=hashes(scenario),
    )


def _frame(rows: list[dict]):
    import pandas as pd

    return pd.DataFrame(rows)


def index_curves(answer: IndexAnswer):
    """Both curves over the exposure: exposure, unit, efficacy, its interval, toxicity, its interval, within (probability
    that floor and ceiling are both met, given the error of the curves; empty where no error is known)."""
    import pandas as pd

    from livingdrug.plots import shown_exposures

    index, pair = answer.index, answer.index.pair
    exposure = shown_exposures(pair, answer.outlook.spread)
    columns = {"exposure": exposure, "unit": pair.efficacy.unit}
    for what, curve in (("efficacy", pair.efficacy), ("toxicity", pair.toxicity)):
        low, high = probability_band(curve, exposure, index.level)
        columns |= {what: probability(curve, exposure), f"{what}_low": low, f"{what}_high": high}
    return pd.DataFrame(columns | {"within": chance_within(pair, exposure, index.floor, index.ceiling)})


def answer_index(scenario: Index, folder: Path) -> Answer:
    """Efficacy against toxicity on one exposure."""
    answer = run_index(scenario)
    write_csv(index_curves(answer), folder / "results.csv")
    write_csv(answer.table, folder / "tradeoff.csv")
    write_index_pictures(answer, folder / "pictures")
    pair = answer.index.pair
    return Answer(
        title=f"Therapeutic index: {pair.efficacy.name} against {pair.toxicity.name}",
        question=f"Which {pair.efficacy.exposure or 'exposure'} gives {limits(answer.index)}?",
        sentences=(verdict(answer.index), verdict(answer.index, answer.outlook)),
        flags=answer.notes,
        tables=(text_table("what another median (fold) or spread (width) would buy", answer.table),),
        pictures=INDEX_PICTURES,
        cards=(model_card(build_model(scenario.product_model)),) if scenario.product_model else (),
        data=hashes(scenario) if scenario.file else (),
        seed=scenario.seed if scenario.product_model else None,
    )
