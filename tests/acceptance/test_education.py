"""A trick that grows in one district gets a lesson: drafted by the machine, edited and reviewed by two, then taught."""

from __future__ import annotations

from tests.acceptance.conftest import Doors, Json, report_body

DISTRICT = "010101"
TRICK = "rebate"


def growing(doors: Doors) -> Json:
    """Let a trick grow in one district while others stay as they are; return the lesson that is drafted."""
    for place in range(16):
        mine = place < 7
        body = report_body(doors, phone=f"138000001{place:02}", line=f"139000002{place:02}", payment=f"p{place}")
        body |= {"district": DISTRICT if mine else f"0{1 + place % 4}0202", "typology": TRICK if mine else "loan"}
        doors.post("/api/v1/reports", body)
    doors.later(minutes=1)
    doors.later(minutes=9)  # the machine looks every ten minutes
    (lesson,) = doors.rows("lesson", "editor1")
    return lesson


def live(doors: Doors) -> list[Json]:
    return list(doors.get("/api/v1/public/lessons", district=DISTRICT)["rows"])


def test_a_lesson_reaches_its_district_after_a_second_pair_of_eyes(doors: Doors) -> None:
    lesson = growing(doors)
    assert (lesson["state"], lesson["typology"], lesson["districts"]) == ("drafted", TRICK, [DISTRICT])
    assert live(doors) == []  # what the machine drafted is shown to nobody
    words = {
        "text_zh": "刷单返利都是诈骗。先让你尝甜头，再让你转大钱。",
        "text_en": "Rebate jobs are fraud. They pay a little first.",
    }
    doors.act("analyst1", "lesson", lesson["id"], "edit", expect=403, **words)
    doors.act("editor1", "lesson", lesson["id"], "edit", **words)
    assert doors.act("editor1", "lesson", lesson["id"], "review", expect=409)["error"] == "SameHand"
    doors.act("editor1", "lesson", lesson["id"], "publish", expect=409)
    doors.act("editor2", "lesson", lesson["id"], "review")
    doors.act("editor2", "lesson", lesson["id"], "publish")

    (shown,) = live(doors)
    assert shown["text_zh"] == words["text_zh"]
    assert all("right" not in question for question in shown["quiz"])  # the answers are not in the question
    assert doors.get("/api/v1/public/lessons", district="040202")["rows"] == []
    for carrier in ("C1", "C2", "C3"):
        kinds = {(row["kind"], row["to"]) for row in doors.get("/api/v1/deliveries", carrier)["rows"]}
        assert ("lesson", f"district:{DISTRICT}") in kinds


def test_the_quiz_counts_what_people_knew_before_and_after(doors: Doors) -> None:
    lesson = growing(doors)
    path = f"/api/v1/public/lessons/{lesson['id']}/quiz"
    doors.post(path, {"answers": [0, 1], "before_after": "before"}, expect=409)  # not live yet
    doors.act("editor1", "lesson", lesson["id"], "review")
    doors.act("editor2", "lesson", lesson["id"], "publish")
    assert doors.post(path, {"answers": [1, 0], "before_after": "before"}) == {"right": 0, "of": 2}
    assert doors.post(path, {"answers": [0, 1], "before_after": "after"}) == {"right": 2, "of": 2}
    assert doors.post(path, {"answers": [0], "before_after": "after"}, expect=422)["error"] == "BadField"
    assert doors.post(path, {"answers": [0, 1], "before_after": "during"}, expect=422)["error"] == "BadField"
    after = doors.one("lesson", "editor1", lesson["id"])
    assert [after[f"{phase}_{what}"] for phase in ("before", "after") for what in ("right", "count")] == [0, 2, 2, 2]
