"""The production stack as a file: against the compose schema, and against what we promise of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import Engine
from stack.native import FILE, MAKE_SECRETS, PROJECT

from monitor.store.database import begin

AIRFLOW = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}


def _checked(path: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema brings the schema of the compose specification with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_file_fits_the_compose_schema(tmp_path: Path) -> None:
    done = _checked(FILE)
    assert done.returncode == 0, done.stdout
    typo = tmp_path / "docker-compose.yml"
    typo.write_text(FILE.read_text().replace("command:", "comand:", 1))
    assert "comand" in _checked(typo).stdout


def test_the_stack_is_whole(stack: dict[str, Any]) -> None:
    assert set(stack["services"]) == AIRFLOW | {
        "postgres",
        "databases",
        "redis",
        "slack-listener",
        "backup",
        "statsd-exporter",
        "prometheus",
        "grafana",
    }
    known = (
        "image build init restart environment volumes command ports healthcheck depends_on profiles "
        "stop_grace_period secrets"
    )
    assert {key for service in stack["services"].values() for key in service} == set(known.split())
    profiles: dict[str, set[str]] = {}
    for name, service in stack["services"].items():
        for profile in service.get("profiles", []):
            profiles.setdefault(profile, set()).add(name)
    assert profiles == {
        "celery": {"redis", "worker"},
        "slack": {"slack-listener"},
        "metrics": {"statsd-exporter", "prometheus", "grafana"},
    }


def test_only_the_listener_sees_the_token_of_the_app(stack: dict[str, Any]) -> None:
    for secret in ("slack_app_token", "APP_TOKEN"):
        knows = {name for name, one in stack["services"].items() if secret in str(one)}
        assert knows == {"slack-listener"}


def test_what_a_service_waits_for_is_there_and_can_be_waited_for(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        for other, wait in service.get("depends_on", {}).items():
            waited = stack["services"][other]
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in waited, (name, other)
            else:
                assert (wait["condition"], waited["restart"]) == ("service_completed_successfully", "no")
            assert set(waited.get("profiles", [])) <= set(service.get("profiles", [])), (name, other)


def test_long_running_services_are_watched_and_come_back(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        if service["restart"] == "no":
            continue
        assert service["restart"] == "unless-stopped", name
        check = service["healthcheck"]
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert {"interval", "timeout", "retries"} <= set(check), name


def test_volumes_are_declared(stack: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0]
        for service in stack["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    bound = {
        volume.split(":")[0]
        for service in stack["services"].values()
        for volume in service.get("volumes", [])
        if volume.startswith(".")
    }
    assert {path for path in bound if not (PROJECT / path).exists()} == set()
    assert mounted == set(stack["volumes"])


def test_secrets_are_files_and_nothing_else(stack: dict[str, Any]) -> None:
    text = FILE.read_text()
    assert re.findall(r"\$\{\w+:\?", text) == []
    names = set(stack["secrets"])
    assert {name: one["file"] for name, one in stack["secrets"].items()} == {
        name: f"./secrets/{name}" for name in names
    }
    for name, service in stack["services"].items():
        read = set(re.findall(r"/run/secrets/(\w+)", str(service)))
        assert read <= set(service.get("secrets", [])) <= names, name
    example = (PROJECT / ".env.example").read_text()
    lines = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"^[A-Z]", line))
    assert {name for name in lines if not re.search(rf"\$\{{{name}:-", text)} == set()
    assert not {name for name in lines if re.search("TOKEN|SECRET|PASSWORD|KEY", name)}


def test_secrets_are_made_once_and_for_their_owner(stack: dict[str, Any], tmp_path: Path) -> None:
    def make() -> None:
        subprocess.run([sys.executable, str(MAKE_SECRETS), str(tmp_path / "secrets")], check=True)

    make()
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(made) == set(stack["secrets"])
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert {name for name, text in made.items() if len(text) < 20} == {"slack_token", "slack_app_token"}
    (tmp_path / "secrets" / "slack_token").write_text("xoxb-mine")
    (tmp_path / "secrets" / "airflow_jwt_secret").unlink()
    make()
    again = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    changed = {name for name, text in again.items() if text != made[name]}
    assert changed == {"slack_token", "airflow_jwt_secret"}


def test_the_dashboard_asks_sources_that_are_there_and_tables_that_are_there(
    stack: dict[str, Any], engine: Engine
) -> None:
    assert "./deploy/grafana/dashboards:/dashboards:ro" in stack["services"]["grafana"]["volumes"]
    folder = PROJECT / "deploy" / "grafana"
    sources = yaml.safe_load((folder / "provisioning" / "datasources" / "news-monitor.yml").read_text())
    known = {one["uid"]: one["type"] for one in sources["datasources"]}
    dashboard = json.loads((folder / "dashboards" / "news-monitor.json").read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) >= 10
    for panel in dashboard["panels"]:
        assert panel["description"], panel["title"]
        for target in panel["targets"]:
            assert known[target["datasource"]["uid"]] == target["datasource"]["type"]
            if target["datasource"]["type"] == "postgres" and engine.dialect.name == "postgresql":
                _ask(engine, target["rawSql"])


def _ask(engine: Engine, question: str) -> None:
    """Ask a panel's question with what Grafana puts in the place of its macros."""
    question = re.sub(r"\$__timeFilter\((.*?)\)", r"\1 > now() - interval '1 day'", question)
    question = re.sub(r"\$__timeGroupAlias\((.*?), '1h'\)", r"date_trunc('hour', \1) AS time", question)
    assert "$__" not in question
    with begin(engine, reading=True) as db:
        db.exec_driver_sql(question).all()


def test_only_what_people_open_is_published_and_only_here_by_default(stack: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in stack["services"].items() if "ports" in service}
    assert list(ports) == ["api-server", "grafana"]
    assert all(port[0].startswith("${MONITOR_BIND:-127.0.0.1}:") for port in ports.values())


def test_the_image_is_locked_and_not_root() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert "--no-deps --require-hashes -r requirements.lock" in text
    users = re.findall(r"^USER (.*)$", text, re.M)
    assert users[-1] == "50000:0"
    copied = {word for line in re.findall(r"^COPY (.*)$", text, re.M) for word in line.split()[:-1]}
    assert {name for name in copied if not (PROJECT / name).exists()} == set()
    allowed = set(re.findall(r"^!(.*)$", (PROJECT / ".dockerignore").read_text(), re.M))
    assert copied <= allowed
