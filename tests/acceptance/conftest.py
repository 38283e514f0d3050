"""A whole centre on a port of its own, driven only through its doors."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from stopline.app import RunningCentre, build
from stopline.console.accounts import code_at
from stopline.demo import START, Credentials, found_organisation
from stopline.kernel.clock import SetClock
from stopline.settings import Settings
from tests.served import served

Json = dict[str, Any]
_SIGNED_IN = timedelta(minutes=14)  # after that some acts ask for a fresh proof, later the session ends


@dataclass
class Doors:
    """The running centre as the outside sees it, and the clock that the test moves."""

    url: str
    clock: SetClock
    credentials: Credentials
    centre: RunningCentre
    _tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, timeout=30)

    def later(self, **spans: float) -> None:
        """Let time pass, and the timers and the outbox run as they would."""
        self.clock.move_to(self.clock.now() + timedelta(**spans))
        self.centre.tick()
        self._tokens = {who: held for who, held in self._tokens.items() if self.now() - held[1] < _SIGNED_IN}

    def now(self) -> datetime:
        """Return the centre's instant."""
        return self.clock.now()

    def get(self, path: str, who: str = "", **query: str | int) -> Json:
        """Read a door; fails the test on an error status."""
        answer = self._http.get(path, headers=self._headers(who), params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def post(self, path: str, body: object, who: str = "", *, expect: int | None = None) -> Json:
        """Post JSON to a door; fails the test on another status than expected (2xx where none is named)."""
        answer = self._http.post(path, json=body, headers=self._headers(who))
        wanted = {200, 201} if expect is None else {expect}
        assert answer.status_code in wanted, f"{answer.status_code}: {answer.text}"
        said = answer.json()
        return dict(said) if isinstance(said, dict) else {"rows": said}

    def rows(self, thing: str, who: str, **equal: str | int) -> list[Json]:
        """List records of a kind as an officer."""
        return list(self.get(f"/api/v1/{thing}", who, **equal)["rows"])

    def act(self, who: str, thing: str, record_id: str, act: str, *, expect: Any = None, **body: Any) -> Json:
        """Take an act as an officer; `expect` is a status, untyped so that a body can be spread beside it."""
        return self.post(f"/api/v1/{thing}/{record_id}/{act}", body, who, expect=expect)

    def one(self, thing: str, who: str, record_id: str) -> Json:
        """Return one record as an officer sees it."""
        return dict(self.get(f"/api/v1/{thing}/{record_id}", who)["record"])

    def refused(self, who: str, path: str) -> str:
        """Return the name of the error with which a page is refused to somebody; fails when it is not refused."""
        answer = self._http.get(path, headers=self._headers(who))
        assert answer.status_code in {401, 403, 404}, answer.text
        return f"{answer.status_code} {answer.json()['error']}"

    def into_force(self, measure_id: str, *, approver: str = "head-nation", **activation: object) -> None:
        """Take a draft through review, approval and activation, each by a hand of its own."""
        self.act("reviewer1", "measure", measure_id, "review")
        self.act(approver, "measure", measure_id, "approve")
        self.act("executor1", "measure", measure_id, "activate", **activation)

    def token(self, who: str) -> str:
        """Return the session token of somebody who has signed in."""
        return self._tokens[who][0]

    def send(self, path: str, content: bytes, media_type: str, who: str) -> httpx.Response:
        """Post raw bytes."""
        return self._http.post(path, content=content, headers=self._headers(who) | {"content-type": media_type})

    def raw(self) -> httpx.Client:
        """Return the bare client, for what is not lawful."""
        return self._http

    def _headers(self, who: str) -> dict[str, str]:
        if not who:
            return {}
        if who in self.credentials.keys:
            return {"Authorization": f"Bearer {self.credentials.keys[who]}"}
        if who not in self._tokens:
            login = self.credentials.logins[who]
            code = code_at(login["totp_secret"], self.clock.now())
            body = {"login": who, "password": login["password"], "code": code}
            answer = self._http.post("/api/v1/session", json=body)
            assert answer.status_code == 200, answer.text
            self._tokens[who] = answer.json()["token"], self.now()
        return {"Authorization": f"Bearer {self._tokens[who][0]}"}


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Credentials]:
    """Found the demonstration's organisation once; every test begins with a copy of its folder."""
    folder = tmp_path_factory.mktemp("founded") / "centre"
    centre = build(replace(Settings(), folder=folder), clock=SetClock(START))
    try:
        return folder, found_organisation(centre, seed=1)
    finally:
        centre.close()


@pytest.fixture
def doors(founded: tuple[Path, Credentials], tmp_path: Path, free_port: int) -> Iterator[Doors]:
    """Yield a centre with the demonstration's organisation, empty of everything else."""
    folder, credentials = founded
    shutil.copytree(folder, tmp_path / "centre")
    settings = replace(Settings(), folder=tmp_path / "centre", port=free_port)
    clock = SetClock(START)
    with served(settings, clock) as centre:
        opened = Doors(f"http://127.0.0.1:{free_port}", clock, credentials, centre)
        yield opened
        opened.raw().close()


@pytest.fixture
def overridden(doors: Doors) -> Doors:
    """Yield a centre in which two officers signed that the 48-hour stop may be used."""
    made = doors.post("/api/v1/override/new", {"entry_id": "CN.86.stop", "reason": "compared by counsel"}, "legal1")
    doors.act("head-nation", "override", made["id"], "second")
    return doors


def release_rules(doors: Doors) -> str:
    """Let two officers put the shipped release in force."""
    made = doors.post("/api/v1/release/new", {"title": "first"}, "rules-owner")["id"]
    doors.act("rules-owner", "release", made, "sign", expect=409)  # four eyes
    doors.act("rules-reviewer", "release", made, "sign")
    doors.act("rules-reviewer", "release", made, "shadow")
    doors.act("rules-reviewer", "release", made, "full")
    return str(made)


def report_body(doors: Doors, *, phone: str = "13800000001", line: str = "13900000002", payment: str = "t1") -> Json:
    """Return what a victim reports who has just paid 1,000.00 to an account at bank B1."""
    at = (doors.now() - timedelta(minutes=5)).isoformat()
    paid = {
        "reference": payment,
        "at": at,
        "source": f"62220000{phone[-4:]}",
        "source_bank": "B2",
        "target": "6222990001",
        "target_bank": "B1",
        "amount_minor": 100_000,
        "currency": "CNY",
    }
    return {
        "phone": phone,
        "district": "010101",
        "text": f"有人打电话冒充客服，号码{line}，让我转账。",
        "calling": [line],
        "loss_minor": 100_000,
        "currency": "CNY",
        "happened_at": at,
        "payments": [paid],
    }


def identity(**changes: object) -> Json:
    """Return what an investigator enters about a suspect whom the evidence names."""
    return {
        "name": "张伟",
        "name_latin": "Zhang Wei",
        "birth_on": "1988-05-01",
        "document_no": "E12345678",
        "evidence": ["bank answer 7", "photograph 12"],
        "warrant": "warrant 12",
        "at_large": "not met at any known address",
        "facts_zh": "涉嫌组织电信诈骗",
        "facts_en": "suspected of organising telecom fraud",
        "lesser_means": "summoned twice without answer",
        **changes,
    }


def traveller(doors: Doors, crossing_id: str, **changes: object) -> Json:
    """Return what a port says of somebody who goes out."""
    return {
        "crossing_id": crossing_id,
        "at": doors.now().isoformat(),
        "direction": "out",
        "name": "张伟",
        "name_latin": "ZHANG, WEI",
        "birth_on": "1988-05-01",
        "document_kind": "passport",
        "document_no": "E12345678",
        "companions": [],
        **changes,
    }
