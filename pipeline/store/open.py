"""Stores by their address."""

from pipeline.address import file_of, store_scheme
from pipeline.store.base import AlertStore, WatchlistStore
from pipeline.store.cameras import CameraStore


def open_watchlist(address: str) -> WatchlistStore:
    """Open the watchlist at ``sqlite:///path`` or ``redis://host:port/database``.

    Raises:
        SettingsError: the address is of no kind that is known here, or says something that is not.
        StoreError: the store does not answer.
    """
    if store_scheme(address) != "sqlite":
        from pipeline.store.redis.address import parse_redis_address  # noqa: PLC0415
        from pipeline.store.redis.watchlist import RedisWatchlist  # noqa: PLC0415

        return RedisWatchlist(parse_redis_address(address))
    from pipeline.store.sqlite import SqliteWatchlist  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteWatchlist(file_of(address))


def open_alerts(address: str) -> AlertStore:
    """Open the alerts at ``sqlite:///path`` or ``redis://host:port/database``.

    Raises:
        SettingsError: the address is of no kind that is known here, or says something that is not.
        StoreError: the store does not answer.
    """
    if store_scheme(address) != "sqlite":
        from pipeline.store.redis.address import parse_redis_address  # noqa: PLC0415
        from pipeline.store.redis.alerts import RedisAlerts  # noqa: PLC0415

        return RedisAlerts(parse_redis_address(address))
    from pipeline.store.sqlite_alerts import SqliteAlerts  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteAlerts(file_of(address))


def open_cameras(address: str) -> CameraStore:
    """Open the cameras at ``sqlite:///path`` or ``redis://host:port/database``.

    Raises:
        SettingsError: the address is of no kind that is known here, or says something that is not.
        StoreError: the store does not answer.
    """
    if store_scheme(address) != "sqlite":
        from pipeline.store.redis.address import parse_redis_address  # noqa: PLC0415
        from pipeline.store.redis.cameras import RedisCameras  # noqa: PLC0415

        return RedisCameras(parse_redis_address(address))
    from pipeline.store.sqlite_cameras import SqliteCameras  # noqa: PLC0415 - an adapter is loaded where it is used

    return SqliteCameras(file_of(address))
