"""Stores by their address."""

from pipeline.address import file_of, scheme_of
from pipeline.store.base import AlertStore, WatchlistStore

_SCHEMES = ("sqlite",)


def open_watchlist(address: str) -> WatchlistStore:
    """Open the watchlist at ``sqlite:///path``.

    Raises:
        SettingsError: the address is of no kind that is known here.
        StoreError: the store does not answer.
    """
    scheme_of(address, "store", _SCHEMES)
    from pipeline.store.sqlite import SqliteWatchlist  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteWatchlist(file_of(address))


def open_alerts(address: str) -> AlertStore:
    """Open the alerts at ``sqlite:///path``.

    Raises:
        SettingsError: the address is of no kind that is known here.
        StoreError: the store does not answer.
    """
    scheme_of(address, "store", _SCHEMES)
    from pipeline.store.sqlite import SqliteAlerts  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteAlerts(file_of(address))
