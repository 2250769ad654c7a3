"""From where a search ended to an optimum: the likelihood is climbed, and variabilities that it does not need
are left out.

Where the most likely variability of a parameter is none, its logarithm has no optimum, draws of it lie ever
closer together, and the standard error of its typical value tends to 2 omega / sqrt(n) whatever the data say.
So the parameter is fitted without between-subject variability, and that counts if its likelihood is as high.
At the end each one that was left out is tried again where the slope of the likelihood by its variance says
that some of it would be better than none.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from livingdrug.fit.climb import DRAWS, ENOUGH, Climbed, climb, usual_draws
from livingdrug.fit.finish import FLAT
from livingdrug.fit.importance import SOUND
from livingdrug.fit.point import Point, Prepared, point_of, prepare
from livingdrug.fit.problem import FitProblem, is_closed
from livingdrug.fit.unknowns import VARIABILITY, unknowns_of

# information on the logarithm of an omega (its standard error is above 0.7 then) below which none is tried
WEAK = 2.0
FEWER = DRAWS // 2  # draws of each subject where other optima are looked for
MOST_OF_FEWER = 8 * FEWER  # the best of them is climbed to with more
FIRST = 2  # usual draws, and effective ones, over those on which variabilities are looked at
FINE = 3e-4  # rise of the log-likelihood still expected at which the last climb ends where draws are cheap
ROUGH = 0.02  # rise of the log-likelihood still expected at which a climb ends that is gone on with later
FARTHER = 4.0  # of log-likelihood below an optimum at which another one is of no use, for 4 subjects or more
NEAR = 0.05  # of log-likelihood that the optimum of another variability may lack
HARDLY = 8.0  # the same below which the data hardly tell it from none
TIE = 0.05  # of log-likelihood that an omega must be worth
SHORT = 5  # sets of draws of a climb before the variabilities are looked at
# predictions that the last draws may take, and draws of a subject at most
RECORDS, MOST_DRAWS = 300_000, 8192
LAST_SOUND = 800  # effective draws of every subject that the last draws are to be worth
# omegas on a log or logit scale that a variability begins with when it is tried again
AGAIN, LARGE = 0.3, 0.8


class Settled(NamedTuple):
    """An optimum. prepared: its problem, without the variabilities that went to 0; dropped: the names of
    these."""

    prepared: Prepared
    climbed: Climbed
    dropped: tuple[str, ...]

    @property
    def level(self) -> float:
        """Log-likelihood, less what priors take from it."""
        return self.climbed.level


def settle(
    prepared: Prepared,
    point: Point,
    seed: int,
    start: np.ndarray | None = None,
    dropped: tuple[str, ...] = (),
) -> Settled:
    """The optimum above a point. start: of the search for modes, (n, random); dropped: variabilities that
    the problem lacks already."""
    now = Settled(
        prepared, climb(prepared, point, seed, start, rounds=SHORT, enough=ROUGH, **_first(prepared)), dropped
    )
    while (lighter := _lighter(now, seed)) is not None:
        now = lighter
    now = _on(now, seed, usual_draws(prepared.problem), ROUGH)
    for name in now.dropped:
        now = _restored(now, prepared, name, seed) or now
    return now


def finished(now: Settled, seed: int) -> Settled:
    """The optimum that a result is made of: the climb gone on with the last draws, and without a variability of
    which the likelihood is flat there. Draws of such a one may lie so close together that curvatures are
    differences of numbers many times larger, which are noise; no interval may begin at them."""
    now = _with_last_draws(now, seed)
    while (lighter := _lighter(now, seed, FLAT, _number_of(now))) is not None:
        now = _with_last_draws(lighter, seed)
    return now


def _number_of(now: Settled) -> dict:
    """As many draws of each subject as an optimum rests on."""
    return {"draws": now.climbed.draws}


def _with_last_draws(now: Settled, seed: int) -> Settled:
    closed = is_closed(now.prepared.problem.model)
    many = RECORDS // max(len(now.prepared.design.y), 1) if closed else 1
    enough = FINE if closed and many >= MOST_DRAWS // 2 else ENOUGH
    if now.climbed.gain <= enough and now.climbed.draws > many // 2:
        return now  # it has been
    draws = 1 << int(np.clip(np.log2(max(many, 1)), np.log2(DRAWS), np.log2(MOST_DRAWS)))
    return _on(now, seed, draws, FINE, LAST_SOUND if closed else SOUND)


def _on(now: Settled, seed: int, draws: int, enough: float, sound: float = SOUND) -> Settled:
    """The climb gone on to its end, on as many draws."""
    begun = now.climbed
    if begun.gain <= enough and begun.draws >= draws:
        return now
    return now._replace(
        climbed=climb(now.prepared, begun.point, seed, before=begun, draws=draws, enough=enough, sound=sound)
    )


def _lighter(now: Settled, seed: int, weak: float = WEAK, draws: dict | None = None) -> Settled | None:
    """The optimum without the weakest variability, where its likelihood is as high; else without the next
    weak one. weak: information on its logarithm below which one is tried; draws: of the climb."""
    unknowns = unknowns_of(now.prepared.problem)
    places = {unknowns.names[k]: now.climbed.information.matrix[k, k] for k in unknowns.of_kind(VARIABILITY)}
    # a prior on its logarithm excludes that it is 0
    kept = {prior.name for prior in now.prepared.problem.priors}
    for name in sorted(
        (n for n, information in places.items() if information < weak and n not in kept),
        key=lambda name: places[name],
    ):
        if len({p.variability_name for p in now.prepared.problem.random}) == 1:
            return None
        problem = without(now.prepared.problem, name)
        number = draws or _first(now.prepared)
        tried = climb(
            *carried(now, problem, seed), rounds=SHORT, enough=ROUGH, wanted=now.level - TIE, **number
        )
        if tried.level >= now.level - TIE:
            return Settled(tried.proposal.prepared, tried, (*now.dropped, name))
    return None


def _first(prepared: Prepared) -> dict:
    """Draws of each subject before the variabilities are known."""
    return {"draws": usual_draws(prepared.problem) // FIRST, "sound": SOUND / FIRST}


def _restored(now: Settled, full: Prepared, name: str, seed: int) -> Settled | None:
    """The optimum with a variability again, where the likelihood asks for it and is higher with it."""
    if not rises_with(now, full, name):
        return None
    problem = with_again(now.prepared.problem, full.problem, name, AGAIN)
    tried = climb(*carried(now, problem, seed), enough=ROUGH, wanted=now.level)
    if tried.level <= now.level + TIE:
        return None
    return Settled(tried.proposal.prepared, tried, tuple(d for d in now.dropped if d != name))


def rises_with(now: Settled, full: Prepared, name: str) -> bool:
    """Whether the likelihood rises as a variability that was left out comes back: its slope by the variance,
    at none."""
    unknowns = unknowns_of(now.prepared.problem)
    places = [
        unknowns.names.index(p.name)
        for p in full.problem.random
        if p.variability_name == name and p.name in unknowns.names
    ]
    information = now.climbed.information
    return any((information.scores[:, k] ** 2).sum() > information.matrix[k, k] for k in places)


def carried(now: Settled, problem: FitProblem, seed: int) -> tuple[Prepared, Point, int, np.ndarray]:
    """The arguments of a climb of a problem with other variabilities, from the numbers that an optimum
    has."""
    old, new = now.prepared.problem.random, problem.random
    held = {p.name: k for k, p in enumerate(old)}
    point, before = point_of(problem), now.climbed.point
    omega = point.omega.copy()
    etas = np.zeros((now.prepared.n, len(new)))
    for i, p in enumerate(new):
        if p.name in held:
            etas[:, i] = now.climbed.proposal.middle[:, held[p.name]]
        for j, q in enumerate(new):
            if p.name in held and q.name in held:
                omega[i, j] = before.omega[held[p.name], held[q.name]]
    prepared = prepare(problem, 1, now.prepared.design)
    return prepared, before._replace(omega=omega), seed, etas


def swapped(now: Settled, full: Prepared, name: str, seed: int) -> list[Settled]:
    """The optima that are found where a variability which was left out starts large, and others are left
    out instead."""
    problem = with_again(now.prepared.problem, full.problem, name, LARGE)
    tried = climb(*carried(now, problem, seed), rounds=SHORT, draws=FEWER, most=MOST_OF_FEWER)
    found = Settled(tried.proposal.prepared, tried, tuple(d for d in now.dropped if d != name))
    return [found, *(s for s in lessened(found, seed).values() if name not in s.dropped)]


def lessened(now: Settled, seed: int) -> dict[str, Settled]:
    """The optima without each variability that the data hardly tell from none, as likely or not; one that
    is much less likely is not climbed to its end."""
    unknowns = unknowns_of(now.prepared.problem)
    if len({p.variability_name for p in now.prepared.problem.random}) == 1:
        return {}
    places = {unknowns.names[k]: now.climbed.information.matrix[k, k] for k in unknowns.of_kind(VARIABILITY)}
    found = {}
    kept = {prior.name for prior in now.prepared.problem.priors}
    for name in (n for n, information in places.items() if information < HARDLY and n not in kept):
        begun, wanted = carried(now, without(now.prepared.problem, name), seed), now.level - FARTHER
        tried = climb(*begun, rounds=SHORT, enough=NEAR, wanted=wanted, draws=FEWER, most=MOST_OF_FEWER)
        found[name] = Settled(tried.proposal.prepared, tried, (*now.dropped, name))
    return found


def without(problem: FitProblem, name: str) -> FitProblem:
    """The problem without one variability, such as `omega alpha`, and its correlations."""
    gone = {p.name for p in problem.random if p.variability_name == name}
    parameters = tuple(replace(p, sd=0.0) if p.name in gone else p for p in problem.parameters)
    pairs = tuple(c for c in problem.correlations if not gone & {c.first, c.second})
    return replace(problem, parameters=parameters, correlations=pairs)


def with_again(problem: FitProblem, full: FitProblem, name: str, sd: float) -> FitProblem:
    """The problem with one variability of the full one again, not correlated; sd: on a log or logit scale,
    and on a normal one in units of the full problem's own."""
    back = {p.name: p for p in full.random if p.variability_name == name}
    unit = {name: p.sd if p.scale == "normal" else 1.0 for name, p in back.items()}
    parameters = tuple(replace(p, sd=sd * unit[p.name]) if p.name in unit else p for p in problem.parameters)
    return replace(problem, parameters=parameters)


def with_all(found: FitProblem, full: FitProblem) -> FitProblem:
    """The problem that was found, with every variability of the full one: those left out as they stand there.

    Parameters
    ----------
    found : FitProblem
        The problem that was found.
    full : FitProblem
        With every variability.

    Returns
    -------
    FitProblem
    """
    parameters = tuple(
        replace(p, sd=p.sd or q.sd) for p, q in zip(found.parameters, full.parameters, strict=True)
    )
    kept = {(c.first, c.second): c for c in found.correlations}
    pairs = tuple(kept.get((c.first, c.second), c) for c in full.correlations)
    return replace(found, parameters=parameters, correlations=pairs, priors=full.priors)
