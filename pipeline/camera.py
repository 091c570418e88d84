"""A camera of the site: where it is, and how its frames are looked at."""

from dataclasses import dataclass, field

from pipeline.errors import SettingsError
from pipeline.redact import redact_address

Polygon = tuple[tuple[float, float], ...]  # corners (x, y), as shares 0..1 of the frame's width and height


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera, as an operator describes it; what is None is as ``[ingest]`` says."""

    camera_id: str
    url: str = field(repr=False)  # rtsp://, http://, a file or a device number; may hold a password
    analysed_fps: float | None = None  # frames a second that are looked at
    confidence: float | None = None  # least confidence of a person, 0..1
    least_height_px: int | None = None  # smaller people are not embedded
    masks: tuple[Polygon, ...] = ()  # whoever stands inside one of them is not looked at
    enabled: bool = True
    version: int = 0  # the store numbers edits, from 1; 0 for a camera of lookout.toml

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            SettingsError: a value makes no sense.
        """
        check_camera_id(self.camera_id)
        where = f"camera {self.camera_id!r}"
        if not self.url.strip():
            raise SettingsError(f"{where}: url is empty; expected rtsp://, http://, a file or a device number")
        if any("\ud800" <= letter <= "\udfff" for letter in self.url):  # what Python makes of bytes that are no UTF-8
            raise SettingsError(f"{where}: url is not UTF-8, so no store could keep it; give the file another name")
        if self.analysed_fps is not None and not 0.0 < self.analysed_fps < float("inf"):
            raise SettingsError(f"{where}: analysed_fps must be above 0, but is {self.analysed_fps}")
        if self.confidence is not None and not 0.0 <= self.confidence <= 1.0:
            raise SettingsError(f"{where}: confidence must lie within 0..1, but is {self.confidence}")
        if self.least_height_px is not None and self.least_height_px < 1:
            raise SettingsError(f"{where}: least_height_px must be 1 or more, but is {self.least_height_px}")
        for mask in self.masks:
            if len(mask) < 3 or not all(0.0 <= value <= 1.0 for corner in mask for value in corner):
                raise SettingsError(
                    f"{where}: a mask has 3 corners or more, each x,y within 0..1 of the frame, but is {mask}"
                )

    @property
    def address(self) -> str:
        """Where the camera is, without its secrets."""
        return redact_address(self.url)


def check_camera_id(camera_id: str) -> None:
    """Refuse what no camera can be called.

    Raises:
        SettingsError: an id is empty, blank, too long or holds control characters.
    """
    if not camera_id.strip() or not camera_id.isprintable() or len(camera_id) > 100:
        raise SettingsError(f"camera {camera_id!r}: an id has 1 to 100 printable characters")
