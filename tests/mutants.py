"""Copies of a text or of plain data with something changed in them, from a seed."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy


def bytes_changed(raw: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Copies with one to four bytes changed, taken out or put in, or with the end cut off."""
    draw = random.Random(seed)
    for _ in range(count):
        data = bytearray(raw)
        for _ in range(draw.randint(1, 4)):
            if not data:
                break
            at, what = draw.randrange(len(data)), draw.random()
            if what < 0.7:
                data[at] = draw.randrange(256)
            elif what < 0.8:
                del data[at]
            elif what < 0.9:
                data.insert(at, draw.randrange(256))
            else:
                data = data[: max(at, 1)]
        yield bytes(data)


ODD = (None, True, -1, 0.5, 10**30, "", "../thesis.txt", "/etc/passwd", "a\x00b", "<script>", "x" * 5000, [], {}, [[]],
       [None], {"name": "../x"}, {"": ""}, "\u202e", "pictures/../../x", "C:\\x", ".", "..")  # fmt: skip


def data_changed(data, count: int, seed: int) -> Iterator:
    """Copies of plain data with one to three entries replaced by something odd, taken out, or put in under another key."""
    draw = random.Random(seed)
    for _ in range(count):
        made = json.loads(json.dumps(data))
        for _ in range(draw.randint(1, 3)):
            at = made
            while True:
                places = list(at) if isinstance(at, dict) else list(range(len(at)))
                if not places:
                    break
                place = draw.choice(places)
                if isinstance(at[place], dict | list) and at[place] and draw.random() < 0.75:
                    at = at[place]
                    continue
                _change(at, place, draw)
                break
        yield made


def _change(at, place, draw) -> None:
    what = draw.random()
    if what < 0.6:
        at[place] = deepcopy(draw.choice(ODD))
    elif what < 0.8:
        del at[place]
    elif isinstance(at, dict):
        at[draw.choice(("odd", "../x", "", *at))] = at.pop(place)
    else:
        at.insert(place, deepcopy(draw.choice(ODD)))
