"""Which column of a table means what, guessed from its heading, shown, and corrected by the user."""

from collections.abc import Sequence

from livingdrug.assay.answers import AssayReading
from livingdrug.assay.plate import QUANTITIES
from livingdrug.assay.words import read_channel, read_duration
from livingdrug.core.errors import InputError
from livingdrug.core.names import unknown
from livingdrug.data import SAID, Column, plain_word, printable, split_heading

IGNORE = "ignore"
# columns of the map, which a table of readings may hold as well
MAP = ("role", "construct", "donor", "ratio", "effectors_seeded", "targets_seeded", "treatment", "dose")
WORDS = {
    "plate": "plate plateid platename barcode vessel vesselname",
    "well": "well wellid wellname wellposition position wellnumber pos",
    "sample": "sample samplename name samples",
    "time": "time timeh hours hour h elapsed elapsedh day days timed timemin minutes minute min timepoint "
    "hpi",
    "channel": "channel quantity readout output measurement marker population celltype metric analyte dvid "
    "cmt",
    "value": "value cells cell count counts dv reading result cellsperwell cellcount",
    "unit": "unit units",
    "sd": "sd stdev stddev",
    "limit": "limit loq lloq lod",
    "time_unit": "timeunit timeu",
    "role": "role welltype type control wellrole",
    "construct": "construct car product edit arm carconstruct effectorcell effectortype",
    "donor": "donor donorid",
    "ratio": "etratio et effectortotarget effectortargetratio ratio ettarget",
    "effectors_seeded": "effectorsseeded effectorseeded effectorcells ncart effectorsplated platedeffector",
    "targets_seeded": "targetsseeded targetseeded targetcells tumourseeded tumorseeded targetsplated",
    "dose": "dose drugdose drugconcentration doseconcentration",
    "treatment": "treatment drug compound dex dexamethasone",
    "event": "event comment comments note notes remark",
    "evid": "evid",
    "amount": "amt amount",
    IGNORE: "round hinround replicate rep content datetime date depth passage",
}
MEANING = {word: meaning for meaning, words in WORDS.items() for word in words.split()}
MEANINGS = (*WORDS, *QUANTITIES)
WHY = {"value": "the readings", "well": "where on the plate", IGNORE: "nothing here needs it"}


def guess(headings: Sequence[str], reading: AssayReading) -> tuple[Column, ...]:
    """One Column for each heading. Raises InputError for a correction that names no meaning, or two of one
    meaning."""
    said = {h: reading.columns[h] for h in headings if h in reading.columns}
    for heading, meaning in said.items():
        if meaning not in MEANINGS:
            raise InputError(f"column `{printable(heading)}`: " + unknown("meaning", meaning, MEANINGS))
    made, taken = [], {m for m in said.values() if m not in QUANTITIES and m != IGNORE}
    for heading in headings:
        column = _guess(heading, said, taken, headings)
        if column.meaning in WORDS and column.meaning != IGNORE and heading not in said:
            taken.add(column.meaning)
        made.append(column)
    twice = {
        m for m in said.values() if list(said.values()).count(m) > 1 and m not in QUANTITIES and m != IGNORE
    }
    if twice:
        raise InputError(f"two columns were said to mean {sorted(twice)[0]}; only one can")
    return tuple(made)


def _guess(heading: str, said: dict[str, str], taken: set[str], headings: Sequence[str]) -> Column:
    unit = split_heading(heading)[1]
    if heading in said:
        return Column(heading, said[heading], SAID, unit)
    word = plain_word(heading)
    meaning = MEANING.get(word) or MEANING.get(word.removesuffix("h") if word.startswith("time") else word)
    if meaning and meaning not in taken:
        return Column(heading, meaning, WHY.get(meaning, "the heading"), unit)
    if meaning:
        return Column(heading, IGNORE, f"another column was taken as {meaning}", unit)
    if read_duration(heading) is not None:
        return Column(heading, "readings at a time", "the heading is a time")
    values = any(MEANING.get(plain_word(h)) == "value" or said.get(h) == "value" for h in headings)
    channel = read_channel(heading)
    if channel and not values:
        return Column(heading, channel.quantity, channel.why, channel.unit)
    return Column(heading, IGNORE, "not a word we know", unit)


def place_of(columns: Sequence[Column]) -> dict[str, int]:
    """Meaning -> place of its column; quantities and what is ignored are left out."""
    return {c.meaning: i for i, c in enumerate(columns) if c.meaning in WORDS and c.meaning != IGNORE}
