"""Questions of models and doses, answered by clicks in a real browser."""

from tests.web.test_app import addressed, check_equal, opened, says, taken


def changed(page, label, text):
    """Type into a field."""
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Enter")


def test_a_horizon_and_a_population_change_who_is_cured(page, address):
    opened(page, address, "cure", plot=None)
    says(page, "#sentence", "The typical subject falls below 100 cells")
    changed(page, "Followed by chance from (cells)", "50")
    says(page, "#sentence", "falls below 50 cells")
    addressed(page, "below=50")
    changed(page, "CV of every rate", "0.05")
    says(page, ".problem", 'in the field "Virtual subjects"')
    changed(page, "Virtual subjects", "20")
    says(page, "#sentence", "of 20 subjects fall below 50 cells")


def test_a_third_model_is_added_and_left_out(page, address):
    opened(page, address, "models-compare?kind=models-compare&models=stein_2019&models=kirouac_2023&subjects=0", plot=None)
    says(page, "#sentence", "stein_2019 peaks")
    page.get_by_label("Another model").select_option("hardiansyah_2019")
    addressed(page, "hardiansyah_2019")
    says(page, ".right", "hardiansyah_2019")
    page.get_by_role("link", name="leave it out").nth(1).click()
    addressed(page, "kirouac_2023", there=False)
    page.wait_for_function("!document.querySelector('.right').innerText.includes('kirouac_2023 peaks')")


def test_what_is_downloaded_is_what_the_command_and_the_script_write(page, address, tmp_path):
    opened(page, address, "fractionation?kind=fractionation&model=hardiansyah_2019&dose=1e9&subjects=5&cv=0.2", plot=None)
    says(page, "#sentence", "% respond")
    taken(page, tmp_path)
    check_equal(tmp_path)
    assert (tmp_path / "picture.svg").read_bytes().startswith(b"<?xml")


def test_a_link_to_a_file_asks_for_it_and_shows_what_it_showed(page, address, tmp_path):
    from livingdrug.core.export import write_csv
    from livingdrug.web.uploads import Uploads
    from livingdrug.workflows.examples.kinetics import example_kinetics

    write_csv(example_kinetics(4), tmp_path / "mine.csv")
    write_csv(example_kinetics(3), tmp_path / "other.csv")
    token = Uploads().keep("mine.csv", (tmp_path / "mine.csv").read_bytes())
    opened(page, address, f"data?kind=nca&file={token}&window=0&window=14", plot=None)
    says(page, ".problem", "Choose the same file again")
    page.locator("#again-upload input[type=file]").set_input_files(tmp_path / "other.csv")
    says(page, "#again-problem", "another content")
    page.locator("#again-upload input[type=file]").set_input_files(tmp_path / "mine.csv")
    page.wait_for_function("document.querySelector('.left')?.innerText.includes('mine.csv')")
    assert page.get_by_label("Window").first.input_value() == "0 14"


def test_a_trial_that_takes_long_says_how_far_it_is_and_is_cancelled(page, address):
    from livingdrug.web.address import to_query
    from livingdrug.web.trial import _example_trial

    long = to_query(_example_trial().model_copy(update={"replicates": 20_000}))
    page.goto(f"{address}trial?{long}", wait_until="commit")
    cancel = page.locator(".work").get_by_role("button", name="Cancel")
    cancel.wait_for()
    page.wait_for_function("/\\d of [\\d,]+/.test(document.querySelector('.work')?.innerText ?? '')")
    cancel.click()
    says(page, ".right .problem", "cancelled")
    page.wait_for_function("document.querySelector('.work') === null && document.getElementById('busy').hidden")
    page.get_by_role("link", name="Back to the formulas").click()
    page.wait_for_selector("#power .main-svg", state="attached")


def test_a_page_that_is_left_is_not_computed_to_its_end(page, address):
    from livingdrug.web.address import to_query
    from livingdrug.web.trial import _example_trial

    long = to_query(_example_trial().model_copy(update={"replicates": 20_000, "seed": 7}))
    page.goto(f"{address}trial?{long}", wait_until="commit")
    page.locator(".work").wait_for()
    page.get_by_role("link", name="The paper", exact=True).click()
    says(page, "main h1", "The paper")
    page.wait_for_function("document.getElementById('busy').hidden && document.querySelector('.work') === null")


def test_targets_are_edited_as_a_text_and_matched(page, address):
    opened(page, address, "population", plot=None)
    text = page.locator("#targets-text")
    assert "[[targets]]" in text.input_value()
    text.fill('[[targets]]\nexposure = "CMAX"\nunit = "copies/ug"\nn = 30\nmedian = 20000\np90 = 900\n')
    page.get_by_role("button", name="Match these targets").click()
    says(page, "#targets-problem", "no distribution has both")
    text.fill('[[targets]]\nexposure = "CMAX"\nunit = "copies/ug"\nn = 30\nmedian = 20000\np90 = 90000\n')
    page.get_by_role("button", name="Match these targets").click()
    addressed(page, "targets=")
    assert page.locator(".problem:visible").count() == 0 and "p90 = 90000" in page.locator("#targets-text").input_value()
    page.get_by_role("link", name="Back to published exposures").click()
    addressed(page, "product=tisagenlecleucel")
