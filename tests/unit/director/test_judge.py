"""The verdict: the gravest that applies, with its reasons."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.conftest import Story, breach

from tocsin.director.judge import judge_expectations, reach_verdict
from tocsin.model import event as e
from tocsin.model.drill import Drill
from tocsin.model.event import Event
from tocsin.model.run import RunMeta
from tocsin.model.verdict import EXIT_CODES
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState


@pytest.fixture
def state(meta: RunMeta, story: Story, tell: Callable[[Story], list[Event]]) -> RunState:
    return fold(meta, tell(story))


def test_expectations_are_judged_by_the_stamps(meta: RunMeta, state: RunState) -> None:
    found = {one.name: (one.got, one.met) for one in judge_expectations(meta.drill, state, "auto")}
    assert found == {
        "detected_within": (4.0, True),
        "classified_as": ("kafka.consumer_pause", True),
        "mitigated_within": (10.5, True),
    }


def test_a_drill_that_expects_nothing_does_not_boast_of_it(meta: RunMeta, state: RunState) -> None:
    state.expectations, state.invariants = [], []
    verdict, reasons = reach_verdict(meta, state, aborted=None, invalid=[], residue=[])
    assert verdict == "held"
    assert reasons == [f"{meta.drill_name} measures and expects nothing; its load was as it should be"]


def test_seconds_in_which_the_drills_clock_stood_still_do_not_count(meta: RunMeta, state: RunState) -> None:
    state.people.halt("Moe", 100.0)
    state.people.go_on(104.0)  # between detected at 96.5 and mitigated at 107
    state.people.halt("Moe", 106.0)
    state.people.go_on(200.0)
    found = {one.name: one.got for one in judge_expectations(meta.drill, state, "human")}
    assert (found["detected_within"], found["mitigated_within"]) == (4.0, 5.5)


def test_what_did_not_happen_is_not_met(meta: RunMeta) -> None:
    judged = judge_expectations(meta.drill, fold(meta, []), "auto")
    assert [(one.got, one.met) for one in judged] == [(None, False)] * 3


def test_without_a_responder_only_detection_is_expected(meta: RunMeta, state: RunState) -> None:
    assert [one.name for one in judge_expectations(meta.drill, state, "none")] == ["detected_within"]


def test_a_drill_without_fault_expects_silence(meta: RunMeta) -> None:
    drill = Drill.model_validate({"title": "quiet", "load": {"profile": "shop_mix"}, "expect": {"no_breach": True}})
    assert judge_expectations(drill, fold(meta, []), "auto")[0].met
    noisy = replace(fold(meta, []), breaches=[breach()])
    assert not judge_expectations(drill, noisy, "auto")[0].met


def test_all_met_is_held(meta: RunMeta, state: RunState) -> None:
    assert reach_verdict(meta, state, aborted=None, invalid=[], residue=[])[0] == "held"


def test_a_violated_invariant_is_a_miss_with_its_detail(meta: RunMeta, state: RunState) -> None:
    bad = e.InvariantChecked(name="coupons_not_oversold", met=False, detail="event 3 sold 101 of 100")
    verdict, reasons = reach_verdict(meta, replace(state, invariants=[bad]), aborted=None, invalid=[], residue=[])
    assert verdict == "missed"
    assert "event 3 sold 101 of 100" in reasons[0]


def test_a_load_that_could_not_keep_its_schedule_proves_nothing(meta: RunMeta, state: RunState) -> None:
    assert state.load is not None
    late = state.load.model_copy(update={"lateness_p99_ms": 400.0})
    verdict, reasons = reach_verdict(meta, replace(state, load=late), aborted=None, invalid=[], residue=[])
    assert verdict == "invalid"
    assert "400 ms late, and the drill allows 100 ms" in reasons[0]


def test_a_drill_may_state_how_late_its_load_may_be(meta: RunMeta, state: RunState) -> None:
    assert state.load is not None
    late = replace(state, load=state.load.model_copy(update={"lateness_p99_ms": 400.0}))
    load = meta.drill.load.model_copy(update={"max_lateness": 0.5})
    patient = meta.model_copy(update={"drill": meta.drill.model_copy(update={"load": load})})
    assert reach_verdict(patient, late, aborted=None, invalid=[], residue=[])[0] == "held"


def test_a_lost_load_worker_voids_the_run(meta: RunMeta, state: RunState) -> None:
    assert state.load is not None
    lost = state.load.model_copy(update={"lost_workers": ["worker 2 fell silent, at 31.0 s of load"]})
    verdict, reasons = reach_verdict(meta, replace(state, load=lost), aborted=None, invalid=[], residue=[])
    assert (verdict, reasons) == ("invalid", ["a load worker was lost: worker 2 fell silent, at 31.0 s of load"])


@pytest.mark.parametrize(
    ("aborted", "invalid", "residue", "verdict"),
    [
        ("Ctrl-C", [], [], "aborted"),
        (None, ["no healthy baseline"], [], "invalid"),
        ("Ctrl-C", ["no healthy baseline"], ["redis-1 is frozen"], "unclean"),
    ],
)
def test_the_gravest_wins(
    meta: RunMeta, state: RunState, aborted: str | None, invalid: list[str], residue: list[str], verdict: str
) -> None:
    found, reasons = reach_verdict(meta, state, aborted=aborted, invalid=invalid, residue=residue)
    assert found == verdict
    assert reasons


def test_each_verdict_has_the_exit_code_of_the_design() -> None:
    assert EXIT_CODES == {"held": 0, "missed": 1, "aborted": 3, "invalid": 4, "unclean": 5}
