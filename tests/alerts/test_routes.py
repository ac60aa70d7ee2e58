from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from monitor.alerts.routes import load
from monitor.errors import Misconfigured
from monitor.records import DigestSpan, QuietHours, Route, Severity, UpdatePolicy
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


FULL = """
[[route]]
name = "gulf"
channel = "#gulf"
topics = ["sanctions"]
countries = ["IRN", "ARE"]
actors = ["IRGC"]
groups = ["Asia"]
min_severity = "medium"
min_publishers = 3
min_score = 0.85
thresholds = { sanctions = 0.95 }
group_wait = "5m"
updates = "edit_only"
quiet_hours = { from = "22:00", to = "06:30", zone = "Asia/Dubai", days = ["sun", "mon"] }
hourly = 5
fallback = "#desk"
escalate_to = "C0123ABCDE"
escalate_after = "20m"
stop = true
"""


def test_routes(tmp_path):
    desk, arms = routes(tmp_path, GOOD)
    usual = {"group_wait": timedelta(minutes=2)}
    assert desk == Route("desk", "#news", ("*",), 0.0, line=2, **usual)
    assert arms == Route("arms", "#arms", ("arms_transfers", "sanctions"), 0.9, line=6, **usual)
    assert load(tmp_path, "#news", hourly=7)[0].hourly == 7


def test_a_route_may_wait_for_nothing(tmp_path):
    (gulf,) = routes(tmp_path, FULL.replace('"5m"', '"0m"'))
    assert gulf.group_wait == timedelta(0)


def test_a_route_with_everything(tmp_path):
    (gulf,) = routes(tmp_path, FULL)
    assert gulf == Route(
        name="gulf",
        channel="#gulf",
        topics=("sanctions",),
        min_score=0.85,
        thresholds=(("sanctions", 0.95),),
        countries=("IRN", "ARE"),
        actors=("IRGC",),
        groups=("Asia",),
        min_severity=Severity.MEDIUM,
        min_publishers=3,
        group_wait=timedelta(minutes=5),
        updates=UpdatePolicy.EDIT_ONLY,
        quiet=QuietHours(time(22), time(6, 30), "Asia/Dubai", (0, 6)),
        hourly=5,
        fallback="#desk",
        escalate_to="C0123ABCDE",
        escalate_after=timedelta(minutes=20),
        stop=True,
        line=2,
    )
    assert (gulf.score_for("sanctions"), gulf.score_for("arms_transfers")) == (0.95, 0.85)


def test_the_shipped_routes_send_everything_to_the_default_channel():
    (desk,) = load(PROJECT / "seeds", "#news")
    assert (desk.name, desk.channel, desk.topics, desk.stop) == ("desk", "#news", ("*",), False)


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
        ('\n\n[[route]]\nname = "desk"\n\ntopics = 3', "line 6, route 'desk': topics must be"),
        (FULL.replace('"22:00"', '"24:00"'), "line 15, route 'gulf': '24:00' is no time of day"),
        (FULL.replace("Asia/Dubai", "Dubai"), "zone 'Dubai' is no time zone"),
        (FULL.replace('"sun"', '"Sunday"'), "days must be some of mon, tue"),
        (FULL.replace(' to = "06:30",', ""), "write quiet_hours = {"),
        (FULL.replace('"5m"', '"90s"'), "line 13, route 'gulf': group_wait must be from"),
        (FULL.replace('"5m"', '"5 minutes"'), "group_wait must be a span of time"),
        (FULL.replace('"20m"', '"0m"'), "escalate_after must be at least one minute"),
        (FULL.replace('"edit_only"', '"always"'), "updates must be one of thread, broadcast_on"),
        (FULL.replace('"medium"', '"urgent"'), "min_severity must be one of low, medium, high"),
        (FULL.replace("= 3", "= 0"), "min_publishers must be a whole number, 1 or more"),
        (FULL.replace('"IRN"', '"Iran"'), "line 6, route 'gulf': country 'Iran': write the three letters"),
        (FULL.replace("= 0.95", "= 2"), "thresholds.sanctions must be a number from 0 to 1"),
        (FULL.replace("{ sanctions = 0.95 }", "0.95"), "thresholds must be a table"),
        (FULL.replace('"#desk"', '"desk"'), "fallback is 'desk'"),
        (FULL.replace("= true", '= "yes"'), "stop must be true or false"),
        (FULL + 'digests = ["monthly"]\n', "line 21, route 'gulf': digest 'monthly': write \"daily\""),
        (FULL + "digests = true\n", "digests must be a list of names"),
        (FULL.replace('["sanctions"]', '[""]'), "line 5, route 'gulf': topics must be a list of names"),
        (FULL.replace('["IRGC"]', '"IRGC"'), "line 7, route 'gulf': actors must be a list of names"),
        (FULL.replace('["Asia"]', "[3]"), "line 8, route 'gulf': groups must be a list of names"),
        (FULL.replace('"medium"', "2"), "line 9, route 'gulf': min_severity must be one of low"),
        (FULL.replace("= 3", "= 2.5"), "line 10, route 'gulf': min_publishers must be a whole number"),
        (FULL.replace("hourly = 5", 'hourly = "5"'), "line 16, route 'gulf': hourly must be a whole number"),
        (FULL.replace('"C0123ABCDE"', '"@anna"'), "line 18, route 'gulf': escalate_to is '@anna'"),
        ('[[route]]\nname = "desk"\ntopics = []', "topics must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nscore = 1', "unknown key 'score'"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = 90', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = true', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nmin_score = nan', "min_score must be"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nchannel = "desk"', "channel is 'desk'"),
        ('[[route]]\nname = "desk"\ntopics = ["*"]\nchannel = 5', "channel is 5"),
        (GOOD + GOOD, "line 13, route 'desk': the name is used twice"),
        ('route = [{name = "desk", topics = []}]', "routes.toml, route 'desk': topics"),
    ],
)
def test_a_broken_route_says_where_and_how(tmp_path, text, says):
    with pytest.raises(Misconfigured) as error:
        routes(tmp_path, text)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_topic_without_a_card_is_a_slip_of_the_pen(tmp_path):
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "sanctions.toml").touch()
    with pytest.raises(
        Misconfigured, match=r"line 9, route 'arms': topic 'arms_transfers': there is no card"
    ):
        routes(tmp_path, GOOD)


def test_an_actor_that_nobody_knows_is_a_slip_of_the_pen(tmp_path):
    (tmp_path / "routes.toml").write_text(FULL, encoding="utf-8")
    assert load(tmp_path, "#news", actors=lambda: {"irgc", "NATO"})[0].actors == ("IRGC",)
    with pytest.raises(Misconfigured, match=r"line 7, route 'gulf': actor 'IRGC' is nobody's key"):
        load(tmp_path, "#news", actors=lambda: {"NATO"})
    (tmp_path / "routes.toml").write_text(GOOD, encoding="utf-8")
    load(tmp_path, "#news", actors=lambda: pytest.fail("no route names an actor"))


def test_digests(tmp_path):
    daily, weekly = DigestSpan
    assert routes(tmp_path, GOOD)[0].digests == (daily, weekly)
    assert routes(tmp_path, FULL + 'digests = ["weekly"]\n')[0].digests == (weekly,)
    assert routes(tmp_path, FULL + "digests = []\n")[0].digests == ()


def test_a_bad_default_channel_is_named_by_its_setting(tmp_path):
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_CHANNEL is 'News Desk'"):
        routes(tmp_path, GOOD, "News Desk")


def test_no_file(tmp_path):
    with pytest.raises(Misconfigured, match="restore the file"):
        load(tmp_path, "#news")
    (tmp_path / "routes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match="is not TOML"):
        load(tmp_path, "#news")
