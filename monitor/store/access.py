"""A role that may read the archive and nothing else, for the tools of analysts (PostgreSQL only)."""

from __future__ import annotations

import secrets

from psycopg import sql
from sqlalchemy import Connection, make_url

from monitor.errors import Misconfigured, NotFound

TIMEOUT = "60s"  # a question that takes longer is ended by the server
_ON_SQLITE = (
    "SQLite has no roles: open the file read-only instead, like sqlite3 'file:.monitor/monitor.db?mode=ro'"
)


def add_reader(db: Connection, role: str, password: str | None = None) -> str:
    """Make `role`, or give it a new password; it reads all tables and views, later ones too.

    Args:
        password: the one to give it; a new one by default.

    Returns:
        the address of this database with the role and its password, which is kept nowhere.

    Raises:
        Misconfigured: the database is SQLite.
    """
    _on_postgresql(db)
    password = password or secrets.token_urlsafe(24)
    name = sql.Identifier(role)
    verb = sql.SQL("ALTER" if _exists(db, role) else "CREATE")
    database, owner = sql.Identifier(_database(db)), sql.SQL("CURRENT_USER")
    for statement in (
        sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, name, sql.Literal(password)),
        sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(name),
        sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(name, sql.Literal(TIMEOUT)),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, name),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(name),
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT ON TABLES TO {}").format(
            owner, name
        ),
    ):
        _run(db, statement)
    address = make_url(str(db.engine.url)).set(drivername="postgresql", username=role, password=password)
    return address.render_as_string(hide_password=False).replace(" ", "%20")


def remove_reader(db: Connection, role: str) -> None:
    """Take the role and all that it may do away.

    Raises:
        Misconfigured: the database is SQLite.
        NotFound: there is no such role.
    """
    _on_postgresql(db)
    if not _exists(db, role):
        raise NotFound(f"there is no role {role!r} on this server")
    for statement in ("DROP OWNED BY {}", "DROP ROLE {}"):
        _run(db, sql.SQL(statement).format(sql.Identifier(role)))


def _on_postgresql(db: Connection) -> None:
    if db.dialect.name != "postgresql":
        raise Misconfigured(_ON_SQLITE)


def _exists(db: Connection, role: str) -> bool:
    found = db.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
    return found.first() is not None


def _database(db: Connection) -> str:
    return str(db.exec_driver_sql("SELECT current_database()").scalar_one())


def _run(db: Connection, statement: sql.Composed) -> None:
    # A statement without parameters goes to the server as it is: a % in a name is only a %.
    db.connection.cursor().execute(statement)
