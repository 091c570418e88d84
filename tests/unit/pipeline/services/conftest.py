"""What the tests of services share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.pipeline.services.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site whose service is stopped at the end."""
    each = Site(tmp_path)
    yield each
    if each.thread.is_alive():
        each.stop()
    each.log.close()
