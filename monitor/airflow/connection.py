"""Slack by Airflow's connection, for those who keep their tokens in its secrets backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException

from monitor.errors import Misconfigured
from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

CONNECTION = "slack_api_default"  # how Airflow names the connection of a workspace


def by_connection(settings: Settings) -> Slack | None:
    """Slack through Airflow's connection `slack_api_default`, or by the token of the settings without it.

    Raises:
        Misconfigured: the connection holds no token.
    """
    from airflow.providers.slack.hooks.slack import SlackHook

    from monitor.alerts.slack import by_client, quiet
    from monitor.pipeline.outgoing import by_token

    try:
        known = SlackHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return by_token(settings)
    if not known.password:
        raise Misconfigured(f"Airflow's connection {CONNECTION} holds no token: put it in as the password")
    # The hook drops None and leaves the SDK its own retries, which post twice; an empty list stays.
    client = SlackHook(slack_conn_id=CONNECTION, retry_handlers=[], logger=quiet()).client
    if client.base_url == client.BASE_URL:
        client.base_url = settings.slack_url
    proxy = known.extra_dejson.get("proxy") or None
    place = f"the password of Airflow's connection {CONNECTION}"
    return by_client(client, settings.slack_timeout, proxy=proxy, token_in=place)
