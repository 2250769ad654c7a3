"""How many patients, in words."""

from livingdrug.report import Answer, Table, cell
from livingdrug.workflows.attributes.design.spec import AttributeDesign, Sizes


def answer(scenario: AttributeDesign, found: Sizes) -> Answer:
    """Patients to see, to learn and to validate."""
    rows = [
        ("to see it, one attribute named beforehand", cell(found.named)),
        (f"to see it, as the best of {scenario.features} (Bonferroni)", cell(found.best)),
        (f"to learn from {scenario.features} together (Riley, shrinkage 0.9)", cell(found.learn)),
        *((f"to validate a fixed rule, AUC +- {half:g}", cell(n)) for half, n in found.validate.items()),
    ]
    said = [
        f"A difference of {found.effect:.2f} SD is an AUC of {found.auc:.2f}: {100 * found.auc:.0f} of 100 "
        f"pairs of a patient "
        "with the outcome and one without are ranked rightly.",
        f"{found.named} patients show it with a power of {scenario.power:.0%} if the attribute is named "
        f"beforehand, "
        f"{found.best} if it is the best of {scenario.features}; {found.learn} carry a model of all "
        f"{scenario.features}.",
    ]
    if found.seen:
        one, best = found.seen
        said.append(
            f"{scenario.n} patients show {one.effect:.2f} SD (AUC {one.auc:.2f}) of one attribute named "
            f"beforehand, and "
            f"{best.effect:.2f} SD (AUC {best.auc:.2f}) of the best of {scenario.features}."
        )
    return Answer(
        title=f"How many patients for a difference of {found.effect:.2f} SD",
        question="How many patients does it take to see, to learn and to validate?",
        sentences=tuple(said),
        tables=(Table("patients", ("for what", "patients"), tuple(rows)),),
        checks=(f"{scenario.events:.0%} of the patients have the outcome; two-sided 5 %",),
    )


def table(_: AttributeDesign, found: Sizes):
    """The numbers of patients."""
    import pandas as pd

    named = {"see_named": found.named, "see_best": found.best, "learn": found.learn}
    named |= {f"validate_{half:g}": n for half, n in found.validate.items()}
    return pd.DataFrame({"for": list(named), "patients": list(named.values())})
