from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from monitor.alerts.presses import LIFE, SPANS, is_gone, meaning, mute_form, muted
from monitor.records import Press, PressedStory, SilenceMatcher, Verdict

NOW = datetime(2026, 5, 17, 12, tzinfo=UTC)
TITLES = {"sanctions": "Sanctions", "arms_transfers": "Arms transfers"}


def story(**changes: object) -> PressedStory:
    values: dict[str, object] = {
        "token": "t1",
        "story_id": 7,
        "article_id": 3,
        "headline": "Council freezes assets",
        "publisher": "Harbour Herald",
        "topics": ("sanctions", "arms_transfers"),
        "actors": (("NATO", "NATO"), ("FRA", "France")),
        "parent_key": "alert:t1",
        "opened_at": NOW,
    }
    return PressedStory(**(values | changes))  # type: ignore[arg-type]


def test_labels() -> None:
    both = ("sanctions", "arms_transfers")
    assert meaning(Press.RELEVANT, story(), TITLES).labels == tuple((t, Verdict.YES) for t in both)
    assert meaning(Press.NOT_RELEVANT, story(), TITLES).labels == tuple((t, Verdict.NO) for t in both)
    wrong = meaning(Press.WRONG_TOPIC, story(), TITLES)
    assert (wrong.labels, wrong.answer) == ((("sanctions", Verdict.NO),), "Noted: not about Sanctions.")


def test_a_duplicate_mutes_its_story_and_labels_nothing() -> None:
    effect = meaning(Press.DUPLICATE, story(), TITLES)
    assert effect.labels == ()
    assert effect.silence is not None
    assert effect.silence[:2] == (SilenceMatcher(story_id=7), timedelta(days=7))


def test_every_button_changes_something() -> None:
    for press in Press:
        if press is Press.MUTE:
            with pytest.raises(ValueError, match="form"):
                meaning(press, story(), TITLES)
            continue
        effect = meaning(press, story(), TITLES)
        assert effect.labels or effect.silence or effect.acknowledges
        assert effect.answer


def test_gone() -> None:
    assert is_gone(None, NOW)
    assert not is_gone(story(), NOW + LIFE)
    assert is_gone(story(), NOW + LIFE + timedelta(seconds=1))


@given(st.text(max_size=300), st.text(min_size=1, max_size=300), st.text(max_size=300))
def test_the_form_is_one_that_slack_takes(headline: str, publisher: str, actor: str) -> None:
    form = mute_form(story(headline=headline, publisher=publisher, actors=((actor or "X", actor),)), TITLES)
    View(**json.loads(json.dumps(form))).validate_json()
    assert len(form["title"]["text"]) <= 24
    for block in form["blocks"][:2]:
        for option in block["element"]["options"]:
            assert 1 <= len(option["text"]["text"]) <= 75
            assert 1 <= len(option["value"]) <= 75


def test_what_the_form_says() -> None:
    options = [option["value"] for option in mute_form(story(), TITLES)["blocks"][0]["element"]["options"]]
    assert options[:3] == ["story", "topic:sanctions", "topic:arms_transfers"]
    assert muted({"what": "actor:NATO", "span": "1w", "reason": " exercise "}) == (
        SilenceMatcher(actor="NATO"),
        timedelta(weeks=1),
        "exercise",
    )
    assert muted({"what": "story", "span": "ever", "reason": "x"}) == (SilenceMatcher(), None, "x")
    assert [span for _, span in SPANS.values()] == [
        timedelta(hours=4),
        timedelta(days=1),
        timedelta(weeks=1),
        None,
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"what": "everything", "span": "1d", "reason": "x"},
        {"what": "story", "span": "2d", "reason": "x"},
        {"what": "story", "span": "1d", "reason": "  "},
    ],
)
def test_forms_that_are_not_ours(values: dict[str, str]) -> None:
    assert muted(values) is None
