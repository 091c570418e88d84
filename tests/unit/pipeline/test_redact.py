"""What is shown of a camera's address."""

import pytest

from pipeline.redact import redact, redact_address


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:s3cret@10.0.0.7:554/live", "rtsp://***@10.0.0.7:554/live"),
        ("rtsp://me:s3/cr@et@10.0.0.7/live?token=s3cret#s3cret", "rtsp://***@10.0.0.7/live?***"),
        ("rtsp://10.0.0.7:554/user=me&password=s3cret&channel=1", "rtsp://10.0.0.7:554/user=***"),
        ("rtsp://10.0.0.7/user=me_password=s3cret_stream=0.sdp?real_stream", "rtsp://10.0.0.7/user=***?***"),
        ("sqlite:////data/lookout.db", "sqlite:////data/lookout.db"),
    ],
)
def test_an_address_keeps_its_secrets(address: str, shown: str) -> None:
    """Wherever a camera takes the password, in front of the host, in the path or in the query, it is not shown."""
    assert redact_address(address) == shown
    assert redact(f"camera 'gate' at {address} is gone") == f"camera 'gate' at {shown} is gone"
    assert redact(redact(address)) == shown


@pytest.mark.parametrize("address", ["rtsp:/me:s3cret@10.0.0.7/live", "rtsp/me:s3cret@10.0.0.7/live", "me:s3cret@gate"])
def test_a_mistyped_address_keeps_its_secrets(address: str) -> None:
    """What looks like a user and a password is not shown, though nothing else looks like an address."""
    assert "s3cret" not in redact_address(address)


@pytest.mark.parametrize("path", ["films/gate.mp4", "/data/2026-03-01 09:00.mp4", "C:/films/gate.mp4"])
def test_a_path_is_shown(path: str) -> None:
    """A path without what looks like a password is shown as it is."""
    assert redact_address(path) == path
