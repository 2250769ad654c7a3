"""The app: a frame with the pages in it, served on this machine only."""

import secrets
from typing import Any, cast

from dash import Dash, Input, Output, dcc, html, set_props

from livingdrug.core.errors import LivingdrugError
from livingdrug.web import again, cancelling, explore, exports, kept_pages, live, shell
from livingdrug.web.guard import KEY, NO_MEMORY, guard
from livingdrug.web.pages import pages
from livingdrug.web.parts import problem
from livingdrug.web.work import Work


def make_app(work: Work | None = None, key: str | None = None) -> Dash:
    """The Dash app, ready to be served. key: what an address must say once, so that nobody else on this
    machine is let in."""
    work = work or Work()
    no_title = cast(Any, None)  # Dash keeps the title of the window then, which its types do not say
    app = Dash("livingdrug.web", title="livingdrug", serve_locally=True, suppress_callback_exceptions=True,
               update_title=no_title, on_error=_say_what_broke)  # fmt: skip
    app.index_string = app.index_string.replace("<html>", '<html lang="en">')
    guard(app.server, key)
    kept_pages.register(app.server, work)  # after the guard: strangers get nothing that is kept
    exports.register(app.server, work)
    live.register(app.server, work)
    cancelling.register(app.server, work.tasks)
    app.layout = shell.shell()
    shell.register(app)

    @app.callback(
        Output("content", "children"), Output("menu", "children"), Input("address", "pathname"), Input("address", "search"),
    )  # fmt: skip
    def show(path, search):
        set_props("broken", {"children": []})  # what broke was on the page before
        path, search = path or "/", search or ""
        there, name = _place(path, search), name_of(path, search)
        heading = "What do you want to know?" if there == "/" else name
        return shell.titled(name, heading, page_of(path, search, work), path + search), menu(there)

    for module in (again, *pages().values()):
        module.register(app, work)
    return app


def _say_what_broke(error: Exception) -> None:
    """What cannot be done is said as it is (a file that is gone, say); an error that nobody foresaw in one
    sentence, with the details on the terminal."""
    import traceback

    if isinstance(error, LivingdrugError):
        set_props("broken", {"children": problem(str(error))})
        return
    if isinstance(error, MemoryError):
        set_props("broken", {"children": problem(NO_MEMORY)})
        return
    traceback.print_exception(error)
    set_props(
        "broken",
        {"children": problem(f"This did not work ({type(error).__name__}); the terminal has the details.")},
    )


def _place(path: str, search: str) -> str:
    """The path of the page that an address means: the first page has no scenario, so that one with a
    scenario is an address of Explore, which was the first page once."""
    return explore.PATH if path == "/" and search.strip("?") else path


def name_of(path: str, search: str) -> str:
    """What the menu calls the page of an address."""
    path = _place(path, search)
    return pages()[path].PAGE.name if path in pages() else "No such page"


def page_of(path: str, search: str, work: Work):
    """The page of an address, or the sentence that says why there is none."""
    path = _place(path, search)
    if path not in pages():
        return problem(f"there is no page `{path[:60]}`; choose one of the menu")
    if again.missing(search, work):
        return again.page(path, search, work)
    try:
        return pages()[path].page(search, work)
    except LivingdrugError as error:
        return html.Div([problem(str(error)), html.P(dcc.Link("Reset this page", href=path))])


def menu(path: str) -> list:
    """Links to the pages."""
    return shell.menu([module.PAGE for module in pages().values()], path)


def _leave(*signal) -> None:
    """End as after Ctrl+C, so that uploaded files go with the app."""
    raise SystemExit(143)


def serve(port: int, ready=None) -> None:
    """Serve on the loopback interface until interrupted; ready(address) is called once it listens. The
    address holds a key: whoever does not have it is not let in.

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
        raise InputError(
            f"port {port} cannot be had on this machine; choose another one with --port"
        ) from None
    signal.signal(signal.SIGTERM, _leave)
    bound_memory()
    if ready:
        ready(f"http://127.0.0.1:{server.server_port}/?{KEY}={key}")
    try:
        server.serve_forever()
    finally:
        server.server_close()
