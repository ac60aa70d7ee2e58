"""The error tree. Every error that leaves a room is one of these.

    MonitorError              one line that says what to fix; shown without a traceback
    ├── Transient             try again later: the network, a busy database, a rate limit
    ├── Permanent             this item will never work: record it, skip it, go on
    │   └── NotFound          the reader asked for something that is not stored
    └── Misconfigured         stop: a person has to change a setting, a file or a server

Airflow retries `Transient` and fails the others at once; the command line turns each class into
its own exit code (`EXIT_CODES`).
"""


class MonitorError(Exception):
    """Base of all errors of this project. The message is for the user and names the cure."""


class Transient(MonitorError):
    """Nothing is wrong with the work; the same call may succeed later."""


class Permanent(MonitorError):
    """The item itself cannot be used; retrying cannot help."""


class NotFound(Permanent):
    """What was asked for is not in the database."""


class Misconfigured(MonitorError):
    """The set-up is wrong; nothing works until a person changes it."""


EXIT_OK = 0
EXIT_BUG = 1  # an error that is not in the tree: please report it
EXIT_USAGE = 2  # set by typer
EXIT_MISCONFIGURED = 3
EXIT_TRANSIENT = 4
EXIT_PERMANENT = 5


def exit_code(error: BaseException) -> int:
    """The exit code of the command line for an error.

    Returns:
        one of the `EXIT_*` numbers.
    """
    match error:
        case Misconfigured():
            return EXIT_MISCONFIGURED
        case Transient():
            return EXIT_TRANSIENT
        case Permanent():
            return EXIT_PERMANENT
        case _:
            return EXIT_BUG
