"""Requests become late at the right moment and are counted once."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tocsin.load.inflight import InFlight

THRESHOLDS = (0.1, 1.0)
REQUESTS = st.lists(
    st.tuples(st.floats(0, 10), st.floats(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=30
)  # due, lasts, fails, is ever answered


def play(requests: list[tuple[float, float, bool, bool]]) -> tuple[Counter[tuple[str, int]], InFlight[str]]:
    """Run requests on a clock of their own, with a tick every 50 ms up to second 20."""
    counted: Counter[tuple[str, int]] = Counter()
    flight: InFlight[str] = InFlight(lambda name, index: counted.update([(name, index)]), THRESHOLDS)
    ordered = sorted(enumerate(requests), key=lambda item: item[1][0])
    steps: list[tuple[float, int, int]] = [(due, 0, i) for i, (due, *_) in ordered]
    steps += [(due + lasts, 1, i) for i, (due, lasts, _, answered) in ordered if answered]
    steps += [(tick * 0.05, 2, -1) for tick in range(400)]
    begun = {}
    for at, what, i in sorted(steps):
        if what == 0:
            begun[i] = flight.begin(str(i), at)
        elif what == 1:
            flight.end(begun[i], at, failed=requests[i][2])
        else:
            flight.tick(at)
    return counted, flight


@given(REQUESTS)
def test_each_request_counts_once_per_threshold_it_failed_or_outlived(
    requests: list[tuple[float, float, bool, bool]],
) -> None:
    counted, flight = play(requests)
    for i, (due, lasts, fails, answered) in enumerate(requests):
        for index, threshold in enumerate(THRESHOLDS):
            age = (due + lasts) - due if answered else 20.0 - due
            expected = 1 if (answered and fails) or age >= threshold else 0
            assert counted[str(i), index] == expected
    assert flight.open == sum(not answered for *_, answered in requests)


def test_what_never_ends_stays_in_flight() -> None:
    flight: InFlight[str] = InFlight(lambda *_: None, THRESHOLDS)
    hung, answered = flight.begin("hung", 0.0), flight.begin("answered", 0.0)
    flight.end(answered, 0.5, failed=False)
    flight.tick(60.0)
    assert flight.unfinished() == [hung]


def test_a_hung_request_is_late_while_it_hangs() -> None:
    late: list[tuple[str, int]] = []
    flight: InFlight[str] = InFlight(lambda name, index: late.append((name, index)), THRESHOLDS)
    flight.begin("hung", 0.0)
    flight.tick(0.05)
    assert late == []
    flight.tick(0.11)
    assert late == [("hung", 0)]
    flight.tick(5.0)
    assert late == [("hung", 0), ("hung", 1)]
