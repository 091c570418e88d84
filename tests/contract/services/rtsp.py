"""A real RTSP server of the tests' own, GStreamer's, on the loopback address; it shows drawn footage in a loop."""

import json
import secrets
import socket
import subprocess
from pathlib import Path
from urllib.parse import quote

import cv2

from pipeline.scene.scene import Scene, SceneCamera, SceneSettings
from tests.contract.services.programs import Server, free_port, require_packages

FPS = 10
USER = "viewer"

_PYTHON = "/usr/bin/python3"  # Debian's own, for which its bindings of GStreamer are
_PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0",
    "python3-gi",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",  # has H.265
    "gstreamer1.0-plugins-ugly",  # has H.264
)
_LOOK = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst; Gst.init(None); "
_LOOK += "assert all(map(Gst.ElementFactory.find, ('x264enc', 'x265enc', 'rtph264pay', 'rtph265pay', 'jpegdec')))"
_START_S = 30.0


class RtspServer(Server):
    """Serves ``/h264`` (with B-frames), ``/h265`` and ``/resized``.

    The last changes its size every two seconds, and whenever it begins anew because nobody viewed it.
    One port lets everybody in; the other wants ``USER`` and the password.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "rtsp")
        require_packages(_PACKAGES, _is_complete)
        self.password = f"p%@:/{secrets.token_hex(8)}"  # what an address may hold only in another form
        self.port, self.login_port = free_port(), free_port()
        _draw(folder)
        settings = {"port": self.port, "login_port": self.login_port, "user": USER, "password": self.password}
        settings |= {"frames": str(folder / "%02d.jpg"), "fps": FPS}
        self._settings = folder / "rtsp.json"
        self._settings.write_text(json.dumps(settings))

    def url(self, path: str, port: int | None = None) -> str:
        """Return the address of a stream that everybody may see; another port is that of a relay."""
        return f"rtsp://127.0.0.1:{port or self.port}/{path}"

    def login_url(self, path: str, password: str | None = None) -> str:
        """Return the address of a stream for which one has to log in."""
        return f"rtsp://{USER}:{quote(password or self.password, safe='')}@127.0.0.1:{self.login_port}/{path}"

    def pictures(self) -> list[bytes]:
        """Return what it shows as JPEG files."""
        return [path.read_bytes() for path in sorted(self.folder.glob("*.jpg"))]

    def write_playlist(self, folder: Path) -> None:
        """Write what it shows as an HLS playlist ``live.m3u8`` with segments of a second."""
        pipeline = (
            f"multifilesrc location={self.folder}/%02d.jpg caps=image/jpeg,framerate={FPS}/1 ! jpegdec ! videoconvert"
            f" ! x264enc key-int-max={FPS} ! hlssink2 location={folder}/%02d.ts playlist-location={folder}/live.m3u8"
            " target-duration=1 max-files=0 playlist-length=0"
        )
        script = f"{_LOOK}; made = Gst.parse_launch({pipeline!r}); made.set_state(Gst.State.PLAYING); "
        script += (
            "made.get_bus().timed_pop_filtered(60 * Gst.SECOND, Gst.MessageType.EOS); made.set_state(Gst.State.NULL)"
        )
        subprocess.run([_PYTHON, "-c", script], check=True, timeout=90.0)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        script = Path(__file__).with_name("rtsp_serve.py")
        self.launch([_PYTHON, str(script), str(self._settings)], self._listens, _START_S)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.login_port), 1.0).close()
        except OSError:
            return False
        return True


def _is_complete() -> bool:
    try:
        return subprocess.run([_PYTHON, "-c", _LOOK], capture_output=True, timeout=60.0, check=False).returncode == 0
    except OSError:
        return False


def _draw(folder: Path) -> None:
    scene = Scene(5, (SceneCamera("gate", "pavement", "day", (320, 180)),), SceneSettings(4, 3.0, float(FPS)))
    for index, frame in enumerate(scene.frames("gate")):
        cv2.imwrite(str(folder / f"{index:02}.jpg"), frame.image)
