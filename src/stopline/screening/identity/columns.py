"""What a rule may ask of a message's identity: the brand it names, whether its sender may, its links, its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.phone import NumberKind
from stopline.screening.identity.brands import CLOSES, NAMED, OPENS, SHORT_CLOSES, SHORT_OPENS, BrandBook, Places
from stopline.screening.identity.extract import LONGEST, foreign_link, numbers_in, view_of
from stopline.screening.identity.registered import ADDRESSES, Registration, Senders, addressed_key, fingerprint_key
from stopline.screening.numbers import KINDS, WITHHELD, Codes, kinds
from stopline.screening.rules.features import Column
from stopline.screening.text.fold import M_HANDLES, M_LINKS, M_PHONES, Folded

Mask = NDArray[np.bool_]

_NAME: Final = KINDS.index(NumberKind.SENDER_NAME)
_OPEN_SIGNS, _CLOSE_SIGNS = "【[〔「『(（<《", "】]〕」』)）>》"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A batch of messages as it was written and read: texts, folded texts, senders, instants."""

    texts: list[str]
    folded: Folded
    sender: Codes
    raw_sender: list[str | None]
    at_us: NDArray[np.int64]


def identity_columns(written: Written, senders: Senders) -> dict[str, Column]:
    """Return the columns of a batch; only a text that names a brand costs more than being searched for one.

    A text speaks as the brand that it opens with, else as the one it closes with, else as every brand it names.
    """
    count = len(written.texts)
    named, speaks = _brands(written, senders.book)
    names: Mask = np.any(named >= 0, axis=1)
    given = written.sender != WITHHELD
    vouched: Mask = np.any(senders.vouched[speaks] > written.at_us[:, None], axis=1)
    own, own_template, templates_known, foreign = (np.zeros(count, dtype=np.bool_) for _ in range(4))
    _own(written, senders, names & given, speaks, (own, own_template, templates_known))
    links = written.folded.meters[:, M_LINKS]
    for row in np.flatnonzero(names & (links > 0)).tolist():
        brands = [senders.book.brands[place] for place in {*named[row].tolist(), *speaks[row].tolist()} if place >= 0]
        mine = _held(written, senders, speaks, row) if own[row] else ()
        hosts = [host for one in (*brands, *mine) for host in one.hosts]
        foreign[row] = foreign_link(written.texts[row], int(links[row]), hosts)
    for row in np.flatnonzero(templates_known & ~own_template).tolist():
        own_template[row] = _is_addressed(written, row, _held(written, senders, speaks, row))
    notice = own & ~foreign
    for row in np.flatnonzero(notice & ~own_template).tolist():
        notice[row] = not _asks_elsewhere(written, row, senders)
    everything = np.ones(count, dtype=np.bool_)
    return {
        "names_brand": Column(names, everything),
        "brand_own_sender": Column(own, names & given & vouched),
        "link_foreign_to_brand": Column(foreign, names),
        "own_template": Column(own_template, templates_known),
        "own_notice": Column(notice, everything),
    }


def _own(written: Written, senders: Senders, rows: Mask, speaks: Places, out: tuple[Mask, Mask, Mask]) -> None:
    """Mark rows of own senders, of their templates, and of senders that have any."""
    places = np.flatnonzero(rows & senders.among(written.sender))
    parts = (places, written.sender[places], speaks[places], written.at_us[places])
    marked: tuple[list[int], list[int], list[int]] = ([], [], [])
    for row, code, spoken, at_us in zip(*(part.tolist() for part in parts), strict=True):
        for one in senders.of(code):
            if one.brand in spoken and at_us < one.until_us:
                marked[0].append(row)
                if one.templates:
                    marked[2].append(row)
                    if fingerprint_key(written.folded, row) in one.templates:
                        marked[1].append(row)
    for mask, found in zip(out, marked, strict=True):
        mask[found] = True


def _held(written: Written, senders: Senders, speaks: Places, row: int) -> list[Registration]:
    """Return the registrations under which a row's sender writes."""
    held, spoken, at_us = senders.of(int(written.sender[row])), speaks[row].tolist(), int(written.at_us[row])
    return [one for one in held if one.brand in spoken and at_us < one.until_us]


def _brands(written: Written, book: BrandBook) -> tuple[Places, Places]:
    """Return the brands that each text names, and those it speaks as; -1 for none."""
    found = book.find(written.folded)
    named = found[:, :NAMED].copy()
    signed = np.where(found[:, OPENS] >= 0, found[:, OPENS], found[:, CLOSES])
    short = np.where(found[:, SHORT_OPENS] >= 0, found[:, SHORT_OPENS], found[:, SHORT_CLOSES])
    for row in np.flatnonzero((short >= 0) & (found[:, OPENS] < 0)).tolist():
        if _has_signature(written.texts[row]):
            signed[row] = short[row]
    for row in np.flatnonzero((kinds(written.sender) == _NAME) & (named[:, 0] < 0) & (signed < 0)).tolist():
        signed[row] = book.of_name(written.raw_sender[row] or "")
    lone = (signed >= 0) & (named[:, 0] < 0)
    named[lone, 0] = signed[lone]
    speaks = named.copy()
    speaks[signed >= 0] = -1
    speaks[:, 0] = np.where(signed >= 0, signed, speaks[:, 0])
    return named, speaks


def _has_signature(text: str) -> bool:
    bare = text.strip()
    return bare[:1] in _OPEN_SIGNS or bare[-1:] in _CLOSE_SIGNS


def _is_addressed(written: Written, row: int, mine: list[Registration]) -> bool:
    """Return whether a text is a registered notice but for the name that it addresses."""
    if not any(word in written.texts[row] for word in ADDRESSES):
        return False
    key = addressed_key(written.folded.text(row))
    return key is not None and any(key in one.templates for one in mine)


def _asks_elsewhere(written: Written, row: int, senders: Senders) -> bool:
    """Return whether a text that is no known template asks to be answered by messenger or at somebody's line."""
    meters, text = written.folded.meters[row], written.texts[row]
    if meters[M_HANDLES] or len(text) > LONGEST:
        return True
    return bool(meters[M_PHONES]) and any(map(senders.calls_elsewhere, numbers_in(view_of(text))))
