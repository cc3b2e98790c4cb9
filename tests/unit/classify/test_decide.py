from tocsin.classify import decide
from tocsin.model.hypothesis import Hypothesis


def ranked(cause: str, confidence: float, other: str = "unknown") -> list[Hypothesis]:
    rest = Hypothesis(rank=2, cause=other, target="", confidence=1.0 - confidence)
    return [Hypothesis(rank=1, cause=cause, target="redis", confidence=confidence), rest]


def test_acts_when_sure_for_three_seconds() -> None:
    history = [(10.0 + i, ranked("redis.flush", 0.7)) for i in range(4)]
    assert decide(history[:3], 10.0, 12.0) is None
    decided = decide(history, 10.0, 13.0)
    assert decided is not None
    assert decided[0].cause == "redis.flush"
    assert "3 s" in decided[1]


def test_a_change_of_mind_starts_anew() -> None:
    history = [
        (10.0, ranked("redis.latency", 0.9)),
        (11.0, ranked("redis.flush", 0.9)),
        (12.0, ranked("redis.flush", 0.9)),
    ]
    assert decide(history, 10.0, 13.5) is None


def test_best_guess_after_fifteen_seconds() -> None:
    history = [(10.0 + i, ranked("redis.flush", 0.4)) for i in range(16)]
    assert decide(history[:15], 10.0, 24.0) is None
    decided = decide(history, 10.0, 25.0)
    assert decided is not None
    assert decided[0].cause == "redis.flush"


def test_the_best_guess_may_stand_behind_unknown() -> None:
    decided = decide([(25.0, ranked("unknown", 0.6, other="redis.latency"))], 10.0, 25.0)
    assert decided is not None
    assert decided[0].cause == "redis.latency"


def test_unknown_after_thirty_seconds_and_not_before() -> None:
    history = [(10.0 + i, ranked("unknown", 0.95, other="redis.latency")) for i in range(31)]
    assert decide(history, 10.0, 39.0) is None
    decided = decide(history, 10.0, 40.0)
    assert decided is not None
    assert decided[0].cause == "unknown"


def test_without_any_hypothesis_the_answer_is_unknown_in_the_end() -> None:
    assert decide([], 10.0, 20.0) is None
    decided = decide([], 10.0, 41.0)
    assert decided is not None
    assert decided[0].cause == "unknown"
