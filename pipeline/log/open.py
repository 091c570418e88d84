"""An event log by its address."""

from pipeline.address import file_of, scheme_of
from pipeline.log.base import EventLog


def open_log(address: str) -> EventLog:
    """Open the event log at ``sqlite:///path``.

    Raises:
        SettingsError: the address is of no kind that is known here.
        LogError: the log does not answer.
    """
    scheme_of(address, "log", ("sqlite",))
    from pipeline.log.sqlite import SqliteLog  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteLog(file_of(address))
