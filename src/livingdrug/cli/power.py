"""`livingdrug power`: one question, one answer."""

import json
from dataclasses import asdict

import click

from livingdrug.core.errors import InputError
from livingdrug.products.spreads import CAUTION, OBSERVED, observed_spread
from livingdrug.scenario import build_model
from livingdrug.trial import (
    Design,
    PowerAnswer,
    effect_of_fold,
    log_sd_of_auc28,
    size_for_fold,
    size_for_hazards,
    size_for_means,
    size_for_proportions,
)


def read_arms(text: str) -> float:
    """The ratio of an allocation such as `1:2`. Raises InputError naming the text."""
    first, _, second = text.partition(":")
    try:
        ratio = float(second) / float(first)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--arms `{text}` cannot be read; write two numbers above 0, such as 1:2") from None
    return ratio


def print_power(
    fold, log_sd, model, spread, effect, proportions, hazard_ratio, event_rate, power_wanted, alpha, sides, arms, n, as_json
) -> None:
    """Exactly one of --fold, --effect, --proportions and --hazard-ratio says what is to be seen."""
    questions = {"--fold": fold, "--effect": effect, "--proportions": proportions, "--hazard-ratio": hazard_ratio}
    given = [name for name, value in questions.items() if value is not None]
    if len(given) != 1:
        raise InputError(f"give exactly one of {', '.join(questions)}, not {' and '.join(given) or 'none'}")
    if (hazard_ratio is None) != (event_rate is None):
        raise InputError("--hazard-ratio and --event-rate (share of all subjects who have the event) belong together")
    design = Design(power_wanted, alpha, sides, read_arms(arms))
    if proportions is not None:
        answer = size_for_proportions(*proportions, design, n)
    elif effect is not None:
        answer = size_for_means(effect, design, f"a difference of {effect:g} SD", n)
    elif hazard_ratio is not None:
        answer = size_for_hazards(hazard_ratio, event_rate, design, n)
    else:
        answer = _size_for_fold(fold, log_sd, model, spread, design, n)
    if as_json:
        click.echo(json.dumps(asdict(answer)))
        return
    click.echo(answer.sentence)
    click.echo(f"exact {answer.n_exact:.4g} in the smaller arm; {answer.n_total} in all; power {answer.power_at_n:.3f}")


def _size_for_fold(fold: float, log_sds, model, spread, design: Design, n: int | None) -> PowerAnswer:
    """One SD of the logarithm for both arms, or one for each."""
    if len(log_sds) > 2:
        raise InputError(f"--log-sd was given {len(log_sds)} times; give it once for both arms, or twice, once for each")
    if len(log_sds) == 2 and model is None and spread is None:
        return size_for_fold(fold, log_sds, design, n)
    log_sd = _log_sd(log_sds[0] if log_sds else None, model, spread)
    return size_for_means(effect_of_fold(fold, log_sd), design, f"a {fold:g}-fold change of exposure", n)


def _log_sd(log_sd, model, spread) -> float:
    if (log_sd is None) == (model is None):
        raise InputError("a fold change needs either --log-sd (SD of ln exposure) or --model with its spread")
    if log_sd is not None:
        if spread is not None:
            raise InputError("--spread chooses between the spreads of a model; with --log-sd there is nothing to choose")
        return log_sd
    if spread == OBSERVED:
        click.echo(f"note: {CAUTION}", err=True)
        return observed_spread(build_model(model).name).log_sd
    return log_sd_of_auc28(build_model(model), spread)
