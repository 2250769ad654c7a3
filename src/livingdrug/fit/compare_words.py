"""What a comparison of methods says, in sentences, and what it takes to agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livingdrug.core.known import known
from livingdrug.fit.estimator import method_label
from livingdrug.fit.result import Estimate
from livingdrug.fit.words import interval_words, number

if TYPE_CHECKING:
    from livingdrug.fit.compare import Gap, MethodComparison, MethodRun

CLOSE = 0.5  # standard errors of the reference within which an estimate agrees
WITHIN = 1.0  # of sampled -2LL within which optima agree
SHORT = 0.1  # of its own objective, in -2LL, that a search may end above what that has elsewhere
SHOWN = 3  # estimates that are named in a sentence


def words_of(found: MethodComparison) -> tuple[str, ...]:
    """The sentences of a comparison."""
    if found.reference is None:
        unusable = " ".join(_unusable(run) for run in found.runs)
        return (f"Whether the methods agree is not known. {unusable}",)
    others = [run for run in found.runs if run is not found.reference]
    lines = [_verdict(found, others)]
    for run in others:
        lines += _of_method(run, found.reference) if run.usable else [_unusable(run)]
    return tuple(lines)


def _verdict(found: MethodComparison, others: list[MethodRun]) -> str:
    name = method_label(known(found.reference, "the method that others are compared with").method)
    if found.agree:
        worst = max(_off(run) for run in others)
        names = _and([method_label(r.method) for r in others])
        return (f"The methods agree: every estimate of {names} lies within {worst:.2g} "
                f"standard errors of that by {name}, and sampled -2 log likelihoods within "
                f"{max(abs(_gap(r).exact) for r in others):.2g}.")  # fmt: skip
    differ = [method_label(run.method) for run in others if run.agrees is False]
    same = [method_label(run.method) for run in others if run.agrees]
    unknown = [method_label(run.method) for run in others if run.agrees is None]
    parts = [f"{_and(differ)} {'differs' if len(differ) == 1 else 'differ'} from {name}"] if differ else []
    parts += [f"{_and(same)} {'agrees' if len(same) == 1 else 'agree'} with {name}"] if same else []
    parts += [f"of {_and(unknown)} that cannot be said"] if unknown else []
    head = "The methods do not agree" if differ else "Not all methods can be compared"
    return f"{head}: {'; '.join(parts)} (asked: {CLOSE:g} standard errors, {WITHIN:g} in sampled -2 log likelihood)."


def _unusable(run: MethodRun) -> str:
    name = method_label(run.method)
    if run.result is None:
        return f"{name} was refused: {run.why}"
    if run.why:
        return f"{name}: {run.why}"
    return f"{name} did not converge, so its numbers are no estimates."


def _of_method(run: MethodRun, reference: MethodRun) -> list[str]:
    """How far the numbers of a method are off, why, and what it states that the reference does not."""
    name, first, gap = method_label(run.method), method_label(reference.method), _gap(run)
    level = f"sampled -2 log likelihood is {_higher(gap.exact)} at its numbers (Monte-Carlo SE {gap.se:.2g})"
    far = sorted(
        (d for d in run.differences if d.off is not None and abs(d.off) > CLOSE),
        key=lambda d: -abs(d.off or 0.0),
    )
    named = [
        f"{d.estimate.name} by {d.off:+.2g} ({number(d.estimate.value)} against {number(d.reference.value)})"
        for d in far[:SHOWN]
    ]
    more = f" and {len(far) - SHOWN} more" if len(far) > SHOWN else ""
    if run.agrees:
        lines = []
    elif far:
        lines = [f"{name} differs from {first}, in standard errors: {', '.join(named)}{more}; {level}."]
    else:
        closest = (
            "" if run.worst is None else f"estimates lie within {_off(run):.2g} standard errors; "
        )
        lines = [f"{name} beside {first}: {closest}{level}."]
    if gap.exact < -(WITHIN + 2 * gap.se):
        lines.append(f"{first} ended at a worse optimum than {name}: search from more starts (--starts).")
    elif run.agrees is False:
        lines.append(_why(run, reference))
    if any(d.off is None for d in run.differences):
        lines.append(f"{first} has no standard error of some numbers, so that these cannot be compared.")
    return lines + _not_shared(run, reference)


def _why(run: MethodRun, reference: MethodRun) -> str:
    """Where the difference comes from."""
    name, first, gap = method_label(run.method), method_label(reference.method), _gap(run)
    result = known(run.result, "a fit")
    own, level = result.objective.minus2ll, known(run.sampled, "a sampled likelihood").minus2ll
    off = f"its own objective there is {own:.2f}, sampled -2 log likelihood {level:.2f}"
    if gap.own is None:
        return f"Why is not known: the objective of {name} has no value at the numbers of {first}; {off}."
    if gap.own > SHORT:
        return (
            f"Why: a worse optimum. The objective of {name} is {gap.own:.2g} lower at the numbers of {first} "
            "than where its own search ended; search from more starts (--starts)."
        )
    smooth = gap.exact if gap.smooth is None else gap.smooth
    parts = [f"the approximation of the likelihood {smooth - gap.own:+.2f}"]
    if gap.smooth is not None:
        width = f"{result.problem.smooth:g} {result.problem.model.time_unit}"
        parts.insert(0, f"smooth breakpoints (over {width}) {gap.exact - gap.smooth:+.2f}")
    return (
        f"Why: {name} prefers its own numbers by {-gap.own:.2f} of its objective, where sampled -2 log "
        f"likelihood is {_higher(gap.exact)}; of the difference between both, {' and '.join(parts)}; {off}."
    )


def _not_shared(run: MethodRun, reference: MethodRun) -> list[str]:
    """Numbers that one method states and the other does not determine."""
    lines, name, first = [], method_label(run.method), method_label(reference.method)
    more, fewer = _only(run, reference), _only(reference, run)
    if more:
        stated = [f"{e.name} {estimate_words(e)}" for e in more]
        lines.append(
            f"{name} states {_and(stated)}, and by {first} the data do not determine that: no number to rely "
            "on."
        )
    reason = known(run.result, "a fit").covariance.reason
    if reason:
        lines.append(f"{name} has no standard errors ({reason}), so its numbers are no estimates to compare.")
    elif fewer:
        lines.append(
            f"By {name} the data do not determine {_and([e.name for e in fewer])}, by {first} they do."
        )
    return lines


def _only(run: MethodRun, other: MethodRun) -> list[Estimate]:
    """What a run finds determined and another one does not."""
    rows, others = (known(one.result, "a fit").estimates for one in (run, other))
    theirs = {e.name for e in others if e.determined}
    return [e for e in rows if e.determined and not e.fixed and e.name not in theirs]


def _gap(run: MethodRun) -> Gap:
    return known(run.gap, "the distance of two likelihoods")


def _off(run: MethodRun) -> float:
    """How far the estimate that is farthest off is, in standard errors of the reference."""
    return abs(known(known(run.worst, "an estimate to compare").off, "the distance of two estimates"))


def estimate_words(estimate: Estimate | None) -> str:
    """Value and 95 % interval of an estimate; no number stands for what the data do not determine."""
    if estimate is None:
        return "none"
    if estimate.fixed:
        return f"{number(estimate.value)} (fixed)"
    ends = interval_words(estimate)
    if not estimate.determined:
        return f"not determined ({ends})" if ends else "not determined"
    return f"{number(estimate.value)} ({ends})" if ends else number(estimate.value)


def _higher(gap: float) -> str:
    return "the same" if abs(gap) < 0.005 else f"{abs(gap):.2f} {'higher' if gap > 0 else 'lower'}"


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
