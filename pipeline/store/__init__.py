"""The stores: the watchlist, the alerts, and the cameras with who watches them."""
