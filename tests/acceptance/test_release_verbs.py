"""Releases from the command line: two officers, a store that nobody holds or a centre that runs, and files judged."""

from __future__ import annotations

import json
import random
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stopline.app import build
from stopline.cli import main
from stopline.console.accounts import code_at, secret_from
from stopline.kernel.actors import machine
from stopline.kernel.clock import SystemClock
from stopline.law.organisation import Officer, Power
from stopline.law.register import Level
from stopline.screening.records import Settings as Rules
from stopline.screening.release import content_digest
from stopline.screening.rules.pack import shipped_pack
from stopline.settings import Settings
from tests.served import served

FRAUD = "恭喜您中奖，请登录 http://a.bc/x 领取12万元奖金"
PASSWORD = "correct horse battery staple"
OWNERS = ("owner", "reviewer", "third", "clerk")
NOBODY = "0" * 26


@dataclass
class Terminal:
    """The command line, and officers with their authenticators; a code is shown once, as a person would use it."""

    folder: Path
    secrets: dict[str, str]
    run: Callable[..., tuple[int, str, str]]
    steps: dict[str, int] = field(default_factory=dict)

    def __call__(self, *words: object, who: str = "", **environment: str) -> tuple[int, str, str]:
        """Run a verb as somebody; returns exit code, stdout and stderr, which never is more than one line."""
        proof = {"STOPLINE_LOGIN": who, "STOPLINE_PASSWORD": PASSWORD, "STOPLINE_CODE": self.code(who)} if who else {}
        return self.run(*words, environment={"STOPLINE_FOLDER": str(self.folder), **proof, **environment})

    def ok(self, *words: object, who: str = "") -> str:
        """Run a verb that must succeed; returns stdout."""
        code, said, complaint = self(*words, who=who)
        assert code == 0, complaint
        return said

    def refused(self, *words: object, who: str = "", **environment: str) -> str:
        """Run a verb that must be refused with exit 2 and one line; returns the line."""
        code, said, complaint = self(*words, who=who, **environment)
        assert (code, said) == (2, ""), complaint
        assert complaint.startswith("stopline: ")
        assert "Traceback" not in complaint
        return complaint

    def code(self, who: str) -> str:
        """Return a code that was not used yet, from the step before to the step after now."""
        now = int(SystemClock().now().timestamp()) // 30
        step = self.steps[who] = max(self.steps.get(who, 0) + 1, now - 1)
        assert step <= now + 1, f"{who} has used three codes within a minute; let another officer act"
        return code_at(self.secrets[who], datetime.fromtimestamp(step * 30, UTC))

    def draft(self, pack: Path, *options: object) -> str:
        """Draft a release of a pack; returns its id."""
        return self.ok("release", "create", "--title", "t", "--pack", pack, *options, who="owner").split()[0]

    def full(self, release: str, *options: object) -> None:
        """Sign and put a release in force at once."""
        self.ok("release", "sign", release, *options, who="reviewer")
        self.ok("release", "stage", release, "--percentage", 100, *options, who="third")

    def rules_of(self, folder: Path, *options: object) -> tuple[str, str]:
        """Judge one fraudulent message; returns the rule that stopped it and what stderr says of the rules."""
        given, out = folder / "in.jsonl", folder / "out.jsonl"
        given.write_text(json.dumps({"text": FRAUD}) + "\n", encoding="utf-8")
        code, _said, complaint = self("screen", "messages", given, "--out", out, *options)
        assert code == 0, complaint
        row = json.loads(out.read_text(encoding="utf-8"))
        assert row["verdict"] == "BLOCK"
        return row["reasons"].split(":")[0], complaint.split(" by ")[1].split(":")[0]


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """Found a centre with three officers who may release rules and a clerk who may not; nobody holds its store."""
    chance, folder = random.Random(7), tmp_path / "centre"
    secrets = {login: secret_from(chance.randbytes(20)) for login in OWNERS}
    centre = build(replace(Settings(), folder=folder), clock=SystemClock())
    try:
        with centre.store.act(machine("test")) as ledger:
            for login, secret in secrets.items():
                officer = Officer(
                    id=f"officer-{login}",
                    name=login,
                    unit_id="unit-centre",
                    level=Level.NATION,
                    area="",
                    powers=(Power.DUTY if login == "clerk" else Power.RELEASE_RULES,),
                    from_at=ledger.at - timedelta(days=1),
                    login=login,
                )
                ledger.save(officer, act="officer.new")
                centre.accounts.open(ledger, login=login, officer_id=officer.id, password=PASSWORD, totp_secret=secret)
    finally:
        centre.close()

    def run(*words: object, environment: dict[str, str]) -> tuple[int, str, str]:
        with monkeypatch.context() as process:
            process.setattr(sys, "argv", ["stopline", *map(str, words)])
            for name, value in environment.items():
                process.setenv(name, value)
            code: Any = 0
            try:
                main()
            except SystemExit as ended:
                code = ended.code
        said = capsys.readouterr()
        assert len(said.err.strip().splitlines()) <= 1, said.err
        return int(code or 0), said.out, said.err.strip()

    return Terminal(folder, secrets, run)


def pack(folder: Path, mark: str) -> Path:
    """Write a pack whose rule on fraudulent texts carries a mark, so that a verdict tells which pack gave it."""
    path = folder / f"{mark}.yaml"
    path.write_text(shipped_pack().replace("- id: message.fraud", f"- id: message.{mark}"), encoding="utf-8")
    return path


def test_a_release_goes_from_draft_to_full_and_back(terminal: Terminal, tmp_path: Path) -> None:
    first, second = (terminal.draft(pack(tmp_path, mark)) for mark in ("first", "second"))
    assert terminal.rules_of(tmp_path) == ("message.fraud", "the shipped pack")
    assert terminal.rules_of(tmp_path, "--release", first) == (
        "message.first",
        f"release {first} (drafted, unsigned)",
    )
    terminal.full(first)
    assert terminal.rules_of(tmp_path) == ("message.first", f"release {first} (full)")
    terminal.ok("release", "sign", second, who="reviewer")
    terminal.ok("release", "stage", second, "--percentage", 0, who="third")
    terminal.ok("release", "stage", second, "--percentage", 10, who="third")
    assert terminal.rules_of(tmp_path) == ("message.first", f"release {first} (full)")
    assert terminal.rules_of(tmp_path, "--release", second.lower()) == (
        "message.second",
        f"release {second} (percentage)",
    )
    said = terminal.ok("release", "stage", second, "--percentage", 100, who="reviewer")
    assert said == f"{second}  full\n"
    assert terminal.rules_of(tmp_path)[0] == "message.second"
    assert terminal.rules_of(tmp_path, "--release", first) == ("message.first", f"release {first} (retired)")
    code, said, note = terminal("release", "rollback", second, who="owner")
    assert (code, said, note) == (0, f"{second}  rolled back\n", f"in force: {first}")
    assert terminal.rules_of(tmp_path) == ("message.first", f"release {first} (full)")
    assert terminal.rules_of(tmp_path, "--release", second)[0] == "message.second"
    assert terminal.rules_of(tmp_path, "--release", "shipped")[0] == "message.fraud"
    listed = [line.split()[:2] for line in terminal.ok("release", "list").splitlines()]
    assert listed == [[first, "full"], [second, "rolled_back"]]
    shown = terminal.ok("release", "show", second)
    assert "officer-owner" in shown
    assert "signature stands in the audit chain" in shown
    assert terminal.ok("release", "show", first, "--pack") == (tmp_path / "first.yaml").read_text(encoding="utf-8")
    assert terminal.ok("audit", "verify").startswith("ok: ")


def test_four_eyes_states_powers_and_bad_input_are_one_line(terminal: Terminal, tmp_path: Path) -> None:
    release = terminal.draft(pack(tmp_path, "first"))
    assert "another hand" in terminal.refused("release", "sign", release, who="owner")
    assert "release_rules" in terminal.refused("release", "sign", release, who="clerk")
    assert "drafted" in terminal.refused("release", "stage", release, "--percentage", 100, who="third")
    assert "drafted" in terminal.refused("release", "rollback", release, who="third")
    assert f"no release with id {NOBODY}" in terminal.refused("release", "sign", NOBODY, who="reviewer")
    # what is refused before anybody signs in
    for share in ("-1", "101"):
        assert "0 (shadow) to 100 (full)" in terminal.refused("release", "stage", release, "--percentage", share)
    assert "--help" in terminal.refused("release", "stage", release, "--percentage", "ten")
    assert "release list" in terminal.refused("release", "sign", "../../x")
    assert NOBODY in terminal.refused("release", "show", NOBODY)
    assert NOBODY in terminal.refused("screen", "calls", "x.csv", "--out", "y.csv", "--release", NOBODY)
    bad, empty = tmp_path / "bad.yaml", tmp_path / "empty.yaml"
    bad.write_text(shipped_pack().replace("when: spoofed", "when: hometown = 'x'"), encoding="utf-8")
    empty.write_text("\n", encoding="utf-8")
    for file, why in ((bad, "can never be a ground"), (empty, "empty"), (tmp_path / "none.yaml", "no such file")):
        assert why in terminal.refused("release", "create", "--title", "t", "--pack", file)
    assert [line.split()[1] for line in terminal.ok("release", "list").splitlines()] == ["drafted"]


def test_only_the_officer_with_both_factors_gets_in(terminal: Terminal, tmp_path: Path) -> None:
    create = ("release", "create", "--title", "t")
    assert "STOPLINE_LOGIN" in terminal.refused(*create)
    assert "STOPLINE_PASSWORD" in terminal.refused(*create, "--login", "owner")
    used = terminal.code("owner")
    proof = {"STOPLINE_LOGIN": "owner", "STOPLINE_PASSWORD": PASSWORD, "STOPLINE_CODE": used}
    wrong = (
        {"STOPLINE_PASSWORD": "wrong"},
        {"STOPLINE_CODE": "000000"},
        {"STOPLINE_LOGIN": "nobody"},
    )
    for change in wrong:
        said = terminal.refused(*create, **(proof | change))
        assert "sign-in refused" in said
        assert PASSWORD not in said
    assert terminal(*create, **proof)[0] == 0
    assert "sign-in refused" in terminal.refused(*create, **proof)  # the code was used
    assert "no ledger" in terminal.refused(*create, **proof, STOPLINE_FOLDER=str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()
    with sqlite3.connect(terminal.folder / "ledger.db") as ledger:
        open_sessions = ledger.execute("SELECT count(*) FROM session WHERE ended_at IS NULL").fetchone()
    ledger.close()
    assert open_sessions == (0,)


def test_while_a_centre_runs_the_verbs_act_through_it(terminal: Terminal, tmp_path: Path, free_port: int) -> None:
    settings = replace(Settings(), folder=terminal.folder, port=free_port)
    url = ("--url", f"http://127.0.0.1:{free_port}")
    with served(settings, SystemClock()) as centre:
        held = terminal.refused("release", "create", "--title", "t", who="owner")
        assert "another process holds it" in held
        assert "--url http://127.0.0.1:8000" in held
        release = terminal.draft(pack(tmp_path, "live"), *url)
        assert "another hand" in terminal.refused("release", "sign", release, *url, who="owner")
        assert "release_rules" in terminal.refused("release", "sign", release, *url, who="clerk")
        assert NOBODY in terminal.refused("release", "sign", NOBODY, *url, who="reviewer")
        terminal.full(release, *url)
        live = centre.desks.screening.live
        in_force = live.full
        assert in_force is not None
        assert in_force.id == release
        assert terminal.rules_of(tmp_path) == ("message.live", f"release {release} (full)")
        code, _said, note = terminal("release", "rollback", release, *url, who="reviewer")
        assert (code, note) == (0, "no release is in force now")
        assert live.full is None
        wrong = terminal.refused("release", "sign", release, *url, who="third", STOPLINE_PASSWORD="wrong")
        assert "sign-in refused for third" in wrong
    assert "does not answer" in terminal.refused("release", "sign", release, *url, who="third")
    assert terminal.rules_of(tmp_path) == ("message.fraud", "the shipped pack")


@pytest.mark.parametrize(
    "url",
    ["http://centre.example", "ftp://127.0.0.1", "centre", "http://a:b@127.0.0.1", "http://[::1", "https://x:99999"],
)
def test_a_password_goes_nowhere_that_is_not_safe(terminal: Terminal, url: str) -> None:
    said = terminal.refused("release", "sign", NOBODY, "--url", url)
    assert "--url" in said
    assert "a:b" not in said


EDITS = {
    "pack": "UPDATE release SET pack = replace(pack, 'message.first', 'message.other')",
    "pack and digest": "UPDATE release SET pack = replace(pack, 'message.first', 'message.other'),"
    " digest = digest_of(replace(pack, 'message.first', 'message.other'), model_digest)",
    "signature": "UPDATE release SET signed_by = NULL",
    "another signer": "UPDATE release SET signed_by = 'officer-clerk'",
    "one hand": "UPDATE release SET signed_by = created_by",
    "drafter": "UPDATE release SET created_by = 'officer-clerk'",
    "chain": "UPDATE audit SET reason = 'x' WHERE act = 'release.sign'",
    "signed by nobody": "DELETE FROM audit WHERE act = 'release.sign'",
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_release_that_was_tampered_with_judges_nothing(terminal: Terminal, tmp_path: Path, edit: str) -> None:
    release = terminal.draft(pack(tmp_path, "first"))
    terminal.full(release)
    assert terminal.rules_of(tmp_path)[0] == "message.first"
    with sqlite3.connect(terminal.folder / "ledger.db") as ledger:
        ledger.create_function("digest_of", 2, lambda text, model: content_digest(text, model, Rules()))
        for (guard,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            ledger.execute(f"DROP TRIGGER {guard}")  # whoever holds the file can
        changed = ledger.execute(EDITS[edit]).rowcount
    ledger.close()
    assert changed == 1
    out = tmp_path / "refused.jsonl"
    for options in ((), ("--release", release)):
        said = terminal.refused("screen", "messages", tmp_path / "in.jsonl", "--out", out, *options)
        assert f"release {release}: " in said
    assert not out.exists()
    code, _said, complaint = terminal("release", "show", release)
    assert (code, f"release {release}: " in complaint) == (2, True)
