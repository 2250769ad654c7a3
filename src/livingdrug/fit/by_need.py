"""Weighted draws of all subjects at a point: of each as many as it needs for them to be worth enough.

Of few subjects one or two have a density far from that of their proposal, and their draws are worth a tenth of
those of the others. Subjects with as many draws as each other are computed together; likelihood, score and
information are sums over subjects. Where the draws of a subject are worth next to nothing however many they
are, as one bump is no guide to what its data allow, others are made around particles that find their way
there (`annealed`).
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.core.random import stream_key
from livingdrug.fit.annealed import anneal, around
from livingdrug.fit.at_draws import predicted
from livingdrug.fit.importance import FEW, SETS, Draws, Hard, Proposal, drawn, importance, propose, worth_of
from livingdrug.fit.information import At, Information, weighted_at
from livingdrug.fit.point import Point, Prepared, centre
from livingdrug.fit.problem import is_closed
from livingdrug.fit.result import Objective
from livingdrug.fit.unknowns import Unknowns

GROWTH = 4  # of the draws of a subject whose draws are worth too few, at least
SPARE = 1.25  # effective draws that are aimed at, over those that are needed
# of the effective draws that are needed, with which those around particles serve at a point nearby
STILL = 0.5
EACH = 256  # draws around particles in a set of the likelihood
ANNEALED = 4  # draws around particles, over the effective ones that are needed


@dataclass(frozen=True)
class Sampled:
    """Weighted draws at a point. parts: of subjects that have as many draws as each other; places: of these
    subjects among all; counts (n,): draws of each subject; hard (n,): whether they are around particles."""

    parts: tuple[At, ...]
    places: tuple[np.ndarray, ...]
    counts: np.ndarray
    hard: np.ndarray

    @property
    def around_particles(self) -> Hard | None:
        """The draws that are made so, for a point nearby."""
        for part, places in zip(self.parts, self.places, strict=True):
            if self.hard[places[0]]:
                return Hard(places, part.draws)
        return None

    @property
    def point(self) -> Point:
        """Where they are weighted."""
        return self.parts[0].point

    @property
    def level(self) -> float:
        """Log-likelihood of all subjects."""
        return float(sum(part.level for part in self.parts))

    @property
    def worth(self) -> np.ndarray:
        """Effective draws of each subject (n,)."""
        return self._of_all([worth_of(part.logs) for part in self.parts])

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """(mean, standard deviation) of the effects of each subject, (n, random) each."""
        mean = self._of_all([part.mean for part in self.parts])
        squares = self._of_all([np.einsum("nii->ni", part.products) for part in self.parts])
        return mean, np.sqrt(np.maximum(squares - mean**2, 0.0))

    def score(self) -> np.ndarray:
        """Slope of the log-likelihood by the estimated numbers (p,)."""
        return np.sum([part.score() for part in self.parts], axis=0)

    def information(self) -> Information:
        """Score and information by Louis' identities."""
        found = [part.weighted().information() for part in self.parts]
        return Information(
            np.sum([f.score for f in found], axis=0),
            np.sum([f.matrix for f in found], axis=0),
            self._of_all([f.scores for f in found]),
            self.level,
        )

    def at(self, unknowns: Unknowns, point: Point) -> "Sampled":
        """The same draws at another point."""
        moved = tuple(weighted_at(part.prepared, unknowns, point, part.draws) for part in self.parts)
        return Sampled(moved, self.places, self.counts, self.hard)

    def _of_all(self, found: list[np.ndarray]) -> np.ndarray:
        """What was found of the subjects of each part, in the order of the data."""
        whole = np.empty((len(self.counts), *found[0].shape[1:]))
        for places, of_part in zip(self.places, found, strict=True):
            whole[places] = of_part
        return whole


@dataclass(frozen=True)
class Need:
    """first: draws of a subject, times GROWTH up to `most` where they are worth fewer than `sound`
    independent ones; if then they are worth fewer than FEW, draws around particles."""

    first: int
    most: int
    sound: float

    def counts(self, before: Sampled) -> np.ndarray:
        """Draws of each subject (n,) by what those at a point nearby are worth."""
        wanted = SPARE * self.sound * before.counts / np.maximum(before.worth, 1e-300)
        found = np.full(len(wanted), self.first)
        for count in self.steps:
            found = np.where(wanted > found, count, found)
        return found

    @property
    def steps(self) -> list[int]:
        """Numbers of draws that a subject may have, the fewest first."""
        found = [self.first]
        while found[-1] < self.most:
            found.append(min(GROWTH * found[-1], self.most))
        return found

    def sampled(
        self,
        prepared: Prepared,
        unknowns: Unknowns,
        point: Point,
        proposal: Proposal,
        seed: int,
        before: Sampled | None = None,
        kept: Hard | None = None,
    ) -> Sampled:
        """New draws at a point; before: at a point nearby, or of those what is kept. Draws around particles
        stay for as long as they are worth enough."""
        counts = np.full(prepared.n, self.first) if before is None else self.counts(before)
        kept = before.around_particles if before is not None else kept
        hard, made = np.zeros(prepared.n, dtype=bool), {}
        if kept is not None:
            hard[kept.places] = True
            made = self._still(prepared, unknowns, point, kept)
        while True:
            counts = np.where(hard, self.around_particles, counts)
            found = _sampled(prepared, unknowns, point, proposal, seed, counts, hard, made)
            worth = found.worth
            low = ~(worth >= self.sound) & ~hard
            short = low & (counts < self.most)
            # particles of equations take minutes
            lost = low & ~short & ~(worth >= FEW) & is_closed(prepared.problem.model)
            if not short.any() and not lost.any():
                return found
            more = np.maximum(self.counts(found), np.minimum(GROWTH * counts, self.most))
            counts, hard = np.where(short, more, counts), hard | lost

    @property
    def around_particles(self) -> int:
        """Draws of a subject around particles."""
        return int(np.clip(ANNEALED * self.sound, self.first, self.most))

    def _still(self, prepared: Prepared, unknowns: Unknowns, point: Point, kept: Hard) -> dict[tuple, At]:
        """Draws around particles at a point nearby, as long as they are worth enough here."""
        count = kept.draws.density.shape[1]
        if count < self.around_particles:
            return {}
        own = prepared if len(kept.places) == prepared.n else prepared.of(kept.places)
        found = weighted_at(own, unknowns, point, kept.draws)
        if not (worth_of(found.logs) >= STILL * self.sound).all():
            return {}
        return {(True, self.around_particles, *kept.places.tolist()): found}


def _sampled(
    prepared: Prepared,
    unknowns: Unknowns,
    point: Point,
    proposal: Proposal,
    seed: int,
    counts: np.ndarray,
    hard: np.ndarray,
    made: dict[tuple, At],
) -> Sampled:
    """Draws of as many as counts (n,) says, around particles of the subjects `hard` (n,); made: parts that
    have been made at the point."""
    parts, places = [], []
    for particles, count in sorted(set(zip(hard.tolist(), counts.tolist(), strict=True))):
        chosen = np.flatnonzero((counts == count) & (hard == particles))
        key = (particles, count, *chosen.tolist())
        if key not in made:
            whole = len(chosen) == prepared.n
            own = prepared if whole else prepared.of(chosen)
            near = proposal if whole else proposal.of(chosen, own)
            if particles:
                draws = _around_particles(own, point, near, count, seed)
            else:
                draws = drawn(own, point, near, count, seed, "information", chosen)
            made[key] = weighted_at(own, unknowns, point, draws)
        parts.append(made[key])
        places.append(chosen)
    return Sampled(tuple(parts), tuple(places), counts, hard)


def likelihood_at(
    prepared: Prepared,
    point: Point,
    draws: int = 4096,
    seed: int = 1,
    start: np.ndarray | None = None,
    proposal: Proposal | None = None,
    hard: Hard | None = None,
) -> Objective:
    """-2LL at a point, see `importance`; subjects whose draws are worth fewer than FEW, and those that a
    climb found hard, have others around particles where predictions are formulas."""
    proposal = proposal or propose(prepared, point, seed, start)
    found = importance(prepared, point, draws, seed, proposal=proposal)
    if found.ess is None or not is_closed(prepared.problem.model):
        return found
    places = np.flatnonzero(~(found.ess >= FEW))
    places = places if hard is None else np.union1d(places, hard.places)
    if not len(places):
        return found
    others = others_at(prepared, point, proposal, places, seed)
    return importance(prepared, point, draws, seed, proposal=proposal, others=others)


def others_at(prepared: Prepared, point: Point, proposal: Proposal, places: np.ndarray, seed: int) -> Hard:
    """New draws of some subjects around particles, for the likelihood at a point."""
    own = prepared if len(places) == prepared.n else prepared.of(places)
    stream = stream_key(seed, "likelihood around particles")[0] >> 1
    return Hard(places, _around_particles(own, point, proposal.of(places, own), SETS * EACH, stream))


def _around_particles(prepared: Prepared, point: Point, proposal: Proposal, count: int, seed: int) -> Draws:
    """Draws around particles of each subject; proposal: what moves them along with the numbers."""
    etas, density = around(point, anneal(prepared, point, seed), count)
    random = etas + centre(prepared, point)[:, None, prepared.random]
    return Draws(random, density, proposal, predicted(prepared, point, etas))
