"""Model files: lossless, and refused in one sentence that says where."""

import tomllib

import pytest
import tomli_w

from livingdrug.core.errors import LivingdrugError
from livingdrug.models.catalogue import get_fragment, get_model, list_models
from livingdrug.models.text import from_toml, read_model, to_toml

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
        ("structure/quantities/0/unit", "1/day", "`day` is not a known unit"),
        ("structure/states/0/meaning", None, "the key `meaning` is missing"),
        ("values/0/values/k", -1.0, "must not be negative"),
        ("values/0/values/k", float("nan"), "finite"),
        ("values/0/values/k", "fast", "expected a number"),
        ("values/0/values/k", None, "no number for `k`"),
        ("values/0/values/q", 1.0, "unknown quantity `q`"),
        ("values", [], "no `values`"),
        ("structure", None, "either a table `structure` or a table `closed_form`"),
        ("structure/flows", "k", "expected a list"),
        (
            "populations",
            [{"name": "p", "source": {"key": "me"}, "spreads": {"k": {"variance": -0.1}}}],
            "variance of a spread is -0.1",
        ),
        ("populations", [{"name": "p", "source": {"key": "me"}, "spreads": {"k": {"omega": 0.1}}}], "one of sd, variance"),
    ],
)
def test_a_faulty_file_is_refused_in_one_sentence(path, value, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LivingdrugError, match=sentence) as caught:
        from_toml(changed(path, value), "decay.toml")
    assert str(caught.value).startswith("decay.toml") or "`decay.toml`" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_model_are_refused(tmp_path):
    yaml, picture = b"name: evil\nstates:\n  E: x\n", b"\x89PNG\xff\x00"
    cases = {"a.yaml": yaml, "b.toml": b"", "c.toml": picture, "d.toml": b"#" * 2_000_000}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(LivingdrugError, match=name):
            read_model(tmp_path / name)
    with pytest.raises(LivingdrugError, match="was not found"):
        read_model(tmp_path / "absent.toml")


def test_the_text_form_is_that_of_a_base_model():
    with pytest.raises(LivingdrugError, match="base model"):
        to_toml(get_model("kirouac_2023") + get_fragment("tissue"))
