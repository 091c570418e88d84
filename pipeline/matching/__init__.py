"""The parts of the matcher: scoring, deciding what is an alert, and what the matcher counts."""
