"""Local days and hours of many instants at once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from stopline.kernel.errors import BadField

_QUARTER_US: Final = 900_000_000  # zones change their offset on a quarter of an hour
_HOUR_US: Final = 3_600_000_000


def zone_of(name: str, field: str) -> ZoneInfo:
    """Return the zone of a name as in Asia/Shanghai; raises BadField."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise BadField(field=field, value=name, why="no time zone; name one as in Asia/Shanghai") from cause


def days_and_hours(at_us: NDArray[np.int64], zone: ZoneInfo) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the local day (since 1970-01-01) and hour (0 to 23) of instants in microseconds since 1970."""
    quarters, of = np.unique(at_us // _QUARTER_US, return_inverse=True)
    offsets = np.array([_offset_us(quarter * 900, zone) for quarter in quarters.tolist()], dtype=np.int64)
    local = at_us + (offsets[of] if len(offsets) else 0)
    return local // (24 * _HOUR_US), local // _HOUR_US % 24


@lru_cache(maxsize=1 << 16)
def _offset_us(at_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(zone).utcoffset()
    return round(offset.total_seconds() * 1e6) if offset is not None else 0
