"""Jobs of users from end to end, by clicks alone. Others have tests of their own: a population fit with censoring
(test_fit_page), the size of a study and an umbrella trial (test_app), sampling days (test_pages)."""

import re

from tests.web.conftest import PATIENCE
from tests.web.test_app import DRAWN, addressed, opened, says, settled, shows, taken

# headings that no reader knows, day 1 is the infusion, on the second sheet of a workbook
ODD = [("Patient code", "Visit day", "Transgene copies"),
       *((p, d, v) for p, top in (("P-01", 9000), ("P-02", 700)) for d, v in (
           (2, 60), (8, top), (11, top * 2), (15, top), (22, top / 3), (29, top / 9), (91, 55)))]  # fmt: skip


QUESTIONS = "**/_dash-update-component*"


def workbook(path):
    """A title on the first sheet, the data on the second."""
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["qPCR batch 7"])
    sheet = book.create_sheet("PK")
    for row in ODD:
        sheet.append(row)
    book.save(path)


def typed(page, label, value):
    """Fill a field and leave it."""
    page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Enter")


def test_job_1_a_batch_under_odd_headings_becomes_a_table_and_plots(page, address, tmp_path):
    workbook(tmp_path / "batch.xlsx")
    opened(page, address, "data", plot=None)
    page.set_input_files("input[type=file]", tmp_path / "batch.xlsx")
    addressed(page, "file=")
    page.locator("summary", has_text="How the file is read").click()
    for label, value, sign in (
        ("Sheet of an Excel file", "PK", "sheet=PK"),
        ("What columns mean", "Patient code=ID; Visit day=TIME; Transgene copies=DV", "columns"),
        ("Unit of the values", "copies/ug", "unit=copies"),
        ("Unit of the times", "d", "time_unit=d"),
        ("Day number of the infusion", "1", "infusion_day=1"),
        ("Limit of quantification", "50", "limit=50"),
    ):
        typed(page, label, value)
        addressed(page, sign)
    page.wait_for_selector(DRAWN.format("profiles"), state="attached")
    says(page, "main", "P-01")
    page.wait_for_selector("a[data-export]")
    taken(page, tmp_path)
    assert b"CMAX" in (tmp_path / "results.csv").read_bytes() and (tmp_path / "pp.xpt").stat().st_size > 1000


def test_what_is_opened_and_what_is_being_typed_survive_an_answer_that_comes_late(page, address, tmp_path):
    """The page is drawn anew when the answer to one field comes; the next one is being filled by then."""
    workbook(tmp_path / "batch.xlsx")
    opened(page, address, "data", plot=None)
    page.set_input_files("input[type=file]", tmp_path / "batch.xlsx")
    addressed(page, "file=")
    fold = page.locator("summary", has_text="How it is analysed")
    fold.click()
    late = []
    page.route(QUESTIONS, lambda route: late.append(route) if is_page(route) else route.continue_())
    typed(page, "Level of the time above (XTLIM)", "70")
    waited_for(page, late)
    page.get_by_label("Groups of subjects", exact=True).press_sequentially("resp")
    before = fold.element_handle()
    late[0].continue_()
    page.wait_for_function("fold => !fold.isConnected", arg=before)
    page.unroute(QUESTIONS)
    addressed(page, "above=70")
    field = page.get_by_label("Groups of subjects", exact=True)
    assert field.is_visible() and field.input_value() == "resp"
    page.keyboard.type("onse")  # it has the focus still
    page.keyboard.press("Enter")
    addressed(page, "by=response")
    fold.click()
    page.reload()
    page.get_by_label("Groups of subjects", exact=True).wait_for()  # it is shown: something is chosen in it


def is_page(route):
    """Whether what is asked for is the page of an address."""
    return "content.children" in (route.request.post_data or "")


def waited_for(page, asked):
    """Let the browser work until it has asked."""
    for _ in range(PATIENCE // 50):
        if asked:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the page of the new address was not asked for")


def test_job_3_own_subjects_beside_published_products(page, address):
    opened(page, address, "", plot=None)
    page.get_by_role("link", name=re.compile("How does my product compare")).click()
    page.wait_for_selector(DRAWN.format("beside"), state="attached")
    page.locator("nav[aria-label=products]").get_by_role(
        "link", name="ciltacabtagene", exact=False
    ).first.click()
    says(page, "main", "Beside ciltacabtagene")


def test_jobs_4_and_5_a_study_of_two_files_groups_and_outcomes(page, address):
    opened(page, address, "study", plot=None)
    page.get_by_role("link", name="Look at the example").click()
    says(page, "#sentence", "80 subjects have samples and endpoints")
    page.get_by_role("link", name="Kinetics by response").click()
    says(page, "main", "ratio of geometric means")
    page.get_by_role("link", name="Exposure and response", exact=True).click()
    says(page, "main h1", "Exposure and response")
    page.get_by_role("link", name="Take my study").click()  # joined once, offered here
    says(page, "#sentence", "respond and")
    assert "exposure=CMAX" in page.url
    page.get_by_label("Exposure", exact=True).select_option("AUCINT")
    addressed(page, "exposure=AUCINT")
    page.wait_for_selector(DRAWN.format("index"), state="attached")
    page.get_by_label("Toxicity, to weigh against it").select_option("")
    typed(page, "Exposure ends at this time", "onset (d)")
    addressed(page, "onset=")
    says(page, "#sentence", "doubling")


def test_jobs_6_and_9_another_dose_a_second_infusion_and_lymphodepletion(page, address):
    opened(page, address, "", plot=None)
    page.get_by_role("link", name=re.compile("What would lymphodepletion change")).click()
    shows(page, "pinned 1: host_0")
    before = page.locator("#exposure").inner_text()
    page.locator("#dose").fill("1e8, 5e7@28")
    page.keyboard.press("Enter")
    page.wait_for_function("location.search.includes('doses=5e7%4028')")
    page.wait_for_function("t => document.querySelector('#exposure').innerText !== t", arg=before)
    before = page.locator("#exposure").inner_text()
    page.evaluate("document.querySelector('#slider-host_0').closest('#sliders > details').open = true")
    page.locator("#slider-host_0").focus()
    page.keyboard.press("PageUp")
    page.wait_for_function("t => document.querySelector('#exposure').innerText !== t", arg=before)
    settled(page)
    assert "values.host_0" in page.url


def test_job_14_values_of_another_assay_are_converted_and_said_so(page, address):
    opened(page, address, "data?kind=nca&file=example", "profiles")
    page.locator("summary", has_text="How the file is read").click()
    typed(page, "Conversion between units", "kirouac_2024")
    addressed(page, "conversion=kirouac_2024")
    says(page, "main", "cells/uL")
    assert (
        "kirouac_2024" in page.locator("main").inner_text() or "Kirouac" in page.locator("main").inner_text()
    )


def test_job_15_a_reproducible_report_and_the_model_for_another_tool(page, address, tmp_path):
    opened(page, address, "models?model=singh_2021", plot=None)
    says(page, "#model-card", "sources")
    taken(page, tmp_path)
    assert "$PROBLEM" in (tmp_path / "model.nonmem.txt").read_text()
    assert "<sbml" in (tmp_path / "model.sbml.xml").read_text()
    page.get_by_role("link", name="Explore it").click()
    page.wait_for_selector(DRAWN.format("curves"), state="attached")
    with page.expect_download(timeout=PATIENCE) as found:
        page.locator("a[data-export='report.html']").click()
    found.value.save_as(tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text()
    assert "SHA-256" in html and "singh_2021" in html
