"""Draws of each subject by its own need: sums over groups of subjects are those of all of them together."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_t

import livingdrug as ld
from bench.small_trials import data_set
from livingdrug.core.draws import log_normal
from livingdrug.fit import new_problem, point_of, unknowns_of
from livingdrug.fit.at_draws import predicted
from livingdrug.fit.by_need import GROWTH, Need, likelihood_at, others_at
from livingdrug.fit.importance import drawn, importance, propose, worth_of
from livingdrug.fit.information import weighted_at
from livingdrug.fit.point import prepare
from livingdrug.fit.settle import without
from livingdrug.fit.sir import likelihood_of

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


def two_ways():
    """A point at which the data of two subjects allow an early decline as well as a late one: one bump is no guide."""
    found = {"fold": (2450.6, 0.507), "t_max": (9.006, 0.243), "c_max": (15371.0, 0.637), "alpha": (0.1688, 0.0948),
             "beta": (0.8018, 2.482), "f_b": (0.3677, 0.0)}  # fmt: skip
    problem = new_problem(ld.get_model("stein_2019"), data_set("ten_daily_month", 40))
    parameters = tuple(replace(p, value=found[p.name][0], sd=found[p.name][1]) for p in problem.parameters)
    residual = replace(problem.residuals[0], a=0.4191)
    return replace(problem, parameters=parameters, residuals=(residual,))


def test_where_one_bump_is_no_guide_draws_are_made_around_particles():
    problem = two_ways()
    prepared, point, unknowns = prepare(problem), point_of(problem), unknowns_of(problem)
    proposal = propose(prepared, point, 1)
    plain = importance(prepared, point, seed=1, proposal=proposal)
    found = Need(512, 4096, 200.0).sampled(prepared, unknowns, point, proposal, 1)
    hard = np.flatnonzero(found.hard)
    assert len(hard) and (plain.ess[hard] < 50).all() and (found.worth >= np.where(found.hard, 200, 50)).all()
    others = others_at(prepared, point, proposal, hard, 1)
    known = importance(prepared, point, seed=1, proposal=proposal, others=others)
    assert (known.ess[hard] > 200).all() and not np.array_equal(known.by_subject, plain.by_subject)
    error = 2 * np.sqrt((1 / found.worth).sum() + (1 / known.ess).sum())
    assert -2 * found.level == pytest.approx(known.minus2ll, abs=3 * error)
    # another way to the likelihood of each: very many draws of a bump that is twice as wide
    random = np.random.default_rng(3)
    for i in hard:
        own, size = prepared.of(np.array([i])), len(prepared.random)
        z = random.standard_normal((400_000, size)) * np.sqrt(4 / random.chisquare(4, 400_000))[:, None]
        etas = proposal.middle[i] + 2 * z @ proposal.factor[i].T
        density = student(size, df=4).logpdf(z) - np.linalg.slogdet(2 * proposal.factor[i])[1]
        joint = predicted(own, point, etas[None]).likelihood(point)[0] + log_normal(etas, point.omega)
        exact = logsumexp(joint - density) - np.log(len(z))
        assert -0.5 * known.by_subject[i] == pytest.approx(exact, abs=0.15)
    # whatever states a likelihood takes them
    stated = likelihood_at(prepared, point, seed=1, proposal=proposal)
    assert (stated.ess >= 50).all() and stated.minus2ll == pytest.approx(known.minus2ll, abs=1.0)
    by_sir = likelihood_of(prepared, unknowns, point, proposal, 1, found.around_particles)
    assert -2 * by_sir(unknowns.vector(point)) == pytest.approx(known.minus2ll, abs=2.0)
    # a point nearby takes the same draws, a climb of the same problem too
    moved = point._replace(mu=point.mu + 1e-3)
    again = Need(512, 4096, 200.0).sampled(prepared, unknowns, moved, proposal, 1, found)
    assert again.around_particles.draws is found.around_particles.draws


def student(size, df):
    """A t in several dimensions, as proposals have it."""
    return multivariate_t(np.zeros(size), np.eye(size), df=df)
