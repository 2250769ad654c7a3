"""Diagrams: nothing missing, nothing on top of anything else, nothing beyond the page: by geometry, for every model."""

import re
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import numpy as np
import pytest

from livingdrug.diagram import Curve, Head, Rect, Words, diagram_of, graph_of, to_dot, to_mermaid, to_svg
from livingdrug.diagram.measure import BOLD, REGULAR, text_width, wrap
from livingdrug.models import ClosedForm, Event, build_model, list_models
from tests.commands import livingdrug

SLACK = 0.6  # pixels that rounding in the file may take
JOINED = (
    "kirouac_2023+tissue", "kirouac_2023+organs", "kirouac_2023+allogeneic_killing+host_competition",
    "kirouac_2023+allogeneic_killing+host_competition+tissue", "hardiansyah_2019+antigen_loss",
)  # fmt: skip
EVERY = (*list_models(), *JOINED)


@cache
def drawn(name):
    base, *fragments = name.split("+")
    model = build_model(base, tuple(fragments))
    return model, graph_of(model), diagram_of(model)


def states_of(model):
    return [] if isinstance(model.system, ClosedForm) else [state.name for state in model.system.states]


def on_top_of_each_other(extents):
    """Pairs of rectangles (left, top, right, bottom) that share room."""
    left, top, right, bottom = np.array(extents).T
    shared = (
        (left[:, None] < right - SLACK) & (left < right[:, None] - SLACK)
        & (top[:, None] < bottom - SLACK) & (top < bottom[:, None] - SLACK)
    )  # fmt: skip
    return [(i, j) for i, j in np.argwhere(np.triu(shared, 1))]


def along(curve):
    """Points on a line of cubic pieces, a few pixels apart."""
    points = np.array(curve.points)
    t = np.linspace(0, 1, 16)[:, None]
    pieces = []
    for i in range(0, len(points) - 1, 3):
        a, b, c, d = points[i : i + 4]
        pieces.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.concatenate(pieces)


def boxes(diagram):
    return {rect.names: rect for rect in diagram.of(Rect) if rect.names}


@pytest.mark.parametrize("name", EVERY)
def test_every_state_is_a_node_and_no_other(name):
    model, graph, diagram = drawn(name)
    states = states_of(model)
    assert [node.name for node in graph.nodes if node.kind == "state"] == states
    if states:
        assert sorted(boxes(diagram)) == sorted(states)
    else:
        assert len(boxes(diagram)) == sum(len(output.pieces) for output in model.system.outputs)


@pytest.mark.parametrize("name", EVERY)
def test_no_words_on_words_and_none_beyond_the_page(name):
    diagram = drawn(name)[2]
    extents = [words.extent for words in diagram.of(Words)]
    overlapping = [(diagram.of(Words)[i].text, diagram.of(Words)[j].text) for i, j in on_top_of_each_other(extents)]
    assert overlapping == []
    beyond = [w.text for w in diagram.of(Words)
              if min(w.extent) < 0 or w.extent[2] > diagram.width or w.extent[3] > diagram.height]  # fmt: skip
    assert beyond == []


@pytest.mark.parametrize("name", EVERY)
def test_boxes_stand_apart_hold_their_names_and_nobody_elses(name):
    diagram = drawn(name)[2]
    found = boxes(diagram)
    extents = [(r.x, r.y, r.x + r.width, r.y + r.height) for r in found.values()]
    assert on_top_of_each_other(extents) == []
    for state, rect in found.items():
        inside = [w.text for w in diagram.of(Words)
                  if w.extent[0] >= rect.x and w.extent[2] <= rect.x + rect.width
                  and w.extent[1] >= rect.y and w.extent[3] <= rect.y + rect.height]  # fmt: skip
        touching = [w.text for w in diagram.of(Words)
                    if w.extent[0] < rect.x + rect.width and w.extent[2] > rect.x
                    and w.extent[1] < rect.y + rect.height and w.extent[3] > rect.y]  # fmt: skip
        assert state in inside and inside == touching


@pytest.mark.parametrize("name", EVERY)
def test_no_line_runs_through_a_box_or_over_words(name):
    """A number on its own line has a white ground that lies above the line; every other line passes it by."""
    diagram = drawn(name)[2]
    shapes = list(diagram.shapes)
    for at, curve in ((i, s) for i, s in enumerate(shapes) if isinstance(s, Curve)):
        points = along(curve)
        covers = [s for s in shapes[at:] if isinstance(s, Rect)]
        for rect in boxes(diagram).values():
            assert not within(points, rect.x + 1, rect.y + 1, rect.x + rect.width - 1, rect.y + rect.height - 1).any(), rect
        for words in diagram.of(Words):
            hit = within(points, *words.extent)
            if hit.any():
                left, top, right, bottom = words.extent
                own = [r for r in covers if r.fill == "#ffffff" and r.x <= left and r.y <= top + SLACK
                       and r.x + r.width >= right and r.y + r.height >= bottom - SLACK]  # fmt: skip
                assert own, (words.text, curve.points[0])


def within(points, left, top, right, bottom):
    return (points[:, 0] > left) & (points[:, 0] < right) & (points[:, 1] > top) & (points[:, 1] < bottom)


@pytest.mark.parametrize("name", EVERY)
def test_every_flow_stands_in_the_drawing_with_the_states_that_it_joins(name):
    model, graph, diagram = drawn(name)
    system = model.system
    if isinstance(system, ClosedForm):
        return
    ends = {}
    for node in graph.nodes:
        ends |= {n: ("", node.name) for n in node.arriving} | {n: (node.name, "") for n in node.leaving}
    for edge in (e for e in graph.edges if not e.drives):
        ends |= {n: (edge.start, edge.end) for n in edge.numbers} | {n: (edge.end, edge.start) for n in edge.back}
    assert [ends[row.mark] for row in graph.flows] == [(f.out_of, f.into) for f in system.flows]
    numbers = set(re.findall(r"\d+", " ".join(w.text for w in diagram.of(Words) if re.fullmatch(r"[\d, /]+", w.text))))
    assert numbers >= {row.mark for row in graph.flows}
    doses = [edge.end for edge in graph.edges if edge.start == "(dose)"]
    assert doses == ([system.dose_into] if system.dose_into else [])


@pytest.mark.parametrize("name", EVERY)
def test_the_files_are_well_formed_and_name_every_state(name):
    model, graph, diagram = drawn(name)
    root = ElementTree.fromstring(to_svg(diagram))
    said = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert set(states_of(model)) <= said
    mermaid, dot = to_mermaid(graph), to_dot(graph)
    assert all(f'["{state}' in mermaid and f'"{state}' in dot for state in states_of(model))
    arrows = sum(1 + bool(edge.back) for edge in graph.edges)
    ends = sum(len(node.arriving) + len(node.leaving) for node in graph.nodes)
    assert sum("-->" in line or "-.->" in line for line in mermaid.splitlines()) == arrows + ends
    assert dot.count("{") == dot.count("}") and dot.count('"') % 2 == 0


def test_what_drives_a_flow_is_found_through_definitions():
    graph = drawn("kirouac_2023")[1]
    driven = {row.name: row.driven for row in graph.flows}
    assert driven["self_renewal"] == "antigen"  # named in the definition `renewal` only
    assert driven["tumour_killing"] == "effector2" and driven["memory_death"] == ""
    assert ("tumour", "antigen") in {(e.start, e.end) for e in graph.edges if e.drives}
    tissue = {row.name: row.driven for row in drawn("kirouac_2023+tissue")[1].flows}
    assert tissue["memory_from_tissue"] == "tissue_delay" and tissue["memory_to_tissue"] == ""


def test_an_event_stands_in_the_table_and_in_the_text():
    model = build_model("sahoo_2020", ())
    event = Event("relapse", "tumour", {"tumour": "2 * tumour"})
    changed = replace(model, structure=replace(model.structure, events=(event,)))
    row = next(row for row in graph_of(changed).others if row.name == "relapse")
    assert row.kind == "event" and row.rate == "when tumour > 0: tumour := 2 * tumour"
    assert any("tumour := 2 * tumour" in words.text for words in diagram_of(changed).of(Words))


def test_letters_stand_on_the_states_that_an_output_sees():
    nodes = {node.name: node.marks for node in drawn("kirouac_2023+tissue")[1].nodes}
    assert nodes["memory"] == ("A",) and nodes["memory_tissue"] == () and nodes["tumour"] == ()


def test_arrowheads_touch_a_box_or_belong_to_a_flow_that_leaves():
    _, graph, diagram = drawn("kirouac_2023")
    rects = list(boxes(diagram).values())
    touching = sum(
        any(r.x - 1 <= h.points[0][0] <= r.x + r.width + 1 and r.y - 1 <= h.points[0][1] <= r.y + r.height + 1 for r in rects)
        for h in diagram.of(Head)
    )
    leaving = sum(bool(node.leaving) for node in graph.nodes)
    in_key = 2
    assert touching == len(diagram.of(Head)) - leaving - in_key


def test_widths_are_those_of_the_font():
    matplotlib = pytest.importorskip("matplotlib")
    from pathlib import Path

    from matplotlib.ft2font import FT2Font

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for file, table in (("DejaVuSans.ttf", REGULAR), ("DejaVuSans-Bold.ttf", BOLD)):
        font = FT2Font(str(fonts / file))
        font.set_size(1000, 72)
        widths = [font.load_char(c).linearHoriAdvance / 65536 for c in range(32, 127)]
        assert np.allclose(table, widths, atol=1)


def test_lines_of_a_text_are_no_wider_than_asked():
    text = "cells " * 30 + "a_name_that_is_much_wider_than_the_column_in_which_it_has_to_stand"
    lines = wrap(text, 10, 120)
    assert max(text_width(line, 10) for line in lines) <= 120
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrap("", 10, 120) == [""]


@pytest.mark.parametrize("name", ["kirouac_2023+tissue", "park_2025_sle", "stein_2019_comedication", "sahoo_2020"])
def test_without_the_table_the_page_is_as_wide_as_the_drawing(name):
    base, *fragments = name.split("+")
    diagram = diagram_of(build_model(base, tuple(fragments)), table=False)
    extents = [words.extent for words in diagram.of(Words)]
    assert on_top_of_each_other(extents) == []
    assert min(min(e) for e in extents) >= 0 and max(e[2] for e in extents) <= diagram.width
    assert diagram.width <= drawn(name)[2].width and diagram.height < drawn(name)[2].height


def test_the_same_model_gives_the_same_bytes():
    model = build_model("singh_2021", ())
    assert to_svg(diagram_of(model)) == to_svg(diagram_of(model))


def test_models_show_writes_a_diagram_in_the_form_of_its_ending(tmp_path):
    forms = {"a.svg": b"<svg", "a.mmd": b"%% kirouac_2023 + tissue", "a.dot": b"digraph", "a.png": b"\x89PNG"}
    for file, begins in forms.items():
        run = livingdrug("models", "show", "kirouac_2023", "--with", "tissue", "--diagram", file, cwd=tmp_path)
        assert run.returncode == 0 and run.stdout == "" and file in run.stderr, run.stderr
        assert (tmp_path / file).read_bytes().startswith(begins)


def test_a_model_of_ones_own_is_drawn_whatever_its_title_holds(tmp_path):
    assert livingdrug("models", "new", "mine.toml", "--flows", cwd=tmp_path).returncode == 0
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    assert text.count("\ntitle = ") == 1
    title = 'title = "<b>five & \\"six\\"</b> \\n %% \\u0001 end"'
    (tmp_path / "mine.toml").write_text(re.sub(r"\ntitle = .*", lambda _: "\n" + title, text), encoding="utf-8")
    for file in ("a.svg", "a.mmd", "a.dot", "a.png"):
        run = livingdrug("models", "show", "mine.toml", "--diagram", file, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
    root = ElementTree.fromstring((tmp_path / "a.svg").read_text(encoding="utf-8"))
    assert any("<b>five & \"six\"</b>" in (text.text or "") for text in root.iter("{http://www.w3.org/2000/svg}text"))
    first, second, *_ = (tmp_path / "a.mmd").read_text(encoding="utf-8").splitlines()
    assert first.startswith("%%") and second == "flowchart TB"


def test_the_app_shows_the_same_drawing():
    pytest.importorskip("dash")
    from base64 import b64decode

    from livingdrug.web.diagrams import diagram_image

    model = build_model("kirouac_2023", ("tissue",))
    image = diagram_image(model.with_values(k12=3.0)).children
    kind, _, text = image.src.partition(",")
    assert kind == "data:image/svg+xml;base64" and "12 states" in image.alt
    assert b64decode(text).decode() == to_svg(diagram_of(model, table=False))


def test_an_ending_that_is_none_of_ours_is_refused(tmp_path):
    run = livingdrug("models", "show", "kirouac_2023", "--diagram", "a.pdf", cwd=tmp_path)
    assert run.returncode == 2 and "a.pdf" in run.stderr and ".svg" in run.stderr and "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []
