from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from fakes.slack import SCOPES, FakeSlack

from monitor.alerts.slack import Slack, connect
from monitor.errors import Misconfigured, Permanent, Transient
from monitor.records import FoundCopy, Message, PostOutcome

TOKEN = "xoxb-test"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
HELLO = Message("Hello", ({"type": "section", "text": {"type": "plain_text", "text": "Hello"}},))


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk", "ops"), outside=("board",), archived=("old",), rate=None) as fake:
        yield fake


def post(slack: FakeSlack, channel: str = "#desk", message: Message = HELLO, **options: int):
    return connect(TOKEN, slack.url, **options).post(channel, message, "id-1")


def test_a_post(slack):
    posted = post(slack)
    (message,) = slack.messages
    assert posted.outcome is PostOutcome.SENT
    assert (posted.channel_id, posted.ts) == (message["channel"], message["ts"])
    assert (message["text"], message["blocks"]) == ("Hello", [dict(HELLO.blocks[0])])
    assert message["metadata"] == {
        "event_type": "monitor_delivery",
        "event_payload": {"delivery_id": "id-1"},
    }


def test_a_post_without_blocks(slack):
    assert post(slack, message=Message("Plain", ())).outcome is PostOutcome.SENT
    assert slack.messages[0]["blocks"] == []


@pytest.mark.parametrize(
    ("fault", "outcome", "copies"),
    [
        ("drop_before", PostOutcome.UNKNOWN, 0),
        ("drop_after", PostOutcome.UNKNOWN, 1),
        ("cut_after", PostOutcome.UNKNOWN, 1),
        ("http_500_before", PostOutcome.UNKNOWN, 0),
        ("http_500_after", PostOutcome.UNKNOWN, 1),
        ("garbage_after", PostOutcome.UNKNOWN, 1),
        ("error_after:internal_error", PostOutcome.UNKNOWN, 1),
        ("error_after:fatal_error", PostOutcome.UNKNOWN, 1),
        ("error:a_code_of_next_year", PostOutcome.UNKNOWN, 0),
        ("429", PostOutcome.RATE_LIMITED, 0),
        *(
            (f"error:{code}", outcome, 0)
            for outcome, codes in {
                PostOutcome.RATE_LIMITED: "ratelimited rate_limited service_unavailable request_timeout "
                "team_added_to_org org_login_required",
                PostOutcome.DESTINATION_BROKEN: "channel_not_found not_in_channel is_archived "
                "restricted_action restricted_action_read_only_channel message_limit_exceeded",
                PostOutcome.CREDENTIAL_BROKEN: "invalid_auth token_revoked token_expired account_inactive "
                "missing_scope not_authed",
                PostOutcome.CONTENT_BROKEN: "invalid_blocks invalid_blocks_format msg_blocks_too_long "
                "msg_too_long metadata_too_large invalid_metadata_format invalid_metadata_schema no_text",
            }.items()
            for code in codes.split()
        ),
    ],
)
def test_every_end_has_its_class_and_is_posted_once_at_most(slack, fault, outcome, copies):
    slack.faults.append(fault)
    posted = post(slack)
    assert (posted.outcome, len(slack.messages), slack.calls) == (outcome, copies, ["chat.postMessage"])
    assert posted.ts is None
    assert posted.error
    assert "\n" not in posted.error
    if fault.startswith("error:"):
        assert posted.error == fault.removeprefix("error:")


def test_the_time_to_wait_is_handed_on(slack):
    slack.faults.append("429")
    assert post(slack).retry_after == timedelta(seconds=7)
    slack.faults.append("error:service_unavailable")
    assert post(slack).retry_after is None


def test_a_slow_answer_is_not_known(slack):
    slack.delay = 5
    slack.faults.append("slow")
    assert post(slack, timeout=1).outcome is PostOutcome.UNKNOWN
    assert len(slack.messages) == 1


@pytest.mark.parametrize(
    ("channel", "outcome", "error"),
    [
        ("#nowhere", PostOutcome.DESTINATION_BROKEN, "channel_not_found"),
        ("#board", PostOutcome.DESTINATION_BROKEN, "not_in_channel"),
        ("#old", PostOutcome.DESTINATION_BROKEN, "is_archived"),
    ],
)
def test_broken_destinations(slack, channel, outcome, error):
    posted = post(slack, channel)
    assert (posted.outcome, posted.error) == (outcome, error)


def test_another_token(slack):
    posted = connect("xoxb-wrong", slack.url).post("#desk", HELLO, "id-1")
    assert (posted.outcome, posted.error) == (PostOutcome.CREDENTIAL_BROKEN, "invalid_auth")


def test_blocks_that_slack_does_not_take(slack):
    posted = post(slack, message=Message("Hello", ({"type": "header", "text": {"type": "mrkdwn"}},)))
    assert (posted.outcome, posted.error) == (PostOutcome.CONTENT_BROKEN, "invalid_blocks")


def test_too_fast():
    with FakeSlack(TOKEN, ("desk",), rate=0.01) as slow:
        client = connect(TOKEN, slow.url)
        assert client.post("#desk", HELLO, "a").outcome is PostOutcome.SENT
        limited = client.post("#desk", HELLO, "b")
        assert (limited.outcome, limited.retry_after) == (PostOutcome.RATE_LIMITED, timedelta(seconds=1))
        assert len(slow.messages) == 1


def find(client: Slack, channel: str, since: datetime = LONG_AGO, id_: str = "id-1") -> FoundCopy | None:
    return next(iter(client.copies(channel, {id_}, since).get(id_, [])), None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/api/",  # nothing listens
        "https://127.0.0.1:{port}/api/",
        "http://no-such-host.invalid/api/",
    ],
)
def test_what_never_reached_slack_is_not_sent(url):
    posted = connect(TOKEN, url.format(port=free_port())).post("#desk", HELLO, "id-1")
    assert posted.outcome is PostOutcome.NOT_SENT, posted.error


def test_a_failed_handshake_is_not_sent(slack):
    posted = connect(TOKEN, slack.url.replace("http:", "https:")).post("#desk", HELLO, "id-1")
    assert (posted.outcome, slack.messages) == (PostOutcome.NOT_SENT, [])


def test_an_untrusted_certificate_is_not_sent(certificate):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake, args=(listener, server))
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/api/"
        posted = connect(TOKEN, url).post("#desk", HELLO, "id-1")
        thread.join()
    assert posted.outcome is PostOutcome.NOT_SENT
    assert "certificate" in posted.error.lower()


def _shake(listener: socket.socket, server: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with connection, suppress(OSError):  # the client turns away: that is the test
        server.wrap_socket(connection, server_side=True).close()


@pytest.mark.parametrize("fault", ["drop_after", "cut_after", "http_500_after", "garbage_after"])
def test_what_arrived_is_found_again(slack, fault):
    client = connect(TOKEN, slack.url)
    client.post("#desk", HELLO, "other")
    slack.faults.append(fault)
    assert client.post("#desk", HELLO, "id-1").outcome is PostOutcome.UNKNOWN
    for channel in ("#desk", slack.ids["desk"]):
        found = find(client, channel, LONG_AGO, "id-1")
        assert found is not None
        assert found.channel_id == slack.ids["desk"]
        assert found.ts == slack.messages[1]["ts"]


def test_what_did_not_arrive_is_not_found(slack):
    client = connect(TOKEN, slack.url)
    slack.faults.append("drop_before")
    client.post("#desk", HELLO, "id-1")
    assert find(client, "#desk", LONG_AGO, "id-1") is None
    client.post("#ops", HELLO, "id-1")
    assert find(client, "#desk", LONG_AGO, "id-1") is None  # it is in another channel
    assert find(client, "#ops", datetime.now(UTC) + timedelta(minutes=1)) is None


def test_long_histories_and_lists_are_read_to_their_end():
    names = tuple(f"channel-{number}" for number in range(7))
    with FakeSlack(TOKEN, names, rate=None, page=2) as fake:
        client = connect(TOKEN, fake.url)
        for number in range(5):
            client.post("#channel-6", HELLO, f"id-{number}")
        found = find(client, "#channel-6", LONG_AGO, "id-0")
        assert found is not None
        assert found.ts == fake.messages[0]["ts"]
        find(client, "#channel-6", LONG_AGO, "id-1")
        assert fake.calls.count("conversations.list") == 4  # asked once: names do not change in a run


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("drop_before", Transient),
        ("http_500_before", Transient),
        ("429", Transient),
        ("garbage_after", Transient),
        ("error:internal_error", Transient),
        ("error:missing_scope", Permanent),
        ("error:channel_not_found", Permanent),
        ("error:token_revoked", Misconfigured),
    ],
)
def test_an_unread_history_is_not_an_empty_one(slack, fault, error):
    slack.read_faults.append(fault)
    with pytest.raises(error) as raised:
        find(connect(TOKEN, slack.url), slack.ids["desk"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("channel", ["#board", "#nowhere"])
def test_a_history_that_the_bot_may_not_read(slack, channel):
    with pytest.raises(Permanent, match="invite the bot"):
        find(connect(TOKEN, slack.url), channel)


def test_who(slack):
    assert connect(TOKEN, slack.url).who() == "news-monitor in Test Desk"
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_TOKEN"):
        connect("xoxb-wrong", slack.url).who()
    with pytest.raises(Transient):
        connect(TOKEN, f"http://127.0.0.1:{free_port()}/").who()


def test_who_misses_scopes():
    with FakeSlack(TOKEN, scopes=SCOPES[:2]) as fake, pytest.raises(Misconfigured) as raised:
        connect(TOKEN, fake.url).who()
    assert "channels:history, groups:history, groups:read" in str(raised.value)


@pytest.mark.parametrize("token", ["", "xoxb 1", "xoxb-1\nMONITOR", "xoxb-ü"])
def test_a_token_that_cannot_be_one(token):
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_TOKEN"):
        connect(token, "https://slack.com/api/")


@pytest.mark.parametrize("url", ["", "slack.com", "ftp://slack.com/", "file:///etc/passwd"])
def test_an_address_that_cannot_be_one(url):
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_URL"):
        connect(TOKEN, url)
