"""Pages that were drawn a moment ago are handed out as they are: a page is a function of its address and of
the content of its files, so that nothing needs to be computed again.

Kept is the text that the browser gets. A page is not kept where it says why something cannot be done (the
app may have been busy, or somebody cancelled), nor where it looked at a fit or another run, which goes on
while nobody asks.
"""

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping

from livingdrug.web.again import shown_files
from livingdrug.web.parts import PROBLEM
from livingdrug.web.work import Work, looked_at_jobs

MOST_BYTES = 32_000_000  # of all pages together
LARGEST = MOST_BYTES // 8  # of one page
OUTPUT = "..content.children...menu.children.."  # what Dash calls the question for a page
ASKED = ("address.pathname", "address.search")
_PROBLEM = f'"className":"{PROBLEM}"'.encode()
_DRAWN = re.compile(rb'"data-page":"[0-9a-f]*"')  # each page its own, so that its sliders are drawn anew

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class KeptPages:
    """At most MOST_BYTES of pages, the one that was asked for longest ago goes first."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.size = most, 0
        self._pages: OrderedDict[Key, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """The page of a key, None where it is not kept."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: bytes) -> None:
        """Keep a page; one that is too large is not kept."""
        if len(page) > min(LARGEST, self.most):
            return
        with self._lock:
            self.size += len(page) - len(self._pages.pop(key, b""))
            self._pages[key] = page
            while self.size > self.most:
                self.size -= len(self._pages.popitem(last=False)[1])


def key_of(question: Mapping | None, work: Work) -> Key | None:
    """What a page is kept by: its address, and its files by their content and by the names that its user
    gave them. None for a question that asks for no page, and for an address whose files are not here."""
    if not isinstance(question, Mapping) or question.get("output") != OUTPUT:
        return None
    given = {f"{one.get('id')}.{one.get('property')}": one.get("value") for one in question.get("inputs", ())}
    path, search = (given.get(name) or "" for name in ASKED)
    tokens = shown_files(search)
    if not all(map(work.uploads.has, tokens)):
        return None
    return path, search, tuple((token, work.uploads.name(token)) for token in tokens)


def lasts(page: bytes) -> bool:
    """Whether a page that was drawn in this request would be drawn again just so."""
    return _PROBLEM not in page and not looked_at_jobs()


def drawn_anew(page: bytes) -> bytes:
    """A kept page, as one that was drawn for this asker."""
    return _DRAWN.sub(b'"data-page":"%s"' % secrets.token_hex(4).encode(), page)


def register(server, work: Work) -> None:
    """Ahead of Dash: a page that is kept is handed out, one that was drawn and lasts is kept."""
    from flask import Response, g, request

    pages = KeptPages()

    def asked() -> Key | None:
        is_question = request.method == "POST" and request.path.endswith("/_dash-update-component")
        return key_of(request.get_json(silent=True), work) if is_question else None

    @server.before_request
    def hand_out():
        key = asked()
        page = pages.get(key) if key is not None else None
        if page is not None:
            return Response(drawn_anew(page), mimetype="application/json")
        g.page_key = key
        return None

    @server.after_request
    def keep(response):
        key = g.get("page_key")
        # a file may have got another name meanwhile
        if key is not None and response.status_code == 200 and key == asked() and lasts(response.get_data()):
            pages.put(key, response.get_data())
        return response
