"""How close a traveller is to a named order: pure, and a name alone reaches no further than "look closer"."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from enum import IntEnum


class Closeness(IntEnum):
    """How close; only the last two refer anybody to an officer (LAW safeguards 19 and 20)."""

    NOTHING = 0
    LOOK_CLOSER = 1  # the name, or part of the rest: no hit, no record, the person walks on
    NAME_AND_BIRTH = 2
    DOCUMENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who somebody says to be, or whom an order names. `birth_on` is a full ISO date, or empty."""

    name: str
    name_latin: str
    birth_on: str
    document_no: str


def closeness(order: Identity, traveller: Identity) -> Closeness:
    """Return how close a traveller is to the person of an order."""
    wanted, shown = document_key(order.document_no), document_key(traveller.document_no)
    if wanted and wanted == shown:
        return Closeness.DOCUMENT
    same_name = bool(name_keys(order) & name_keys(traveller))
    same_birth = full_date(order.birth_on) and order.birth_on == traveller.birth_on
    if same_name and same_birth:
        return Closeness.NAME_AND_BIRTH
    return Closeness.LOOK_CLOSER if same_name else Closeness.NOTHING


def refers(close: Closeness) -> bool:
    """Return whether a traveller this close is referred to an officer."""
    match close:
        case Closeness.NOTHING | Closeness.LOOK_CLOSER:
            return False
        case Closeness.NAME_AND_BIRTH | Closeness.DOCUMENT:
            return True


def document_key(number: str) -> str:
    """Return a document number as it is compared: letters and digits only, upper case, compatibility forms folded."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", number).upper() if letter.isalnum())


def name_keys(identity: Identity) -> frozenset[str]:
    """Return the folded forms of a name: the written one, and the Latin one in either order of its parts."""
    keys: set[str] = set()
    for text in (identity.name, identity.name_latin):
        parts = _parts(text)
        if parts:
            keys |= {"".join(parts), "".join(reversed(parts)), "".join(sorted(parts))}
    return frozenset(keys)


def full_date(text: str) -> bool:
    """Return whether a date has year, month and day; a partial one is no second datum."""
    return len(text) == 10 and text[4] == text[7] == "-" and (text[:4] + text[5:7] + text[8:]).isdecimal()


def pseudonym(key: bytes, *parts: str) -> str:
    """Return a keyed pseudonym: without the key nobody finds the person, with it the same person is the same."""
    return hmac.new(key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def traveller_key(key: bytes, traveller: Identity) -> str:
    """Return the pseudonym of a traveller's document; the name and birth date stand in it, as in the document."""
    names = sorted(name_keys(traveller))
    return pseudonym(key, document_key(traveller.document_no), traveller.birth_on, *names)


def _parts(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text)).casefold()
    bare = "".join(letter for letter in folded if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in bare)
    return words.split()
