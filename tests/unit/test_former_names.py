"""Fields that were called otherwise: old options, documents, addresses and scripts go on working."""

import pytest

from livingdrug.cli.options import command_of
from livingdrug.core.errors import InputError
from livingdrug.models.fitted import Estimated
from livingdrug.web.address import read_query
from livingdrug.workflows import about, has_command, kinds, scenario_of_text, to_toml, workflow
from livingdrug.workflows.power.spec import Power

FORMER = [
    (kind, name, old) for kind in kinds() for name, field in workflow(kind).scenario.model_fields.items()
    for old in (about(field).former if about(field) else ())
]  # fmt: skip


@pytest.mark.parametrize(("kind", "name", "old"), FORMER)
def test_an_old_name_is_that_of_one_field_only(kind, name, old):
    noun = workflow(kind).scenario
    assert old not in noun.model_fields and noun.renamed({old: "x"}) == {name: "x"}
    if has_command(kind):
        options = next(p for p in command_of(kind).params if p.name == name).opts
        assert options.index(f"--{name}") < options.index(f"--{old}")


def test_there_are_some():
    kinds_with = {kind for kind, name, _ in FORMER if name == "variability"}
    assert kinds_with >= {"simulate", "power", "index", "trial", "escalation"}


def test_a_document_an_address_and_a_script_of_before():
    new = Power(fold=2.0, model="stein_2019", variability="sd")
    old = to_toml(new).replace("variability", "spread")
    assert "spread" in old and scenario_of_text(old, "d.toml") == new == Power(fold=2.0, model="stein_2019", spread="sd")
    assert read_query("kind=power&fold=2.0&model=stein_2019&spread=sd")[0] == new


def test_both_names_at_once_are_refused():
    text = 'kind = "power"\nfold = 2.0\nmodel = "stein_2019"\nspread = "sd"\nvariability = "variance"\n'
    with pytest.raises(InputError, match="unknown key `spread`"):
        scenario_of_text(text, "d.toml")


def test_a_fault_of_an_old_name_is_said_by_that_of_today():
    with pytest.raises(InputError, match="`variability`"):
        scenario_of_text('kind = "power"\nfold = 2.0\nmodel = "stein_2019"\nspread = 3\n', "d.toml")


def test_the_kind_of_an_omega_in_earlier_model_files():
    assert Estimated("omega top", "spread", 0.5) == Estimated("omega top", "variability", 0.5)
