"""The stores: the watchlist and the alerts."""
