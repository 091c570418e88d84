"""Alerts on their way to whoever wants them posted."""
