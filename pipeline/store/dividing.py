"""How cameras are divided among the ingest processes of a site; the same for every store.

A member takes what nobody watches up to its even share, and from a member that has two cameras more than itself one at
a time. So nobody has two more than anybody else for long, and one who joins moves no more cameras than it gets.
Footage that has ended is no work: it stays with whoever watched it, and counts for nothing. What a member has that
hangs is as free to the others as what nobody watches.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from pipeline.store.cameras import ENDED, STUCK, Beat, Lease, StreamReport


@dataclass(frozen=True, slots=True)
class Life:
    """When a member gave its last beat, and how long that counts; by the store's clock."""

    beat_at_s: float
    lease_s: float

    def lasts(self, now_s: float) -> bool:
        """Return whether the member lives; a beat of the future is from before the clock began anew."""
        return 0.0 <= now_s - self.beat_at_s < self.lease_s


def living(
    lives: Mapping[str, Life], leases: Mapping[str, Lease], now_s: float, newcomer: str | None = None
) -> dict[str, Lease]:
    """Return the leases that count: of the members that live; and of footage that has ended, if any has lived on.

    Args:
        lives: of the members.
        leases: as they are stored, by camera id.
        now_s: by the store's clock.
        newcomer: the member whose life begins now.
    """
    alive = {member for member, life in lives.items() if life.lasts(now_s)}
    goes_on = bool(alive - {newcomer})
    return {
        camera_id: lease
        for camera_id, lease in leases.items()
        if lease.member in alive or (goes_on and lease.report.state == ENDED)
    }


def divide(beat: Beat, leases: Mapping[str, Lease], members: AbstractSet[str]) -> dict[str, Lease]:
    """Return the leases as they are after a member's beat.

    Args:
        beat: of the member.
        leases: those that count, by camera id.
        members: those that live, this one among them.
    """
    over = {camera_id: lease for camera_id, lease in leases.items() if lease.report.state == ENDED}
    stuck = {key: lease for key, lease in leases.items() if lease.report.state == STUCK and lease.member != beat.member}
    working = {key: lease for key, lease in leases.items() if key not in over and key not in stuck}
    others = members - {lease.member for lease in stuck.values()}
    divided = stuck | _divide(replace(beat, known=beat.known - over.keys()), working, others)
    for camera_id, lease in over.items():
        if lease.member != beat.member:
            divided[camera_id] = lease
        elif camera_id in beat.known:
            divided[camera_id] = Lease(beat.member, beat.watching.get(camera_id, lease.report))
    return divided


def _divide(beat: Beat, leases: Mapping[str, Lease], members: AbstractSet[str]) -> dict[str, Lease]:
    mine = {camera_id for camera_id, lease in leases.items() if lease.member == beat.member} & beat.known
    if not beat.hangs:
        mine |= _free(beat, mine, leases, len(members))
    if beat.settled and not beat.hangs:
        mine |= _surplus(beat, mine, leases)
    others = {key: lease for key, lease in leases.items() if lease.member != beat.member and key not in mine}
    return others | {key: Lease(beat.member, beat.watching.get(key, StreamReport())) for key in mine}


def _free(beat: Beat, mine: AbstractSet[str], leases: Mapping[str, Lease], members: int) -> set[str]:
    """Return what nobody watches: up to an even share, first what the member watches; and all that is overdue.

    It may be that no other member knows an overdue camera, so the even share is no reason to leave it alone. Whoever
    returns may be the first of all after the store was away: then the rest is about to be claimed by who watches it.
    """
    free = beat.known - leases.keys()
    wanted = free & beat.watching.keys() if beat.returned else free
    share = -(-len(beat.known | leases.keys()) // members)  # rounded up
    order = sorted(wanted, key=lambda camera_id: (camera_id not in beat.watching, camera_id))
    return set(order[: max(0, share - len(mine))]) | (free & beat.overdue)


def _surplus(beat: Beat, mine: AbstractSet[str], leases: Mapping[str, Lease]) -> set[str]:
    """Return what the member takes over from those that have two cameras more; first what it watches itself."""
    loads = Counter(lease.member for lease in leases.values())
    held: defaultdict[str, list[str]] = defaultdict(list)
    for camera_id in sorted(leases, key=lambda camera_id: (camera_id in beat.watching, camera_id)):
        if leases[camera_id].member != beat.member and camera_id in beat.known:
            held[leases[camera_id].member].append(camera_id)
    taken: set[str] = set()
    while held:
        richest = max(held, key=lambda member: (loads[member], member))
        if loads[richest] - len(mine) - len(taken) < 2:
            break
        taken.add(held[richest].pop())
        loads[richest] -= 1
        if not held[richest]:
            del held[richest]
    return taken
