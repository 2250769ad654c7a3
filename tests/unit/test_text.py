"""Model files: lossless, and refused in one sentence that says where."""

import tomllib

import pytest
import tomli_w

from livingdrug.core.errors import LivingdrugError
from livingdrug.models import get_fragment, get_model, list_models, read_model, to_toml
from livingdrug.models.text import from_toml

DECAY = {
    "name": "decay",
    "title": "exponential decay",
    "structure": {
        "places": [{"name": "blood", "volume": "blood_volume"}],
        "states": [{"name": "cells_in", "unit": "cells", "meaning": "cells", "roles": ["car_t"], "at": "blood"}],
        "flows": [{"name": "loss", "rate": "k * cells_in", "kind": "death", "out_of": "cells_in"}],
        "outputs": [{"name": "car_t", "expression": "amount(car_t)", "unit": "cells", "meaning": "cells"}],
        "quantities": [
            {"name": "k", "unit": "1/d", "meaning": "loss rate"},
            {"name": "blood_volume", "unit": "uL", "meaning": "blood volume", "bound": "positive"},
        ],
        "dose_into": "cells_in",
        "time_unit": "d",
    },
    "values": [{"name": "mine", "source": {"key": "me"}, "values": {"k": 0.5, "blood_volume": 5e6}}],
}


def changed(path: str, value) -> str:
    document = tomllib.loads(tomli_w.dumps(DECAY))
    *parents, last = path.split("/")
    here = document
    for key in parents:
        here = here[int(key)] if isinstance(here, list) else here[key]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return tomli_w.dumps(document)


@pytest.mark.parametrize("name", list_models())
def test_text_form_is_lossless(name):
    model = get_model(name)
    text = to_toml(model)
    again = from_toml(text, name)
    assert again == model
    assert to_toml(again) == text


def test_a_users_file_is_simulated_like_any_model(tmp_path):
    from livingdrug.simulation import simulate

    file = tmp_path / "decay.toml"
    file.write_text(tomli_w.dumps(DECAY))
    model = read_model(file)
    assert simulate(model, regimen=[1e6], times=[2.0]).curve("car_t")[0] == pytest.approx(1e6 * 0.36787944, rel=1e-6)
    joined = simulate(model + get_fragment("tissue"), regimen=[1e6], times=[2.0])
    assert joined.curve("car_t")[0] > 1e6 * 0.37


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("structure/flows/0/rate", "__import__('os').system('echo INJECTED > injected.txt')", "column 1 is refused"),
        ("structure/flows/0/rate", "k", "rate of flow `loss`.*expected cells/d"),
        ("structure/flows/0/rte", "k", "did you mean `rate`"),
        ("structure/flows/0/rate", 3, "expected text in quotes, got 3"),
        ("structure/flows/0/kind", "dying", "unknown kind `dying`"),
        ("structure/quantities/0/unit", "1/day", "`day` is not a known unit; write `d`"),
        ("structure/states/0/meaning", None, "the key `meaning` is missing"),
        ("values/0/values/k", -1.0, "must not be negative"),
        ("values/0/values/k", float("nan"), "finite"),
        ("values/0/values/k", "fast", "expected a number"),
        ("values/0/values/k", None, "no number for `k`"),
        ("values/0/values/q", 1.0, "unknown quantity `q`"),
        ("values", [], "no `values`"),
        ("values/0/values/k", 10**400, "too many digits"),
        ("values/0/sources", {"q": {"key": "me"}}, "unknown quantity `q`"),
        ("individual", {"k": "__import__('os')"}, "individual `k`.*refused"),
        ("individual", {"k": "k * q"}, "unknown quantity `q`"),
        ("residuals", [{"output": "car", "log_sd": 0.1, "source": {"key": "me"}}], "did you mean `car_t`"),
        ("residuals", [{"output": "car_t", "log_sd": -0.1, "source": {"key": "me"}}], "must not be negative"),
        ("experiments", [{"name": "e", "doses": [[0.0, 1.0, 2.0]], "until": 1.0}], "expected 2 numbers, got 3"),
        ("experiments", [{"name": "e", "doses": [], "until": 1.0, "changes": {"k": -1.0}}], "must not be negative"),
        ("structure/outputs/0/expression", "density(car_t @ nowhere)", "meets no state"),
        ("structure/needs", [{"role": "car_t"}], "unknown key `needs`"),
        ("structure/time_unit", None, "`time_unit` is ``; expected d or h"),
        ("structure/flows/0/rate", "k *\n\u001b[31m", "cannot be read"),
        ("structure", None, "either a table `structure` or a table `closed_form`"),
        ("structure/flows", "k", "expected a list"),
        (
            "populations",
            [{"name": "p", "source": {"key": "me"}, "spreads": {"k": {"variance": -0.1}}}],
            "variance of between-subject variability is -0.1",
        ),
        (
            "populations",
            [{"name": "p", "source": {"key": "me"}, "spreads": {"k": {"omega": 0.1}}}],
            "one of sd, variance",
        ),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence(path, value, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LivingdrugError, match=sentence) as caught:
        from_toml(changed(path, value), "decay.toml")
    assert str(caught.value).startswith("decay.toml") or "`decay.toml`" in str(caught.value)
    assert str(caught.value).isprintable()
    assert not list(tmp_path.iterdir())


def test_an_experiment_keeps_its_changes():
    experiment = {"name": "slow", "doses": [[0.0, 1e6]], "until": 9.0, "changes": {"k": 0.25}}
    model = from_toml(changed("experiments", [experiment]), "decay.toml")
    assert model.experiments[0].changes == {"k": 0.25}
    assert from_toml(to_toml(model), "decay.toml") == model


def test_files_that_are_no_model_are_refused(tmp_path):
    yaml, picture = b"name: evil\nstates:\n  E: x\n", b"\x89PNG\xff\x00"
    cases = {"a.yaml": yaml, "b.toml": b"", "c.toml": picture, "d.toml": b"#" * 2_000_000}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LivingdrugError, match=name):
            read_model(tmp_path / name)
    with pytest.raises(LivingdrugError, match="was not found"):
        read_model(tmp_path / "absent.toml")
    (tmp_path / "folder.toml").mkdir()
    for path in (tmp_path / "folder.toml", "nul\0.toml"):
        with pytest.raises(LivingdrugError, match="cannot be read as text"):
            read_model(path)


def test_the_text_form_names_fragments_and_refuses_changed_values():
    joined = get_model("kirouac_2023") + get_fragment("tissue")
    assert from_toml(to_toml(joined), "joined") == joined and '"tissue"' in to_toml(joined)
    with pytest.raises(LivingdrugError, match="unknown fragment"):
        from_toml(to_toml(joined).replace('"tissue"', '"tisue"'), "joined")
    with pytest.raises(LivingdrugError, match="base model"):
        to_toml(get_model("kirouac_2023").with_values(mu_memory=0.1))
