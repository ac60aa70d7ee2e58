"""The production stack as a file: against the compose schema, and against what we promise of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from stack.native import FILE, PROJECT, SECRETS

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
    assert set(stack["services"]) == AIRFLOW | {"postgres", "databases", "redis", "slack-listener"}
    known = (
        "image build init restart environment volumes command ports healthcheck depends_on profiles "
        "stop_grace_period"
    )
    assert {key for service in stack["services"].values() for key in service} == set(known.split())
    profiles: dict[str, set[str]] = {}
    for name, service in stack["services"].items():
        for profile in service.get("profiles", []):
            profiles.setdefault(profile, set()).add(name)
    assert profiles == {"celery": {"redis", "worker"}, "slack": {"slack-listener"}}


def test_only_the_listener_sees_the_token_of_the_app(stack: dict[str, Any]) -> None:
    knows = {name for name, one in stack["services"].items() if "APP_TOKEN" in str(one.get("environment"))}
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
    assert mounted == set(stack["volumes"])


def test_no_secret_has_a_default_and_all_are_in_the_example() -> None:
    text = FILE.read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required == set(SECRETS)
    assert re.findall(rf"\$\{{(?:{'|'.join(SECRETS)}):?-", text) == []
    example = (PROJECT / ".env.example").read_text()
    lines = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"^[A-Z]", line))
    assert {name: lines.get(name) for name in SECRETS} == dict.fromkeys(SECRETS, "")
    optional = set(re.findall(r"\$\{(\w+):-", text))
    unknown = {name for name in lines if name not in required | optional}
    assert unknown == set()


def test_only_the_ui_is_published_and_only_here_by_default(stack: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in stack["services"].items() if "ports" in service}
    assert list(ports) == ["api-server"]
    assert ports["api-server"][0].startswith("${MONITOR_BIND:-127.0.0.1}:")


def test_the_image_is_locked_and_not_root() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert "--no-deps --require-hashes -r requirements.lock" in text
    users = re.findall(r"^USER (.*)$", text, re.M)
    assert users[-1] == "50000:0"
    copied = {word for line in re.findall(r"^COPY (.*)$", text, re.M) for word in line.split()[:-1]}
    assert {name for name in copied if not (PROJECT / name).exists()} == set()
    allowed = set(re.findall(r"^!(.*)$", (PROJECT / ".dockerignore").read_text(), re.M))
    assert copied <= allowed
