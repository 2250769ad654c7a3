"""What a `sampling` scenario gives, kept in a folder."""

from pathlib import Path

from livingdrug.core.export import write_csv
from livingdrug.report.answer import Answer, Picture, text_table
from livingdrug.report.card import model_card
from livingdrug.report.pictures import save
from livingdrug.scenario.sampling import Sampling, run_sampling


def answer_sampling(scenario: Sampling, folder: Path) -> Answer:
    """Expected standard errors before and after each candidate day."""
    from livingdrug.plots.sampling import plot_days

    answer = run_sampling(scenario)
    found, model = answer.found, answer.model
    frame = found.table()
    write_csv(frame, folder / "results.csv")
    save(plot_days(found, model.full_name, model.time_unit), folder / "pictures", "sampling")
    days = ", ".join(f"{day:g}" for day in found.days)
    return Answer(
        title=f"Sampling days for {model.full_name}",
        question=f"Which sample more, beside those at {days} {model.time_unit}, would sharpen which parameter?",
        sentences=answer.sentences,
        flags=answer.notes,
        tables=(text_table("expected standard error of ln parameter, now and with a candidate more", frame),),
        pictures=(Picture("sampling", "Expected relative standard error (%) now and with each candidate; frame: best."),),
        cards=(model_card(model),),
    )
