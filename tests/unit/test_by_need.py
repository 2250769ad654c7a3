"""Draws of each subject by its own need: sums over groups of subjects are those of all of them together."""

from dataclasses import replace

import numpy as np
import pytest

import livingdrug as ld
from bench.small_trials import data_set
from livingdrug.fit import new_problem, point_of, unknowns_of
from livingdrug.fit.by_need import GROWTH, Need
from livingdrug.fit.importance import drawn, propose, worth_of
from livingdrug.fit.information import weighted_at
from livingdrug.fit.point import prepare
from livingdrug.fit.settle import without

FIRST, MOST = 64, 1024


def setting():
    """A trial with a parameter without variability, at the starting values."""
    problem = without(new_problem(ld.get_model("stein_2019"), data_set("twelve_sparse", 3)), "omega f_b")
    prepared, point = prepare(problem), point_of(problem)
    return prepared, unknowns_of(problem), point, propose(prepared, point, 1)


def test_without_need_all_subjects_are_computed_together():
    prepared, unknowns, point, proposal = setting()
    found = Need(FIRST, MOST, 0.0).sampled(prepared, unknowns, point, proposal, 1)
    whole = weighted_at(prepared, unknowns, point, drawn(prepared, point, proposal, FIRST, 1, "information"))
    assert len(found.parts) == 1 and found.parts[0].prepared is prepared and found.level == whole.level
    assert np.array_equal(found.score(), whole.score()) and np.array_equal(found.worth, worth_of(whole.logs))


def test_groups_add_up_to_all_subjects_and_each_has_the_draws_it_would_have_anyway():
    prepared, unknowns, point, proposal = setting()
    usual = Need(FIRST, MOST, 0.0).sampled(prepared, unknowns, point, proposal, 1)
    sound = float(np.sort(usual.worth)[4]) * 1.0001  # five subjects need more
    found = Need(FIRST, MOST, sound).sampled(prepared, unknowns, point, proposal, 1)
    assert len(found.parts) > 1 and (found.counts > FIRST).sum() == 5 and (found.worth >= sound).all()
    assert sorted(np.concatenate(found.places).tolist()) == list(range(12))
    more = point._replace(mu=point.mu + 0.02, a=1.1 * point.a)
    for at, sampled in ((point, found), (more, found.at(unknowns, more))):
        level, score, matrix, scores = 0.0, 0.0, 0.0, np.empty((12, unknowns.size))
        for count in np.unique(found.counts):
            # as many draws of everyone, of which some subjects count
            draws = drawn(prepared, point, proposal, int(count), 1, "information")
            whole = weighted_at(prepared, unknowns, at, draws).weighted()
            own = found.counts == count
            mean, off = whole.centred()
            lost = (whole.weight[..., None] * off).transpose(0, 2, 1) @ off
            matrix = matrix + (-whole.bends - lost)[own].sum(axis=0)
            scores[own], score = mean[own], score + mean[own].sum(axis=0)
            logs = weighted_at(prepared, unknowns, at, draws).logs[own]
            level += float((np.log(np.exp(logs - logs.max(axis=1)[:, None]).mean(axis=1)) + logs.max(axis=1)).sum())
        got = sampled.information()
        assert sampled.level == pytest.approx(level, rel=1e-12) and got.log_likelihood == sampled.level
        assert got.matrix == pytest.approx(matrix, rel=1e-9, abs=1e-9 * np.abs(matrix).max())
        assert got.scores == pytest.approx(scores, rel=1e-9, abs=1e-9)
        assert got.score == pytest.approx(score, rel=1e-9, abs=1e-9)
        # slopes on one side are as good as a move of half a step
        assert sampled.score() == pytest.approx(score, abs=0.02 * np.abs(score).max())


def test_draws_grow_up_to_the_most_and_come_back_where_a_point_nearby_needs_fewer():
    prepared, unknowns, point, proposal = setting()
    need = Need(FIRST, MOST, 1e9)
    found = need.sampled(prepared, unknowns, point, proposal, 1)
    assert (found.counts == MOST).all() and need.steps == [FIRST, GROWTH * FIRST, MOST]
    assert (need.counts(found) == MOST).all()
    assert (replace(need, sound=0.01).counts(found) == FIRST).all()
    again = need.sampled(prepared, unknowns, point, proposal, 1, found)
    assert again.level == found.level


def test_records_of_chosen_subjects_are_theirs():
    prepared, *_ = setting()
    chosen = np.array([7, 2, 7])
    design, own = prepared.design, prepared.of(np.array([7, 2, 7])).design
    assert prepared.of(chosen) is prepared.of(chosen) and own.n == 3
    for k, i in enumerate(chosen):
        for name in ("y", "time", "kind", "output"):
            ours, theirs = (getattr(d, name)[d.first[j] : d.last[j]] for d, j in ((own, k), (design, i)))
            assert np.array_equal(ours, theirs)
    assert np.array_equal(own.table, design.table[chosen])
