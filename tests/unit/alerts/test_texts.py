"""What the public reads, held against what publics have read."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from tocsin.alerts import REASONS, Facts, texts_for, words
from tocsin.alerts.texts import PARTS, Wording
from tocsin.errors import ConfigError
from tocsin.node.home import home_of

REAL = {
    each["id"]: each["text"]
    for each in map(json.loads, (Path(__file__).parent / "data" / "public_alert_texts.jsonl").read_text().splitlines())
}
LANGUAGES = ("en-US", "ja-JP", "ko-KR")
WORDINGS = get_args(Wording)
MEMBER = {"en-US": "USA", "ja-JP": "JPN", "ko-KR": "KOR"}
AREAS = {"USA": ("US-HI",), "JPN": ("JP-01", "JP-02"), "KOR": ("KR-11", "KR-28/island-1")}


def at(hour, minute):
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


def text(language, wording, *, member=None, areas=None, **changed):
    home = home_of(member or MEMBER[language])
    areas = areas or AREAS[home.member]
    facts = {
        "world": "actual", "areas": home.described(areas), "zones": home.zones_of(areas),
        "senders": {"": "Civil Protection"}, "launched_at": at(18, 5), "earliest_at": at(18, 12),
        "latest_at": at(18, 14), "lost_at": at(18, 9), "lost_age_s": 75.0,
    }  # fmt: skip
    (found,) = texts_for(wording, [language], Facts(**facts | changed))
    return found


def whole(found):
    return f"{found.headline} {found.description} {found.instruction}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", WORDINGS)
def test_each_text_tells_who_when_where_what_and_what_to_do(language, wording):
    found = text(language, wording)
    home = home_of(MEMBER[language])
    for area in home.described(AREAS[home.member]):
        name = next(each.name for each in area.names if each.language == language)
        assert name in found.headline
        assert name in found.description
    assert "Civil Protection" in found.description
    if wording != "cancel":
        clock = {"en-US": "08:05 (HST)", "ja-JP": "3時5分", "ko-KR": "3시 5분"}[language]
        assert clock in found.description
    assert len(found.instruction) > 10
    assert "{" not in whole(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_of_words_has_every_part_with_what_it_must_name(language):
    said = words(language)
    assert said["language"] == language
    assert set(said["reasons"]) == set(REASONS)
    needs = {
        "alert": {"sender", "launched", "when", "areas"}, "update": {"sender", "launched", "when", "areas"},
        "lost": {"sender", "launched", "lost", "age", "areas"}, "freed": {"sender", "launched", "areas"},
        "cancel": {"sender", "areas", "reason"}, "all_clear": {"sender", "launched", "areas"},
    }  # fmt: skip
    for wording in WORDINGS:
        named = {name for _, name, _, _ in Formatter().parse(said[wording]["description"]) if name}
        assert named == needs[wording], (language, wording)
    for world in ("exercise", "test"):
        for part in PARTS:
            assert f"{{{part}}}" in said[world][part]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("world", ["exercise", "test"])
def test_what_is_not_real_says_so_first_in_every_part(language, wording, world):
    mark = {
        ("en-US", "exercise"): "exercise", ("ja-JP", "exercise"): "訓練", ("ko-KR", "exercise"): "훈련",
        ("en-US", "test"): "test", ("ja-JP", "test"): "試験", ("ko-KR", "test"): "시험",
    }[language, world]  # fmt: skip
    found = text(language, wording, world=world)
    for part in (found.headline, found.description, found.instruction):
        assert mark in part[:20].lower()
    assert mark in found.description[-20:].lower()
    real = text(language, wording, world="actual")
    assert mark not in whole(real).lower().replace(words(language)["reasons"]["drill"], "")


def test_no_text_claims_to_be_no_drill():
    """The drill of Hawaii did: it proves nothing, and an exercise that says it is a lie."""
    assert "NOT A DRILL" in REAL["hawaii-2018-01-13-alert"]
    for language in LANGUAGES:
        for wording in WORDINGS:
            assert not re.search(
                r"not a drill|訓練ではありません|훈련이 아닙니다", whole(text(language, wording)), re.IGNORECASE
            )


def shared(real, ours, terms):
    """Terms that the real text uses and ours must use as well."""
    for term in terms:
        assert term in REAL[real], (real, term)
        assert term in ours, (real, term)


def test_japanese_uses_the_words_that_the_public_knows():
    alert = whole(text("ja-JP", "alert"))
    shared(
        "jalert-template-2",
        alert,
        ["直ちに避難", "建物の中、又は地下に避難して下さい", "周辺に落下するものとみられます"],
    )
    shared("jalert-2023-05-31-okinawa", alert, ["ミサイル発射。ミサイル発射。", "建物の中、又は地下に避難して下さい"])
    end = whole(text("ja-JP", "all_clear"))
    shared(
        "jalert-template-5", end, ["不審な物を発見した場合には、決して近寄らず、直ちに警察や消防などに連絡して下さい"]
    )


def test_korean_uses_the_words_that_the_public_knows():
    alert = whole(text("ko-KR", "alert"))
    shared(
        "seoul-2023-05-31-alert",
        alert,
        ["경보 발령", "국민 여러분께서는", "어린이와 노약자가 우선 대피할 수 있도록 해 주시기 바랍니다"],
    )
    shared("seoul-2023-05-31-retraction", whole(text("ko-KR", "cancel")), ["오발령 사항임을 알려드"])
    end = whole(text("ko-KR", "all_clear"))
    shared(
        "seoul-2023-05-31-clear", end, ["해제되었음을 알려드립니다", "시민 여러분께서는 일상으로 복귀하시기 바랍니다"]
    )


def test_english_uses_the_words_that_the_public_knows():
    shared(
        "hawaii-2018-01-13-alert",
        text("en-US", "alert").headline,
        ["BALLISTIC MISSILE THREAT", "SEEK IMMEDIATE SHELTER"],
    )
    shared(
        "hawaii-2018-01-13-correction", whole(text("en-US", "cancel")).replace("FALSE ALARM", "False Alarm"),
        ["There is no missile threat or danger to", "False Alarm"],
    )  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_seoul_the_alert_says_why_and_where_to_go(language):
    """The message of 31 May 2023 gave neither."""
    found = text(language, "alert")
    why = {"en-US": "missile launch", "ja-JP": "ミサイルの発射", "ko-KR": "미사일 발사"}[language]
    where = {"en-US": "underground", "ja-JP": "地下", "ko-KR": "지하 대피시설"}[language]
    assert why in found.description
    assert where in found.instruction


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wording", ["alert", "lost"])
def test_what_was_seen_and_what_is_predicted_share_no_sentence(language, wording):
    """ "Passed over Japan about 07:48" was a prediction, told as seen (November 2022)."""
    seen = {"en-US": r"detected|last seen", "ja-JP": r"探知され|探知でき", "ko-KR": r"탐지되었"}[language]
    predicted = {"en-US": r"expected|may come down", "ja-JP": r"みられます|可能性", "ko-KR": r"예상|가능성"}[language]
    sentences = re.split(r"(?<=[.。])\s*", text(language, wording).description)
    assert any(re.search(seen, each) for each in sentences)
    assert any(re.search(predicted, each) for each in sentences)
    assert not any(re.search(seen, each) and re.search(predicted, each) for each in sentences)


def test_a_lost_track_is_told_with_its_age():
    found = text("en-US", "lost")
    assert "last seen at about 08:09 (HST), 75 seconds before this message" in found.description
    assert "not known" in found.description


def test_cancel_and_all_clear_say_different_things():
    assert "in error" in text("en-US", "cancel").description
    assert "error" not in whole(text("en-US", "all_clear")).lower()
    assert "誤" not in whole(text("ja-JP", "all_clear"))
    assert "오발령" not in whole(text("ko-KR", "all_clear"))
    assert text("ko-KR", "cancel", reason="drill").description.endswith("사유: 훈련이었음.")


def test_times_are_those_of_the_places():
    found = text("en-US", "alert", areas=("US-AK", "US-HI"))
    assert "09:05 (AKST), 08:05 (HST)" in found.description
    assert "(ChST)" in text("en-US", "alert", areas=("US-GU",)).description
    summer = text("en-US", "alert", areas=("US-AK",), launched_at=datetime(2026, 7, 1, 18, 5, tzinfo=UTC))
    assert "10:05 (AKDT)" in summer.description
    assert "about 08:12 (HST)," in text("en-US", "alert", latest_at=at(18, 12)).description
    assert "between 08:12 (HST) and 08:14 (HST)" in text("en-US", "alert").description
    assert "a time that is not known" in text("en-US", "alert", launched_at=None).description


def test_a_language_without_texts_is_an_error():
    with pytest.raises(ConfigError, match="no texts of alerts in fr-FR"):
        words("fr-FR")


def test_every_territory_has_texts_and_zones():
    for member in ("JPN", "KOR", "USA"):
        home = home_of(member)
        for language in home.languages:
            assert words(language)
        for area in home.areas:
            assert home.zones_of([area])
    with pytest.raises(ConfigError, match="no warning areas"):
        home_of("XXX")
