"""A centre with a little of everything in it, served on the loopback, and a browser that looks at it."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from stopline.app import web_of
from stopline.console.accounts import code_at, secret_from
from stopline.demo import START, Credentials, hints_of
from stopline.kernel.actors import machine
from stopline.kernel.clock import SetClock
from stopline.law.organisation import Officer, Power
from stopline.screening.rules.pack import shipped_pack
from stopline.settings import Settings
from tests.acceptance.conftest import Doors, founded, release_rules, report_body
from tests.acceptance.test_blocked_caller import call
from tests.served import served

LURE = "恭喜您中奖，请登录 http://a{}.bc/x 领取{}万元奖金"

__all__ = ["founded"]  # the organisation of the demonstration is founded once for both

HOSTILE = "<script>window.hit=1</script>\"'><img src=x onerror=window.hit=1>\u202egnp.exe\u200b{{7*7}}"
EVERYTHING = "everything"
BANK_CLERK = "clerk-b1"
PASSWORD = "correct horse battery staple"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--no-first-run",
]


@dataclass
class Scene:
    """The seeded centre: its doors, and the records that the tests look at."""

    doors: Doors
    ids: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return self.doors.url

    def code(self, login: str) -> str:
        """Return a fresh code: the clock goes on by a step, for each is good once."""
        self.doors.clock.move_to(self.doors.now() + timedelta(seconds=31))
        return code_at(self.secrets[login], self.doors.now())


@pytest.fixture(scope="session")
def scene(founded: tuple[Path, Credentials], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Serve a centre in which reports, measures, orders, appeals and verdicts were made through its doors."""
    folder, credentials = founded
    copy = tmp_path_factory.mktemp("console") / "centre"
    shutil.copytree(folder, copy)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = replace(Settings(), folder=copy, port=port, requests_per_minute=100_000)
    clock = SetClock(START)
    with served(settings, clock, lambda centre: web_of(centre, hints=hints_of(credentials, clock))) as centre:
        made = Scene(Doors(f"http://127.0.0.1:{port}", clock, credentials, centre))
        _people(made)
        _day(made)
        yield made
        made.doors.raw().close()


def _people(scene: Scene) -> None:
    """Give the test an officer of every power, and a clerk of one bank."""
    centre, before = scene.doors.centre, START - timedelta(days=1)
    powers = tuple(power.value for power in Power)
    everything = Officer(
        id="T1",
        name="Test Officer",
        unit_id="national",
        level=5,
        area="",
        powers=powers,
        from_at=before,
        login=EVERYTHING,
    )
    clerk = replace(
        everything, id="T2", name="Bank Clerk", unit_id="institution:B1", powers=("draft",), login=BANK_CLERK
    )
    with centre.store.act(machine("test")) as ledger:
        for officer in (everything, clerk):
            secret = secret_from(f"{officer.id} twenty bytes of it".encode()[:20])
            scene.secrets[officer.login] = secret
            ledger.save(officer, act="officer.appoint")
            centre.accounts.open(
                ledger, login=officer.login, officer_id=officer.id, password=PASSWORD, totp_secret=secret
            )


def _campaign(scene: Scene) -> None:
    """Send one lure to several people, so that a campaign is kept."""
    rows = [{"text": LURE.format(place, 10 + place), "sender": f"+861370000000{place}"} for place in range(4)]
    body = "\n".join(json.dumps(row) for row in rows).encode()
    answer = scene.doors.send("/api/v1/messages/batch", body, "application/x-ndjson", "C1")
    said = [json.loads(line) for line in answer.text.splitlines()]
    scene.ids["campaign"], scene.ids["stopped_message"] = str(said[-1]["campaign"]), str(said[-1]["reference"])


def _day(scene: Scene) -> None:
    """Let rules be released, calls blocked, frauds reported, one payment stopped and one appeal filed."""
    doors = scene.doors
    override = doors.post("/api/v1/override/new", {"entry_id": "CN.86.stop", "reason": "compared by counsel"}, "legal1")
    doors.act("head-nation", "override", override["id"], "second")
    release_rules(doors)
    stopped = [row for row in call(doors, "+8695588", 4) if row["verdict"] in {"HOLD", "BLOCK"}]
    scene.ids["verdict"] = str(stopped[0]["reference"])
    _campaign(scene)
    _back_test(doors, scene)
    appeal = {"reference": scene.ids["verdict"], "statement": HOSTILE, "contact": "13700000000"}
    scene.ids["appeal_code"] = str(doors.post("/api/v1/public/appeals", appeal)["code"])
    for place in range(3):
        body = report_body(doors, phone=f"1380000000{place}", payment=f"t{place}")
        body["text"] = f"{HOSTILE} {place} " + "长" * 10_000
        reported = doors.post("/api/v1/reports", body)
        scene.ids[f"report{place}"], scene.ids["receipt"] = str(reported["report_id"]), str(reported["receipt"])
    doors.later(minutes=1)
    drafted = doors.rows("measure", "duty1", kind="stop_payment")
    scene.ids["measure"] = str(drafted[0]["id"])
    doors.act("duty1", "measure", scene.ids["measure"], "sign")
    _join_all(doors)
    doors.later(minutes=1)
    (notification,) = doors.rows("notification", "duty1", measure_id=scene.ids["measure"])
    scene.ids["notification_code"] = str(notification["code"])


def _back_test(doors: Doors, scene: Scene) -> None:
    """Let an officer try the shipped pack on the calls of the day."""
    pack = {"channel": "call", "pack": shipped_pack(), "purpose": "weekly review"}
    scene.ids["back_test"] = str(doors.post("/api/v1/back_test/new", pack, "rules-owner")["id"])
    doors.centre.back_tests.run_waiting()
    (found,) = doors.rows("back_test", "rules-owner", id=scene.ids["back_test"])
    assert found["state"] == "done", found["failed_why"]


def _join_all(doors: Doors) -> None:
    """Join what is proposed; a pair whose other half is not joined yet waits for the next round."""
    choice = {"choice": "same", "reason": "the same account and line"}
    for _ in range(3):
        for join in doors.rows("series_join", "analyst1", state="proposed"):
            answer = doors.raw().post(
                f"/api/v1/series_join/{join['id']}/decide", json=choice, headers=doors._headers("analyst1")
            )
            assert answer.status_code in {200, 409}, answer.text


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Start the machine's Chromium, headless."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium_path, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def staff_state(browser: Browser, scene: Scene) -> Any:
    """Sign the officer of every power in once; the tests share the session."""
    context = browser.new_context()
    sign_in(context.new_page(), scene, EVERYTHING)
    state = context.storage_state()
    context.close()
    return state


def sign_in(page: Page, scene: Scene, login: str) -> None:
    """Sign in through the form."""
    page.goto(f"{scene.url}/sign-in")
    page.fill("#f-login", login)
    page.fill("#f-password", PASSWORD)
    page.fill("#f-code", scene.code(login))
    page.click("main button")
    page.wait_for_url(f"{scene.url}/")


Opener = Callable[..., BrowserContext]


@pytest.fixture
def opened(browser: Browser, staff_state: Any, scene: Scene) -> Iterator[Opener]:
    """Open contexts of a width and a language, signed in or not; they are closed afterwards."""
    made: list[BrowserContext] = []

    def open_(width: int = 1280, language: str = "en", *, staff: bool = True) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, storage_state=staff_state if staff else None
        )
        context.add_cookies([{"name": "stopline_language", "value": language, "url": scene.url}])
        made.append(context)
        return context

    yield open_
    for context in made:
        context.close()
