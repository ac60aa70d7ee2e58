"""Make the files of secrets/ that are not there yet: `make secrets`. What is there stays as it is."""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

MADE = {
    "postgres_password": lambda: secrets.token_hex(24),  # letters and digits: it becomes part of an address
    "airflow_fernet_key": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "airflow_secret_key": lambda: secrets.token_hex(64),
    "airflow_jwt_secret": lambda: secrets.token_hex(64),
    "airflow_admin_password": lambda: secrets.token_urlsafe(18),
    "grafana_reader_password": lambda: secrets.token_hex(24),
    "slack_token": str,  # yours, from Slack; empty, and alerts wait in the outbox
    "slack_app_token": str,
}


def make(folder: Path) -> list[str]:
    """Make what is missing; returns the names of what was made."""
    folder.mkdir(mode=0o700, exist_ok=True)
    made = []
    for name, value in MADE.items():
        if not (folder / name).exists():
            # The folder is closed to others; the files are open, since a container mounts each by itself
            # and reads it as another user than yours.
            (folder / name).write_text(value())
            (folder / name).chmod(0o644)
            made.append(name)
    return made


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "secrets")
    sys.stdout.write(f"made in {where}: {', '.join(make(where)) or 'nothing, all is there'}\n")
