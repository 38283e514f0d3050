"""What a signed entry must say before a sender is taken for a brand's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

from stopline.kernel.errors import BadField
from stopline.kernel.phone import NumberKind, read_number
from stopline.screening.identity.brands import shipped_brands
from stopline.screening.identity.extract import is_host
from stopline.screening.identity.registered import fingerprints
from stopline.screening.records import ListKind

_MOST_EXAMPLES: Final = 200
_LONGEST_EXAMPLE: Final = 2_000  # characters
# A body does not write from somebody's telephone, and what cannot be compared names nobody.
_NO_SENDER: Final = (NumberKind.MOBILE, NumberKind.MALFORMED, NumberKind.WITHHELD)


class Identity(TypedDict):
    """The fields of an entry that only a registered sender has."""

    brand: str
    hosts: tuple[str, ...]
    templates: tuple[str, ...]


def identity_of(kind: ListKind, number: str, *, brand: str, hosts: Sequence[str], examples: Sequence[str]) -> Identity:
    """Return brand, hosts and fingerprints of an entry; the examples of notices themselves are not kept.

    A number of "" stands for a prefix. Raises BadField.
    """
    if kind is not ListKind.SENDER:
        if brand or hosts or examples:
            raise BadField(field="brand", value=brand, why="only a registered sender has a brand, hosts or examples")
        return {"brand": "", "hosts": (), "templates": ()}
    if read_number(number).kind in _NO_SENDER:
        raise BadField(field="number", value=number, why="one service number, short code, desk or sender name")
    for host in hosts:
        if not is_host(host):
            raise BadField(field="hosts", value=host[:60], why="the host of a link, as example.com, without path")
    if len(examples) > _MOST_EXAMPLES or any(len(text) > _LONGEST_EXAMPLE for text in examples):
        why = f"at most {_MOST_EXAMPLES} texts of {_LONGEST_EXAMPLE:,} characters"
        raise BadField(field="examples", value=f"({len(examples)} texts)", why=why)
    return {
        "brand": shipped_brands().brand_id(brand),
        "hosts": tuple(host.lower() for host in hosts),
        "templates": fingerprints(examples),
    }
