"""The design of a trial as a form: every field of the document has one, what is typed is the document, in words where not."""

import pytest

from livingdrug.core.errors import InputError
from livingdrug.web import design
from livingdrug.web.design import ARMS, ENDPOINTS, FIELDS, TRIAL, changed, read, rows_changed, shown
from livingdrug.workflows import scenario_of_text, to_toml
from livingdrug.workflows.examples.trial import UMBRELLA
from livingdrug.workflows.trial.spec import ArmEntry, EndpointEntry, TrialScenario

# asked in the grids, or left to the document: what no form of a first design needs (a curve is a file of the command line)
ELSEWHERE = {TRIAL: {"kind", "version", "purpose", "arms", "endpoints", "fragments", "values", "output", "doses", "repeat",
                     "seed", "uncertainty", "even_so"}, ARMS: set(), ENDPOINTS: {"better", "curve"}}  # fmt: skip


@pytest.fixture
def trial():
    return scenario_of_text(UMBRELLA, "example")


@pytest.mark.parametrize(("part", "noun"), [(TRIAL, TrialScenario), (ARMS, ArmEntry), (ENDPOINTS, EndpointEntry)])
def test_every_field_of_a_design_is_asked(part, noun):
    assert {cell.key for cell in FIELDS[part]} | ELSEWHERE[part] == set(noun.model_fields)


def test_what_is_shown_in_a_field_is_read_back_to_the_same_design(trial):
    for part in FIELDS:
        rows = [trial] if part == TRIAL else getattr(trial, part)
        for k, row in enumerate(rows):
            for cell in FIELDS[part]:
                again = changed(trial, part, k, cell.key, shown(getattr(row, cell.key)))
                there = again if part == TRIAL else getattr(again, part)[k]
                assert shown(getattr(there, cell.key)) == shown(getattr(row, cell.key)), (part, k, cell.key)
                # one EC50 is a number or a list of one
                assert again == trial or cell.key == "ec50", (part, k, cell.key)


def test_a_typed_value_is_in_the_document(trial):
    made = changed(trial, ARMS, 1, "change", "c_max=2.5, beta=0.5")
    made = changed(made, ARMS, 2, "dose", "5e7, 5e7@14")
    made = changed(made, ENDPOINTS, 0, "window", "0 60")
    made = changed(made, TRIAL, 0, "futility", "")
    back = scenario_of_text(to_toml(made), "design")
    assert back == made and back.arms[1].change == {"c_max": 2.5, "beta": 0.5} and back.arms[2].dose == ("5e7", "5e7@14")
    assert back.endpoints[0].window == (0, 60) and back.futility is None


@pytest.mark.parametrize(("part", "key", "text", "said"), [
    (ARMS, "n", "many", "Patients of row 1: `many` cannot be used here"), (TRIAL, "alpha", "x", "Significance"),
    (ARMS, "change", "c_max", "no pair such as c_max=3"), (ARMS, "name", "", "Arm of row 1"),
])  # fmt: skip
def test_what_cannot_be_used_is_said_by_its_field(trial, part, key, text, said):
    with pytest.raises(InputError, match=said.replace("`", ".")):
        changed(trial, part, 0, key, text)


def test_rows_come_and_go_and_the_control_stays(trial):
    more = rows_changed(trial, ARMS, "add")
    assert len(more.arms) == len(trial.arms) + 1 and len({arm.name for arm in more.arms}) == len(more.arms)
    assert rows_changed(more, ARMS, "remove") == trial
    assert changed(trial, ARMS, 0, "name", "usual").control == "usual"
    last = trial.model_copy(update={"control": trial.arms[-1].name})
    with pytest.raises(InputError, match="is the control"):
        rows_changed(last, ARMS, "remove")
    assert read("2", "dose") == 2.0 and read("1e8@0", "dose") == ["1e8@0"]
    assert "Add an arm" in str(design.form(trial))


@pytest.mark.parametrize("value", [0.123456789, 1234567.25, 1e-12 / 3, 100.0, 0.1 + 0.2])
def test_no_digit_of_a_number_is_lost_in_its_field(value):
    assert float(shown(value)) == value
