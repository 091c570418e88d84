"""An event log by its address."""

from pipeline.address import file_of, log_scheme
from pipeline.log.base import EventLog


def open_log(address: str) -> EventLog:
    """Open the event log at ``sqlite:///path`` or ``kafka://host:port[,host:port]``.

    Raises:
        SettingsError: the address is of no kind that is known here, or says something that is not.
        LogError: the log does not answer.
    """
    if log_scheme(address) == "kafka":
        # An adapter is loaded where it is used.
        from pipeline.log.kafka.address import parse_kafka_address  # noqa: PLC0415
        from pipeline.log.kafka.log import KafkaLog  # noqa: PLC0415

        return KafkaLog(parse_kafka_address(address))
    from pipeline.log.sqlite import SqliteLog  # noqa: PLC0415

    return SqliteLog(file_of(address))
