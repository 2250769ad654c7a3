"""The app: a frame with the pages in it, served on this machine only."""

import secrets

from dash import Dash, Input, Output, dcc, html, set_props

from livingdrug.core.errors import LivingdrugError
from livingdrug.core.words import NOTICE
from livingdrug.web import exports, live
from livingdrug.web.guard import KEY, NO_MEMORY, guard
from livingdrug.web.pages import pages
from livingdrug.web.parts import problem
from livingdrug.web.work import Work

PRIVACY = "Everything is computed on this machine: your data never leave it, and nothing is fetched from a network."


def make_app(work: Work | None = None, key: str | None = None) -> Dash:
    """The Dash app, ready to be served. key: what an address must say once, so that nobody else on this machine is let in."""
    work = work or Work()
    app = Dash("livingdrug.web", title="livingdrug", serve_locally=True, suppress_callback_exceptions=True, update_title=None,
               on_error=_say_what_broke)  # fmt: skip
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    guard(app.server, key)
    exports.register(app.server, work)
    live.register(app.server, work)
    app.layout = html.Div(
        [
            dcc.Location(id="address", refresh=False),
            html.A("Skip to the content", href="#content", className="skip"),
            html.Header([html.H1("livingdrug"), html.Nav(id="menu", **{"aria-label": "pages"}),
                         html.P([html.B(PRIVACY), " ", NOTICE])]),  # fmt: skip
            html.Div(id="broken", role="alert"),
            html.Main(id="content", tabIndex="-1"),
        ]
    )

    @app.callback(
        Output("content", "children"), Output("menu", "children"), Input("address", "pathname"), Input("address", "search"),
    )  # fmt: skip
    def show(path, search):
        set_props("broken", {"children": []})  # what broke was on the page before
        return page_of(path, search or "", work), menu(path)

    for module in pages().values():
        module.register(app, work)
    return app


def _say_what_broke(error: Exception) -> None:
    """What cannot be done is said as it is (a file that is gone, say); an error that nobody foresaw in one sentence, with the
    details on the terminal."""
    import traceback

    if isinstance(error, LivingdrugError):
        set_props("broken", {"children": problem(str(error))})
        return
    if isinstance(error, MemoryError):
        set_props("broken", {"children": problem(NO_MEMORY)})
        return
    traceback.print_exception(error)
    set_props("broken", {"children": problem(f"This did not work ({type(error).__name__}); the terminal has the details.")})


def page_of(path: str, search: str, work: Work):
    """The page of an address, or the sentence that says why there is none."""
    if path not in pages():
        return problem(f"there is no page `{path[:60]}`; choose one above")
    try:
        return pages()[path].page(search, work)
    except LivingdrugError as error:
        return html.Div([problem(str(error)), html.P(dcc.Link("Reset this page", href=path))])


def menu(path: str) -> list:
    """Links to the pages."""
    names = {path: module.PAGE.name for path, module in pages().items()}
    return [
        html.Span(name, className="here", **{"aria-current": "page"}) if here == path else dcc.Link(name, href=here)
        for here, name in names.items()
    ]  # fmt: skip


def _leave(*signal) -> None:
    """End as after Ctrl+C, so that uploaded files go with the app."""
    raise SystemExit(143)


def serve(port: int, ready=None) -> None:
    """Serve on the loopback interface until interrupted; ready(address) is called once it listens. The address holds a key:
    whoever does not have it is not let in.

    Raises InputError where the port cannot be had.
    """
    import logging
    import signal

    from livingdrug.core.errors import InputError
    from livingdrug.web.serving import bound_memory, server_of

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    key = secrets.token_urlsafe(24)
    app = make_app(key=key)
    try:
        server = server_of(app.server, port)
    except (OSError, SystemExit, OverflowError):
        raise InputError(f"port {port} cannot be had on this machine; choose another one with --port") from None
    signal.signal(signal.SIGTERM, _leave)
    bound_memory()
    if ready:
        ready(f"http://127.0.0.1:{server.server_port}/?{KEY}={key}")
    try:
        server.serve_forever()
    finally:
        server.server_close()
