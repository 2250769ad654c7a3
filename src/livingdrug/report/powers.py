"""What a `power` scenario gives, kept in a folder."""

from dataclasses import asdict
from pathlib import Path

from livingdrug.core.export import write_csv
from livingdrug.report.answer import Answer, Picture, Table
from livingdrug.report.card import model_card
from livingdrug.report.pictures import save
from livingdrug.scenario import build_model
from livingdrug.scenario.power import Power, run_power
from livingdrug.scenario.power import power_curve as curve_of
from livingdrug.trial import PowerAnswer


def power_frame(answer: PowerAnswer):
    """The answer as a table of one row."""
    import pandas as pd

    return pd.DataFrame([asdict(answer)])


def answer_power(scenario: Power, folder: Path) -> Answer:
    """How many subjects per arm, and the power of other numbers."""
    from livingdrug.plots.power import plot_power

    answer, curve = run_power(scenario), curve_of(scenario)
    write_csv(power_frame(answer), folder / "results.csv")
    write_csv(curve.table(), folder / "curve.csv")
    save(plot_power(curve, answer), folder / "pictures", "power")
    rows = (
        ("before rounding up, smaller arm", f"{answer.n_exact:.6g}"), ("whole number, smaller arm", str(answer.n_per_arm)),
        ("both arms", str(answer.n_total)), ("power with these numbers", f"{answer.power_at_n:.6g}"),
    )  # fmt: skip
    return Answer(
        title=f"Power: {curve.what}",
        question=f"How many subjects per arm does it take to see {curve.what}?",
        sentences=(answer.sentence,),
        flags=curve.assumptions,
        tables=(Table("answer", ("quantity", "value"), rows),),
        pictures=(Picture("power", f"Power over the number of subjects in the smaller arm, for {curve.what}."),),
        cards=(model_card(build_model(scenario.model)),) if scenario.model else (),
    )
