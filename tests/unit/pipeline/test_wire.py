"""The wire format: what is written is read again, what was ever written is read for ever, and nothing else passes."""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import RecordError
from pipeline.records import Alert, AlertState, CaptureClock, Origin, Phase, Sighting
from pipeline.wire import as_rfc3339, decode_alert, decode_sighting, encode_alert, encode_sighting

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = Path(__file__).parents[3] / "pipeline" / "schemas" / "alert.schema.json"
LAST_MS = 253_402_300_799_999

SIGHTING = Sighting(
    sighting_id="gate-7f-3#1",
    tracklet_id="gate-7f-3",
    sequence=1,
    phase=Phase.UPDATE,
    camera_id="gate",
    captured_at_ms=1_700_000_000_123,
    first_seen_at_ms=1_700_000_000_000,
    last_seen_at_ms=1_700_000_001_000,
    clock=CaptureClock.RTCP,
    box_xyxy=(10.5, 20.25, 74.0, 180.0),
    frame_size_wh=(1920, 1080),
    confidence=0.875,
    quality=0.5,
    crops_pooled=3,
    model_id="axm-net-1a2b3c4d",
    vector=np.linspace(-1, 1, 512, dtype=np.float32).astype(np.float16),
    crop_jpeg=b"\xff\xd8\xff\xe0 a crop \xff\xd9",
)
ALERT = Alert(
    alert_id="0123456789abcdef0123456789abcdef",
    entry_id="entry-1",
    entry_version=2,
    description="a woman in a red jacket, „große Tasche“",
    camera_id="gate",
    tracklet_id="gate-7f-3",
    model_id="axm-net-1a2b3c4d",
    similarity=0.4375,
    threshold=0.375,
    captured_at_ms=1_700_000_000_123,
    first_seen_at_ms=1_700_000_000_000,
    last_seen_at_ms=1_700_000_001_000,
    clock=CaptureClock.RTCP,
    box_xyxy=(10.5, 20.25, 74.0, 180.0),
    frame_size_wh=(1920, 1080),
    origin=Origin.LIVE,
    raised_at_ms=1_700_000_001_500,
    coordinates="lookout.sightings[3]@41",
    background="the last 128 people of this camera",
    crop_jpeg=b"\xff\xd8\xff\xe0 a crop \xff\xd9",
)

texts = st.text(max_size=20)
times = st.integers(0, LAST_MS)
finite = st.floats(-1e6, 1e6)
boxes = st.tuples(finite, finite, finite, finite)
sizes = st.tuples(st.integers(1, 9999), st.integers(1, 9999))
halves = st.floats(-60_000, 60_000, width=16)
sightings = st.builds(
    Sighting,
    sighting_id=texts,
    tracklet_id=texts,
    sequence=st.integers(0, 2**31 - 1),
    phase=st.sampled_from(Phase),
    camera_id=texts,
    captured_at_ms=times,
    first_seen_at_ms=times,
    last_seen_at_ms=times,
    clock=st.sampled_from(CaptureClock),
    box_xyxy=boxes,
    frame_size_wh=sizes,
    confidence=st.floats(0, 1),
    quality=st.floats(0, 1),
    crops_pooled=st.integers(0, 1000),
    model_id=texts,
    vector=st.lists(halves, min_size=1, max_size=40).map(lambda numbers: np.array(numbers, np.float16)),
    crop_jpeg=st.binary(max_size=60),
)
alerts = st.builds(
    Alert,
    alert_id=st.text("0123456789abcdef", min_size=1, max_size=32),
    entry_id=texts,
    entry_version=st.integers(0, 2**31 - 1),
    description=texts,
    camera_id=texts,
    tracklet_id=texts,
    model_id=texts,
    similarity=st.floats(-1, 1),
    threshold=st.floats(-10, 10),
    captured_at_ms=times,
    first_seen_at_ms=times,
    last_seen_at_ms=times,
    clock=st.sampled_from(CaptureClock),
    box_xyxy=boxes,
    frame_size_wh=sizes,
    origin=st.sampled_from(Origin),
    raised_at_ms=times,
    coordinates=texts,
    background=texts,
    crop_jpeg=st.binary(max_size=60),
    state=st.sampled_from(AlertState),
)


def same(one: Sighting, other: Sighting) -> bool:
    """Return whether two sightings say the same, bit by bit."""
    names = [field.name for field in fields(Sighting) if field.name != "vector"]
    vectors = one.vector.dtype == other.vector.dtype and one.vector.tobytes() == other.vector.tobytes()
    return vectors and all(getattr(one, name) == getattr(other, name) for name in names)


def told(sighting: Sighting = SIGHTING, **changed: Any) -> bytes:
    """Return a sighting as it is written, with some keys changed; a value of ... leaves a key out."""
    keys = msgspec.msgpack.decode(encode_sighting(sighting)) | changed
    return msgspec.msgpack.encode({key: value for key, value in keys.items() if value is not ...})


@given(sightings)
def test_a_sighting_is_read_as_it_was_written(sighting: Sighting) -> None:
    """Every sighting comes back bit by bit."""
    assert same(decode_sighting(encode_sighting(sighting)), sighting)


@given(alerts, st.booleans())
def test_an_alert_is_read_as_it_was_written(alert: Alert, improved: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Every alert comes back as it was, to the millisecond."""
    assert decode_alert(encode_alert(alert, improved=improved)) == alert


def test_version_1_of_a_sighting_is_read_for_ever() -> None:
    """The bytes that version 1 wrote on its first day say the same today, and are still what is written."""
    golden = (GOLDEN / "sighting-v1.msgpack").read_bytes()
    assert same(decode_sighting(golden), SIGHTING)
    assert encode_sighting(SIGHTING) == golden


def test_version_1_of_an_alert_is_read_for_ever() -> None:
    """The event that version 1 wrote on its first day says the same today, and is still what is written."""
    golden = (GOLDEN / "alert-v1.json").read_bytes()
    assert decode_alert(golden) == ALERT
    assert encode_alert(ALERT) == golden


def test_a_vector_takes_two_bytes_a_number() -> None:
    """A sighting of 512 numbers costs little more than its vector and its crop."""
    assert len(encode_sighting(SIGHTING)) < 2 * 512 + len(SIGHTING.crop_jpeg) + 500


def test_keys_of_later_versions_are_passed_over() -> None:
    """A key that is not known here does not keep a sighting from being read."""
    assert same(decode_sighting(told(weather="rain")), SIGHTING)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"", "0 bytes"),
        (b"\xc1 not msgpack", "msgpack"),
        (b'{"v":1}', "sighting in msgpack"),
        (encode_sighting(SIGHTING)[:-5], "truncated"),
        (encode_sighting(SIGHTING) + b"\x00", "trailing"),
        (told(v=2), "version 1, but found version 2"),
        (told(v=...), "`v`"),
        (told(camera_id=...), "`camera_id`"),
        (told(camera_id=7), "`str`, got `int`"),
        (told(phase="later"), "'later'"),
        (told(vector=b""), "float16, but found 0 bytes"),
        (told(vector=b"\x00\x00\x00"), "float16, but found 3 bytes"),
        (told(vector=np.array([0, np.nan, np.inf], "<f2").tobytes()), "found 2 others"),
        (told(box_xyxy=(0.0, 0.0, float("nan"), 1.0)), "box of finite numbers, but found (0.0, 0.0, nan"),
        (told(box_xyxy=(0.0, 0.0, 1.0)), "length 4"),
        (told(confidence=1.5), "confidence"),
        (told(quality=float("nan")), "quality"),
        (told(frame_size_wh=(0, 1080)), ">= 1"),
        (told(captured_at_ms=-1), ">= 0"),
        (told(captured_at_ms=LAST_MS + 1), f"<= {LAST_MS}"),
    ],
)
def test_what_is_no_sighting_is_told(value: bytes, words: str) -> None:
    """Whatever is wrong with a record, the error says what was found."""
    with pytest.raises(RecordError) as found:
        decode_sighting(value)
    assert words in str(found.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "lookout.alert.forgotten"}, "found lookout.alert.forgotten"),
        ({"type": 3}, "`str`, got `int`"),
        ({"data": {}}, "`alert_id`"),
        ({"data": None}, "`object`, got `null`"),
    ],
)
def test_what_is_no_alert_is_told(change: dict[str, Any], words: str) -> None:
    """Whatever is wrong with an event, the error says what was found."""
    with pytest.raises(RecordError) as found:
        decode_alert(json.dumps(json.loads(encode_alert(ALERT)) | change).encode())
    assert words in str(found.value)


@pytest.mark.parametrize("text", ["yesterday", "2023-11-14T22:13:20", "0001-01-01T00:00:00+23:59", ""])
def test_a_time_without_a_place_in_time_is_no_alert(text: str) -> None:
    """A time must say its zone and be one."""
    event = json.loads(encode_alert(ALERT))
    event["data"]["captured_at"] = text
    with pytest.raises(RecordError):
        decode_alert(json.dumps(event).encode())


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_random_bytes_are_a_record_error(value: bytes) -> None:
    """Bytes from anywhere raise a RecordError, and nothing else."""
    for decode in (decode_sighting, decode_alert):
        with pytest.raises(RecordError):
            decode(value)


@settings(max_examples=300)
@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from([True, False]))
def test_a_flipped_byte_never_crashes(place: int, byte: int, sighting: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """A record with one byte changed is read or refused; what is read can be written again."""
    value = bytearray(encode_sighting(SIGHTING) if sighting else encode_alert(ALERT))
    value[place % len(value)] = byte
    try:
        if sighting:
            encode_sighting(decode_sighting(bytes(value)))
        else:
            encode_alert(decode_alert(bytes(value)))
    except RecordError:
        pass


@given(alerts, st.booleans())
def test_alerts_keep_to_the_published_schema(alert: Alert, improved: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    """Every event is what pipeline/schemas/alert.schema.json says."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(encode_alert(alert, improved=improved)))


def test_the_schema_names_every_key() -> None:
    """The schema requires each key that is written, describes it, and allows no other value for a missing one."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    event = json.loads(encode_alert(ALERT))
    assert set(schema["required"]) == set(schema["properties"]) == set(event)
    facts = schema["properties"]["data"]
    assert set(facts["required"]) == set(facts["properties"]) == set(event["data"])


def test_an_event_says_where_and_when() -> None:
    """Source, subject, time and type are what CloudEvents readers sort by."""
    event = json.loads(encode_alert(ALERT))
    assert event["source"] == "/cameras/gate"
    assert json.loads(encode_alert(replace(ALERT, camera_id="Tor #1")))["source"] == "/cameras/Tor%20%231"
    assert event["subject"] == ALERT.alert_id
    assert event["time"] == "2023-11-14T22:13:20.123Z" == as_rfc3339(ALERT.captured_at_ms)
    assert event["type"] == "lookout.alert.raised"
    assert json.loads(encode_alert(ALERT, improved=True))["type"] == "lookout.alert.improved"


def test_the_same_alert_has_the_same_event_id() -> None:
    """Delivered again from elsewhere in the log an event has the same id; improved, another."""
    first = json.loads(encode_alert(ALERT))["id"]
    moved = replace(ALERT, coordinates="lookout.sightings[3]@99", raised_at_ms=ALERT.raised_at_ms + 5)
    assert json.loads(encode_alert(moved))["id"] == first
    assert json.loads(encode_alert(replace(ALERT, similarity=0.5)))["id"] != first
