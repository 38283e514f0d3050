"""What a message names and asks its reader to touch: links, numbers, messenger names, amounts, brands.

Links, numbers and names are read in the canonical alphabet, so that full-width, circled, lookalike and invisible
characters hide none of them. Every pattern is bounded and the text is cut, so that none costs more than another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from stopline.screening.identity.amounts import Amount, amounts_in
from stopline.screening.identity.brands import NAMED, Brand, BrandBook
from stopline.screening.text.alphabet import DROP, TABLE_SIZE, alphabet
from stopline.screening.text.fold import fold_all
from stopline.screening.text.tokens import TLDS

_AUTHORITY: Final = r"[^\s\u3000-\u9fff\uff00-\uffef<>\"'/\\?#]{1,255}"
_PATH: Final = r"(?:[/\\?#][^\s\u3000-\u9fff\uff00-\uffef<>\"']{0,400})?"
_LINK: Final = re.compile(
    rf"https?:[/\\]{{0,4}}{_AUTHORITY}{_PATH}|www\.{_AUTHORITY}{_PATH}"
    rf"|(?<![a-z0-9@._-])(?:[a-z0-9_-]{{1,63}}\.){{1,4}}(?:{'|'.join(sorted(TLDS.split(), key=len, reverse=True))})"
    rf"(?![a-z0-9_@-])(?::\d{{1,5}})?{_PATH}",
    re.IGNORECASE | re.ASCII,  # a link may stand against a Han character
)
_HOST: Final = re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,10}\.?", re.ASCII)
_SCHEME, _AFTER, _PORT = re.compile(r"^https?:[/\\]*"), re.compile(r"[/\\?#]"), re.compile(r":\d{0,5}$")
_ODD: Final = re.compile(r"[^\t\n\r\x20-\x7e\u4e00-\u9fff，。！？：；、“”‘’（）【】《》—…·]|[。：][A-Za-z0-9]")
_NUMBER: Final = re.compile(r"(?<![\w.])\+?\d(?:[- ]?\d){6,18}(?!\w)", re.ASCII)
_CODE: Final = re.compile(r"(?<![\w.,])\d{5,6}(?![\w,])", re.ASCII)
_HANDLE: Final = re.compile(
    r"(?:@|(?:微信|薇信|威信|vx|wx|v信|qq|扣扣|telegram|whatsapp|line)[号群:：\s]{0,3})([a-z0-9_-]{5,32})",
    re.IGNORECASE,
)
MOST: Final = 16
"""More of each than this is not kept: no honest message has them."""
LONGEST: Final = 4_000
"""Characters that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link as it stands in the canonical alphabet; `host` is empty where none can be read from it."""

    url: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """Links, telephone and account numbers, messenger names, amounts and ids of brands, in order, without repeats."""

    links: tuple[Link, ...]
    numbers: tuple[str, ...]
    handles: tuple[str, ...]
    amounts: tuple[Amount, ...]
    brands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was extracted, and beside each link and number the brand whose own it is, "" where it is nobody's."""

    brands: tuple[Brand, ...]
    links: tuple[tuple[Link, str], ...]
    numbers: tuple[tuple[str, str], ...]
    handles: tuple[str, ...]
    amounts: tuple[Amount, ...]


def shown(text: str, book: BrandBook) -> Shown:
    """Return what a text names and asks for, as an officer is shown it."""
    found = extracted(text, book)
    plain = {link.host for link in links_in(text[:LONGEST])}  # a disguised link is nobody's own
    return Shown(
        brands=tuple(book.brands[book.places[brand]] for brand in found.brands),
        links=tuple((link, book.owner_of(link.host) if link.host in plain else "") for link in found.links),
        numbers=tuple((number, book.codes.get(number, "")) for number in found.numbers),
        handles=found.handles,
        amounts=found.amounts,
    )


def extracted(text: str, book: BrandBook) -> Extracted:
    """Extract what a message names, and what it asks its reader to open, call, add or pay."""
    view = canonical(text[:LONGEST])
    links = tuple(dict.fromkeys(links_in(view)))[:MOST]
    rest = _LINK.sub(" ", view)
    handles = _first(match.group(1) for match in _HANDLE.finditer(rest))
    codes = [match.group() for match in _CODE.finditer(rest) if match.group() in book.codes]
    numbers = _first(number for number in (*numbers_in(rest), *codes) if number not in handles)
    named = book.find(fold_all([text[:LONGEST]]))[0]
    places = [int(place) for place in named[:NAMED].tolist() if place >= 0]
    return Extracted(
        links=links,
        numbers=numbers,
        handles=handles,
        amounts=amounts_in(compatible(text[:LONGEST]), most=MOST),
        brands=tuple(book.brands[place].id for place in places),
    )


def canonical(text: str) -> str:
    """Return a text in the folding alphabet, its digits, links and gaps as they stand."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    taken = np.where(codes < TABLE_SIZE, alphabet().codes[np.minimum(codes, TABLE_SIZE - 1)], codes)
    kept = taken[(taken != DROP) & (taken < 0x32000)]
    return bytes(kept.astype("<u4")).decode("utf-32-le", "ignore")


def view_of(text: str) -> str:
    """Return the text itself where it is of plain letters, Han and their punctuation, else its canonical form.

    The links and numbers of both are the same, and most texts are plain.
    """
    return canonical(text) if _ODD.search(text) else text


def compatible(text: str) -> str:
    """Return a text in compatibility form without its invisible characters: ￥ and １２，０００ stay what they say."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if unicodedata.category(letter) not in _INVISIBLE)


_INVISIBLE: Final = frozenset({"Cf", "Cc", "Mn", "Me", "Cs"})


def links_in(view: str) -> list[Link]:
    """Return every link of a text, repeats included."""
    return [
        Link(url=url, host=host_of(url)) for url in (found.group().rstrip(".,;:!?)") for found in _LINK.finditer(view))
    ]


def numbers_in(view: str) -> list[str]:
    """Return every telephone or account number of a canonical text, repeats included."""
    return [re.sub(r"[- ]", "", match.group()) for match in _NUMBER.finditer(view)]


def foreign_link(text: str, counted: int, hosts: Iterable[str]) -> bool:
    """Return whether a text, in which folding `counted` links, leads anywhere but to these hosts or below them.

    A body writes its own links plainly. So the text as it stands and the canonical text must name the same hosts:
    where a lookalike, an invisible character or a sign in front of an @ makes them differ, the link is foreign. It is
    foreign too where folding has counted a link that cannot be read, or where the text is longer than what is read.
    """
    if not counted:
        return False
    if len(text) > LONGEST:
        return True
    found, view, own = links_in(text), view_of(text), tuple(hosts)
    plain = {link.host for link in found}
    if view is not text:
        found = links_in(view)
    if len(found) < counted or plain != {link.host for link in found}:
        return True
    odd = any(sign in link.url for link in found for sign in "@\\")  # programs differ in how they read these
    return odd or not all(is_under(host, own) for host in plain)


def host_of(url: str) -> str:
    """Return the host that a browser would go to, in lower case, "" where it is none of plain letters and digits."""
    authority = _AFTER.split(_SCHEME.sub("", url.lower()), maxsplit=1)[0].rpartition("@")[2]
    host = _PORT.sub("", authority)
    return host.rstrip(".") if _HOST.fullmatch(host) else ""


def is_host(text: str) -> bool:
    """Return whether a text is the host of a link, with a domain above it, and nothing else."""
    return bool(_HOST.fullmatch(text.lower())) and not text.endswith(".")


def is_under(host: str, hosts: Iterable[str]) -> bool:
    """Return whether a host is one of these or lies under one of them."""
    return any(host == own or host.endswith("." + own) for own in hosts)


def _first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:MOST]
