from __future__ import annotations

from pathlib import Path

import pytest

from monitor.alerts.routes import load
from monitor.errors import Misconfigured
from monitor.records import Route
from monitor.settings import PROJECT

GOOD = """
[[route]]
name = "desk"
topics = ["*"]

[[route]]
name = "arms"
channel = "#arms"
topics = ["arms_transfers", "sanctions"]
min_score = 0.9
"""


def routes(folder: Path, text: str, channel: str = "#news") -> tuple[Route, ...]:
    (folder / "routes.toml").write_text(text, encoding="utf-8")
    return load(folder, channel)


def test_routes(tmp_path):
    desk, arms = routes(tmp_path, GOOD)
    assert desk == Route("desk", "#news", ("*",), 0.0)
    assert arms == Route("arms", "#arms", ("arms_transfers", "sanctions"), 0.9)


def test_the_shipped_routes_send_everything_to_the_default_channel():
    assert load(PROJECT / "seeds", "#news") == (Route("desk", "#news", ("*",)),)


@pytest.mark.parametrize("channel", ["#desk", "#länder-desk", "C0123ABCDE", "#a_b-c"])
def test_channels(tmp_path, channel):
    assert routes(tmp_path, GOOD, channel)[0].channel == channel


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "write at least one table [[route]]"),
        ("route = 3", "write at least one table [[route]]"),
        ('[[routes]]\nname = "desk"', "unknown key 'routes'"),
        ("[[route]\n", "is not TOML"),
        ('[[route]]\ntopics = ["*"]', "line 1, route 'None': name must be"),
        ('[[route]]\nname = "Desk 1"\ntopics = ["*"]', "name must be"),
        ('\n\n[[route]]\nname = "desk"', "line 3, route 'desk': topics must be"),
        ('[[route]]\nname = "desk"\ntopics = []', "topics must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nscore = 1', "unknown key 'score'"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = 90', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = true', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = nan', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nchannel = "desk"', "channel is 'desk'"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nchannel = 5', "channel is 5"),
        (GOOD + GOOD, "line 12, route 'desk': the name is used twice"),
        ('route = [{name = "desk"}]', "routes.toml, route 'desk': topics"),
    ],
)
def test_a_broken_route_says_where_and_how(tmp_path, text, says):
    with pytest.raises(Misconfigured) as error:
        routes(tmp_path, text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bad_default_channel_is_named_by_its_setting(tmp_path):
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_CHANNEL is 'News Desk'"):
        routes(tmp_path, GOOD, "News Desk")


def test_no_file(tmp_path):
    with pytest.raises(Misconfigured, match="restore the file"):
        load(tmp_path, "#news")
    (tmp_path / "routes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="is not TOML"):
        load(tmp_path, "#news")
