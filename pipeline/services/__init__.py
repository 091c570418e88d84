"""The processes of a site, each of which runs until it is told to stop."""
