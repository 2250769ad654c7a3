"""Exported models and data: read back by an evaluator of our own and by `read_data`, they say the same as the model."""

import dataclasses
import re
import shlex

import numpy as np
import pytest

from livingdrug import get_fragment, get_model, read_data, simulate
from livingdrug.core.errors import InputError
from livingdrug.core.export import write_csv
from livingdrug.engine import closed_form_values, compile_system
from livingdrug.engine.codegen.compile import scalar_function
from livingdrug.export import TARGETS, data_file, model_text
from livingdrug.export.dialect import MLXTRAN, MRGSOLVE, NONMEM, PUMAS, RXODE2, Names
from livingdrug.export.statements import Block
from livingdrug.models import ClosedForm, Correlation, to_toml
from livingdrug.models.catalogue import list_runnable
from livingdrug.models.text import from_toml
from livingdrug.simulation import default_regimen, default_until
from tests import commands
from tests.equations import equations_at, values_of
from tests.unit.exported_text import Mlxtran, Pumas, evaluate, run_mrgsolve, run_nonmem, run_rxode2

JOINED = {
    "kirouac_2023 + tissue + host_competition": ("kirouac_2023", "tissue", "host_competition"),
    "stein_2019_ode + comedication": ("stein_2019_ode", "comedication"),
}
CASES = [*list_runnable(), *JOINED]
RESERVED = {"nonmem": NONMEM, "nlmixr2": RXODE2, "mrgsolve": MRGSOLVE, "monolix": MLXTRAN, "pumas": PUMAS}
READ = {"monolix": Mlxtran, "pumas": Pumas}  # equations are compared at states of many kinds, curves of a few models


def built(case):
    name, *fragments = JOINED.get(case, (case,))
    model = get_model(name)
    for fragment in fragments:
        model = model + get_fragment(fragment)
    return model


def ran(target, model, doses, times):
    text = model_text(model, target)
    if target in READ:
        found = READ[target](text)
        found.dosed = model.system.dose_into if target == "pumas" else found.dosed
        return found.curves(doses, times)
    if target == "nonmem":
        return run_nonmem(text, doses, times)
    return (run_mrgsolve if target == "mrgsolve" else run_rxode2)(text, doses, times, model.system.dose_into)


# what the evaluator's solver cannot follow without the rules of ours
NOT_FOLLOWED = {
    "chaudhury_2020_first_order": "the tumour falls below the smallest number; livingdrug solves for its logarithm",
    "kareva_exhaustion": "thresholds as steep as steps",
    "park_2025_sle": "37 states with steep switches take minutes in Python",
    "khot_2019_mouse_pbpk": "exchange a thousand times faster than the rest takes minutes in Python",
}


SOME = ("stein_2019", "liu_2022", "hanson_2016", "conte_2025_cart", *JOINED)


@pytest.mark.parametrize(
    ("case", "target"),
    [
        (case, target)
        for target in TARGETS
        for case in CASES
        if (case in SOME if target in READ else case not in NOT_FOLLOWED)
    ],
)
def test_exported_text_gives_the_curves_of_simulate(case, target):
    model = built(case)
    plain = not any(d.into or d.infused or d.repeats for d in default_regimen(model).doses)
    doses = [(d.time, d.amount) for d in default_regimen(model).doses] if plain else [(0.0, 100.0)]
    times = np.array([0.0, 1.5, 4.0, 7.0, 9.0, 13.0, 20.0, 28.0, 50.0])
    expected = simulate(model, regimen=doses, times=times, rtol=1e-11)
    found = ran(target, model, doses, times.tolist())
    found = {name.lower(): values for name, values in found.items()}
    for output in expected.outputs:
        values = next(found[name] for name in (f"{output}_2", output) if name in found)
        exact = expected.curve(output)
        assert values == pytest.approx(exact, rel=1e-6, abs=1e-9 * exact.max()), output


@pytest.mark.parametrize("target", READ)
@pytest.mark.parametrize("case", CASES)
def test_equations_of_the_text_are_those_of_the_model(case, target):
    """Derivatives and outputs at random states and times, and the states at the start."""
    model, rng = built(case), np.random.default_rng(1)
    written, system = READ[target](model_text(model, target)), model.system
    times = sorted(rng.uniform(0, default_until(model), 5))
    if isinstance(system, ClosedForm):
        values = {name: np.array([value]) for name, value in values_of(model).items()}
        expected = closed_form_values(system, values, np.array(times))[0]
        rows = [written.at(t, {}) for t in times]
        for output, curve in zip(system.outputs, expected, strict=True):
            assert [row[output.name] for row in rows] == pytest.approx(curve, rel=1e-12), output.name
        return
    names = [s.name for s in system.states]
    assert len(written.states) == len(names)
    for t in times:
        states = {name: float(10 ** rng.uniform(-2, 4)) for name in names}
        slopes, outputs = equations_at(model, t, states)
        y = dict(zip(written.states, states.values(), strict=True))
        found, rates = written.at(t, y), list(written.rates(t, y).values())
        scale = max(map(abs, slopes.values()))
        assert rates == pytest.approx(list(slopes.values()), rel=1e-9, abs=1e-12 * scale)
        for output, value in outputs.items():
            other = found.get(f"{output}_2", found.get(output)) if output not in written.states else found[output]
            assert other == pytest.approx(value, rel=1e-12), output
    start = compile_system(system).initial(*values_of(model).values())
    assert list(written.start.values()) == pytest.approx(list(start), rel=1e-12)


def published_numbers(target, text):
    """Value of every parameter in the text, in the order of the model, and how often its line is there."""
    if target in READ:
        written = READ[target](text)
        variances = [name for name in written.values if name.startswith(("omega_", "corr_", "sd_"))]
        typical = [float(value) for name, value in written.values.items() if name not in variances]
        lines = written.sections["pre"] if target == "pumas" else text.split("EQUATION:")[1].split("OUTPUT:")[0].splitlines()
        branches = [i for i, line in enumerate(lines) if line.startswith(("if ", "else"))]
        constants = [
            float(m.group(1))
            for i, line in enumerate(lines)
            if i + 1 not in branches and (m := re.fullmatch(r"(?!t_0)\w+ = ([-\d.e+]+)(?:  [#;].*)?", line))
        ]
        return sorted([*typical, *constants])
    if target == "nonmem":
        theta = re.findall(r"^  \((?:[^,\n]+, )?([-+\d.E]+)(?:, 1)?(?: FIX)?\)", text, re.M)
        constants = re.findall(r"^([A-Z]\w*) = ([-\d.E+]+)(?:  ;.*)?$", text.split("$DES")[0], re.M)
        return sorted(float(v) for v in (*theta, *(v for _, v in constants)))
    if target == "mrgsolve":
        part = text[text.index("$PARAM") : text.index("$MAIN")]
        part = re.split(r"\$(?:CMT|OMEGA|SIGMA)", part)[0]
        return sorted(float(v) for v in re.findall(r"^\w+ : ([-\d.e+]+) : ", part, re.M))
    typical = re.findall(r"^    (?:l|typical)_\w+ <- (?:log|fix)?\(?([-\d.e+]+)\)?", text, re.M)
    constants = re.findall(r"^    \w+ <- ([-\d.e+]+)(?:  #.*)?$", text[text.index("model({") :], re.M)
    return sorted(float(v) for v in (*typical, *constants))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES)
def test_every_parameter_stands_there_once_with_its_published_value(case, target):
    model = built(case)
    assert published_numbers(target, model_text(model, target)) == sorted(model.typical.values())


@pytest.mark.parametrize("target", TARGETS)
def test_spread_and_residual_are_variances_where_the_target_has_variances(target):
    text = model_text(get_model("stein_2019"), target, "variance")
    squares = {"nonmem": r"^  0\.38  ; 2 ", "mrgsolve": r"^eta_t_max : 0\.38 : ", "nlmixr2": r"^    eta\.t_max ~ 0\.38 ",
               "monolix": r"^; omega_t_max = \{value=0\.61644", "pumas": r"^    omega_t_max = 0\.61644"}  # the root of 0.38
    residual = {
        "nonmem": r"\$SIGMA\n  0\.3136 ", "mrgsolve": r"eps_transgene : 0\.3136 :", "nlmixr2": r"transgene\.sd <- 0\.56 ",
        "monolix": r"sd_transgene = \{value=0\.56,", "pumas": r"sd_transgene = 0\.56,",
    }  # fmt: skip
    assert re.search(squares[target], text, re.M) and re.search(residual[target], text)
    assert re.search({"nonmem": "0.1444", "mrgsolve": "0.1444", "nlmixr2": "0.1444",
                      "monolix": r"omega_t_max = \{value=0\.38,", "pumas": r"omega_t_max = 0\.38,"}[target],
                     model_text(get_model("stein_2019"), target))  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("case", CASES)
def test_no_name_is_reserved_and_lines_fit(case, target):
    text = model_text(built(case), target)
    assigned = re.findall(r"^\s*(?:double )?([A-Za-z]\w*)(?: = | <- )", text, re.M)
    assigned = [name for name in assigned if name not in ("PREDICTED", "SD", "F_FLAG", "Y", "input", "output", "table")]
    assigned = [name for name in assigned if name not in ("odeType", "t_0", "parameters")]
    assert assigned and not set(assigned) & RESERVED[target].reserved
    assert "generated by livingdrug" in text and "not for clinical decisions" in text
    if target == "nonmem":
        assert max(map(len, text.splitlines())) <= 160
        assert all(len(name) <= 20 for name in assigned) and text.isascii()


EXPRESSIONS = (
    "a - (b - c)", "a / (b * c)", "a / b / c", "-a ** 2", "(-a) ** 2 * -b",
    "a * -b + c", "a - -b", "2 ** -b", "(a ** b) ** 2",
    "(c - a) ** b", "(a - c) ** b", "max(a, min(b, c)) - abs(a - c)", "hill(a - c, b, c)", "hill(c, b, a) / 1e-3",
    "1 / 3 * a", "exp(-a * b) / sqrt(c)", "log(a * b / c)", "expm1(a) + log1p(b) + tanh(c)", "a * (b + c) / -(b - c)",
    "choose(a - b, hill(a, b, c), 2)", "1 + choose(a - c, 1, b) * c",
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_expressions_mean_the_same(target):
    values = {"a": 1.75, "b": 0.5, "c": 3.25}
    dialect = RESERVED[target]
    block = Block(dialect, Names(dialect), {name: name.upper() for name in values}, frozenset(values))
    made = [block.let(f"x{i}", text) for i, text in enumerate(EXPRESSIONS)]
    expected = scalar_function(tuple(values), (), EXPRESSIONS)(*values.values())
    found = evaluate(target, block.lines, {name.upper(): value for name, value in values.items()})
    assert [found[name] for name in made] == pytest.approx(expected, rel=1e-14)


def test_names_that_nonmem_takes_for_its_own_are_numbered():
    names = Names(NONMEM)
    assert [names.fresh(n) for n in ("f1", "time", "alag2", "clearance_of_the_long_name", "clearance_of_the_long_list")] == [
        "F1_2", "TIME_2", "ALAG2_2", "CLEARANCE_OF_THE_LON", "CLEARANCE_OF_THE_L_2",
    ]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
def test_a_meaning_cannot_become_code(target):
    stein = get_model("stein_2019")
    form = stein.structure
    odd = dataclasses.replace(form.quantities[0], meaning="fold \u03b1\nsystem(1);\n$PROBLEM x")
    changed = dataclasses.replace(stein, structure=dataclasses.replace(form, quantities=(odd, *form.quantities[1:])))
    text = model_text(changed, target)
    assert not re.search(r"^\s*(system|\$PROBLEM x)", text, re.M) and len(text.splitlines()) >= len(
        model_text(stein, target).splitlines()
    )
    assert target != "nonmem" or text.isascii()


def test_likelihood_of_the_control_stream_is_m3():
    text = model_text(get_model("stein_2019"), "nonmem")
    assert "Y = PHI(CENS*(DV - LOG_PREDICTED)/SD)" in text and "METHOD=1 LAPLACE" in text and "F_FLAG = 1" in text
    found = run_nonmem(text, [], [9.3])
    # the evaluator's PHI is the identity and CENS 0 takes the other branch: Y is the log of the prediction
    assert found["Y"] == pytest.approx(np.log(24000.0)) and found["SD"] == pytest.approx(0.56)


@pytest.mark.parametrize("target", READ)
def test_scales_and_correlations_of_random_effects(target):
    """A correlation, a logit and an additive random effect, as each language has them."""
    stein = get_model("stein_2019")
    spreads = stein.populations[0].spreads
    changed = dict(
        spreads,
        f_b=dataclasses.replace(spreads["f_b"], scale="logit"),
        t_max=dataclasses.replace(spreads["t_max"], scale="normal"),
    )
    population = dataclasses.replace(
        stein.populations[0], spreads=changed, correlations=(Correlation("fold", "c_max", -0.5),)
    )
    written = READ[target](model_text(dataclasses.replace(stein, populations=(population,)), target))
    if target == "monolix":
        assert written.values["corr_c_max_fold"] == "-0.5" and "r(c_max, fold)=corr_c_max_fold" in written.project
        assert "f_b = {distribution=logitNormal, typical=f_b_pop, min=0, max=1, sd=omega_f_b}" in written.project
        assert "t_max = {distribution=normal, typical=t_max_pop, sd=omega_t_max}" in written.project
        return
    # -0.5 times the two SDs, 2.4 and 0.65
    assert written.values["omega_fold_c_max"] == "[5.76 -0.78; -0.78 0.4225]"
    assert written.random["eta_fold_c_max"] == "MvNormal(omega_fold_c_max)"
    pre = written.sections["pre"]
    assert "fold = tv_fold*exp(eta_fold_c_max[1])" in pre and "t_max = tv_t_max + eta_t_max" in pre
    assert "f_b = 1.0/(1.0 + (1.0 - tv_f_b)/tv_f_b*exp(-eta_f_b))" in pre


def test_what_cannot_be_exported_is_refused_in_one_sentence():
    stein = get_model("stein_2019")
    with pytest.raises(InputError, match=r"unknown target `excel`.*nonmem"):
        model_text(stein, "excel")
    with pytest.raises(InputError, match="unknown variability `cv`"):
        model_text(stein, "nonmem", "cv")
    text = to_toml(get_model("kirouac_2023"))
    at = text.index('name = "tumour"')
    dying = from_toml(text[:at] + "extinct_below = 1.0\n" + text[at:], "file")
    with pytest.raises(InputError, match="take `extinct_below` out of the model file"):
        model_text(dying, "mrgsolve")


KINETICS = """ID,TIME,DV,AMT,EVID,CENS,LIMIT,DVID,OCC,WT,sex,site
{a},0,,1e8,1,0,,,1,70,0,Basel
{a},1,50,,0,1,50,{x},1,70,0,Basel
{a},9,2.5e4,,0,0,50,{x},1,70,0,Basel
{a},28,900.25,,0,0,50,{x},1,70,0,Basel
{a},0,,5e7,1,0,,,2,70,0,Basel
{a},9,1200,,0,0,50,{x},2,70,0,Basel
{b},0,,2e8,1,0,,,1,55.5,1,
{b},3,10,,0,1,10,{x},1,55.5,1,
{b},10,7e5,,0,0,10,{x},1,55.5,1,
{b},10,12,,0,0,,{y},1,55.5,1,
"""
WORDS = dict(a="P-01", b="P-02", x="transgene", y="cd19")


def rows(data):
    return data.table().fillna(-1.0).astype(str).values.tolist(), list(data.table().columns)


@pytest.mark.parametrize("layout", ["nonmem", "monolix"])
@pytest.mark.parametrize("names", [dict(a="7", b="12", x="1", y="2"), WORDS], ids=["numbers", "words"])
def test_data_file_reads_back_to_the_same_table(tmp_path, layout, names):
    (tmp_path / "in.csv").write_text(KINETICS.format(**names))
    data = read_data(tmp_path / "in.csv")
    made = data_file(data, layout)
    write_csv(made.table, tmp_path / "out.csv")
    back = read_data(tmp_path / "out.csv", made.reading)
    (values, columns), (expected, wanted) = rows(back), rows(data)
    assert sorted(columns) == sorted(wanted)
    order = [columns.index(name) for name in wanted]
    if layout == "nonmem":  # there a later occasion starts anew
        assert [row[columns.index("EVID")] for row in values] == ["1", "0", "0", "0", "4", "0", "1", "0", "0", "0"]
        expected[4][wanted.index("EVID")] = "4"
    assert [[row[i] for i in order] for row in values] == expected


def test_plain_numbers_need_no_help_to_be_read_back(tmp_path):
    (tmp_path / "in.csv").write_text(KINETICS.format(a="7", b="12", x="1", y="2"))
    data = read_data(tmp_path / "in.csv")
    for layout in ("nonmem", "monolix"):
        write_csv(data_file(data, layout).table, tmp_path / "out.csv")
        back = read_data(tmp_path / "out.csv")
        for name in ("ID", "TIME", "DV", "AMT", "CENS", "LIMIT", "OCC", "DVID", "WT"):
            assert back.table()[name].astype(str).tolist() == data.table()[name].astype(str).tolist(), name


def test_nonmem_file_has_numbers_where_nonmem_reads(tmp_path):
    (tmp_path / "in.csv").write_text(KINETICS.format(**WORDS))
    table = data_file(read_data(tmp_path / "in.csv"), "nonmem").table
    assert list(table.columns[:11]) == "ID TIME DV LNDV AMT EVID MDV CENS LIMIT DVID OCC".split()
    read = table.iloc[:, : list(table.columns).index("WT") + 1]
    assert read.apply(lambda column: column.astype(str).str.fullmatch(r"\.|-?[\d.e+-]+").all()).all()
    # a later occasion starts anew; below the limit DV is the limit and LNDV its logarithm
    assert table["EVID"].tolist() == ["1", "0", "0", "0", "4", "0", "1", "0", "0", "0"]
    assert table["LNDV"].tolist()[1] == repr(float(np.log(50.0))) and table["CENS"].tolist()[1] == "1"
    text = model_text(get_model("stein_2019"), "nonmem")
    inputs = re.search(r"^\$INPUT (.*)$", text, re.M).group(1).split()
    assert [name.split("=")[0].removeprefix("O") if name == "ODV=DROP" else name.split("=")[0] for name in inputs] == list(
        table.columns[:11]
    )


def test_monolix_takes_the_limit_from_dv_below_it(tmp_path):
    (tmp_path / "in.csv").write_text(KINETICS.format(**WORDS))
    table = data_file(read_data(tmp_path / "in.csv"), "monolix").table
    below = table[table["CENS"] == 1]
    assert below["DV"].tolist() == ["50.0", "10.0"] and below["LIMIT"].tolist() == [".", "."]  # no lower end
    assert (table["ID"].unique() == ["P-01", "P-02"]).all()


def test_data_that_no_likelihood_can_use_are_refused(tmp_path):
    (tmp_path / "in.csv").write_text("ID,TIME,DV\nA,1,BLQ\nA,7,100\n")
    with pytest.raises(InputError, match=r"1 value\(s\) are below a limit .* subject `A` at time 1.*--limit"):
        data_file(read_data(tmp_path / "in.csv"), "nonmem")
    (tmp_path / "in.csv").write_text("ID,TIME,DV\nA,1,5\nA,7,100\n")
    with pytest.raises(InputError, match="unknown layout `excel`"):
        data_file(read_data(tmp_path / "in.csv"), "excel")


def livingdrug(*arguments, cwd):
    return commands.livingdrug(*arguments, cwd=cwd, columns=140)


def test_commands_write_whole_files_and_refuse_in_one_sentence(tmp_path):
    asked = ("--with", "comedication", "--to", "nonmem", "--out", "m.ctl")
    run = livingdrug("models", "export", "stein_2019_ode", *asked, cwd=tmp_path)
    assert run.returncode == 0 and "wrote" in run.stderr and not run.stdout
    assert (tmp_path / "m.ctl").read_text() == model_text(built("stein_2019_ode + comedication"), "nonmem")
    refused = livingdrug("models", "export", "stein_2019", "--to", "phoenix", cwd=tmp_path)
    assert refused.returncode == 2 and "unknown target `phoenix`" in refused.stderr and not refused.stdout
    (tmp_path / "in.csv").write_text(KINETICS.format(**WORDS))
    refused = livingdrug("check", "in.csv", "--as", "nonmem", cwd=tmp_path)
    assert refused.returncode == 2 and "add --out FILE.csv" in refused.stderr
    run = livingdrug("check", "in.csv", "--as", "nonmem", "--out", "nm.csv", cwd=tmp_path)
    assert run.returncode == 0 and "`site` hold words" in run.stderr
    command = re.search(r"to read it back: livingdrug (.*)", run.stderr).group(1)
    again = livingdrug(*shlex.split(command), cwd=tmp_path)
    assert again.returncode == 0 and "2 subjects, 4 profiles, 7 samples" in again.stdout
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []
