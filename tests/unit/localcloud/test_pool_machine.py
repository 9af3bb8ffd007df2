"""Whatever happens in whatever order, a pool keeps its promises. On a simulated clock, without processes."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from emel.localcloud.events import Reply
from emel.localcloud.instance import Failure
from emel.localcloud.meter import Counters
from emel.localcloud.policy import LONGEST_BACK_OFF, QUEUE_PER_INSTANCE
from emel.localcloud.pool import OnReply, OnStarted, Pool
from emel.records import FunctionSettings

CRASH = Failure(502, "Function crashed", "gone")


class FakeWorker:
    """An instance that does what the test says, when it says so."""

    pid = 0

    def __init__(self, on_started: OnStarted) -> None:
        self.on_started: OnStarted | None = on_started
        self.on_reply: OnReply | None = None
        self.on_ended: Callable[[], None] | None = None
        self.gone = self.suspended = self.ended = False

    def call(self, request: bytes, on_reply: OnReply) -> None:
        assert not self.ended and self.on_reply is None and self.on_started is None
        self.suspended = False
        self.on_reply = on_reply

    def suspend(self) -> None:
        assert not self.ended and self.on_reply is None
        self.suspended = True

    def drain(self) -> None:
        assert not self.ended

    def end(self, on_ended: Callable[[], None]) -> None:
        assert not self.ended
        self.ended = True
        self.on_started = self.on_reply = None
        self.on_ended = on_ended

    def started(self, failure: Failure | None) -> None:
        on_started, self.on_started = self.on_started, None
        assert on_started is not None
        on_started(self, failure)

    def answer(self, answer: Reply | Failure) -> None:
        on_reply, self.on_reply = self.on_reply, None
        assert on_reply is not None
        on_reply(self, answer)


class PoolMachine(RuleBasedStateMachine):
    """Requests, answers, crashes, failed starts and time, in any order."""

    @initialize(maximum=st.integers(1, 4), provisioned=st.integers(0, 5), refuses=st.booleans())
    def begin(self, maximum: int, provisioned: int, refuses: bool) -> None:
        self.time = 0.0
        self.workers: list[FakeWorker] = []
        self.asked = 0
        self.answers: list[tuple[int, Reply | Failure]] = []
        self.refuses = refuses
        self.settings = FunctionSettings(
            max_instances=maximum, provisioned=provisioned, idle_seconds=30, timeout=10
        )
        self.pool = Pool(self.settings, self.start, Counters(), lambda: self.time)

    def start(self, on_started: OnStarted) -> FakeWorker:
        if self.refuses:
            self.refuses = False
            raise Failure(502, "Instance did not start", "no process can be started")
        worker = FakeWorker(on_started)
        self.workers.append(worker)
        return worker

    def those(self, state: str) -> list[FakeWorker]:
        return [worker for worker in self.workers if getattr(worker, state) and not worker.ended]

    @rule(count=st.integers(1, 40))
    def ask(self, count: int) -> None:
        for _ in range(count):
            number = self.asked
            self.asked += 1
            self.pool.ask(b"", lambda answer, number=number: self.answers.append((number, answer)))  # type: ignore[misc]

    @rule(seconds=st.sampled_from([0.05, 0.5, 1.0, 5.0, 31.0]))
    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.pool.tick()

    @precondition(lambda self: self.those("on_started"))
    @rule(data=st.data(), fails=st.booleans())
    def finish_start(self, data: st.DataObject, fails: bool) -> None:
        data.draw(st.sampled_from(self.those("on_started"))).started(CRASH if fails else None)

    @precondition(lambda self: self.those("on_reply"))
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.those("on_reply"))).answer(Reply())

    @precondition(lambda self: self.those("on_reply"))
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.those("on_reply")))
        worker.gone = True
        worker.answer(CRASH)

    @precondition(lambda self: self.workers)
    @rule(data=st.data())
    def kill_idle(self, data: st.DataObject) -> None:
        worker = data.draw(st.sampled_from(self.workers))
        if not (worker.on_started or worker.on_reply or worker.ended):
            worker.gone = True

    @rule(in_service=st.booleans())
    def move_tag(self, in_service: bool) -> None:
        self.pool.in_service = in_service

    @rule()
    def finish_ends(self) -> None:
        for worker in self.workers:
            if worker.on_ended is not None:
                on_ended, worker.on_ended = worker.on_ended, None
                on_ended()

    @invariant()
    def the_limits_hold(self) -> None:
        load = self.pool.load
        assert load.instances <= self.settings.max_instances
        assert load.waiting <= QUEUE_PER_INSTANCE * self.settings.max_instances
        assert load.instances == len([worker for worker in self.workers if not worker.ended])

    @invariant()
    def no_request_waits_beside_an_idle_instance(self) -> None:
        load = self.pool.load
        assert not (load.waiting and load.idle_since)

    @invariant()
    def each_request_has_one_place(self) -> None:
        numbers = [number for number, _ in self.answers]
        assert len(set(numbers)) == len(numbers)
        assert self.asked == len(numbers) + self.pool.load.waiting + self.pool.load.busy

    @invariant()
    def the_longest_idle_are_those_that_are_suspended(self) -> None:
        assert len(self.those("suspended")) == self.pool.suspended <= len(self.pool.load.idle_since)

    def teardown(self) -> None:
        """Left alone with instances that work, it answers everything and comes to rest."""
        if not hasattr(self, "pool"):
            return
        self.pool.in_service = True
        for _ in range(self.asked + 5):
            self.wait(LONGEST_BACK_OFF / 100)
            for worker in list(self.workers):
                if worker.on_started and not worker.ended:
                    worker.started(None)
                if worker.on_reply and not worker.ended:
                    worker.answer(Reply())
        self.time += LONGEST_BACK_OFF
        for _ in range(2):
            self.wait(31.0)
            for worker in self.those("on_started"):
                worker.started(None)
            for worker in self.those("on_reply"):
                worker.answer(Reply())
        assert len(self.answers) == self.asked
        assert not self.pool.load.busy and not self.pool.load.waiting
        self.wait(31.0)
        kept = min(self.settings.provisioned, self.settings.max_instances)
        assert len([worker for worker in self.workers if not worker.ended]) == kept
        self.pool.close()
        self.finish_ends()
        assert self.pool.empty


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestPool = PoolMachine.TestCase


def after_a_crash_and_a_failed_start() -> PoolMachine:
    """One request lost its only instance, which had worked; two wait, and the next start has failed."""
    machine = PoolMachine()
    machine.begin(maximum=1, provisioned=0, refuses=False)
    machine.ask(1)
    machine.workers[0].started(None)
    machine.workers[0].gone = True
    machine.workers[0].answer(CRASH)
    machine.ask(2)
    machine.workers[1].started(CRASH)
    return machine


def test_who_waits_for_a_version_that_has_worked_waits_past_one_failed_start() -> None:
    machine = after_a_crash_and_a_failed_start()
    assert len(machine.answers) == 1

    machine.wait(0.5)
    machine.workers[2].started(None)
    machine.workers[2].answer(Reply())
    machine.workers[2].answer(Reply())

    assert [answer for _, answer in machine.answers] == [CRASH, Reply(), Reply()]


def test_a_second_failed_start_in_a_row_is_told_to_all_who_wait() -> None:
    machine = after_a_crash_and_a_failed_start()
    machine.wait(0.5)
    machine.workers[2].started(CRASH)

    assert [str(answer) for _, answer in machine.answers] == [str(CRASH)] * 3


def test_who_waits_longer_than_a_call_may_take_is_refused() -> None:
    machine = PoolMachine()
    machine.begin(maximum=1, provisioned=0, refuses=False)
    machine.ask(1)
    (worker,) = machine.workers
    worker.started(None)
    machine.wait(1.0)
    machine.ask(2)
    machine.wait(8.0)
    worker.answer(Reply())
    machine.wait(1.5)
    assert machine.answers == [(0, Reply())]

    machine.wait(0.5)
    _, (number, refusal) = machine.answers
    assert isinstance(refusal, Failure)
    assert (number, refusal.status) == (2, 429)


def test_starts_that_failed_beside_a_working_instance_fail_nobody_when_that_one_is_gone() -> None:
    machine = PoolMachine()
    machine.begin(maximum=3, provisioned=0, refuses=False)
    machine.ask(3)
    first, *others = machine.workers
    first.started(None)
    for worker in others:
        worker.started(CRASH)
    first.gone = True
    first.answer(CRASH)
    machine.ask(2)
    assert len(machine.answers) == 1
