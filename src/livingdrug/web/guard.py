"""Who may talk to the app: this machine's browser, on a page of the app itself."""

from urllib.parse import urlsplit

MAX_REQUEST = 30_000_000  # bytes: an upload of 20 MB as text
NAMES = {"127.0.0.1", "localhost", "[::1]", "::1"}
# what a page may load: only what this server gives; Dash needs inline scripts and Plotly compiles functions
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; form-action 'self'"
)


def _host(origin: str) -> str | None:
    """Host and port of an origin, None where it is none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def guard(server) -> None:
    """Refuse other hosts (a name that was bent to this machine) and other origins (a page elsewhere that sends requests)."""
    from flask import abort, request

    server.config["MAX_CONTENT_LENGTH"] = MAX_REQUEST

    @server.before_request
    def refuse_strangers() -> None:
        host = urlsplit(f"//{request.host}").hostname or ""
        if host not in NAMES:
            abort(403, "this app answers on this machine only, by the names 127.0.0.1 and localhost")
        origin = request.headers.get("Origin")
        if origin is not None and _host(origin) != request.host:
            abort(403, "the request comes from another page")
        if request.headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site") and request.path != "/":
            abort(403, "the request comes from another page")

    @server.after_request
    def harden(response):
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response
