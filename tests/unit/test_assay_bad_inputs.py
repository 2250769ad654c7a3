"""Bad input of the bench as a class: every fault and every doubt names file, well and time, and says what to do."""

import ast
from pathlib import Path

import pytest

import livingdrug.assay
from livingdrug.assay import AssayReading, check, read_assay
from livingdrug.core.errors import InputError

HEAD = "plate,well,time_h,channel,value,unit\n"
MAP = """well,role,construct,effectors_seeded,targets_seeded
A1,target_alone,,0,5000
A2,target_alone,,0,5000
B1,sample,CAR,5000,5000
B2,sample,CAR,5000,5000
"""


def rows(plate="P1", hours=(0, 6, 12, 24), killed=False, counted=True, factor=1) -> str:
    """Two wells with targets alone, two with effectors; made up."""
    lines = []
    for well in ("A1", "A2", "B1", "B2"):
        for h in hours:
            alone = well.startswith("A")
            targets = 5000 * 2 ** (h / 24) if alone else 0 if killed else 5000 * 0.5 ** (h / 6) + 40
            lines.append(f"{plate},{well},{factor * h},targets,{'<25' if not targets else round(targets)},cells/well")
            if counted and not alone:
                lines.append(f"{plate},{well},{factor * h},effectors,{5000 + 100 * h},cells/well")
    return HEAD + "\n".join(lines) + "\n"


INDEX = "Time (Hour),Y (A1),Y (A2),Y (B1),Y (B2)\n"
# what is wrong: readings, map, refused, words that must stand in one sentence: well, time, what to do
CLASS = {
    "a well that does not exist": (rows().replace("P1,B2,6,", "P1,I2,6,", 1), MAP, True, ("I2", "96-well", "correct")),
    "the map of another plate": (rows(), MAP.replace("A", "E").replace("B", "F"), True, ("A1", "map of this plate")),
    "a well twice": (rows() + "P1,B1,6,targets,77,cells/well\n", MAP, True, ("B1 at 6 h", "77")),
    "a normalised index below 0": (INDEX + "0,1,1,1,1\n6,1.2,1.2,0.5,-0.3\n", MAP, True, ("B2 at 6 h", "normalised")),
    "minutes for hours": (rows(factor=60), MAP, False, ("1,440 h", "minutes", "--time-unit min")),
    "a file that ends early": (rows()[:-30], MAP, True, ("ends early", "again")),
    "OVER without a limit": (
        rows().replace("P1,A1,24,targets,10000", "P1,A1,24,targets,OVER"),
        MAP,
        False,
        ("A1 at 24 h", "--saturation"),
    ),
    "two plates in one file": (rows() + rows("P2").removeprefix(HEAD), MAP, True, ("P1", "P2", "--same-map")),
    "no control wells": (
        rows(),
        MAP.replace("target_alone,,0", "sample,CAR,5000"),
        False,
        ("no control wells", "targets alone"),
    ),
    "all killed at the first reading": (rows(hours=(6, 12), killed=True), MAP, False, ("B1", "6 h", "read earlier")),
    "effectors never counted": (rows(counted=False), MAP, False, ("never counted", "count them")),
    "a count below 0": (
        rows().replace("P1,B1,12,targets,", "P1,B1,12,targets,-"),
        MAP,
        True,
        ("B1 at 12 h", "below 0", "<LIMIT"),
    ),
}


@pytest.mark.parametrize("what", list(CLASS))
def test_it_is_named_by_file_well_and_time_with_what_to_do(what, tmp_path):
    text, plan, refused, said = CLASS[what]
    (tmp_path / "readings.csv").write_text(text)
    (tmp_path / "map.csv").write_text(plan)
    paths = [str(tmp_path / "readings.csv")], str(tmp_path / "map.csv")
    reading = AssayReading(start=0.0) if text.startswith(INDEX) else AssayReading()
    made = check(*paths, reading=reading)
    found = made.of("error" if refused else "warning")
    hits = [(name, f) for name, f in found if all(word in f.sentence() for word in said)]
    assert hits, [f.sentence() for _, f in found]
    assert hits[0][0] in ("readings.csv", "map.csv") and hits[0][1].fix.strip()
    assert made.ok is not refused  # nothing is computed from a plate with a fault
    if refused:
        with pytest.raises(InputError) as caught:
            read_assay(*paths, reading=reading)
        assert all(word in str(caught.value) for word in said) and hits[0][0] in str(caught.value)


def _calls():
    """(file:line, name, positional arguments, number of arguments) of everything in the package that reports a finding."""
    for path in sorted(Path(livingdrug.assay.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            of_findings = isinstance(node.func, ast.Attribute) and "findings" in ast.unparse(node.func.value)
            if name == "warn" or (name in ("add", "at") and of_findings):
                yield f"{path.name}:{node.lineno}", name, node


def test_every_finding_says_what_to_do():
    calls = list(_calls())
    assert len(calls) > 60
    for where, name, node in calls:
        place = {"warn": 3, "add": 5, "at": 5}[name]
        fix = node.args[place] if len(node.args) > place else None
        fix = fix or next((k.value for k in node.keywords if k.arg == "fix"), None)
        if fix is None and any(isinstance(a, ast.Starred) for a in node.args):
            continue
        assert fix is not None, f"{where}: no word on what to do"
        assert not (isinstance(fix, ast.Constant) and len(str(fix.value).strip()) < 8), f"{where}: says nothing"
