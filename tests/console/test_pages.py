"""Every page, in both languages and three widths: no finding of axe, nothing wider than the screen, nothing run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import iter_route_contexts
from playwright.sync_api import BrowserContext, Page

from stopline.app import web_of
from tests.console.conftest import BANK_CLERK, EVERYTHING, PASSWORD, Opener, Scene, sign_in

WIDTHS = (375, 768, 1280)
GOLDEN = Path(__file__).parent.parent / "golden" / "routes.txt"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def staff_paths(scene: Scene) -> list[str]:
    measure = f"/records/measure/{scene.ids['measure']}"
    paths = ["/", "/audit", "/audit?verify=1", "/register", "/search?q=nothing", measure, f"{measure}/act/renew"]
    paths += [f"{measure}/act/lift", "/records/measure/new", "/records/measure?state=in_force", "/nowhere"]
    paths += [
        f"/records/verdict/{scene.ids['verdict']}",
        f"/records/verdict/{scene.ids['verdict']}/act/snooze",
        f"/records/back_test/{scene.ids['back_test']}",
        "/records/back_test/new",
        "/records/measure?state=lifted",
        f"/records/measure/{'0' * 26}",
    ]
    paths += ["/records/campaign", f"/records/campaign/{scene.ids['campaign']}"]
    paths.append(f"/records/verdict/{scene.ids['stopped_message']}")
    for thing in ("report", "trace", "series", "network", "appeal", "enforcement", "hold", "officer", "release"):
        record = scene.doors.rows(thing, "analyst1", limit=1)[0]["id"]
        paths += [f"/records/{thing}", f"/records/{thing}/{record}"]
    return paths


def public_paths(scene: Scene) -> list[str]:
    pages = ("", "report", "follow", "check", "verify", "restrictions", "wanted", "lessons", "bulletin", "nowhere")
    codes = (scene.ids["verdict"], scene.ids["notification_code"], "AAAAAAAA")
    return [*(f"/public/{page}" for page in pages), *(f"/public/r/{code}" for code in codes), "/sign-in"]


def findings(page: Page) -> list[str]:
    if not page.evaluate("'axe' in window"):
        Axe().run(page, options=RULES)
    results = page.evaluate("rules => axe.run(document, rules).then(found => found.violations)", RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in results for node in one["nodes"]]


def look(page: Page, scene: Scene, paths: list[str]) -> Iterator[str]:
    """Yield what is wrong with each page; narrow and wide, one load a page."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in paths:
        said.clear()
        answer = page.goto(scene.url + path)
        assert answer is not None
        if answer.status >= 500:
            yield f"{path}: {answer.status}"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                yield f"{path} at {width}: wider than the screen"
            yield from (f"{path} at {width}: {finding}" for finding in findings(page))
        wrong = [text for text in said if "status of 4" not in text]
        yield from (f"{path}: {text}" for text in wrong)
        if page.evaluate("window.hit"):
            yield f"{path}: ran what a criminal wrote"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_staff_pages_are_accessible_fit_and_run_nothing(opened: Opener, scene: Scene, language: str) -> None:
    page = opened(1280, language).new_page()
    wrong = list(look(page, scene, staff_paths(scene)))
    assert not wrong, "\n".join(dict.fromkeys(wrong))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_public_pages_are_accessible_fit_and_run_nothing(opened: Opener, scene: Scene, language: str) -> None:
    page = opened(1280, language, staff=False).new_page()
    wrong = list(look(page, scene, public_paths(scene)))
    assert not wrong, "\n".join(dict.fromkeys(wrong))


def test_the_keyboard_walks_the_list_searches_and_tells_its_keys(opened: Opener, scene: Scene) -> None:
    page = opened().new_page()
    page.goto(f"{scene.url}/records/report")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator("tr.here").count() == 1
    second = page.locator("tr.here").get_attribute("data-href")
    page.keyboard.press("k")
    assert page.locator("tr.here").get_attribute("data-href") != second
    page.keyboard.press("?")
    assert page.locator("dialog[open]").is_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"{scene.url}/records/report/*")
    page.keyboard.press("u")
    page.wait_for_url(f"{scene.url}/records/report")


def test_the_overview_changes_without_being_asked(opened: Opener, scene: Scene) -> None:
    page = opened().new_page()
    page.goto(f"{scene.url}/")
    before = page.locator("#figures .stamp time").get_attribute("datetime")
    scene.doors.later(seconds=90)
    page.wait_for_function(
        "before => document.querySelector('#figures .stamp time').getAttribute('datetime') !== before",
        arg=before,
        timeout=30_000,
    )
    assert findings(page) == []


def test_what_a_criminal_wrote_is_shown_as_text(opened: Opener, scene: Scene) -> None:
    page = opened().new_page()
    for path in (f"/records/report/{scene.ids['report0']}", "/records/appeal", "/records/report"):
        page.goto(scene.url + path)
        assert page.evaluate("window.hit") is None
        assert page.locator("main img, main script").count() == 0
    appeal = scene.doors.rows("appeal", "appeals1")[0]["id"]
    page.goto(f"{scene.url}/records/appeal/{appeal}")
    text = page.inner_text("main")
    assert "<script>window.hit=1</script>" in text
    assert "{{7*7}}" in text
    assert "⟨U+202E⟩" in text
    assert "\u202e" not in page.content()
    page.goto(f"{scene.url}/records/report/{scene.ids['report0']}")
    assert "… (+" in page.inner_text("main")  # ten thousand letters do not push the page away


def test_a_measure_is_lifted_through_its_page(opened: Opener, scene: Scene) -> None:
    context: BrowserContext = opened()
    page = context.new_page()
    page.goto(f"{scene.url}/records/measure/{scene.ids['measure']}/act/suspend")
    page.click("main button")
    assert page.locator(".summary a").get_attribute("href") == "#f-reason"
    assert findings(page) == []
    page.fill("#f-reason", "the bank answered that the account is a school's")
    page.click("main button")
    page.wait_for_url(re.compile(r"done=suspend"))
    assert page.locator(".note.done").is_visible()


def test_a_victim_reports_without_scripts_and_follows_the_receipt(browser: Any, scene: Scene) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    page = context.new_page()
    page.goto(f"{scene.url}/public/report?lang=zh")
    page.click("main button")
    assert page.locator(".summary a").get_attribute("href") == "#f-text"
    page.fill("#f-text", "对方冒充客服让我转账")
    page.click("main button")
    page.fill("#f-calling", "13900000009")
    page.click("main button >> nth=0")
    page.check("#f-paid")
    page.fill("#f-amount", "2,000.50")
    page.fill("#f-source", "622200000777")
    page.fill("#f-target", "6222990009")
    page.fill("#f-target_bank", "B2")
    page.click("main button >> nth=0")
    page.fill("#f-phone", "13812345678")
    page.select_option("#f-district", index=1)
    page.click("main button >> nth=0")
    assert "2,000.50" in page.inner_text("main")
    page.click("main button >> nth=0")
    receipt = page.inner_text(".code").strip()
    page.goto(f"{scene.url}/public/follow")
    page.fill("#f-code", receipt.lower())
    page.click("main button")
    assert page.locator(".answer").is_visible()
    found = scene.doors.rows("report", "analyst1", receipt=receipt)
    assert [row["loss_minor"] for row in found] == [200_050]
    context.close()


def test_a_blocked_person_appeals_by_the_reference_alone(browser: Any, scene: Scene) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{scene.url}/public/r/{scene.ids['notification_code']}?lang=en")
    page.fill("#f-statement", "this is my salary account")
    page.click("main button")
    code = page.inner_text(".code").strip()
    page.goto(f"{scene.url}/public/follow?lang=en")
    page.fill("#f-code", code)
    page.click("main button")
    assert "filed" in page.inner_text(".answer")
    context.close()


def test_an_institution_sees_its_own_rows_only(browser: Any, scene: Scene) -> None:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, scene, BANK_CLERK)
    page.goto(f"{scene.url}/records/enforcement?lang=en")
    points = page.locator("tbody td:nth-child(2)").all_inner_texts()
    assert set(points) == {"B1"}
    answer = page.goto(f"{scene.url}/records/report/{scene.ids['report0']}")
    assert answer is not None
    assert answer.status in {403, 404}
    context.close()


def test_the_routes_are_those_that_were_reviewed(scene: Scene) -> None:
    contexts = iter_route_contexts(web_of(scene.doors.centre).routes)
    lines = sorted(
        f"{method:6} {context.path}"
        for context in contexts
        for method in context.methods or ()
        if method != "HEAD" and not str(context.path).startswith("/api/")
    )
    assert len(lines) > 30
    assert "\n".join(lines) + "\n" == GOLDEN.read_text("utf-8"), f"review the change, then write it to {GOLDEN}"


@contextmanager
def signed_in_client(scene: Scene) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=scene.url, follow_redirects=False) as client:
        _enter(client, scene)
        yield client


def _enter(client: httpx.Client, scene: Scene) -> None:
    form = client.get("/sign-in").text
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', form)
    assert token is not None
    body = {
        "csrf": token[1],
        "login": EVERYTHING,
        "password": PASSWORD,
        "code": scene.code(EVERYTHING),
        "next": "/audit",
    }
    answer = client.post("/sign-in", data=body)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/audit"


def test_cookies_and_headers_are_strict(scene: Scene) -> None:
    with signed_in_client(scene) as client:
        cookies = [cookie for cookie in client.cookies.jar if cookie.name == "stopline_session"]
        assert [cookie.has_nonstandard_attr("HttpOnly") for cookie in cookies] == [True]
        assert [cookie.get_nonstandard_attr("SameSite") for cookie in cookies] == ["strict"]
        for path in ("/", "/public/", "/nowhere", "/static/console.css", "/api/v1/keys", "/public/r/AAAA"):
            headers = client.get(path).headers
            assert "script-src 'self'" in headers["content-security-policy"], path
            assert "unsafe" not in headers["content-security-policy"], path
            assert headers["x-content-type-options"] == "nosniff", path
        assert client.get("/records/measure").headers["cache-control"] == "no-store"


def test_a_form_of_another_session_does_nothing(scene: Scene) -> None:
    with signed_in_client(scene) as client, httpx.Client(base_url=scene.url) as stranger:
        path = f"/records/measure/{scene.ids['measure']}/act/lift"
        for token in ("", "0" * 64):
            answer = client.post(path, data={"csrf": token, "reason": "forged"})
            assert answer.status_code == 403
        assert client.post("/sign-out", data={"csrf": ""}).status_code == 403
        assert stranger.post("/sign-in", data={"login": EVERYTHING}).status_code == 403
        assert stranger.post(path, data={}).status_code == 303  # to the sign-in page
    assert scene.doors.one("measure", "duty1", scene.ids["measure"])["state"] == "in_force"


def test_signing_out_ends_the_session_for_good(scene: Scene) -> None:
    with signed_in_client(scene) as client:
        kept = client.cookies.get("stopline_session") or ""
        page = client.get("/").text
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
        assert token is not None
        assert client.post("/sign-out", data={"csrf": token[1]}).status_code == 303
        answer = httpx.get(f"{scene.url}/audit", cookies={"stopline_session": kept})
        assert answer.headers["location"].startswith("/sign-in?next=")


def test_nobody_is_led_to_another_site(scene: Scene) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie:x"):
        answer = httpx.get(f"{scene.url}/language/zh", params={"next": target})
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith(("//", "/\\"))
        assert "x" not in answer.cookies


def test_a_spreadsheet_runs_nothing_and_a_list_is_also_json(scene: Scene) -> None:
    with signed_in_client(scene) as client:
        lines = client.get("/records/verdict.csv").text.splitlines()
        assert lines[0].endswith("at,channel,verdict,score,typology,number,carrier,release_id")
        assert all(not cell.startswith(("=", "@", "+")) for line in lines[1:] for cell in line.split(","))
        rows = client.get("/records/measure.json?state=in_force").json()["rows"]
        assert {row["state"] for row in rows} == {"in_force"}
        assert client.get("/records/measure?state=in_force&colour=red").status_code == 422


def test_bad_input_is_a_page_that_says_what_to_do(scene: Scene) -> None:
    with httpx.Client(base_url=scene.url) as client:
        assert client.post("/public/check", content=b"\xff\xfe=1").status_code == 422
        assert client.post("/public/check", content=b"a" * 400_000).status_code == 413
        assert client.get("/public/check?lang=en").status_code == 200
        missing = client.get("/nowhere?lang=en")
        assert (missing.status_code, "There is no such page" in missing.text) == (404, True)
        assert client.put("/public/check").status_code == 405
        assert client.get("/api/v1/nowhere").headers["content-type"] == "application/json"


def test_reading_a_person_leaves_a_row_in_the_chain(scene: Scene) -> None:
    with signed_in_client(scene) as client:
        client.get(f"/records/report/{scene.ids['report1']}?purpose=call+back")
        page = client.get(f"/audit?lang=en&subject_id={scene.ids['report1']}&act=read").text
    assert "call back" in page
    assert "T1" in page


def test_a_campaign_leads_to_its_verdicts_and_a_verdict_back(opened: Opener, scene: Scene) -> None:
    page = opened(1280, "zh").new_page()
    page.goto(f"{scene.url}/records/verdict/{scene.ids['stopped_message']}")
    page.locator(f"a[href='/records/campaign/{scene.ids['campaign']}']").click()
    page.wait_for_url(f"{scene.url}/records/campaign/{scene.ids['campaign']}")
    assert "首条之后被标记或拦截的 3 条短信中，3 条在隐去号码、链接和联系账号后与首条相同" in page.inner_text("main")
    assert page.locator("a[href^='/records/verdict/']").count() == 4
    assert "恭喜您中奖" not in page.inner_text("main")


def test_an_officer_reads_what_a_stopped_text_names_as_text_in_both_languages_and_the_public_does_not(
    scene: Scene,
) -> None:
    text = '【工商银行】您的账户将被冻结，请立即登录 http://icbc.top/"><script>x 验证，否则损失12万元'
    answer = scene.doors.send(
        "/api/v1/messages/batch", json.dumps({"text": text}).encode(), "application/x-ndjson", "C1"
    )
    reference = json.loads(answer.text)["reference"]
    with signed_in_client(scene) as client:
        pages = {one: client.get(f"/records/verdict/{reference}?lang={one}").text for one in ("en", "zh")}
    for page in pages.values():
        assert all(word in page for word in ("http://icbc.top/", "¥120,000.00")), page[-4_000:]
        assert "<script>x" not in page
    english = ("What the text names", "not known as anybody&#39;s own", "Industrial and Commercial Bank of China")
    assert all(word in pages["en"] for word in english)
    assert all(word in pages["zh"] for word in ("短信提及的内容", "中国工商银行"))
    public = httpx.get(f"{scene.url}/public/r/{reference}?lang=en").text
    assert "icbc" not in public.lower()
