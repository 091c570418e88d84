from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.store.cameras import ENDED, STUCK, Beat, Lease, StreamReport
from pipeline.store.dividing import Life, divide, living

MEMBERS = ("ann", "ben", "cleo", "dan")
CAMERAS = tuple(f"camera-{number:02}" for number in range(16))


def beat(member: str, known: tuple[str, ...] = CAMERAS, watching: tuple[str, ...] = ()) -> Beat:
    """Return a settled member's beat."""
    return Beat(member, 6.0, frozenset(known), {camera_id: StreamReport() for camera_id in watching})


def shared(members: tuple[str, ...], cameras: tuple[str, ...] = CAMERAS) -> dict[str, Lease]:
    """Return the leases after members joined one after the other."""
    leases: dict[str, Lease] = {}
    for place, member in enumerate(members, 1):
        leases = divide(beat(member, cameras), leases, set(members[:place]))
    return leases


def loads(leases: dict[str, Lease]) -> list[int]:
    """Return how many cameras each member has, fewest first."""
    return sorted(Counter(lease.member for lease in leases.values()).values())


def moved(before: dict[str, Lease], after: dict[str, Lease]) -> set[str]:
    """Return the cameras whose member is another than before."""
    return {
        camera_id for camera_id in after if camera_id in before and before[camera_id].member != after[camera_id].member
    }


@given(st.integers(0, 40), st.integers(1, 6))
def test_members_who_join_share_evenly(cameras: int, members: int) -> None:
    """However many cameras and members: all cameras are leased, and nobody has two more than anybody else."""
    names = tuple(f"member-{number}" for number in range(members))
    leases = shared(names, tuple(str(number) for number in range(cameras)))
    assert len(leases) == cameras
    counts = Counter(dict.fromkeys(names, 0)) + Counter(lease.member for lease in leases.values())
    assert max(counts.values(), default=0) - min((counts[name] for name in names), default=0) <= 1


@given(st.integers(1, 60), st.integers(1, 6))
def test_who_joins_moves_no_more_than_it_gets(cameras: int, members: int) -> None:
    """A newcomer takes over its even share and no camera moves between the others."""
    names = tuple(f"member-{number}" for number in range(members + 1))
    before = shared(names[:-1], tuple(str(number) for number in range(cameras)))
    after = divide(beat(names[-1], tuple(before)), before, set(names))
    assert moved(before, after) == {key for key, lease in after.items() if lease.member == names[-1]}
    assert len(moved(before, after)) <= cameras // (members + 1)


@given(st.lists(st.sampled_from(MEMBERS), max_size=30), st.randoms(use_true_random=False))
def test_beats_settle_whatever_came_before(holders: list[str], chance: object) -> None:
    """From any leases, two beats of everybody in any order give an even division that further beats leave alone."""
    leases = {f"camera-{number:02}": Lease(member) for number, member in enumerate(holders)}
    known = (*leases, "new-1", "new-2")
    for _ in range(2):
        order = list(MEMBERS)
        chance.shuffle(order)  # type: ignore[attr-defined]
        for member in order:
            leases = divide(beat(member, known), leases, set(MEMBERS))
    settled = dict(leases)
    for member in MEMBERS:
        leases = divide(beat(member, known), leases, set(MEMBERS))
    assert leases == settled
    assert len(leases) == len(known)
    assert loads(leases)[-1] - len(known) // len(MEMBERS) <= 1


def test_the_dead_are_succeeded_evenly() -> None:
    """When one of three is gone, the others take its cameras to equal parts and keep their own."""
    before = shared(MEMBERS[:3])
    left = {key: lease for key, lease in before.items() if lease.member != "ann"}
    after = divide(beat("ben"), left, {"ben", "cleo"})
    after = divide(beat("cleo"), after, {"ben", "cleo"})
    assert loads(after) == [8, 8]
    assert moved(left, after) == set()


def test_who_is_not_settled_takes_nothing_over() -> None:
    """A newcomer takes free cameras alone, until it has lived for a while."""
    before = shared(("ann",))
    newcomer = Beat("ben", 6.0, frozenset((*CAMERAS, "free")), {}, settled=False)
    after = divide(newcomer, before, {"ann", "ben"})
    assert [key for key, lease in after.items() if lease.member == "ben"] == ["free"]


def test_what_a_member_watches_comes_first() -> None:
    """Of free cameras and of those to take over, a member takes those that it watches already."""
    watching = CAMERAS[-8:]
    after = divide(beat("ben", watching=watching), {}, {"ann", "ben"})
    assert {key for key, lease in after.items() if lease.member == "ben"} == set(watching)
    after = divide(beat("ben", watching=watching), shared(("ann",)), {"ann", "ben"})
    assert {key for key, lease in after.items() if lease.member == "ben"} == set(watching)


def test_who_returns_leaves_the_rest_to_others() -> None:
    """The first to return when the store was away takes what it watches, as others are about to do."""
    watching = {camera_id: StreamReport() for camera_id in CAMERAS[:5]}
    after = divide(Beat("ann", 6.0, frozenset(CAMERAS), watching, settled=False, returned=True), {}, {"ann"})
    assert set(after) == set(watching)


def test_an_overdue_camera_is_taken_by_whoever_knows_it() -> None:
    """A camera that one member alone knows of is watched even when that member has its even share."""
    before = {"a": Lease("ann"), "b": Lease("ben")}
    known = ("a", "only-ann", "only-ann-too")
    patient = divide(beat("ann", known), before, {"ann", "ben"})
    assert "only-ann-too" not in patient
    after = divide(Beat("ann", 6.0, frozenset(known), {}, frozenset({"only-ann-too"})), patient, {"ann", "ben"})
    assert after["only-ann-too"].member == "ann"
    assert divide(beat("ben", ("a", "b")), after, {"ann", "ben"})["only-ann-too"].member == "ann"


@settings(max_examples=50)
@given(st.floats(-1e6, 1e6), st.floats(0.1, 60))
def test_a_life_has_its_length_by_whatever_clock(now_s: float, lease_s: float) -> None:
    """A member lives for its lease and no longer; a beat of the future, as after a restart, does not count."""
    assert Life(now_s, lease_s).lasts(now_s)
    assert Life(now_s - lease_s / 2, lease_s).lasts(now_s)
    assert not Life(now_s - 1.01 * lease_s, lease_s).lasts(now_s)
    assert not Life(now_s + 1.0, lease_s).lasts(now_s)


def test_leases_of_the_dead_do_not_count() -> None:
    """A lease counts while its member's last beat does; a member that nobody has heard of is dead."""
    lives = {"ann": Life(100.0, 6.0), "ben": Life(94.0, 6.0)}
    leases = {"a": Lease("ann"), "b": Lease("ben"), "c": Lease("nobody")}
    assert living(lives, leases, 101.0) == {"a": Lease("ann")}


def stuck(leases: dict[str, Lease], member: str) -> dict[str, Lease]:
    """Return the leases after a beat of a member that hangs."""
    held = {key: StreamReport(STUCK, "it hangs") for key, lease in leases.items() if lease.member == member}
    return divide(Beat(member, 6.0, frozenset(CAMERAS), held, hangs=True), leases, set(MEMBERS[:3]))


def test_who_hangs_is_succeeded_evenly_and_takes_nothing() -> None:
    """The cameras of a member that hangs go to the others, who share them; it has them again once it hangs no more."""
    before = shared(MEMBERS[:3])
    after = stuck(before, "ann")
    assert moved(before, after) == set()
    for member in ("ben", "cleo", "ben", "cleo"):
        after = divide(beat(member), after, set(MEMBERS[:3]))
    assert loads(after) == [8, 8]
    assert stuck(after, "ann") == after
    for member in ("ann", "ben", "cleo"):
        after = divide(beat(member), after, set(MEMBERS[:3]))
    assert loads(after) == [5, 5, 6]


def test_a_camera_that_nobody_else_can_watch_stays_with_who_hangs() -> None:
    """A camera of a member that hangs is told of as stuck until somebody takes it, and stays where nobody knows it."""
    after = stuck(shared(MEMBERS[:1]), "ann")
    after = divide(beat("ben", CAMERAS[:4]), after, {"ann", "ben"})
    assert {key for key, lease in after.items() if lease.member == "ben"} == set(CAMERAS[:4])
    assert {lease.report.state for key, lease in after.items() if lease.member == "ann"} == {STUCK}
    everybody = stuck(stuck(shared(MEMBERS[:2]), "ann"), "ben")
    assert stuck(everybody, "ann") == everybody


def test_footage_that_has_ended_is_no_work() -> None:
    """Films that were read to their ends stay where they are, and nobody gets fewer cameras for having them."""
    over = {camera_id: Lease("ann", StreamReport(ENDED)) for camera_id in CAMERAS[:8]}
    before = over | {camera_id: Lease("ann") for camera_id in CAMERAS[8:]}
    after = divide(beat("ben"), before, {"ann", "ben"})
    assert {camera_id: after[camera_id] for camera_id in over} == over
    assert loads({camera_id: after[camera_id] for camera_id in CAMERAS[8:]}) == [4, 4]


def test_ended_footage_outlives_its_member_but_not_the_last_one() -> None:
    """The lease of a film that has ended counts while anybody lives who lived before this beat."""
    lives = {"ann": Life(100.0, 6.0)}
    leases = {"a": Lease("gone", StreamReport(ENDED)), "b": Lease("gone")}
    assert living(lives, leases, 101.0) == {"a": leases["a"]}
    assert living(lives, leases, 101.0, newcomer="ann") == {}
    assert living({}, leases, 101.0) == {}
