"""The folder of a posterior, and what it says; one that did not mix is neither shown nor written."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.core.versions import versions
from livingdrug.fit import FEWEST_ESS, HIGHEST_R_HAT, Posterior, unknowns_of, vpc
from livingdrug.fit.priors import sentences
from livingdrug.fit.store import data_hash, write_json
from livingdrug.fit.words import number
from livingdrug.plots import pairs_together, plot_chains, plot_densities, plot_pairs, plot_ranks
from livingdrug.report import Answer, Part, Picture, Table, model_card, save
from livingdrug.workflows.fit.checks import VPC_REPLICATES, keep_model, keep_vpc
from livingdrug.workflows.fit.scenario import Fit
from livingdrug.workflows.fit.words import data_checks, start_rows
from livingdrug.workflows.tables import hashes

ADVICE = "Draw more (--draws), take smaller steps (--acceptance 0.95), or state narrower priors."


def keep_posterior(scenario: Fit, found: Posterior, folder: str | Path) -> Answer:
    """Write mixing.csv, settings.json and the picture of ranks; where the draws mixed, posterior.csv,
    draws.csv, pictures and a predictive check too. Say what they hold."""
    path, flags = Path(folder), [*found.notes, *found.faults]
    _write_numbers(found, path)
    save(plot_ranks(found), path / "pictures", "ranks")
    parts = []
    if not found.faults:
        parts += _shown(found, path / "pictures")
        flags += keep_model(found, path)
        try:
            check = vpc(found.problem, VPC_REPLICATES, scenario.seed, points=found.points(VPC_REPLICATES))
            parts.append(keep_vpc(check, path))
        except InputError as error:
            flags.append(f"visual predictive check: not made: {error}")
    return posterior_answer(scenario, found, tuple(parts), tuple(flags))


def posterior_answer(
    scenario: Fit, found: Posterior, parts: tuple[Part, ...] = (), flags: tuple[str, ...] | None = None
) -> Answer:
    """What a posterior says; parts: what its checks and figures show; flags: its notes and faults by
    default."""
    model, data = found.problem.model, found.problem.data
    return Answer(
        title=f"Posterior of {model.full_name}, given {data.name}",
        question=f"Which numbers of {model.full_name} are likely, after {data.name} and the priors?",
        sentences=_sentences(found),
        flags=(*found.notes, *found.faults) if flags is None else flags,
        tables=() if found.faults else (_table(found),),
        parts=(_priors(found), _mixing(found), *parts, _started(found)),
        cards=(model_card(model),),
        data=hashes(scenario),
        seed=scenario.seed,
        **data_checks(scenario, (f"SHA-256 of what the fit sees of the data: {data_hash(found.problem)}.",)),
    )


def _write_numbers(found: Posterior, path: Path) -> None:
    import pandas as pd

    write_csv(pd.DataFrame([asdict(m) for m in found.mixing]), path / "mixing.csv")
    settings = {
        "method": "bayes",
        **asdict(found.settings),
        "priors": [asdict(p) for p in found.priors],
        "divergences": found.draws.divergences,
        "faults": list(found.faults),
        "notes": list(found.notes),
        "data_sha256": data_hash(found.problem),
        "versions": versions(),
    }
    write_json(settings, path / "settings.json")
    if found.faults:
        return
    write_csv(found.table(), path / "posterior.csv")
    chains, draws, size = found.x.shape
    table = pd.DataFrame(found.x.reshape(-1, size), columns=list(found.names))
    table.insert(0, "draw", np.tile(np.arange(1, draws + 1), chains))
    table.insert(0, "chain", np.repeat(np.arange(1, chains + 1), draws))
    write_csv(table, path / "draws.csv")


def _sentences(found: Posterior) -> tuple[str, ...]:
    s = found.settings
    size = f"{s.chains} chains of {s.draws} draws"
    if found.faults:
        return (f"The {size} do not stand for the posterior, so none of it is shown. {ADVICE}",)
    return (
        f"The posterior stands: {size} mixed, without a divergence.",
        *(f"{told}." for told in found.sentences()),
    )


def _table(found: Posterior) -> Table:
    rows = tuple(
        (
            r["name"],
            r["kind"],
            *(number(r[q]) for q in ("mean", "sd", "q05", "q50", "q95")),
            f"{r['mcse']:.2g}",
        )
        for r in found.table().to_dict("records")
    )
    return Table(
        "posterior", ("parameter", "kind", "mean", "sd", "5 %", "50 %", "95 %", "Monte-Carlo error"), rows
    )


def _priors(found: Posterior) -> Part:
    return Part(
        "priors", "Priors", tuple(f"{line}." for line in sentences(found.priors, unknowns_of(found.problem)))
    )


def _mixing(found: Posterior) -> Part:
    points = (
        f"A posterior is shown where R-hat is at most {HIGHEST_R_HAT}, the effective sample size (ESS) is "
        f"{FEWEST_ESS:.0f} or more in the bulk and in the tails of each number, and nothing diverged.",
        f"Divergences: {found.draws.divergences}. Gradients for a draw: {found.draws.steps:.0f} on average.",
        *(f"Not met: {fault}." for fault in found.faults),
    )
    rows = tuple((m.name, f"{m.r_hat:.4f}", f"{m.ess_bulk:.0f}", f"{m.ess_tail:.0f}") for m in found.mixing)
    table = Table("mixing", ("parameter", "R-hat", "ESS, bulk", "ESS, tails"), rows)
    picture = Picture("ranks", "Ranks of each chain's draws among all: level where chains agree.")
    return Part("mixing", "Did the chains mix?", points, (table,), (picture,))


def _shown(found: Posterior, pictures: Path) -> list[Part]:
    """Densities with priors, chains, and pairs that go together."""
    save(plot_densities(found), pictures, "posterior")
    save(plot_chains(found), pictures, "chains")
    caption = "Draws of each number, and its prior; where both look alike, the data say little. Marked: 5, 50 and 95 %."
    said = Picture("posterior", caption)
    chains = Picture("chains", "Draws in their order, a line for each chain.")
    parts = [
        Part("densities", "Posterior and prior", pictures=(said,), detail=True),
        Part("chains", "Chains", pictures=(chains,), detail=True),
    ]
    pairs = pairs_together(found)
    if pairs:
        save(plot_pairs(found), pictures, "pairs")
        points = tuple(f"{found.names[j]} and {found.names[i]}: correlation {r:.2f}." for i, j, r in pairs)
        picture = Picture("pairs", "Draws of numbers that the data do not tell apart well.")
        parts.append(Part("pairs", "Numbers that go together", points, pictures=(picture,), detail=True))
    return parts


def _started(found: Posterior) -> Part:
    rows = (
        *start_rows(found.problem),
        *((name, str(value)) for name, value in asdict(found.settings).items()),
    )
    return Part("started", "Where it started, and settings of the sampler", ("Method: bayes.",),
                (Table("start and settings", ("setting", "value"), rows),), detail=True)  # fmt: skip
