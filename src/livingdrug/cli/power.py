"""`livingdrug power`: one question, one answer."""

import json
from dataclasses import asdict

import click

from livingdrug.core.errors import InputError
from livingdrug.products.spreads import CAUTION, OBSERVED, observed_spread
from livingdrug.scenario import build_model
from livingdrug.trial import Design, effect_of_fold, log_sd_of_auc28, size_for_means, size_for_proportions


def read_arms(text: str) -> float:
    """The ratio of an allocation such as `1:2`. Raises InputError naming the text."""
    first, _, second = text.partition(":")
    try:
        ratio = float(second) / float(first)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--arms `{text}` cannot be read; write two numbers above 0, such as 1:2") from None
    return ratio


def print_power(
    fold, log_sd, model, spread, effect, proportions, power_wanted, alpha, sides, arms, n, as_json
) -> None:
    """Exactly one of --fold, --effect and --proportions says what is to be seen."""
    given = [name for name, v in (("--fold", fold), ("--effect", effect), ("--proportions", proportions)) if v is not None]
    if len(given) != 1:
        raise InputError(f"give exactly one of --fold, --effect or --proportions, not {' and '.join(given) or 'none'}")
    design = Design(power_wanted, alpha, sides, read_arms(arms))
    if proportions is not None:
        answer = size_for_proportions(*proportions, design, n)
    elif effect is not None:
        answer = size_for_means(effect, design, f"a difference of {effect:g} SD", n)
    else:
        what = f"a {fold:g}-fold change of exposure"
        answer = size_for_means(effect_of_fold(fold, _log_sd(log_sd, model, spread)), design, what, n)
    if as_json:
        click.echo(json.dumps(asdict(answer)))
        return
    click.echo(answer.sentence)
    click.echo(f"exact {answer.n_exact:.4g} in the smaller arm; {answer.n_total} in all; power {answer.power_at_n:.3f}")


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
