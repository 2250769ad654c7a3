"""Weighted draws of all subjects at a point: of each as many as it needs for them to be worth enough.

Of few subjects one or two have a density far from that of their proposal, and their draws are worth a tenth of
those of the others. Subjects with as many draws as each other are computed together; likelihood, score and
information are sums over subjects.
"""

from dataclasses import dataclass

import numpy as np

from livingdrug.fit.importance import Proposal, drawn, worth_of
from livingdrug.fit.information import At, Information, weighted_at
from livingdrug.fit.point import Point, Prepared
from livingdrug.fit.unknowns import Unknowns

GROWTH = 4  # of the draws of a subject whose draws are worth too few, at least
SPARE = 1.25  # effective draws that are aimed at, over those that are needed


@dataclass(frozen=True)
class Sampled:
    """Weighted draws at a point. parts: of subjects that have as many draws as each other; places: of these
    subjects among all (n,); counts (n,): draws of each subject."""

    parts: tuple[At, ...]
    places: tuple[np.ndarray, ...]
    counts: np.ndarray

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
        return Sampled(moved, self.places, self.counts)

    def _of_all(self, found: list[np.ndarray]) -> np.ndarray:
        """What was found of the subjects of each part, in the order of the data."""
        whole = np.empty((len(self.counts), *found[0].shape[1:]))
        for places, of_part in zip(self.places, found, strict=True):
            whole[places] = of_part
        return whole


@dataclass(frozen=True)
class Need:
    """first: draws of a subject, times GROWTH up to `most` where they are worth fewer than `sound`
    independent ones."""

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
    ) -> Sampled:
        """New draws at a point; before: at a point nearby."""
        counts = np.full(prepared.n, self.first) if before is None else self.counts(before)
        made: dict[tuple, At] = {}
        while True:
            found = _sampled(prepared, unknowns, point, proposal, seed, counts, made)
            short = ~(found.worth >= self.sound) & (counts < self.most)
            if not short.any():
                return found
            more = np.maximum(self.counts(found), np.minimum(GROWTH * counts, self.most))
            counts = np.where(short, more, counts)


def _sampled(
    prepared: Prepared,
    unknowns: Unknowns,
    point: Point,
    proposal: Proposal,
    seed: int,
    counts: np.ndarray,
    made: dict[tuple, At],
) -> Sampled:
    """Draws of as many as counts (n,) says; made: parts that have been made at the point, by their draws and
    subjects."""
    parts, places = [], []
    for count in np.unique(counts).tolist():
        chosen = np.flatnonzero(counts == count)
        key = (count, *chosen.tolist())
        if key not in made:
            whole = len(chosen) == prepared.n
            own = prepared if whole else prepared.of(chosen)
            near = proposal if whole else proposal.of(chosen, own)
            draws = drawn(own, point, near, count, seed, "information", chosen)
            made[key] = weighted_at(own, unknowns, point, draws)
        parts.append(made[key])
        places.append(chosen)
    return Sampled(tuple(parts), tuple(places), counts)
