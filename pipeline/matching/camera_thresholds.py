"""Every entry's threshold at every camera, worked out once for each background and revision."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.matching.rows import Places, Rows
from pipeline.threshold.background import Background
from pipeline.threshold.site import Site, site_thresholds


@dataclass(frozen=True, slots=True, eq=False)
class AtCamera:
    """The thresholds at one camera.

    A camera that is silent for long keeps its last ones, so no row's vector may hang on them.

    Attributes:
        site: whose people they rest on.
        places: of the rows that they are for; each ``Rows`` has its own.
        exact: (n,) float64; infinite where the entry is not for this camera.
        lenient: (n,) float32, lower by more than the order of summation moves a product.
    """

    site: Site | None
    places: Places
    unscoped: npt.NDArray[np.float64]  # (n,), before cameras are looked at
    exact: npt.NDArray[np.float64]
    lenient: npt.NDArray[np.float32]


_CLOSE = 1e-5


class CameraThresholds:
    """Remembers what it worked out; an edit of the watchlist costs the edited entries only."""

    def __init__(self, shipped: Background) -> None:
        self._shipped = shipped
        self._cameras: dict[str, AtCamera] = {}
        self._moves: tuple[Places, Places, npt.NDArray[np.intp]] | None = None

    def __call__(self, camera_id: str, site: Site | None, rows: Rows) -> AtCamera:
        """Return the thresholds at a camera that has seen the people of ``site``."""
        known = self._cameras.get(camera_id)
        if known is not None and known.site is site and known.places is rows.places:
            return known
        unscoped = self._unscoped(known if known is not None and known.site is site else None, site, rows)
        exact = unscoped.copy()
        exact[rows.elsewhere(camera_id)] = np.inf
        found = AtCamera(site, rows.places, unscoped, exact, (exact - _CLOSE).astype(np.float32))
        self._cameras[camera_id] = found
        return found

    def _unscoped(self, known: AtCamera | None, site: Site | None, rows: Rows) -> npt.NDArray[np.float64]:
        if known is None or site is None:
            return site_thresholds(rows.sentences, site, self._shipped)
        moves = self._moves_between(known.places, rows)
        thresholds = known.unscoped[moves] if len(known.unscoped) else np.empty(len(rows))
        edited = np.flatnonzero(moves < 0)
        thresholds[edited] = site_thresholds(rows.sentences[edited], site, self._shipped)
        return thresholds

    def _moves_between(self, earlier: Places, later: Rows) -> npt.NDArray[np.intp]:
        if self._moves is None or self._moves[0] is not earlier or self._moves[1] is not later.places:
            self._moves = (earlier, later.places, later.rows_in(earlier))
        return self._moves[2]
