"""The cameras on a Redis server.

| key | holds |
|---|---|
| ``lookout:cameras`` | a hash of cameras by id |
| ``lookout:cameras:members`` | a hash of the members' last beats, each ``SECONDS LEASE``, by the server's clock |
| ``lookout:cameras:leases`` | a hash of leases by camera id |
| ``lookout:cameras:divisions`` | how often the leases have been written |

A division is worked out here and written where nobody has written another since; so it is as if it were one step.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.camera import Camera
from pipeline.store.cameras import ENDED, Beat, CameraRoll, Lease
from pipeline.store.dividing import Life, divide, living
from pipeline.store.encoding import decode_camera, decode_cameras, decode_leases, encode, unknown_camera
from pipeline.store.redis.connection import PREFIX, RedisStore, Word

_CAMERAS = f"{PREFIX}cameras"
_SHARING = (f"{_CAMERAS}:members", f"{_CAMERAS}:leases", f"{_CAMERAS}:divisions")

# KEYS: cameras. ARGV: id, the value that was read, the new value.
_PUT = """
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return false end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
# KEYS: of the sharing.
_READ = """
local time = redis.call('TIME')
local division = redis.call('GET', KEYS[3]) or '0'
local now = string.format('%d.%06d', time[1], time[2])
return {now, redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]), division}
"""
# KEYS: of the sharing. ARGV: the division that was read; a member that gives a beat and the length of its lease; how
# many members are dead, and those with their last beats, so that one who has come back since stays; how many leases are
# gone, and those; then ids and values of new ones.
_WRITE = """
if (redis.call('GET', KEYS[3]) or '0') ~= ARGV[1] then return false end
local time = redis.call('TIME')
redis.call('HSET', KEYS[1], ARGV[2], string.format('%d.%06d %s', time[1], time[2], ARGV[3]))
local leases = 5 + 2 * ARGV[4]
for dead = 5, leases - 1, 2 do
  if redis.call('HGET', KEYS[1], ARGV[dead]) == ARGV[dead + 1] then redis.call('HDEL', KEYS[1], ARGV[dead]) end
end
local new = leases + 1 + ARGV[leases]
for gone = leases + 1, new - 1 do redis.call('HDEL', KEYS[2], ARGV[gone]) end
for lease = new, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[lease], ARGV[lease + 1]) end
if #ARGV > 5 then redis.call('INCR', KEYS[3]) end
return 1
"""


class RedisCameras(RedisStore):
    """A ``CameraStore`` on a server; as durable as the server's ``appendonly`` and ``appendfsync`` say."""

    def put(self, camera: Camera) -> Camera:
        """Write a camera; see ``CameraStore.put``."""
        self._forget_end(camera.camera_id)
        while True:  # whenever somebody else's edit came between, it is that edit's next version
            before = self._ask("read", "HGET", _CAMERAS, camera.camera_id)
            version = 0 if before is None else decode_camera(camera.camera_id, before).version
            numbered = replace(camera, version=version + 1)
            words = (camera.camera_id, before or b"", encode(numbered))
            # Asked again after it was done, it would be done twice.
            if self._run("write", _PUT, (_CAMERAS,), words, again=False):
                return numbered

    def _forget_end(self, camera_id: str) -> None:
        """Free a camera whose footage has ended."""
        value = self._ask("read", "HGET", _SHARING[1], camera_id)
        lease = None if value is None else decode_leases([(camera_id, value)]).get(camera_id)
        if lease is not None and lease.report.state == ENDED:
            self._ask("write", "HDEL", _SHARING[1], camera_id)

    def remove(self, camera_id: str) -> None:
        """Remove a camera; see ``CameraStore.remove``."""
        if not self._ask("write", "HDEL", _CAMERAS, camera_id, again=False):  # a second time it would be unknown
            raise unknown_camera(camera_id)

    def get(self, camera_id: str) -> Camera:
        """Return a camera; see ``CameraStore.get``."""
        value = self._ask("read", "HGET", _CAMERAS, camera_id)
        if value is None:
            raise unknown_camera(camera_id)
        return decode_camera(camera_id, value)

    def cameras(self) -> CameraRoll:
        """Return all cameras; see ``CameraStore.cameras``."""
        values = self._ask("read", "HGETALL", _CAMERAS)
        return decode_cameras(sorted((key.decode(), value) for key, value in values.items()))

    def share(self, beat: Beat) -> Mapping[str, Lease]:
        """Prolong a member's life and divide the cameras; see ``CameraStore.share``."""
        while True:  # whenever somebody else's division came between, this one is worked out again
            told = self._sharing()
            after = divide(beat, told.leases(beat), told.members(beat))
            dead = _flat(told.dead(beat).items())
            gone = told.stored.keys() - after.keys()
            new = [(key, encode(lease)) for key, lease in after.items() if told.stored.get(key) != lease]
            words: list[Word] = [told.division, beat.member, str(beat.lease_s), len(told.dead(beat)), *dead]
            # The beat counts from here on, and not before: who begins at the same moment has not lived up to now.
            if self._run("write", _WRITE, _SHARING, [*words, len(gone), *gone, *_flat(new)], again=True):
                return after

    def leave(self, member: str) -> None:
        """End a member's life; see ``CameraStore.leave``."""
        self._ask("write", "HDEL", _SHARING[0], member)

    def leases(self) -> Mapping[str, Lease]:
        """Return the leases that count; see ``CameraStore.leases``."""
        return self._sharing().leases()

    def _sharing(self) -> "_Sharing":
        """Return how things stand."""
        now, members, leases, division = self._run("read", _READ, _SHARING, (), again=True)
        return _Sharing(float(now), _pairs(members), decode_leases(_pairs(leases).items()), division)


@dataclass(frozen=True, slots=True)
class _Sharing:
    """How things stood when the server was asked."""

    now_s: float
    beats: dict[str, bytes]  # the members' last ones, as they are stored
    stored: dict[str, Lease]
    division: bytes

    def leases(self, beat: Beat | None = None) -> dict[str, Lease]:
        """Return the leases that count, as of a member's beat where one is given."""
        lives = {member: _life(told) for member, told in self.beats.items()}
        if beat is None:
            return living(lives, self.stored, self.now_s)
        newcomer = None if beat.member in self._living() else beat.member
        return living(lives | {beat.member: Life(self.now_s, beat.lease_s)}, self.stored, self.now_s, newcomer)

    def members(self, beat: Beat) -> set[str]:
        """Return who lives, as of a member's beat."""
        return self._living() | {beat.member}

    def dead(self, beat: Beat) -> dict[str, bytes]:
        """Return who does not, with their last beats as they are stored."""
        return {member: told for member, told in self.beats.items() if member not in self.members(beat)}

    def _living(self) -> set[str]:
        return {member for member, told in self.beats.items() if _life(told).lasts(self.now_s)}


def _life(beat: bytes) -> Life:
    """Return the life that a stored beat prolonged."""
    return Life(*map(float, beat.split()))


def _flat(pairs: Iterable[tuple[str, bytes]]) -> Iterator[Word]:
    """Yield the words of pairs."""
    for pair in pairs:
        yield from pair


def _pairs(told: list[bytes]) -> dict[str, bytes]:
    """Return what a script told of a hash."""
    return {key.decode(): value for key, value in zip(told[::2], told[1::2], strict=True)}
