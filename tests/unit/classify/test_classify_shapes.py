"""The causes as they look on the stack, partial and look-alike ones, nothing at all, and the unexplained."""

from typing import Any

import pytest

from tocsin.classify import classify
from tocsin.classify.features import features
from tocsin.model.hypothesis import Hypothesis, Playbook
from tocsin.model.signal import Signal
from tocsin.model.topology import Topology

BASELINE, BROKEN = (20, 90), 100
ISSUERS = ("coupon-issuer-1", "coupon-issuer-2", "coupon-issuer-3")


def frozen(replicas: tuple[str, ...]) -> dict[tuple[str, str], float | None]:
    return {(name, replica): 0.0 for replica in replicas for name in ("scrape", "cpu", "cpu_still")}


CONSUMER_PAUSE = frozen(ISSUERS) | {
    ("issue_lag", "coupon-issuer"): 250.0,
    ("issue_progress", "coupon-issuer"): 0.0,
    ("listener_time", "coupon-issuer"): None,
    ("issuer_mysql_time", "coupon-issuer->mysql"): None,
    ("issuer_kafka_time", "coupon-issuer->kafka"): None,
}
ONE_FROZEN = frozen(ISSUERS[:1]) | {("issue_lag", "coupon-issuer"): 80.0, ("issue_progress", "coupon-issuer"): 20.0}
REDIS_LATENCY = {
    ("redis_command_time", "app->redis"): 0.202,
    ("product_time", "app"): 0.21,
    ("ranking_time", "app"): 0.21,
    ("coupon_time", "app"): 0.43,
    ("issue_progress", "coupon-issuer"): 22.0,
}
REDIS_FLUSH = {
    ("redis_keys", "redis"): 250.0,
    ("cache_miss", "app->redis"): 0.6,
    ("server_errors", "app"): 30.0,
    ("ranking_time", "app"): 0.4,
    ("product_time", "app"): 0.05,
    ("app_mysql_time", "app->mysql"): 0.12,
    ("pool_wait", "app"): 0.1,
    ("cpu", "mysql-1"): 0.95,
    ("cpu_throttled", "mysql"): 0.5,
    ("mysql_busy", "mysql"): 14.0,
    ("issue_progress", "coupon-issuer"): 0.0,
}
CPU_THROTTLE = {
    ("cpu_throttled", "mysql"): 0.9,
    ("mysql_busy", "mysql"): 16.0,
    ("app_mysql_time", "app->mysql"): 0.4,
    ("issuer_mysql_time", "coupon-issuer->mysql"): 0.4,
    ("listener_time", "coupon-issuer"): 0.42,
    ("pool_wait", "app"): 0.6,
    ("ranking_time", "app"): 0.5,
    ("product_time", "app"): 0.08,
    ("issue_lag", "coupon-issuer"): 200.0,
    ("issue_progress", "coupon-issuer"): 8.0,
}
ROW_LOCK = {
    ("mysql_lock_waits", "mysql"): 3.0,
    ("issuer_mysql_time", "coupon-issuer->mysql"): None,
    ("listener_time", "coupon-issuer"): None,
    ("issuer_kafka_time", "coupon-issuer->kafka"): None,
    ("issue_lag", "coupon-issuer"): 250.0,
    ("issue_progress", "coupon-issuer"): 0.0,
}
LOCKED_AND_QUIET = ROW_LOCK | {("cpu_still", replica): 0.0 for replica in ISSUERS}  # who waits uses no CPU
REDIS_DOWN = {
    ("redis_answers", "redis"): 0.0,
    ("scrape", "redis-1"): None,
    ("listed", "redis-1"): None,
    ("cpu", "redis-1"): None,
    ("memory", "redis-1"): None,
    ("redis_keys", "redis"): None,
    ("redis_evictions", "redis"): None,
    ("cache_miss", "app->redis"): None,
    ("redis_errors", "app->redis"): 180.0,
    ("server_errors", "app"): 30.0,
    ("app_mysql_time", "app->mysql"): 0.1,
    ("pool_wait", "app"): 0.1,
    ("product_time", "app"): 0.08,
    ("ranking_time", "app"): 0.4,
    ("mysql_busy", "mysql"): 12.0,
    ("issue_progress", "coupon-issuer"): 0.0,
}
DOWN_AND_BORNE = {key: value for key, value in REDIS_DOWN.items() if key[0] not in {"pool_wait", "mysql_busy"}}
NO_CONNECTIONS = {  # the exporter gets none either: what it would tell of the server is missing
    ("mysql_answers", "mysql"): 0.0,
    ("mysql_busy", "mysql"): None,
    ("mysql_lock_waits", "mysql"): None,
    ("server_errors", "app"): 40.0,
    ("issuer_mysql_time", "coupon-issuer->mysql"): None,
    ("listener_time", "coupon-issuer"): None,
    ("issue_progress", "coupon-issuer"): 0.0,
}
EVICTING = {
    ("redis_evictions", "redis"): 90.0,
    ("cache_miss", "app->redis"): 0.7,
    ("redis_keys", "redis"): 900.0,
    ("server_errors", "app"): 30.0,
    ("ranking_time", "app"): 0.3,
    ("product_time", "app"): 0.05,
    ("issue_progress", "coupon-issuer"): 0.0,
}
EVICTED_AT_ONCE = EVICTING | {  # and then every write is refused
    ("redis_keys", "redis"): 0.0,
    ("cache_miss", "app->redis"): 1.0,
    ("redis_errors", "app->redis"): 230.0,
    ("app_mysql_time", "app->mysql"): 1.5,
    ("cpu_throttled", "mysql"): 1.0,
    ("pool_wait", "app"): 0.1,
}
EVICTING_A_LITTLE = {  # the coupon state is in use all the time and stays
    ("redis_evictions", "redis"): 40.0,
    ("cache_miss", "app->redis"): 0.4,
    ("ranking_time", "app"): 0.3,
    ("app_mysql_time", "app->mysql"): 0.1,
}
MEASURED_THROTTLE = {  # 0.02 cores under 147 requests/s, most of them answered from Redis: only the issuers suffer
    ("cpu_throttled", "mysql"): 1.0,
    ("issuer_mysql_time", "coupon-issuer->mysql"): 0.18,
    ("listener_time", "coupon-issuer"): 0.18,
    ("app_mysql_time", "app->mysql"): 0.064,
    ("issue_lag", "coupon-issuer"): 100.0,
}
MEASURED_FLUSH = {  # the product cache heals within seconds, coupons are refused until the stock is rebuilt
    ("redis_keys", "redis"): 63.0,
    ("cache_miss", "app->redis"): 0.5,
    ("server_errors", "app"): 25.0,
    ("issue_progress", "coupon-issuer"): 0.0,
}
SLOW_BROKER_LINK = {("app_kafka_time", "app->kafka"): 0.5, ("coupon_time", "app"): 0.55}
MYSQL_LATENCY = {key: value for key, value in CPU_THROTTLE.items() if key[0] not in {"cpu_throttled", "mysql_busy"}}
LOCKING_LATENCY = MYSQL_LATENCY | {("mysql_lock_waits", "mysql"): 2.0}  # a round trip longer is each row held
BROKER_PAUSE = {  # sends end with their time-out, offsets are told by nobody, the consumers wait
    ("broker_answers", "kafka"): 0.0,
    ("app_kafka_time", "app->kafka"): 4.5,
    ("coupon_time", "app"): 4.5,
    ("server_errors", "app"): 30.0,
    ("issue_lag", "coupon-issuer"): None,
    ("issue_progress", "coupon-issuer"): None,
    ("listener_time", "coupon-issuer"): None,
    ("issuer_mysql_time", "coupon-issuer->mysql"): None,
    ("issuer_kafka_time", "coupon-issuer->kafka"): 3e9,
} | {("cpu_still", replica): 0.002 for replica in ISSUERS}
CLIENT_QUOTA = {
    ("issuer_put_off", "coupon-issuer->kafka"): 700.0,
    ("issuer_kafka_time", "coupon-issuer->kafka"): 1e9,
    ("issue_lag", "coupon-issuer"): 60.0,
}
OOM_KILLED = {
    ("oom_killed", "mysql-1"): 1.0,
    ("listed", "mysql-1"): None,
    ("memory", "mysql-1"): None,
    ("cpu", "mysql-1"): None,
    ("cpu_throttled", "mysql"): None,
    ("scrape", "mysql-1"): None,
    ("mysql_answers", "mysql"): 0.0,
    ("server_errors", "app"): 20.0,
    ("listener_time", "coupon-issuer"): None,
    ("issue_progress", "coupon-issuer"): 0.0,
    ("issue_lag", "coupon-issuer"): 120.0,
}
KILLED = {key: None if key[0].startswith("cpu") else value for key, value in CONSUMER_PAUSE.items()} | {
    ("listed", replica): None for replica in ISSUERS
}


@pytest.fixture
def diagnose(make_shop: Any, playbooks: list[Playbook], topology: Topology, signals: dict[str, Signal]) -> Any:
    def run(change: Any = None, seed: int = 1, end: int = 112) -> list[Hypothesis]:
        window = make_shop(change, seed).until(end)
        return classify(playbooks, topology, signals, window, baseline=BASELINE, since=BROKEN)

    return run


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("change", "cause", "target"),
    [
        pytest.param(CONSUMER_PAUSE, "kafka.consumer_pause", "coupon-issuer", id="consumer_pause"),
        pytest.param(ONE_FROZEN, "kafka.consumer_pause", "coupon-issuer", id="one_of_three"),
        pytest.param(REDIS_LATENCY, "redis.latency", "redis", id="redis_latency"),
        pytest.param(REDIS_FLUSH, "redis.flush", "redis", id="redis_flush"),
        pytest.param(CPU_THROTTLE, "mysql.cpu_throttle", "mysql", id="cpu_throttle"),
        pytest.param(MYSQL_LATENCY, "mysql.latency", "mysql", id="mysql_latency"),
        pytest.param(ROW_LOCK, "mysql.row_lock", "mysql", id="row_lock"),
        pytest.param(LOCKED_AND_QUIET, "mysql.row_lock", "mysql", id="row_lock_and_standstill"),
        pytest.param(REDIS_DOWN, "redis.down", "redis", id="redis_down"),
        pytest.param(DOWN_AND_BORNE, "redis.down", "redis", id="redis_down_database_bears_it"),
        pytest.param(EVICTED_AT_ONCE, "redis.memory_pressure", "redis", id="all_evicted"),
        pytest.param(EVICTING, "redis.memory_pressure", "redis", id="memory_pressure"),
        pytest.param(EVICTING_A_LITTLE, "redis.memory_pressure", "redis", id="few_evictions"),
        pytest.param(LOCKING_LATENCY, "mysql.latency", "mysql", id="mysql_latency_with_waits"),
        pytest.param(BROKER_PAUSE, "kafka.broker_pause", "kafka", id="broker_pause"),
        pytest.param(CLIENT_QUOTA, "kafka.client_quota", "kafka", id="client_quota"),
    ],
)
def test_each_cause_is_named_with_confidence(diagnose: Any, change: Any, cause: str, target: str, seed: int) -> None:
    first = diagnose(change, seed)[0]
    assert (first.cause, first.target) == (cause, target)
    assert first.confidence >= 0.8
    assert first.evidence


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param(MEASURED_THROTTLE, "mysql.cpu_throttle", id="cpu_throttle"),
        pytest.param(MEASURED_FLUSH, "redis.flush", id="redis_flush"),
    ],
)
def test_what_the_stack_really_showed_is_acted_on(diagnose: Any, change: Any, cause: str, seed: int) -> None:
    first = diagnose(change, seed)[0]
    assert first.cause == cause
    assert first.confidence >= 0.6  # what `decide` needs to act at once


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(None, id="healthy"),
        pytest.param(SLOW_BROKER_LINK, id="slow_broker_link"),
        pytest.param({("memory", "kafka-1"): 9e8, ("cpu", "app-1"): 1.9}, id="resources"),
    ],
)
def test_what_no_playbook_explains_is_unknown(diagnose: Any, change: Any, seed: int) -> None:
    assert diagnose(change, seed)[0].cause == "unknown"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "change", [pytest.param(KILLED, id="killed"), pytest.param(NO_CONNECTIONS, id="no_connections")]
)
def test_a_look_alike_without_the_telling_sign_leaves_doubt(diagnose: Any, change: Any, seed: int) -> None:
    assert all(hypothesis.confidence < 0.6 for hypothesis in diagnose(change, seed) if hypothesis.cause != "unknown")


def test_a_kill_for_want_of_memory_is_a_fact_that_no_playbook_explains_and_that_is_told(
    diagnose: Any, make_shop: Any, topology: Topology, signals: dict[str, Signal]
) -> None:
    first = diagnose(OOM_KILLED)[0]
    assert first.cause == "unknown"
    assert any("mysql-1: was killed by the kernel" in seen.text for seen in first.evidence)
    quiet = features(signals, topology, make_shop(None), baseline=BASELINE, since=BROKEN)
    assert [f.anomalous < 0.01 for f in quiet if f.family == "oom_killed"] == [True] * 3


@pytest.mark.parametrize("end", [104, 106, 109, 115])
def test_three_seconds_of_data_are_enough_and_it_stays(diagnose: Any, end: int) -> None:
    assert diagnose(CPU_THROTTLE, end=end)[0].cause == "mysql.cpu_throttle"


def test_the_list_is_ranked_and_adds_up(diagnose: Any) -> None:
    hypotheses = diagnose(REDIS_FLUSH)
    assert [hypothesis.rank for hypothesis in hypotheses] == list(range(1, 6))
    confidences = [hypothesis.confidence for hypothesis in hypotheses]
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1.0, abs=0.01)  # the least likely are not told


def test_a_busy_database_after_a_flush_is_a_symptom(diagnose: Any) -> None:
    throttle = next(hypothesis for hypothesis in diagnose(REDIS_FLUSH) if hypothesis.cause == "mysql.cpu_throttle")
    assert throttle.confidence < 0.05


def test_evidence_can_be_checked_by_a_person(diagnose: Any) -> None:
    first = diagnose(CONSUMER_PAUSE)[0].evidence[0]
    assert first.query == 'up{instance="coupon-issuer-1"}'
    assert first.text == "coupon-issuer (3 of 3 replicas): answers no scrape"
    latency = diagnose(REDIS_LATENCY)[0].evidence[0]
    assert latency.entity == "app->redis"
    assert latency.value == pytest.approx(0.21, abs=0.02)
    assert latency.baseline == pytest.approx(0.002, abs=0.0005)


def test_same_samples_same_answer(diagnose: Any) -> None:
    assert diagnose(REDIS_LATENCY) == diagnose(REDIS_LATENCY)


def test_without_data_nothing_is_claimed(
    make_shop: Any, playbooks: list[Playbook], topology: Topology, signals: dict[str, Signal]
) -> None:
    empty = type(make_shop())(0, 120, {})
    first = classify(playbooks, topology, signals, empty, baseline=BASELINE, since=BROKEN)[0]
    assert first.evidence == []
    assert first.confidence < 0.6
