"""The demonstration: an organisation for a simulated country, and the country itself as a process of its own.

The two talk through the centre's public doors; over a pipe the country only says what time it is, how far the day
has come, and at the end its own scoreboard. Its truth stays in its process.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import IO

from argon2 import PasswordHasher

from stopline.app import RunningCentre
from stopline.console.accounts import SessionTerms, code_at, key_digest, secret_from
from stopline.console.centre import Hint
from stopline.kernel.actors import machine
from stopline.kernel.clock import Clock, SetClock
from stopline.kernel.errors import StoplineError
from stopline.law.organisation import Institution, InstitutionKind, Officer, Power, Unit
from stopline.law.register import Level

START = datetime(2026, 3, 9, 21, 50, tzinfo=UTC)  # 05:50 local: time to sign in and to sign the first release
_SINCE = datetime(2020, 1, 1, tzinfo=UTC)
_P = Power

# login pattern: (level, powers); "{area}" patterns are made for every area of the level
_STAFF: tuple[tuple[str, Level, tuple[Power, ...]], ...] = (
    ("duty1", Level.NATION, (_P.DUTY, _P.REVIEW)),
    ("duty2", Level.NATION, (_P.DUTY, _P.REVIEW)),
    ("duty3", Level.NATION, (_P.DUTY, _P.REVIEW)),
    ("analyst1", Level.NATION, (_P.ANALYSE, _P.DRAFT)),
    ("analyst2", Level.NATION, (_P.ANALYSE, _P.DRAFT)),
    ("reviewer1", Level.NATION, (_P.REVIEW,)),
    ("reviewer2", Level.NATION, (_P.REVIEW,)),
    ("head-nation", Level.NATION, (_P.APPROVE, _P.REVIEW, _P.OVERRIDE)),
    ("head-nation2", Level.NATION, (_P.APPROVE, _P.REVIEW)),
    ("executor1", Level.NATION, (_P.EXECUTE,)),
    ("executor2", Level.NATION, (_P.EXECUTE,)),
    ("legal1", Level.NATION, (_P.OVERRIDE, _P.REVIEW, _P.ANALYSE)),
    ("rules-owner", Level.NATION, (_P.RELEASE_RULES,)),
    ("rules-reviewer", Level.NATION, (_P.RELEASE_RULES,)),
    ("appeals1", Level.NATION, (_P.DECIDE_APPEAL,)),
    ("appeals2", Level.NATION, (_P.DECIDE_APPEAL,)),
    ("investigator1", Level.NATION, (_P.INVESTIGATE, _P.DRAFT)),
    ("investigator2", Level.NATION, (_P.INVESTIGATE, _P.DRAFT)),
    ("lead-dissuasion", Level.NATION, (_P.DISSUADE,)),
    ("border1", Level.NATION, (_P.BORDER,)),
    ("border2", Level.NATION, (_P.BORDER,)),
    ("liaison1", Level.NATION, (_P.LIAISE, _P.DRAFT)),
    ("liaison2", Level.NATION, (_P.LIAISE,)),
    ("screener1", Level.NATION, (_P.SCREEN_VICTIMS,)),
    ("editor1", Level.NATION, (_P.EDIT_LESSONS,)),
    ("editor2", Level.NATION, (_P.EDIT_LESSONS,)),
    ("statistician1", Level.NATION, (_P.PUBLISH_FIGURES,)),
    ("statistician2", Level.NATION, (_P.PUBLISH_FIGURES,)),
    ("auditor1", Level.NATION, (_P.AUDIT,)),
    ("visitor-duty", Level.NATION, (_P.DUTY, _P.REVIEW, _P.INVESTIGATE, _P.DISSUADE)),
    ("visitor-analyst", Level.NATION, (_P.ANALYSE, _P.DRAFT, _P.LIAISE, _P.BORDER)),
    ("visitor-head", Level.NATION, (_P.APPROVE, _P.DECIDE_APPEAL, _P.PUBLISH_FIGURES)),
    ("visitor-auditor", Level.NATION, (_P.AUDIT,)),
    ("admin1", Level.NATION, (_P.ADMINISTER,)),
    ("head-{area}", Level.PROVINCE, (_P.APPROVE, _P.REVIEW)),
    ("head-{area}", Level.PREFECTURE, (_P.APPROVE, _P.REVIEW)),
    ("head-{area}", Level.COUNTY, (_P.APPROVE, _P.REVIEW)),
    ("station-{area}", Level.STATION, (_P.DISSUADE,)),
)
_PROVINCES, _PER_LEVEL = 4, 2
_BODIES: tuple[tuple[InstitutionKind, str, int, str, str], ...] = (
    (InstitutionKind.CARRIER, "C", 3, "运营商", "Carrier"),
    (InstitutionKind.BANK, "B", 6, "银行", "Bank"),
    (InstitutionKind.PORT, "G", 2, "口岸", "Port"),
    (InstitutionKind.PARTNER, "X", 2, "伙伴", "Partner"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the people and institutions of the demonstration need to come through the doors."""

    logins: dict[str, dict[str, str]]
    keys: dict[str, str]


@dataclass(slots=True)
class Day:
    """One simulated day: the country's process, and what it has said so far."""

    centre: RunningCentre
    clock: SetClock
    url: str
    seed: int
    subscribers: int
    speed: float
    credentials: Credentials
    scoreboard: list[dict[str, object]] = field(default_factory=list)

    def live(self, show: Callable[[Mapping[str, object]], None]) -> list[dict[str, object]]:
        """Let the day pass and return the scoreboard; raises NationStopped when its process ends early."""
        command = [sys.executable, "-m", "stopline.nation"]
        # in a group of its own: Ctrl-C is for us, and the country ends when we close its pipe
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", process_group=0
        )
        if process.stdin is None or process.stdout is None:
            raise NationStopped(code="no pipe")
        try:
            self._say(process.stdin, self._greeting())
            for said in _lines(process.stdout):
                self._hear(said, process.stdin, show)
        finally:
            if process.poll() is None:
                process.stdin.close()
                process.wait(timeout=30)
        if process.returncode or not self.scoreboard:
            raise NationStopped(code=process.returncode)
        return self.scoreboard

    def _hear(self, said: dict[str, object], answer: IO[str], show: Callable[[Mapping[str, object]], None]) -> None:
        match said:
            case {"tick": at}:
                self.clock.move_to(datetime.fromisoformat(str(at)))
                self.centre.tick()
                self._say(answer, {"ok": True})
            case {"progress": dict(progress)}:
                show(progress)
            case {"scoreboard": list(rows)}:
                self.scoreboard = rows
            case _:
                show({"line": json.dumps(said, ensure_ascii=False)[:200]})

    def _greeting(self) -> dict[str, object]:
        return {
            "seed": self.seed,
            "subscribers": self.subscribers,
            "url": self.url,
            "without": sorted(self.centre.without),
            "start": START.isoformat(),
            "logins": self.credentials.logins,
            "keys": self.credentials.keys,
            "speed": self.speed,
        }

    def _say(self, pipe: IO[str], words: dict[str, object]) -> None:
        pipe.write(json.dumps(words) + "\n")
        pipe.flush()


class NationStopped(StoplineError):
    """The simulated country's process ended before the day did; its last words stand above."""

    says = "the simulated country stopped early (exit {code}); what it said stands above"


def _lines(pipe: IO[str]) -> Iterator[dict[str, object]]:
    for line in pipe:
        yield json.loads(line)


# Stretching a password slows down who guesses it. These are 96 random bits, which nobody guesses, and a hundred of
# them stretched would keep the first page waiting for seconds.
_LIGHT = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def found_organisation(centre: RunningCentre, *, seed: int) -> Credentials:
    """Write the demonstration's units, officers, institutions and accounts into the ledger."""
    chance = random.Random(seed)  # noqa: S311 - a demonstration's passwords, the same for the same seed
    logins: dict[str, dict[str, str]] = {}
    keys: dict[str, str] = {}
    accounts = replace(centre.accounts, hasher=_LIGHT)
    with centre.store.act(machine("demo")) as ledger:
        for unit in demo_units():
            ledger.save(unit, act="unit.new")
        for kind, letter, count, zh, en in _BODIES:
            for number in range(1, count + 1):
                code, key = f"{letter}{number}", chance.randbytes(24).hex()
                keys[code] = key
                body = Institution(
                    id=code,
                    kind=kind,
                    code=code,
                    name_zh=f"{zh}{number}",
                    name_en=f"{en} {number}",
                    key_digest=key_digest(key),
                )
                ledger.save(body, act="institution.new")
        for officer in demo_officers():
            ledger.save(officer, act="officer.new")
            login = officer.login
            password, secret = chance.randbytes(12).hex(), secret_from(chance.randbytes(20))
            accounts.open(ledger, login=login, officer_id=officer.id, password=password, totp_secret=secret)
            logins[login] = {
                "password": password,
                "totp_secret": secret,
                "officer_id": officer.id,
                "unit": officer.unit_id,
                "area": officer.area,
            }
    return Credentials(logins=logins, keys=keys)


def hints_of(credentials: Credentials, clock: Clock) -> list[Hint]:
    """Return a login of each kind of work, shown on the sign-in page of the demonstration only."""
    return [
        Hint(
            login=login,
            password=credentials.logins[login]["password"],
            code=partial(_code, credentials.logins[login]["totp_secret"], clock),
            role_zh=zh,
            role_en=en,
        )
        for login, zh, en in _SHOWN
    ]


def _code(secret: str, clock: Clock) -> str:
    return code_at(secret, clock.now())


# The day of the country takes minutes of its visitors' time, so their sessions are counted in days of the country.
VISITORS = SessionTerms(idle=timedelta(days=30), whole=timedelta(days=60), proof=timedelta(days=30))

# logins that the simulated staff leave alone, so that a visitor's session does not get in anybody's way
_SHOWN = (
    ("visitor-duty", "值班民警", "duty officer"),
    ("visitor-analyst", "研判员", "analyst"),
    ("visitor-head", "审批领导", "approving head"),
    ("visitor-auditor", "审计员", "auditor"),
)


def demo_units() -> list[Unit]:
    """Return the centre and its 4 provinces, each with 2 prefectures of 2 counties with a station each."""
    units = [Unit(id="unit-centre", name_zh="全国反诈中心", name_en="National centre", level=Level.NATION, area="")]
    for area, level in demo_areas():
        zh, en = _LEVEL_NAMES[level]
        parent = "unit-centre" if level is Level.PROVINCE else f"unit-{area[:-2]}"
        name = "station" if level is Level.STATION else "unit"
        parent = f"unit-{area}" if level is Level.STATION else parent
        units.append(
            Unit(
                id=f"{name}-{area}",
                name_zh=f"{area}{zh}",
                name_en=f"{en} {area}",
                level=level,
                area=area,
                parent_id=parent,
            )
        )
    return units


def demo_areas() -> list[tuple[str, Level]]:
    """Return the areas with their levels; a station covers the area of its county."""
    areas = []
    for province in range(1, _PROVINCES + 1):
        areas.append((f"{province:02}", Level.PROVINCE))
        for prefecture in range(1, _PER_LEVEL + 1):
            areas.append((f"{province:02}{prefecture:02}", Level.PREFECTURE))
            for county in range(1, _PER_LEVEL + 1):
                code = f"{province:02}{prefecture:02}{county:02}"
                areas += [(code, Level.COUNTY), (code, Level.STATION)]
    return areas


def demo_officers() -> list[Officer]:
    """Return the staff of every unit."""
    officers = []
    for pattern, level, powers in _STAFF:
        if level is Level.NATION:
            officers.append(_officer(pattern, "unit-centre", level, "", powers))
            continue
        unit = "station" if level is Level.STATION else "unit"
        officers += [
            _officer(pattern.format(area=area), f"{unit}-{area}", level, area, powers)
            for area, of in demo_areas()
            if of is level
        ]
    return officers


def _officer(login: str, unit_id: str, level: Level, area: str, powers: tuple[Power, ...]) -> Officer:
    return Officer(
        id=f"officer-{login}",
        name=login,
        unit_id=unit_id,
        level=level,
        area=area,
        powers=tuple(power.value for power in powers),
        from_at=_SINCE,
        login=login,
    )


_LEVEL_NAMES = {
    Level.PROVINCE: ("省厅", "Province"),
    Level.PREFECTURE: ("市局", "Prefecture"),
    Level.COUNTY: ("县局", "County"),
    Level.STATION: ("派出所", "Station"),
}
