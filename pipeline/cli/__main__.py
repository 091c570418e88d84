"""``python -m pipeline.cli`` is ``lookout``."""

from pipeline.cli import main

main()
