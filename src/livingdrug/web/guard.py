"""Who may talk to the app: the browser that opened its address, on this machine, on a page of the app
itself."""

import hmac
from urllib.parse import urlsplit

KEY = "key"  # what the address calls it
NO_MEMORY = (
    "the memory of this machine does not suffice for that; ask for fewer subjects, draws, replicates or times"
)
MAX_REQUEST = 30_000_000  # bytes: an upload of 20 MB as text
NAMES = {"127.0.0.1", "localhost", "[::1]", "::1"}
# what a page may load: only what this server gives; Dash needs inline scripts and Plotly compiles functions
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; "
    "form-action 'self'"
)


def _host(origin: str) -> str | None:
    """Host and port of an origin, None where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _same(said: str, key: str) -> bool:
    return hmac.compare_digest(said.encode(), key.encode())


def _cookie() -> str:
    """Name of the cookie: cookies know no ports, and two apps may run."""
    from flask import request

    port = request.host.rpartition(":")[2]
    return f"livingdrug-{port if port.isdecimal() else 80}"


def _let_in(key: str):
    """The same address without the key, which then stays in no history, and the cookie that goes with it."""
    from urllib.parse import urlencode

    from flask import redirect, request

    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != KEY])
    path = "/" + request.path.lstrip("/")  # two strokes would lead to another host
    answer = redirect(f"{path}{'?' if rest else ''}{rest}", 303)
    answer.set_cookie(_cookie(), key, httponly=True, samesite="Lax")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def guard(server, key: str | None = None) -> None:
    """Refuse other hosts (a name that was bent to this machine), other origins (a page elsewhere that
    sends requests), and, where there is a key, whoever has not said it once (another account of this
    machine): a browser that has keeps it in a cookie of its own."""
    from flask import Response, abort, request

    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST

    @server.before_request
    def refuse_strangers() -> None:
        host = urlsplit(f"//{request.host}").hostname or ""
        if host not in NAMES:
            abort(403, "this app answers on this machine only, by the names 127.0.0.1 and localhost")
        origin = request.headers.get("Origin")
        if origin is not None and _host(origin) != request.host:
            abort(403, "the request comes from another page")
        if (
            request.headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site")
            and request.path != "/"
        ):
            abort(403, "the request comes from another page")

    @server.before_request
    def ask_for_the_key():
        if key is None:
            return None
        said = request.args.get(KEY)
        if said is not None and _same(said, key):
            return _let_in(key)
        if not _same(request.cookies.get(_cookie(), ""), key):
            abort(
                403, "open the address that `livingdrug app` has printed, with its key: nobody else is let in"
            )
        return None

    @server.errorhandler(MemoryError)
    def say_that_memory_is_short(_):
        return Response(f"{NO_MEMORY}\n", 503, mimetype="text/plain")

    @server.after_request
    def harden(response):
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
