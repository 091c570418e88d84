"""The one record every data set is read into."""

from dataclasses import dataclass, field
from pathlib import Path

from reid.errors import DatasetError


@dataclass(frozen=True, slots=True)
class ImageRef:
    """Where an encoded image lies: a whole file, or ``size`` bytes at ``offset`` in a tar shard."""

    path: Path
    offset: int = 0
    size: int | None = None

    def read(self) -> bytes:
        """Return the encoded image.

        Raises:
            DatasetError: the file is missing or shorter than promised.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                content = file.read(-1 if self.size is None else self.size)
        except OSError as error:
            raise DatasetError(f"cannot read the image {self.path}: {error.strerror}") from error
        if not content or (self.size is not None and len(content) < self.size):
            raise DatasetError(f"the image at {self.path} offset {self.offset} is cut short")
        return content


@dataclass(frozen=True, slots=True)
class Sample:
    """One crop of one person."""

    key: str  # unique in its data set: the relative path or the shard key
    image: ImageRef
    person_id: str
    split: str  # train, val or test
    source: str  # the data set, or the camera network within it
    camera_id: str | None = None
    captions: tuple[str, ...] = ()
    attributes: frozenset[str] = field(default_factory=frozenset)
