"""The page of product attributes: each question on the example, and refusals in the words of its fields."""

import json

import pytest

from livingdrug.web.app import page_of
from livingdrug.web.attributes import FIELDS, with_table
from livingdrug.web.uploads import PRODUCTS
from livingdrug.web.work import Work


def text_of(work: Work, query: str) -> str:
    def plain(thing):
        return thing.to_plotly_json() if hasattr(thing, "to_plotly_json") else str(thing)

    return json.dumps(
        page_of("/attributes", f"?{query}", work).to_plotly_json(), default=plain, ensure_ascii=False
    )


@pytest.fixture(scope="module")
def work():
    return Work()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=attributes-check", "products.csv passed validation: 60 products, 8 attributes"),
        ("kind=attributes-relate&outcome=CR%2BPR", "after allowing for that 3 stand out"),
        ("kind=attributes-learn&outcome=CR%2BPR&permutations=19&repeats=2", "Verdict: "),
        (
            "kind=attributes-range&outcome=CR%2BPR&attribute=Tn/Tscm+(%25)",
            "A proposal for a quality attribute, not a limit",
        ),
    ],
)
def test_each_question_is_answered_on_the_example(work, query, said):
    text = text_of(work, f"{query}&file={PRODUCTS}")
    assert said in text and '"className": "problem"' not in text
    assert ("data:image/png;base64" in text) == ("check" not in query)


def test_a_refusal_names_the_field_and_the_file_as_its_user_calls_it(work):
    token = work.uploads.keep(
        "lots.csv", b"patient,VCN,response\n" + b"".join(b"A,%d,CR\n" % i for i in range(1, 9))
    )
    text = text_of(work, f"kind=attributes-relate&outcome=CR&file={token}")
    assert "has another row" in text and "`lots.csv`" in text
    assert "--several" not in text and "Several products of one patient" in text


def test_links_of_the_steps_carry_what_was_said(work):
    text = text_of(work, f"kind=attributes-check&several=mean&file={PRODUCTS}")
    assert "kind=attributes-relate" in text and text.count("several=mean") >= 4 and "outcome=CR%2BPR" in text


LEARN = f"kind=attributes-learn&outcome=CR%2BPR&permutations=19&repeats=2&file={PRODUCTS}"


def own_products(work, rows=5, drop=("response", "log CMAX", "PFS (d)", "PFS event")):
    from livingdrug.attributes import example_products

    table = example_products().head(rows)
    kept = [name for name in table.columns if name not in drop]
    return work.uploads.keep("my lots.csv", table[kept].to_csv(index=False).encode())


def test_an_uploaded_table_of_new_products_is_scored(work):
    query = with_table(f"?{LEARN}", "new", own_products(work))
    text = text_of(work, query)
    assert "predictions" in text and "90 % band" in text and "my lots.csv" in text
    assert '"className": "problem"' not in text and "leave it out" in text


def test_a_table_of_new_products_that_does_not_fit_is_refused_by_the_name_of_its_user(work):
    query = with_table(f"?{LEARN}", "new", own_products(work, drop=("response", "VCN (copies/cell)")))
    text = text_of(work, query)
    assert "VCN (copies/cell)" in text and "`my lots.csv`" in text and '"className": "problem"' in text


def test_outcomes_of_a_second_table_join(work):
    lots = own_products(work, rows=60, drop=("response", "log CMAX", "PFS (d)", "PFS event"))
    query = with_table(f"?kind=attributes-relate&outcome=CR%2BPR&file={lots}", "endpoints", PRODUCTS)
    assert "after allowing for that 3 stand out" in text_of(work, query)


def test_every_method_of_the_command_can_be_chosen():
    from typing import get_args

    from livingdrug.workflows.attributes.learn.spec import Learn

    offered = {value for value, _ in next(e for e in FIELDS["attributes-learn"] if e.key == "method").choices}
    assert offered == set(get_args(Learn.model_fields["method"].annotation))
