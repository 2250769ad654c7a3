"""Which dose and schedule serve patients best: exposures of a model's virtual patients, weighed by two
exposure-responses."""

from livingdrug.core.faces import lazy

TYPE_CHECKING = False
if TYPE_CHECKING:  # each name is loaded when it is first used
    from livingdrug.optimum.aim import Aim
    from livingdrug.optimum.best import Optimum, optimise
    from livingdrug.optimum.candidates import Candidate, Schedule, candidates, read_schedule, splits
    from livingdrug.optimum.exposed import Side, side_of, stated_curve
    from livingdrug.optimum.point import Point

__all__ = [
    "Aim",
    "Candidate",
    "Optimum",
    "Point",
    "Schedule",
    "Side",
    "candidates",
    "optimise",
    "read_schedule",
    "side_of",
    "splits",
    "stated_curve",
]

__getattr__, __dir__ = lazy(__name__)
