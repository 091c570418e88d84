"""Serves drawn footage over RTSP until it is killed; run by the system's Python, which has GStreamer.

Usage: rtsp_serve.py SETTINGS.json, with the keys port, login_port, user, password, frames (a pattern) and fps.
"""

import json
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - only after their versions are told

H264 = "x264enc bframes=2 b-adapt=false threads=1 speed-preset=ultrafast key-int-max={gop} ! rtph264pay"
H264_PLAIN = "x264enc bframes=0 threads=1 speed-preset=ultrafast key-int-max={gop} ! rtph264pay"
H265 = (
    "x265enc speed-preset=ultrafast key-int-max={gop} option-string=pools=none:frame-threads=1:log-level=error"
    " ! rtph265pay"
)
SIZES_WH = [(320, 180), (480, 270)]
RESIZE_MS = 2_000


def main() -> None:
    """Serve."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    Gst.init(None)
    mounts = {"/h264": H264, "/h265": H265, "/resized": H264_PLAIN}
    opened = GstRtspServer.RTSPServer(address="127.0.0.1", service=str(settings["port"]))
    locked = GstRtspServer.RTSPServer(address="127.0.0.1", service=str(settings["login_port"]))
    locked.set_mount_points(opened.get_mount_points())
    locked.set_auth(login(settings["user"], settings["password"]))
    for path, encoder in mounts.items():
        opened.get_mount_points().add_factory(path, factory(settings, encoder))
    if not (opened.attach(None) and locked.attach(None)):
        sys.exit("a port is taken")
    GLib.MainLoop().run()


def factory(settings: dict, encoder: str) -> GstRtspServer.RTSPMediaFactory:
    """Return what makes one stream that all its viewers share."""
    fps = settings["fps"]
    made = GstRtspServer.RTSPMediaFactory()
    width, height = SIZES_WH[0]
    made.set_launch(
        f"( multifilesrc location={settings['frames']} loop=true caps=image/jpeg,framerate={fps}/1 ! jpegdec"
        f" ! videoconvert ! videoscale ! capsfilter name=size caps=video/x-raw,format=I420,width={width},height={height}"
        f" ! {encoder.format(gop=fps // 2)} config-interval=-1 name=pay0 pt=96 )"
    )
    made.set_shared(True)
    if encoder == H264_PLAIN:
        made.connect("media-configure", resize_now_and_then)
    role = "user,media.factory.access=(boolean)true,media.factory.construct=(boolean)true"
    anybody = role.replace("user", "anonymous", 1)
    for structure in (role, anybody):
        made.add_role_from_structure(Gst.Structure.new_from_string(structure))
    return made


def resize_now_and_then(_: object, media: GstRtspServer.RTSPMedia) -> None:
    """Give a stream another size than last time, and yet another every two seconds for as long as it plays."""
    size = media.get_element().get_by_name("size")

    def resize() -> bool:
        SIZES_WH.reverse()
        width, height = SIZES_WH[0]
        size.set_property("caps", Gst.Caps.from_string(f"video/x-raw,format=I420,width={width},height={height}"))
        return media.get_status() != GstRtspServer.RTSPMediaStatus.UNPREPARED

    resize()
    GLib.timeout_add(RESIZE_MS, resize)


def login(user: str, password: str) -> GstRtspServer.RTSPAuth:
    """Return what lets one user in, by digest, as cameras do."""
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "user")
    auth.add_digest(user, password, token)
    return auth


if __name__ == "__main__":
    main()
