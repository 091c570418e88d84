"""The stores on a Redis server."""
