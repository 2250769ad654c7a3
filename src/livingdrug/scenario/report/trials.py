"""What simulated trials give, kept in a folder: arms against a control, and dose escalation."""

from pathlib import Path

from livingdrug.core.export import write_csv
from livingdrug.report.answer import Answer, Picture, text_table
from livingdrug.report.card import model_card
from livingdrug.report.pictures import save
from livingdrug.scenario.report.pictures import write_trial_pictures
from livingdrug.scenario.trials import EscalationScenario, TrialScenario, run_escalation, run_trial

PLOT_SIZES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # times the planned numbers, where pictures are asked for without sizes


def with_sizes(scenario: TrialScenario) -> TrialScenario:
    """The scenario with sizes for a power curve, where it names none."""
    if scenario.sizes:
        return scenario
    smallest = min((arm.n for arm in scenario.arms), default=2)
    return scenario.model_copy(update={"sizes": tuple(max(2, round(part * smallest)) for part in PLOT_SIZES)})


def answer_trial(scenario: TrialScenario, folder: Path) -> Answer:
    """A trial simulated many times."""
    answer = run_trial(with_sizes(scenario))
    frame = answer.table()
    write_csv(frame, folder / "results.csv")
    pictures = write_trial_pictures(answer, folder / "pictures")
    names = ", ".join(arm.name for arm in answer.trial.versions)
    return Answer(
        title=f"Simulated trial: {names} against {answer.trial.control}",
        question=f"How often would a trial of {names} against {answer.trial.control} succeed?",
        sentences=answer.sentences,
        flags=answer.notices,
        tables=(text_table("endpoints and arms", frame),),
        pictures=tuple(pictures),
        cards=(model_card(answer.trial.model),),
        seed=answer.seed,
    )


def answer_escalation(scenario: EscalationScenario, folder: Path) -> Answer:
    """A dose escalation simulated many times."""
    from livingdrug.plots.trials import plot_levels

    answer = run_escalation(scenario)
    frame = answer.table()
    write_csv(frame, folder / "results.csv")
    save(plot_levels(answer), folder / "pictures", "levels")
    plan = answer.escalation
    return Answer(
        title=f"Simulated dose escalation by {plan.rule.upper()}",
        question=f"Which of {len(plan.levels)} dose levels would {plan.rule.upper()} choose, and at what cost in toxicity?",
        sentences=(answer.sentence,),
        flags=answer.notices,
        tables=(text_table("levels", frame),),
        pictures=(Picture("levels", "How often each level is chosen, how many are treated at it, its rate of toxicity."),),
        cards=(model_card(plan.model),) if plan.model else (),
        seed=answer.seed,
    )
