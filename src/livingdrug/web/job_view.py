"""What the pages of jobs have in common: work that goes on is looked at, and may be cancelled or started again.

A page has ids that begin with its name: `<name>-job` holds the view, `<name>-job-name` the address's job.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dash import Input, Output, State, dcc, html, no_update
from dash.exceptions import PreventUpdate

from livingdrug.core.errors import InputError
from livingdrug.web.parts import problem

BEAT = 1000  # ms between two looks at a running job


def kept_address(noun: str) -> html.P:
    """What to do to come back to a job; noun: what the app keeps ten of."""
    quiet = html.Small(f"Nobody can guess it; the app keeps its last ten {noun}.")
    return html.P(["Keep the address of this page to come back while the app runs. ", quiet])


def ended(name: str, job: Any, titles: Sequence[str], again: html.Button, said: str, why: str) -> list:
    """A job that found nothing. titles: of one that was interrupted, refused, ended early; said, why: of them."""
    what = html.Div(id=f"{name}-job-problem")
    shown = {
        "interrupted": [html.P(said, id="sentence"), again, what],
        "refused": [problem(why)],
        "failed": [problem(why), again, what],
    }
    title = dict(zip(shown, titles, strict=True))
    return [html.H2(title[job.state]), *shown[job.state]]


def going_on(name: str, title: str, progress: list, more: Sequence = ()) -> list:
    """A job that is running: how far it is, a button to cancel it, and more below."""
    return [
        html.H2(title), html.Div(progress, id=f"{name}-progress"),
        html.Button("Cancel", id=f"{name}-cancel", n_clicks=0), html.Div(id=f"{name}-job-problem"),
        dcc.Interval(id=f"{name}-beat", interval=BEAT), *more,
    ]  # fmt: skip


def register_button(app, name: str, button: str, act: Callable[[str], Any], view: Callable[[str], list]) -> None:
    """The callback of a button of a job: act on it, then show it again. act, view: take the job's name."""

    @app.callback(
        Output(f"{name}-job", "children", allow_duplicate=True),
        Output(f"{name}-job-problem", "children", allow_duplicate=True),
        Input(button, "n_clicks"), State(f"{name}-job-name", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def clicked(clicks, ident):
        if not clicks:
            raise PreventUpdate
        try:
            act(ident)
            return view(ident), no_update
        except InputError as error:
            return no_update, problem(str(error))
