"""The whole call decision in plain Python, written with care: dictionaries, sets, closures; the baseline of `calls`.

It does what the engine does for the features that the rules of `traffic` read, and a little less: no windows that can
be audited, no calls under way, no bound on memory, and a rule that meets something unknown says no.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from stopline.bench.traffic import CallFrame, Written

Features = dict[str, Any]
_HOUR_US: Final = 3_600_000_000
_DAY_US: Final = 24 * _HOUR_US
_OFFSET_US: Final = 8 * _HOUR_US
_NAN: Final = math.nan
_RECORD: Final = struct.Struct("<16sqqdB24s")
_BOUNDS: Final = ((0.0, 0.499), (0.0, 0.499), (0.5, 0.899), (0.9, 1.0))


class PlainCalls:
    """A call centre's dictionaries, and the way a batch goes through them."""

    def __init__(self, rules: list[Written], block: set[int], log: Path, random_bytes: Callable[[int], bytes]) -> None:
        self.random_bytes = random_bytes
        self.callers: dict[int, list[Any]] = {}
        self.callees: dict[int, list[Any]] = {}
        self.devices: dict[int, list[Any]] = {}
        self.block, self.watch, self.exempt = block, set[int](), set[int]()
        self.reports: dict[int, tuple[int, int]] = {}
        self.blocks: dict[int, int] = {}  # reported numbers by block of a hundred
        self.rules: list[tuple[Callable[[Features], bool], int, float]] = [
            (eval(f"lambda f: {rule.python}"), rule.level, 1.0 - rule.precision)  # noqa: S307 - our own text
            for rule in rules
        ]
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def decide(self, frame: CallFrame) -> list[tuple[int, float]]:
        """Return verdict and score of every call, and keep a record of each that is stopped or marked."""
        answers, records = [], []
        columns = (frame.at_us, frame.calling, frame.called, frame.device, frame.cell, frame.abroad)
        for at, calling, called, device, cell, abroad in zip(*(column.tolist() for column in columns), strict=True):
            caller, callee = int(calling[1:]), int(called[1:])
            features = self._features(at, caller, callee, device, cell, abroad)
            verdict, left = 0, 1.0
            for holds, level, leaves in self.rules:
                if holds(features):
                    left *= leaves
                    verdict = max(verdict, level)
            base = _base(features)
            low, high = _BOUNDS[verdict]
            score = round(min(max(1.0 - (1.0 - base) * left, low), high), 9)
            answers.append((verdict, score))
            if verdict:
                records.append(_RECORD.pack(self.random_bytes(16), at, caller, score, verdict, calling))
            if verdict >= 2:
                self.callees[callee][3] += 1
        os.write(self.log, b"".join(records))
        os.fdatasync(self.log)
        return answers

    def touch(self, frame: CallFrame) -> None:
        """Count a batch without deciding it, so that the dictionaries are full before anything is measured."""
        columns = (frame.at_us, frame.calling, frame.called, frame.device, frame.cell, frame.abroad)
        for at, calling, called, device, cell, abroad in zip(*(column.tolist() for column in columns), strict=True):
            self._features(at, int(calling[1:]), int(called[1:]), device, cell, abroad)

    def _features(self, at: int, caller: int, callee: int, device: int, cell: int, abroad: int) -> Features:
        reports = self.reports.get(caller)
        features: Features = {
            "listed_block": caller in self.block,
            "listed_watch": caller in self.watch,
            "listed_exempt": caller in self.exempt,
            "reports_count": reports[0] if reports else 0,
            "reports_age_h": (at - reports[1]) / _HOUR_US if reports else _NAN,
            "block_reports_count": self.blocks.get(caller // 100, 0) - (1 if reports else 0),
            "hour": (at + _OFFSET_US) // _HOUR_US % 24,
            "calling_kind": 0,
            "called_kind": 0,
            "from_abroad": abroad,
            "spoofed": False,
            "display_differs": False,
        }
        self._caller(features, at, caller, callee, device)
        if device:
            self._device(features, at, caller, device, cell)
        else:
            features["device_numbers"] = features["device_cells"] = features["device_calls_1h"] = _NAN
        self._callee(features, at, caller, callee)
        return features

    def _caller(self, features: Features, at: int, caller: int, callee: int, device: int) -> None:
        """Count a call at its number: last, first, 1m, 1h, 1d, in, ended, answered, talk, short, day, today, sets."""
        day = (at + _OFFSET_US) // _DAY_US
        kept = self.callers.get(caller)
        if kept is None:
            kept = self.callers[caller] = [at, at, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, day, 0, 0, 0, 0, 0, _NAN]
        else:
            passed = (at - kept[0]) / 1e6
            kept[2] *= math.exp(-passed / 60.0)
            kept[3] *= math.exp(-passed / 3600.0)
            faded = math.exp(-passed / 86400.0)
            kept[4] *= faded
            kept[5] *= faded
            kept[6] *= faded
            kept[7] *= faded
            kept[8] *= faded
            kept[9] *= faded
            kept[16] = passed / 3600.0
            kept[0] = at
        if kept[10] != day:
            kept[10], kept[11], kept[12], kept[13] = day, 0, 0, 0
        kept[2] += 1.0
        kept[3] += 1.0
        kept[4] += 1.0
        kept[11] += 1
        kept[12] |= 1 << (callee * 0x9E3779B97F4A7C15 >> 32 & 127)
        kept[13] |= 1 << (device * 0x9E3779B97F4A7C15 >> 32 & 63)
        kept[15] = kept[15] + 1 if 1 <= abs(callee - kept[14]) <= 3 else 1
        kept[14] = callee
        set_bits = kept[12].bit_count()
        callees = min(128 * math.log(128 / max(1, 128 - set_bits)), kept[11])
        known = kept[6] >= 5
        features["calls_1m"], features["calls_1h"], features["calls_1d"] = kept[2], kept[3], kept[4]
        features["calls_today"], features["callees_today"] = kept[11], callees
        features["callee_ratio"] = callees / kept[11]
        features["outgoing_ratio"] = kept[4] / (kept[4] + kept[5])
        features["answered_ratio"] = kept[7] / kept[6] if known else _NAN
        features["short_ring_ratio"] = kept[9] / kept[6] if known else _NAN
        features["answered_mean_s"] = kept[8] / kept[7] if known and kept[7] >= 1 else _NAN
        features["age_h"], features["idle_h"] = (at - kept[1]) / _HOUR_US, kept[16]
        features["sequence_run"] = kept[15]
        features["number_devices"] = kept[13].bit_count()

    def _device(self, features: Features, at: int, caller: int, device: int, cell: int) -> None:
        kept = self.devices.get(device)
        if kept is None:
            kept = self.devices[device] = [at, 0.0, set(), set()]
        kept[1] = kept[1] * math.exp((kept[0] - at) / 3.6e9) + 1.0
        kept[0] = at
        kept[2].add(caller)
        kept[3].add(cell)
        features["device_calls_1h"] = kept[1]
        features["device_numbers"], features["device_cells"] = len(kept[2]), len(kept[3])

    def _callee(self, features: Features, at: int, caller: int, callee: int) -> None:
        kept = self.callees.get(callee)
        if kept is None:
            kept = self.callees[callee] = [at, 0.0, 0, 0]
        kept[1] = kept[1] * math.exp((kept[0] - at) / 3.6e9) + 1.0
        kept[0] = at
        kept[2] |= 1 << (caller * 0x9E3779B97F4A7C15 >> 32 & 127)
        features["callee_calls_1h"], features["callee_strangers_1d"] = kept[1], kept[2].bit_count()
        features["callee_stopped_1d"] = kept[3]
        other = self.callers.get(callee)
        if other is not None:
            other[5] += 1.0


def _base(features: Features) -> float:
    answered, devices = features["answered_ratio"], features["number_devices"]
    odds = -7.0 + 1.3 * math.log1p(features["callees_today"] * features["callee_ratio"])
    odds += 2.0 * features["outgoing_ratio"] + 2.0 * (1.0 - (0.5 if answered != answered else answered))  # noqa: PLR0124 - NaN
    if devices > 1:
        odds += 0.8 * math.log(devices)
    return round(1.0 / (1.0 + math.exp(-odds)), 9)
