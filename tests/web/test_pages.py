"""Models, sensitivity, sampling days and reports, by clicks in a real browser."""

from tests.web.conftest import PATIENCE
from tests.web.test_app import DRAWN, addressed, opened, says


def test_a_model_is_found_by_disease_and_explored(page, address):
    opened(page, address, "models", plot=None)
    page.get_by_label("Disease").select_option("lymphoma")
    addressed(page, "?disease=lymphoma")
    page.get_by_label("Made from").select_option("patients")
    addressed(page, "data=patients")
    assert 0 < page.locator("#models-found li").count() < 10
    page.locator("#models-found a").first.click()
    says(page, "#model-card", "sources")
    page.get_by_role("link", name="Explore it").click()
    page.wait_for_selector(DRAWN.format("curves"), state="attached")


def test_a_report_of_two_answers_in_the_order_that_is_chosen(page, address, tmp_path):
    opened(page, address, "trial", "power")
    page.get_by_role("button", name="Add to a report").click()
    opened(page, address, "explore?kind=simulate&model=stein_2019")
    page.get_by_role("button", name="Add to a report").click()
    page.get_by_role("link", name="To the report").click()
    page.get_by_role("link", name="Add all").click()
    says(page, "#report-chapters", "Simulate: stein_2019")
    assert page.locator("#report-chapters li a").first.inner_text().startswith("Power")
    page.get_by_role("link", name="Down").click()
    page.wait_for_function("document.querySelector('#report-chapters li a').innerText.startsWith('Simulate')")
    page.get_by_label("Title of the document").fill("Study X")
    page.keyboard.press("Enter")
    addressed(page, "Study")
    for name, begin in (("report.html", b"<!doctype html>"), ("report.docx", b"PK"), ("report.pdf", b"%PDF")):
        with page.expect_download(timeout=PATIENCE) as found:
            page.locator(f"a[data-export='{name}']").click()
        found.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin), name
    html = (tmp_path / "report.html").read_text()
    assert "<h1>Study X</h1>" in html and html.index("1. ") < html.index("2. Power")
    page.get_by_role("link", name="Leave out").first.click()
    page.wait_for_function("document.querySelectorAll('#report-chapters li').length === 1")


def test_sensitivity_and_sampling_days_answer_what_is_typed(page, address):
    opened(page, address, "sensitivity?kind=sensitivity&model=stein_2019&variability=sd&n=16", plot=None)
    says(page, "#sentence", "AUC of transgene is driven by")
    page.get_by_label("What is to be explained").select_option("CMAX")
    says(page, "#sentence", "CMAX of transgene is driven by")
    page.get_by_role("link", name="Sampling days", exact=True).click()
    says(page, "#sentence", "would cut")
    page.get_by_label("Sampling days", exact=True).fill("7 7")
    page.keyboard.press("Enter")
    page.wait_for_selector(".right .problem")
    assert "7 is there twice" in page.locator(".right .problem").inner_text()
