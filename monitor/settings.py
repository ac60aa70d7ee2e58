"""Everything that is read from the environment, once, in one place.

`docs/settings.md` is the reader's table of these; `monitor doctor` prints what is in force.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from monitor.errors import Misconfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PROJECT = Path(__file__).resolve().parent.parent
CONTACT = "https://github.com/news-monitor/news-monitor"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force. `load` builds them; tests build them by hand."""

    home: Path = PROJECT / ".monitor"
    database_url: str = ""
    seeds: Path = PROJECT / "seeds"
    classifiers: Path = PROJECT / "models"
    labelled: tuple[Path, ...] = ()  # more labelled sets than seeds/labelled: folders or files
    slack_token: str = field(default="", repr=False)
    slack_app_token: str = field(default="", repr=False)  # of the listener, for Socket Mode
    slack_signing_secret: str = field(default="", repr=False)  # of the listener, for requests over HTTP
    slack_channel: str = "#news-monitor"
    slack_ops_channel: str = ""
    slack_url: str = "https://slack.com/api/"
    slack_pace: float = 1.0  # seconds between two posts to one channel
    slack_hourly: int = 30  # `hourly` of the routes that name none
    slack_timeout: float = 15.0  # seconds of one call
    slack_settle: float = 75.0  # seconds until an unknown end is looked up: a call, and a minute
    slack_lease: float = 90.0  # seconds for which a channel is one sender's; more than two calls
    slack_rest: float = 30.0  # seconds of rest after Slack could not be reached
    slack_probe: float = 300.0  # seconds until a broken channel or a refused token is tried again
    slack_edit_pace: float = 60.0  # seconds between two edits of one message
    contact: str = CONTACT
    allowed_networks: tuple[Network, ...] = ()
    fetch_concurrency: int = 256
    host_concurrency: int = 2
    host_spacing: float = 1.0  # seconds between two requests to one host
    read_pages: bool = True
    read_limit: int = 600  # pages in one run of the read step
    read_deadline: timedelta = timedelta(minutes=2)
    api_rate: float = 300.0  # requests a minute that one token may make
    keep_text_days: int = 0  # 0 keeps texts for ever
    web_url: str = "http://localhost:8080"
    parse_workers: int = 2

    @property
    def user_agent(self) -> str:
        return f"NewsMonitor/0.1 (+{self.contact})"


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from `MONITOR_*` variables; unset ones keep their defaults.

    Raises:
        Misconfigured: a variable holds what it cannot hold; the message names it.
    """
    env = os.environ if environ is None else environ
    home = Path(env.get("MONITOR_HOME") or PROJECT / ".monitor")
    default = Settings()
    return Settings(
        home=home,
        database_url=_database(env) or f"sqlite:///{home / 'monitor.db'}",
        seeds=Path(env.get("MONITOR_SEEDS") or default.seeds),
        classifiers=Path(env.get("MONITOR_CLASSIFIERS") or default.classifiers),
        labelled=_paths(env, "MONITOR_LABELLED"),
        slack_token=_secret(env, "MONITOR_SLACK_TOKEN"),
        slack_app_token=_secret(env, "MONITOR_SLACK_APP_TOKEN"),
        slack_signing_secret=_secret(env, "MONITOR_SLACK_SIGNING_SECRET"),
        slack_channel=env.get("MONITOR_SLACK_CHANNEL") or default.slack_channel,
        slack_ops_channel=env.get("MONITOR_SLACK_OPS_CHANNEL", ""),
        slack_url=env.get("MONITOR_SLACK_URL") or default.slack_url,
        slack_pace=_number(env, "MONITOR_SLACK_PACE", default.slack_pace),
        slack_hourly=int(_number(env, "MONITOR_SLACK_HOURLY", default.slack_hourly)),
        slack_timeout=_number(env, "MONITOR_SLACK_TIMEOUT", default.slack_timeout),
        slack_settle=_number(env, "MONITOR_SLACK_SETTLE", default.slack_settle),
        slack_lease=_number(env, "MONITOR_SLACK_LEASE", default.slack_lease),
        slack_rest=_number(env, "MONITOR_SLACK_REST", default.slack_rest),
        slack_probe=_number(env, "MONITOR_SLACK_PROBE", default.slack_probe),
        slack_edit_pace=_number(env, "MONITOR_SLACK_EDIT_PACE", default.slack_edit_pace),
        contact=env.get("MONITOR_CONTACT") or default.contact,
        allowed_networks=_networks(env.get("MONITOR_ALLOWED_NETWORKS", "")),
        fetch_concurrency=int(_number(env, "MONITOR_FETCH_CONCURRENCY", default.fetch_concurrency)),
        host_concurrency=int(_number(env, "MONITOR_HOST_CONCURRENCY", default.host_concurrency)),
        host_spacing=_number(env, "MONITOR_HOST_SPACING", default.host_spacing),
        read_pages=_switch(env, "MONITOR_READ_PAGES", default.read_pages),
        read_limit=int(_number(env, "MONITOR_READ_LIMIT", default.read_limit)),
        api_rate=_number(env, "MONITOR_API_RATE", default.api_rate) or default.api_rate,
        keep_text_days=int(_number(env, "MONITOR_KEEP_TEXT_DAYS", default.keep_text_days)),
        web_url=env.get("MONITOR_WEB_URL") or default.web_url,
        parse_workers=int(_number(env, "MONITOR_PARSE_WORKERS", default.parse_workers)),
    )


def _secret(env: Mapping[str, str], name: str) -> str:
    """A secret from its variable, or from the file that `NAME_FILE` points to."""
    path = env.get(f"{name}_FILE", "").strip()
    if env.get(name) or not path:
        return env.get(name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"{name}_FILE: {path} cannot be read ({why}): correct the path") from error


def _database(env: Mapping[str, str]) -> str:
    """The address of the database, with the password of `MONITOR_DATABASE_PASSWORD` where it names none."""
    url = env.get("MONITOR_DATABASE_URL", "").strip()
    password = _secret(env, "MONITOR_DATABASE_PASSWORD")
    kind, mark, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    if not password or not at or ":" in user:
        return url
    return f"{kind}{mark}{user}:{quote(password, safe='')}{at}{place}"


def _paths(env: Mapping[str, str], name: str) -> tuple[Path, ...]:
    return tuple(Path(part) for part in env.get(name, "").split(os.pathsep) if part.strip())


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        raise Misconfigured(f"{name} is {text!r}: set it to a number or leave it out") from None
    if not 0 <= value < float("inf"):
        raise Misconfigured(f"{name} is {text!r}: set it to a number of zero or more")
    return value


def _switch(env: Mapping[str, str], name: str, default: bool) -> bool:
    text = env.get(name, "").strip().lower()
    if text in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if not text else text in {"1", "true", "yes", "on"}
    raise Misconfigured(f"{name} is {text!r}: set it to 1 or 0")


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        cure = "write networks like 10.1.0.0/16, separated by commas"
        raise Misconfigured(f"MONITOR_ALLOWED_NETWORKS: {error}: {cure}") from None
