"""Callbacks of the app that write its address, called as a browser calls them."""

import json

from livingdrug.web.address import read_query

SEARCH = "address.search"


def name_of(part):
    return f"{part['id']}.{part['property']}"


def call(app, start, given, search, changed=None):
    """The address that a callback writes, or what it says instead. start: its first input; given: the other values by their
    names; changed: what set it off, the first input by default."""
    output, callback = next((k, c) for k, c in app.callback_map.items() if SEARCH in k and name_of(c["inputs"][0]) == start)
    parts = [part.split("@")[0].rsplit(".", 1) for part in output.strip(".").split("...")]
    outputs = [{"id": ident, "property": name} for ident, name in parts]

    def filled(part):
        values = {SEARCH: search, **given}[name_of(part)]
        if not name_of(part).startswith("{"):
            return {"id": part["id"], "property": part["property"], "value": values}
        kind = json.loads(part["id"])["type"]
        return [{"id": {"type": kind, "name": name}, "property": part["property"], "value": value} for name, value in values]

    body = {"output": output, "outputs": outputs[0] if len(outputs) == 1 else outputs, "changedPropIds": [changed or start],
            "inputs": [filled(p) for p in callback["inputs"]], "state": [filled(p) for p in callback["state"]]}  # fmt: skip
    answer = app.server.test_client().post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    written = answer.json["response"]
    return written["address"]["search"] if "address" in written else json.dumps(written)


def asked(address):
    return read_query(address.lstrip("?"))[0]
