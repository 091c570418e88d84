"""Speed of the towers, always as a ratio to something measured in the same run."""
