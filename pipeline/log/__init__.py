"""The event log: where sightings and alerts stand in the order they came, for anybody to read."""
