"""Numbers, money and time as a reader of either language expects them; stored UTC, shown local."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import (
    format_compact_decimal,
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)

_CONTROLS = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if code not in (9, 10, 13)}
# What writes from right to left or shows nothing: shown as what it is, so that a name cannot be disguised.
_INVISIBLE = {
    code: f"⟨U+{code:04X}⟩"
    for code in (0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
}


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes values in one time zone."""

    locale: str
    zone: ZoneInfo

    def number(self, value: float) -> str:
        """Return a number with the language's separators."""
        return format_decimal(value, locale=self.locale)

    def compact(self, value: float) -> str:
        """Return a number as a reader says it: 3.6 billion, 36亿."""
        long = self.locale == "en"
        places = 1 if abs(value) >= 10_000 or (long and abs(value) >= 1_000) else 0
        style: Literal["long", "short"] = "long" if long else "short"
        return format_compact_decimal(value, format_type=style, locale=self.locale, fraction_digits=places)

    def money(self, minor: int, currency: str = "CNY") -> str:
        """Return an amount of minor units."""
        currency = currency or "CNY"
        whole = minor / 10 ** get_currency_precision(currency)
        return format_currency(whole, currency, locale=self.locale).replace("CN¥", "¥")

    def money_compact(self, minor: int, currency: str = "CNY") -> str:
        """Return an amount of minor units in few letters."""
        if abs(minor) < 1_000_000:
            return self.money(minor, currency)
        sign = "¥" if currency == "CNY" else f"{currency} "
        return f"{sign}{self.compact(minor / 100)}"

    def ratio(self, value: float) -> str:
        """Return a share of one as per cent."""
        return format_percent(value, format="0.#%", locale=self.locale)

    def at(self, instant: datetime) -> str:
        """Return an instant in local time, to the second."""
        pattern = "y-MM-dd HH:mm:ss"
        return format_datetime(instant.astimezone(self.zone), pattern, locale=self.locale)

    def minute(self, instant: datetime) -> str:
        """Return an instant in local time, to the minute."""
        return format_datetime(instant.astimezone(self.zone), "y-MM-dd HH:mm", locale=self.locale)

    def day(self, instant: datetime) -> str:
        """Return a local date in words."""
        return format_date(instant.astimezone(self.zone), "long", locale=self.locale)

    def span(self, delta: timedelta) -> str:
        """Return a length of time in its one or two largest units."""
        return format_timedelta(abs(delta), threshold=1.6, locale=self.locale)

    def iso(self, instant: datetime) -> str:
        """Return an instant for machines."""
        return instant.isoformat()

    def form(self, instant: datetime) -> str:
        """Return an instant as the local date-and-time field of a form writes it."""
        return instant.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")


def inert(text: str, *, most: int = 4_000) -> str:
    """Return a text written by anybody as a screen may show it: controls visible, direction fixed, length bounded."""
    shown = text[:most].translate(_CONTROLS).translate(_INVISIBLE)
    return f"{shown}… (+{len(text) - most:,})" if len(text) > most else shown
