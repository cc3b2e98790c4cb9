"""A score is within 0 and 100, says why line by line, and never rewards what is worse."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT, Story, breach, hypothesis

from tocsin.model import event as e
from tocsin.model.event import Event
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.run import RunMeta
from tocsin.retro.documents import render_document
from tocsin.retro.language import KOREAN
from tocsin.retro.score import Score, Twin, find_twin, is_twin, measure_twin, score_run
from tocsin.retro.score.diagnosis import judge_guesses, judge_list, judge_nothing_broken
from tocsin.retro.score.harm import Minutes, Stretch, minutes_of
from tocsin.retro.score.process import WORTH, rate, share
from tocsin.retro.score.total import WEIGHTS, Deduction, Part, add_up, weights
from tocsin.tape.fold import fold
from tocsin.tape.store import Tape, TapeReader

Tell = Callable[[Story], list[Event]]
CAUSE, TARGET = "kafka.consumer_pause", "coupon-issuer"

shares = st.floats(0, 1)
parts = st.builds(
    lambda found: [Part(name, value, "why") for name, value in zip(WEIGHTS, found, strict=True)],
    st.lists(st.none() | shares, min_size=5, max_size=5),
)
deductions = st.lists(st.builds(Deduction, st.just("hints"), st.floats(0, 60), st.just("why")), max_size=4)


@given(parts, deductions)
def test_a_score_is_within_its_bounds_and_the_sum_of_its_lines(own: list[Part], taken: list[Deduction]) -> None:
    score = add_up("Ann", own, taken)
    assert 0 <= score.total <= 100
    assert score.total == pytest.approx(min(100, max(0, sum(line.points for line in score.lines))), abs=0.06)
    assert len(score.lines) == len(own) + len(taken)
    assert all(line.why and line.who == "Ann" for line in score.lines)


@given(parts)
def test_points_of_what_was_not_measured_are_spread_in_proportion(own: list[Part]) -> None:
    of = weights(own)
    assert set(of) == {part.name for part in own if part.share is not None}
    assert not of or sum(of.values()) == pytest.approx(100)
    for one in of:
        for other in of:
            assert of[one] * WEIGHTS[other] == pytest.approx(of[other] * WEIGHTS[one])


def _incident(level: float, acted: int, mitigated: int, planned: int) -> Minutes:
    """An SLO that is bad to one level from second 10 until it is mitigated, watched until second 200."""
    values = np.array([level if second < mitigated else 0.0 for second in range(10, 200)])
    found = minutes_of({"x": values}, Stretch(10.0, float(acted), float(planned), 200.0))
    assert isinstance(found, Minutes)
    return found


@given(st.floats(0.05, 1), st.integers(11, 60), st.integers(0, 60), st.integers(0, 60), st.integers(70, 180))
def test_faster_mitigation_never_saves_less(level: float, acted: int, one: int, other: int, planned: int) -> None:
    fast, slow = sorted((one, other))
    assert _incident(level, acted, acted + fast, planned).saved >= _incident(level, acted, acted + slow, planned).saved


@given(st.floats(0.05, 1), st.integers(11, 60), st.integers(11, 60), st.integers(1, 20), st.integers(90, 180))
def test_acting_sooner_never_saves_less(level: float, one: int, other: int, takes: int, planned: int) -> None:
    soon, late = sorted((one, other))
    first, second = (_incident(level, acted, acted + takes, planned) for acted in (soon, late))
    assert first.saved >= second.saved - 1e-9


@given(st.lists(shares, min_size=2, max_size=40), st.integers(1, 30), st.floats(1, 300))
def test_minutes_are_bounded_and_the_range_holds_the_estimate(values: list[float], seen: int, rest: float) -> None:
    acted = 10.0 + min(seen, len(values) - 1)
    found = minutes_of({"x": np.array(values)}, Stretch(10.0, acted, acted + rest, 10.0 + len(values)))
    assert isinstance(found, Minutes)
    assert 0 <= found.range[0] <= found.saved <= found.range[1] <= 1
    assert found.spent == pytest.approx(sum(values) / 60)


@pytest.mark.parametrize(
    ("stretch", "said"),
    [(Stretch(10.0, 10.4, 60.0, 80.0), "at_once"), (Stretch(10.0, 70.0, 60.0, 80.0), "no_time")],
)
def test_what_cannot_be_estimated_is_said_and_not_guessed(stretch: Stretch, said: str) -> None:
    assert minutes_of({"x": np.ones(70)}, stretch) == said
    assert minutes_of({}, stretch) == "no_harm"


def _wrong(confidence: float) -> Hypothesis:
    return hypothesis("mysql.latency", confidence)


@given(shares, shares, st.lists(st.tuples(st.booleans(), shares), max_size=4))
def test_a_wrong_and_more_confident_diagnosis_never_raises_it(
    one: float, other: float, before: list[tuple[bool, float]]
) -> None:
    said = [hypothesis(CAUSE if right else "redis.down", confidence) for right, confidence in before]
    low, high = (judge_guesses([*said, _wrong(value)], CAUSE, TARGET) for value in sorted((one, other)))
    assert low is not None
    assert high is not None
    assert 0 <= high.share <= low.share <= 1


@given(shares, shares, shares)
def test_the_same_holds_for_a_ranked_list_and_where_nothing_was_broken(one: float, other: float, right: float) -> None:
    lists = [[_wrong(value), hypothesis(CAUSE, right * (1 - value), rank=2)] for value in sorted((one, other))]
    low, high = (judge_list(ranked, CAUSE, TARGET) for ranked in lists)
    assert low is not None
    assert high is not None
    assert high.share <= low.share + 1e-9
    calm, sure = (judge_nothing_broken([_wrong(value)]) for value in sorted((one, other)))
    assert sure <= calm < judge_nothing_broken([]) == 1.0


def test_the_rank_and_the_target_count() -> None:
    right, second = hypothesis(CAUSE, 1.0), hypothesis(CAUSE, 0.5, rank=2)
    first = judge_guesses([right], CAUSE, TARGET)
    late = judge_guesses([_wrong(0.5), right], CAUSE, TARGET)
    astray = judge_guesses([right], CAUSE, "elsewhere")
    ranked = judge_list([_wrong(0.5), second], CAUSE, TARGET)
    assert [one.share for one in (first, late, astray, ranked) if one] == pytest.approx([1.0, 0.45, 0.7, 0.5])
    assert judge_guesses([hypothesis("unknown", 0.9)], CAUSE, TARGET) is None


def test_tasks_are_rated_by_their_times(tell: Tell, story: Story) -> None:
    def ratings(lines: Story, meta: RunMeta) -> dict[str, str]:
        return {one.task: one.rating for one in rate(fold(meta, tell(lines)), 158.0, people=True)}

    meta = RunMeta.model_construct(slos=_NoSlos())
    assert ratings(story, meta) == {"acknowledge": "P", "declare": "P", "severity": "P", "exit": "U"}
    late = [(t + 45.0, d) if isinstance(d, e.Acknowledged) else (t, d) for t, d in story]
    mild = [(t, d.model_copy(update={"severity": "SEV3"}) if isinstance(d, e.Declared) else d) for t, d in late]
    early = [*mild, (100.0, e.ResolutionDeclared(who="Ann"))]
    assert ratings(early, meta) == {"acknowledge": "S", "declare": "P", "severity": "M", "exit": "M"}
    done = [*story, (150.0, e.ResolutionDeclared(who="Ann"))]
    assert ratings(done, meta)["exit"] == "P"
    long = [(t, replace_since(d, 300.0)) for t, d in story]
    assert ratings(long, meta)["updates"] == "U"
    told = [*long, (150.0, e.UpdatePosted(who="Ann", text="x")), (250.0, e.UpdatePosted(who="Ann", text="y"))]
    assert ratings(told, meta)["updates"] == "P"
    assert rate(fold(meta, tell(story[:5])), 92.0, people=True) == []
    assert share([]) is None
    assert WORTH["P"] > WORTH["S"] > WORTH["M"] > WORTH["U"] == 0


class _NoSlos:
    slos: dict[str, object] = {}  # noqa: RUF012 - a stand-in without any


def replace_since(data: e.EventData, since: float) -> e.EventData:
    return data.model_copy(update={"since": since}) if isinstance(data, e.Resolved) else data


def _tape(path: Path, meta: RunMeta, lines: Story, of: TapeReader) -> Path:
    """A tape with other events and the samples of the shared story."""
    with Tape.create(path, meta) as tape:
        for t, data in sorted(lines, key=lambda line: line[0]):
            tape.append(t, meta.started + t, data)
        tape.samples(list(of.samples()))
    return path


def _scores(path: Path, meta: RunMeta, lines: Story, of: TapeReader) -> list[Score]:
    with TapeReader.open(_tape(path / "tape.db", meta, lines, of)) as reader:
        return score_run(reader)


def _line(score: Score, name: str) -> tuple[float, float, str]:
    return next((line.points, line.of, line.why) for line in score.lines if line.name == name)


def test_the_automatic_responder_is_scored_from_the_tape(reader: TapeReader) -> None:
    (score,) = score_run(reader)
    assert score.who == "auto"
    points, of, why = _line(score, "minutes")
    assert of == pytest.approx(44.4, abs=0.1)  # 40 of the 90 points that are measured
    assert 0 < points < of
    assert "customer minutes were spent" in why
    assert _line(score, "diagnosis")[0] == pytest.approx(
        27.8 * (0.6 + 0.4 * 0.98), abs=0.1
    )  # rank 1; 90 % sure, 10 % elsewhere
    assert _line(score, "retro") == (0.0, 0.0, "not measured: the tape holds no answers from a retrospective")
    assert "until the drill takes its own fault away (planned for 152 s)" in score.notes[0]


def test_every_person_is_scored_and_hints_cost(reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path) -> None:
    human = meta.model_copy(update={"responder": "human"})
    lines = [(t, d.model_copy(update={"who": "Ann"}) if isinstance(d, e.ActionStarted) else d) for t, d in story]
    lines = [(t, d.model_copy(update={"hidden": True}) if isinstance(d, e.Hypotheses) else d) for t, d in lines]
    lines = [(t, d.model_copy(update={"by": "Ann"}) if isinstance(d, e.Acknowledged) else d) for t, d in lines]
    lines += [
        (98.0, e.HypothesisStated(who="Bo", cause="mysql.latency", target="mysql", confidence=0.9)),
        (100.0, e.HypothesisStated(who="Ann", cause=CAUSE, target=TARGET, confidence=0.8)),
        (99.0, e.HintTaken(who="Bo", number=1, text="look", cost=5.0)),
        (145.0, e.ResolutionDeclared(who="Ann", role="commander")),
    ]
    found = {score.who: score for score in _scores(tmp_path, human, lines, reader)}
    assert list(found) == ["team", "Ann", "Bo"]
    assert found["Ann"].total > found["team"].total > found["Bo"].total
    assert _line(found["Bo"], "hints")[0] == -5.0
    assert not [line for line in found["Ann"].lines if line.name == "hints"]
    assert "never named" in _line(found["Bo"], "diagnosis")[2]
    assert "at rank 2" in _line(found["team"], "diagnosis")[2]


def test_what_was_not_needed_costs_and_the_more_where_nothing_was_broken(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    calm = [(t, d) for t, d in story if d.kind not in ("injected", "bit", "lifted", "reverted")]
    (alarm,) = _scores(tmp_path / "alarm", meta, calm, reader)
    assert _line(alarm, "unneeded")[0] == -10.0
    assert _line(alarm, "minutes")[2].startswith("not measured")
    assert _line(alarm, "diagnosis")[2] == "nothing was broken, but a cause was named"
    quiet = [(t, d) for t, d in calm if d.lane == "run"]
    (right,) = _scores(tmp_path / "quiet", meta, quiet, reader)
    assert right.total == 100.0


def test_a_violated_invariant_costs_half_of_safety(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    lines = [(t, d.model_copy(update={"met": False}) if isinstance(d, e.InvariantChecked) else d) for t, d in story]
    (score,) = _scores(tmp_path, meta, lines, reader)
    points, of, why = _line(score, "safety")
    assert points == pytest.approx(of / 2, abs=0.1)
    assert "coupons_not_oversold was violated" in why


def test_nobody_scores_where_nobody_was_to_respond(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    alone = meta.model_copy(update={"responder": "none"})
    assert _scores(tmp_path / "alone", alone, story, reader) == []
    invalid: Story = [*story[:-1], (157.2, e.VerdictReached(verdict="invalid", reasons=["the fault never bit"]))]
    assert _scores(tmp_path / "invalid", meta, invalid, reader) == []


def test_whoever_acted_before_users_felt_it_saved_all_that_the_twin_cost(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    calm: Story = [(t, d) for t, d in story if d.kind != "breach"]
    with TapeReader.open(_tape(tmp_path / "tape.db", meta, calm, reader)) as quick:
        (alone,) = score_run(quick)
        (beside,) = score_run(quick, twin=Twin("twin", {"coupon-issue-lag": 1.0}))
    assert _line(alone, "minutes")[1] == 0.0
    points, of, why = _line(beside, "minutes")
    assert points == of > 40
    assert "100% saved" in why


def _alone(story: Story) -> Story:
    """The same with nobody who responds."""
    acted = ("action_started", "action_done", "action_measured", "lifted", "mitigated", "classified")
    return [(t, d) for t, d in story if d.kind not in acted]


def test_a_twin_shows_what_doing_nothing_costs(reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path) -> None:
    other = meta.model_copy(update={"responder": "none", "run": "twin"})
    assert is_twin(meta, other)
    assert not is_twin(meta, meta)
    assert not is_twin(meta, other.model_copy(update={"seed": meta.seed + 1}))
    with TapeReader.open(_tape(tmp_path / "twin" / "tape.db", other, _alone(story), reader)) as found:
        twin = measure_twin(found)
    assert twin is not None
    assert set(twin.minutes) == {"coupon-issue-lag"}
    (score,) = score_run(reader, twin=replace(twin, minutes={"coupon-issue-lag": 1.0}))
    _, _, why = _line(score, "minutes")
    assert "1.00 in run twin, where nobody did anything" in why
    assert "was measured in run twin" in score.notes[0]


def test_a_twin_is_looked_for_among_tapes_and_what_is_none_is_passed_by(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no tape" * 1000)
    other = meta.model_copy(update={"responder": "none", "run": "twin"})
    tape = _tape(tmp_path / "twin" / "tape.db", other, _alone(story), reader)
    with TapeReader.open(tape) as found:
        assert find_twin(found, [tape]) is None  # nobody responded in this one
    twin = find_twin(reader, [broken, reader.path, tape])
    assert twin is not None
    assert twin.run == "twin"
    assert find_twin(reader, [broken, reader.path]) is None


def test_more_minutes_of_the_twin_never_lower_the_score(reader: TapeReader) -> None:
    totals = [score_run(reader, twin=Twin("t", {"x": minutes}))[0].total for minutes in (0.0, 0.1, 0.5, 1.0, 9.0)]
    assert totals == sorted(totals)


def test_the_document_explains_the_score(reader: TapeReader) -> None:
    templates = ROOT / "runbooks" / "templates"
    text = render_document(reader, lambda name: templates / name).text
    section = text.split("## Score\n", 1)[1].split("\n## ", 1)[0]
    (score,) = score_run(reader)
    assert f"**The automatic responder: {score.total:.1f} of 100.**" in section
    assert [line.why for line in score.lines if line.why.replace("|", "\\|") not in section] == []
    assert score.notes[0] in section
    korean = render_document(reader, lambda name: templates / name, KOREAN).text
    assert f"**자동 대응자: 100점 만점에 {score.total:.1f}점.**" in korean


def test_a_page_before_the_fault_is_no_reason_to_fall_over(
    reader: TapeReader, meta: RunMeta, story: Story, tmp_path: Path
) -> None:
    lines = [*story, (50.0, e.Breached(breach=breach(at=50.0, impact=48.0)))]
    assert 0 <= _scores(tmp_path, meta, lines, reader)[0].total <= 100
