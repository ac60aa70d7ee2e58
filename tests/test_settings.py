import ipaddress
from pathlib import Path

import pytest

from monitor.errors import Misconfigured
from monitor.settings import load


def test_nothing_set_gives_an_embedded_database() -> None:
    settings = load({"MONITOR_HOME": "/somewhere"})
    assert settings.database_url == "sqlite:////somewhere/monitor.db"
    assert settings.seeds.is_dir()


def test_every_kind_of_value_is_read() -> None:
    env = {
        "MONITOR_DATABASE_URL": "postgresql://db/news",
        "MONITOR_SEEDS": "/seeds",
        "MONITOR_SLACK_HOURLY": "5",
        "MONITOR_READ_PAGES": "off",
        "MONITOR_ALLOWED_NETWORKS": "10.0.0.0/8, fd00::/8",
    }
    settings = load(env)
    assert settings.database_url == "postgresql://db/news"
    assert settings.seeds == Path("/seeds")
    assert settings.slack_hourly == 5
    assert not settings.read_pages
    assert settings.allowed_networks == (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONITOR_SLACK_PACE", "quick"),
        ("MONITOR_SLACK_PACE", "-1"),
        ("MONITOR_READ_PAGES", "perhaps"),
        ("MONITOR_ALLOWED_NETWORKS", "10.0.0.1/8"),
    ],
)
def test_a_wrong_value_names_its_variable(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        load({name: value})


def test_the_token_does_not_show() -> None:
    assert "xoxb-1" not in repr(load({"MONITOR_SLACK_TOKEN": "xoxb-1"}))


@pytest.mark.parametrize(
    "name", ["MONITOR_SLACK_TOKEN", "MONITOR_SLACK_APP_TOKEN", "MONITOR_SLACK_SIGNING_SECRET"]
)
def test_a_secret_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary-41d7\n")
    settings = load({f"{name}_FILE": str(secret)})
    assert getattr(settings, name.removeprefix("MONITOR_").lower()) == "canary-41d7"
    assert "canary-41d7" not in repr(settings)
    assert getattr(load({name: "nearer", f"{name}_FILE": str(secret)}), name[8:].lower()) == "nearer"
    with pytest.raises(Misconfigured, match=f"{name}_FILE"):
        load({f"{name}_FILE": str(tmp_path / "none")})
    secret.write_bytes(b"\xff\xfecanary-41d7")
    with pytest.raises(Misconfigured) as raised:
        load({f"{name}_FILE": str(secret)})
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("postgresql://monitor@db:5432/news", "postgresql://monitor:a%2Fb%40c@db:5432/news"),
        ("postgresql://monitor:own@db/news", "postgresql://monitor:own@db/news"),
        ("postgresql://db/news", "postgresql://db/news"),
        ("sqlite:////somewhere/monitor.db", "sqlite:////somewhere/monitor.db"),
    ],
)
def test_the_password_of_the_database_may_lie_in_a_file(tmp_path: Path, url: str, wanted: str) -> None:
    file = tmp_path / "password"
    file.write_text("a/b@c\n")
    env = {"MONITOR_DATABASE_URL": url, "MONITOR_DATABASE_PASSWORD_FILE": str(file)}
    assert load(env).database_url == wanted
