from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from emel.localcloud.policy import Load, back_off, decide, may_wait
from emel.records import FunctionSettings

SETTINGS = FunctionSettings(max_instances=4, idle_seconds=60)


def load(*, idle: tuple[float, ...] = (), busy: int = 0, starting: int = 0, waiting: int = 0) -> Load:
    return Load(idle, busy, starting, waiting)


def test_without_requests_there_are_no_instances() -> None:
    assert decide(load(), SETTINGS, 0.0, in_service=True) == (0, 0, 0)


def test_the_first_request_starts_the_first_instance() -> None:
    assert decide(load(waiting=1), SETTINGS, 0.0, in_service=True).start == 1


def test_a_request_for_which_an_instance_is_starting_starts_no_other() -> None:
    assert decide(load(waiting=1, starting=1), SETTINGS, 0.0, in_service=True).start == 0


def test_no_more_than_the_maximum_is_started() -> None:
    assert decide(load(waiting=9, busy=3), SETTINGS, 0.0, in_service=True).start == 1
    assert decide(load(waiting=9, busy=4), SETTINGS, 0.0, in_service=True).start == 0


def test_an_instance_that_was_idle_too_long_is_ended() -> None:
    assert decide(load(idle=(0.0, 30.0)), SETTINGS, 59.0, in_service=True).end == 0
    assert decide(load(idle=(0.0, 30.0)), SETTINGS, 60.0, in_service=True).end == 1
    assert decide(load(idle=(0.0, 30.0)), SETTINGS, 90.0, in_service=True).end == 2


def test_provisioned_instances_are_started_unasked_and_kept() -> None:
    settings = FunctionSettings(max_instances=4, provisioned=2, idle_seconds=60)
    assert decide(load(), settings, 0.0, in_service=True).start == 2
    assert decide(load(idle=(0.0, 0.0, 0.0)), settings, 1e6, in_service=True).end == 1


def test_a_version_without_a_tag_keeps_nothing_warm() -> None:
    settings = FunctionSettings(max_instances=4, provisioned=2, idle_seconds=60)
    assert decide(load(idle=(0.0, 0.0), busy=1), settings, 0.0, in_service=False) == (0, 2, 0)


def test_after_failed_starts_the_next_one_waits_ever_longer() -> None:
    failing = Load((), 0, 0, 1, failures=3, failed_at=100.0)
    assert decide(failing, SETTINGS, 100.3, in_service=True).start == 0
    assert decide(failing, SETTINGS, 100.5, in_service=True).start == 1
    assert [back_off(number) for number in (1, 2, 3, 20)] == [0.1, 0.2, 0.4, 10.0]


def test_the_queue_has_a_bound() -> None:
    assert may_wait(127, SETTINGS)
    assert not may_wait(128, SETTINGS)


@given(
    idle=st.lists(st.floats(0, 1000), max_size=6).map(sorted).map(tuple),
    busy=st.integers(0, 6),
    starting=st.integers(0, 6),
    waiting=st.integers(0, 60),
    maximum=st.integers(1, 8),
    provisioned=st.integers(0, 8),
    in_service=st.booleans(),
)
def test_whatever_the_load_the_limits_hold(
    idle: tuple[float, ...],
    busy: int,
    starting: int,
    waiting: int,
    maximum: int,
    provisioned: int,
    in_service: bool,
) -> None:
    settings = FunctionSettings(max_instances=maximum, provisioned=provisioned, idle_seconds=60)
    before = Load(idle, busy, starting, waiting)
    decision = decide(before, settings, 1000.0, in_service=in_service)

    assert decision.start >= 0 and 0 <= decision.end <= len(idle)
    assert decision.start == 0 or before.instances + decision.start <= maximum
    if in_service:
        left = before.instances + decision.start - decision.end
        assert left >= min(provisioned, maximum, before.instances + decision.start)


def test_a_burst_is_served_and_then_scaled_to_zero() -> None:
    """Two seconds of simulated time in steps of 10 ms: starts take 50 ms, calls take 100 ms."""
    settings = FunctionSettings(max_instances=3, idle_seconds=0.5)
    starting: list[float] = []
    busy: list[float] = []
    idle: list[float] = []
    waiting, served, most = 8, 0, 0
    for step in range(200):
        now = step / 100
        ready = [moment for moment in starting if moment <= now]
        done = [moment for moment in busy if moment <= now]
        starting = [moment for moment in starting if moment > now]
        busy = [moment for moment in busy if moment > now]
        served += len(done)
        idle += [now] * (len(ready) + len(done))
        while waiting and idle:
            idle.pop()
            waiting -= 1
            busy.append(now + 0.1)
        decision = decide(Load(idle, len(busy), len(starting), waiting), settings, now, in_service=True)
        starting += [now + 0.05] * decision.start
        idle = idle[decision.end :]
        most = max(most, len(starting) + len(busy) + len(idle))

    assert (served, waiting, most) == (8, 0, 3)
    assert not (idle or busy or starting)
