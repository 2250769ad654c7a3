"""What a trial simulated many times says: how often each arm is found better, what becomes of it, and other
sizes."""

import math
from collections.abc import Iterator
from dataclasses import asdict, replace

from livingdrug.core.known import known
from livingdrug.report import Answer, Cell, Picture, Table, cell, model_card, text_table
from livingdrug.trial import BINARY, LOGARITHMIC, EndpointAnswer, Share, TrialAnswer, size_grid
from livingdrug.workflows.trial.spec import TrialScenario

FAMILY = {"none": "no multiplicity: every version at the full alpha"}


def answer(_: TrialScenario, found: TrialAnswer) -> Answer:
    """Sentences first, then a table for each endpoint, what becomes of the arms, and sizes."""
    trial = found.trial
    names = ", ".join(arm.name for arm in trial.versions)
    family = FAMILY.get(trial.multiplicity, trial.multiplicity)
    return Answer(
        title=f"Simulated trial: {names} against {trial.control}",
        question=f"How often would a trial of {names} against {trial.control} succeed?",
        sentences=found.sentences,
        flags=found.notices,
        checks=(
            f"{trial.model.full_name}, {found.replicates:,} simulated trials, seed {found.seed}, alpha "
            f"{trial.alpha:g}, {trial.sides}-sided, {family}",
        ),
        tables=tuple(_tables(found)),
        cards=(model_card(trial.model),),
        seed=found.seed,
    )


def _tables(found: TrialAnswer) -> Iterator[Table]:
    for endpoint in found.endpoints:
        yield _endpoint(found, endpoint)
    yield _conduct(found)
    if found.sizes:
        yield _sizes(found)
    yield replace(text_table("endpoints and arms", found.table()), detail=True)


def _endpoint(found: TrialAnswer, own: EndpointAnswer) -> Table:
    endpoint, trial = own.endpoint, found.trial
    effect = (
        "ratio"
        if endpoint.kind in LOGARITHMIC
        else "difference"
        if endpoint.kind in BINARY
        else "hazard ratio"
    )
    unit = f" ({own.unit})" if own.unit != "1" else ""
    critical = "" if own.critical is None else f", critical value {own.critical:.4f}"
    rows: list[tuple] = [
        (trial.control, cell(own.arms[0].control_level), *[""] * (5 if found.assurance else 4))
    ]
    for arm in own.arms:
        closed = "-" if arm.closed_form is None else Cell(f"{arm.closed_form:.3f}", arm.closed_form)
        assured = [_assured(found, endpoint.name, arm.arm)] if found.assurance else []
        shown = (
            cell(arm.level),
            cell(arm.effect),
            with_error(arm.power),
            *assured,
            closed,
            with_error(arm.false),
        )
        rows.append((arm.arm, *shown))
    if len(own.arms) > 1:
        gap = [""] if found.assurance else []
        rows.append(("at least one", "", "", with_error(own.any_power), *gap, "", with_error(own.any_false)))
    why = [f"no closed form: {reason}" for reason in dict.fromkeys(arm.why for arm in own.arms if arm.why)]
    if trial.futility and any(arm.closed_form is not None for arm in own.arms):
        why.append("closed form: without the futility rule")
    title = "; ".join([f"{endpoint.name}{unit}: {own.test}{critical}", *why])
    more = ("assurance",) if found.assurance else ()
    return Table(title, ("arm", "level", effect, "power", *more, "closed form", "no difference"), tuple(rows))


def _assured(found: TrialAnswer, endpoint: str, arm: str) -> Cell:
    own = known(found.assurance, "the assurance of a trial").powers[endpoint, arm]
    return cell(own.value, ends=(own.low, own.high))


def with_error(share: Share) -> Cell:
    """A part of the simulated trials and the standard error of the simulation."""
    return Cell(f"{share.value:.3f} \u00b1 {share.error:.3f}", share.value)


def _conduct(found: TrialAnswer) -> Table:
    """What becomes of each arm."""
    costs, stops = any(arm.cost for arm in found.trial.arms), found.trial.futility is not None
    rows = []
    for arm in found.conduct:
        stopped = (
            [Cell(f"{arm.stopped.value:.3f}", arm.stopped.value) if arm.stopped else "-"] if stops else []
        )
        cost = [cell(arm.cost)] if costs else []
        rows.append((arm.arm, arm.what, *stopped, cell(arm.patients), *cost))
    total = [cell(found.cost)] if costs else []
    rows.append(("all", "", *([""] if stops else []), cell(found.patients), *total))
    header = ("arm", "product", *(["stops early"] if stops else []), "patients", *(["cost"] if costs else []))
    return Table("arms", header, tuple(rows))


def _sizes(found: TrialAnswer) -> Table:
    """Power over the size of the smallest arm."""
    rows = []
    for point in found.sizes:
        pairs = zip(point.power, found.curve.at(point.n), strict=True)
        rows.append((cell(point.n), *(_beside(share, closed) for share, closed in pairs)))
    title = f"power on {found.endpoints[0].endpoint.name} over the size of the smallest arm (closed form)"
    return Table(title, ("n", *(arm.name for arm in found.trial.versions)), tuple(rows))


def _beside(share: Share, closed: float) -> Cell:
    return Cell(with_error(share) + ("" if math.isnan(closed) else f" ({closed:.3f})"), share.value)


def table(_: TrialScenario, found: TrialAnswer):
    """A row for each endpoint and arm."""
    return found.table()


def figures(_: TrialScenario, found: TrialAnswer) -> Iterator[tuple[Picture, object]]:
    """What becomes of each arm, power over size where it was asked for, and the grid of folds and variances
    where an exposure is compared."""
    from livingdrug.plots import plot_characteristics, plot_power_over_size, plot_size_grid

    caption = "What becomes of each arm: how often it is found better, and what it costs."
    yield Picture("arms", caption), plot_characteristics(found)
    if found.sizes:
        caption = "Power over the size of the smallest arm, simulated and by formula."
        yield Picture("power", caption), plot_power_over_size(found)
    if any(endpoint.kind in LOGARITHMIC for endpoint in found.trial.endpoints):
        caption = (
            "Patients per arm that show a fold change of exposure, at this and other between-subject "
            "variabilities."
        )
        yield Picture("grid", caption), plot_size_grid(size_grid(found.trial, found.seed))


def plain(_: TrialScenario, found: TrialAnswer) -> dict:
    """Plain data of an answer."""
    return {
        "replicates": found.replicates,
        "seed": found.seed,
        "multiplicity": found.trial.multiplicity,
        "sentences": list(found.sentences),
        "notices": list(found.notices),
        "endpoints": [_plain_endpoint(e) for e in found.endpoints],
        **(
            {
                "assurance": [
                    {"endpoint": e, "arm": a, **own.columns()}
                    for (e, a), own in found.assurance.powers.items()
                ]
            }
            if found.assurance
            else {}
        ),
        "conduct": [asdict(arm) | {"stopped": plain_share(arm.stopped)} for arm in found.conduct],
        "patients": found.patients,
        "cost": found.cost,
        "sizes": [
            {
                "n": point.n,
                "power": [plain_share(s) for s in point.power],
                "closed_form": list(found.curve.at(point.n)),
            }
            for point in found.sizes
        ],
        "needed": [asdict(need) for need in found.needed],
    }


def plain_share(share: Share | None) -> dict | None:
    """Plain data of a part of the simulated trials."""
    return share and share.as_dict()


def _plain_endpoint(own: EndpointAnswer) -> dict:
    arms = [
        asdict(arm) | {"power": plain_share(arm.power), "false": plain_share(arm.false)} for arm in own.arms
    ]
    return {
        "endpoint": own.endpoint.name,
        "kind": own.endpoint.kind,
        "unit": own.unit,
        "test": own.test,
        "critical": own.critical,
        "arms": arms,
        "any_power": plain_share(own.any_power),
        "any_false": plain_share(own.any_false),
    }
