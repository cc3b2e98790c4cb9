"""What Prometheus reads is what was counted, also after it went through a message."""

import json

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tocsin.load.exposition import LoadCollector, registry_of
from tocsin.load.measure import Measure


def counted() -> Measure:
    """Two phases of one request: three answered, one failed, one dropped."""
    measure = Measure(("buy", "look"), 2)
    for phase, ages in enumerate([(0.004, 0.3), (0.012,)]):
        tally = measure.rows[phase]["buy"]
        for age in ages:
            tally.scheduled += 1
            tally.ended(age, failed=False, answered=True)
    last = measure.rows[1]["buy"]
    last.scheduled += 2
    last.ended(5.0, failed=True, answered=False)
    last.dropped += 1
    last.failed += 1
    last.late[0] += 2
    measure.lags[0].record(0.02)
    measure.in_flight, measure.users = 4, 9
    return measure


def read(measure: Measure) -> dict[str, float]:
    """Every sample by name and labels."""
    text = generate_latest(registry_of(LoadCollector(lambda: measure, ["up", "down"], lambda: "down"))).decode()
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counts_of_all_phases_are_served() -> None:
    found = read(counted())
    assert found["load_requests_scheduled_total['buy']"] == 5
    assert found["load_requests_completed_total['buy']"] == 3
    assert found["load_requests_failed_total['buy']"] == 2
    assert found["load_requests_dropped_total['buy']"] == 1
    assert found["load_requests_good_total['buy']"] == 3
    assert found["load_requests_scheduled_total['look']"] == 0
    assert found["load_requests_late_total['0.05', 'buy']"] == 2
    assert found["load_request_duration_seconds_bucket['0.005', 'buy']"] == 1
    assert found["load_request_duration_seconds_bucket['0.02', 'buy']"] == 2
    assert found["load_request_duration_seconds_count['buy']"] == 3
    assert found["load_schedule_lag_seconds_bucket['0.05']"] == 1
    assert (found["load_requests_in_flight[]"], found["load_users[]"]) == (4, 9)
    assert (found["load_phase['up']"], found["load_phase['down']"]) == (0, 1)


def test_two_workers_add_up() -> None:
    whole, one = Measure(("buy", "look"), 2), counted()
    for _ in range(2):
        whole.add(whole.unpacked(json.loads(json.dumps(one.packed()))))
    single, double = read(one), read(whole)
    assert {key: value for key, value in double.items() if "phase" not in key} == {
        key: 2 * value for key, value in single.items() if "phase" not in key
    }
    assert whole.of("buy").ages.percentile(0.99) == one.of("buy").ages.percentile(0.99)
