"""Matchers read as Prometheus reads them, and polls that lose nothing and repeat nothing."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serving import serving

from tocsin.errors import TocsinError
from tocsin.model.signal import Signal
from tocsin.observe.matchers import Matcher, parse_matchers, split_selector
from tocsin.observe.sampler import Sampler

STARTED = 1_700_000_000.0


class FakePrometheus(BaseHTTPRequestHandler):
    """Answers range-vector queries from a table of series."""

    series: tuple[tuple[dict[str, str], list[tuple[float, str]]], ...] = ()
    queries: list[str] = []  # noqa: RUF012 - shared on purpose, cleared by the fixture

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        query, now = asked["query"][0], float(asked["time"][0])
        self.queries.append(query)
        found = re.search(r'__name__=~"([^"]+)"', query)
        width = float(query[query.rindex("[") + 1 : query.rindex("s]")])
        assert found is not None
        rows = [
            {"metric": metric, "values": [[t, v] for t, v in values if now - width < t <= now]}
            for metric, values in self.series
            if re.fullmatch(found.group(1), metric["__name__"])
        ]
        body = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": rows}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    FakePrometheus.queries.clear()
    with serving(FakePrometheus) as port:
        yield f"http://127.0.0.1:{port}"


def _every_second(end: int) -> list[tuple[float, str]]:
    return [(STARTED + t, str(10.0 * t)) for t in range(1, end)]


SIGNALS = {
    "errors": Signal(rate='http_requests_count{status=~"5.."}', entity="app"),
    "all": Signal(rate="http_requests_count", entity="app"),
    "fast": Signal(rate='command_seconds_bucket{le="0.01"}', entity="app->redis"),
    "up": Signal(gauge='up{job="app"}', entity="{instance}"),
}


def test_samples_come_once_however_often_polls_overlap(prometheus: str) -> None:
    FakePrometheus.series = (({"__name__": "up", "job": "app", "instance": "app-1"}, _every_second(20)),)
    sampler = Sampler(prometheus, SIGNALS, STARTED)
    rows = [row for now in (3.5, 4.5, 4.6, 9.5) for row in sampler.poll(STARTED + now)]
    assert [row.t for row in rows] == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]
    assert {(row.signal, row.entity) for row in rows} == {("up", "app-1")}


def test_one_series_serves_every_signal_that_wants_it(prometheus: str) -> None:
    FakePrometheus.series = (
        ({"__name__": "http_requests_count", "status": "503"}, _every_second(3)),
        ({"__name__": "http_requests_count", "status": "200"}, _every_second(3)),
        ({"__name__": "up", "job": "other", "instance": "x"}, _every_second(3)),
    )
    rows = Sampler(prometheus, SIGNALS, STARTED).poll(STARTED + 2.5)
    wanted = {(row.signal, row.labels["status"]) for row in rows}
    assert wanted == {("all", "200"), ("all", "503"), ("errors", "503")}


def test_buckets_are_picked_by_prometheus_the_rest_shares_one_query(prometheus: str) -> None:
    FakePrometheus.series = ()
    Sampler(prometheus, SIGNALS, STARTED).poll(STARTED + 1.0)
    assert sorted(FakePrometheus.queries) == [
        '{__name__=~"command_seconds_bucket",le="0.01"}[4s]', '{__name__=~"http_requests_count|up"}[4s]',
    ]  # fmt: skip


def test_a_missed_poll_widens_the_next_one(prometheus: str) -> None:
    FakePrometheus.series = ()
    sampler = Sampler(prometheus, SIGNALS, STARTED)
    sampler.poll(STARTED + 1.0)
    sampler.poll(STARTED + 11.0)
    assert FakePrometheus.queries[-1].endswith("[13s]")


def test_nan_is_no_value_and_nothing_before_the_start_counts(prometheus: str) -> None:
    values = [(STARTED - 1.0, "1"), (STARTED + 1.0, "NaN"), (STARTED + 2.0, "3")]
    FakePrometheus.series = (({"__name__": "up", "job": "app", "instance": "a"}, values),)
    rows = Sampler(prometheus, SIGNALS, STARTED).poll(STARTED + 2.5)
    assert [(row.t, row.value) for row in rows] == [(2.0, 3.0)]


def test_a_silent_prometheus_is_an_error_of_ours() -> None:
    with pytest.raises(TocsinError, match="Prometheus did not answer"):
        Sampler("http://127.0.0.1:9", SIGNALS, STARTED).poll(STARTED + 1.0)


@pytest.mark.parametrize(
    ("text", "labels", "fits"),
    [
        ('a="x"', {"a": "x"}, True),
        ('a="x"', {}, False),
        ('a!="x"', {}, True),
        ('a=~"x|y",b="1"', {"a": "y", "b": "1"}, True),
        ('a=~"x"', {"a": "xx"}, False),  # anchored
        ('a!~"5.."', {"a": "503"}, False),
        ('le=~"1|1[.]0"', {"le": "1.0"}, True),
        ('uri="/a\\"b"', {"uri": '/a"b'}, True),
    ],
)
def test_matchers(text: str, labels: dict[str, str], fits: bool) -> None:  # noqa: FBT001 - a table
    assert all(matcher.fits(labels) for matcher in parse_matchers(text)) is fits


@given(st.text(st.characters(exclude_characters='"\\', exclude_categories=["C"]), max_size=20))
def test_any_plain_value_is_matched_by_itself(value: str) -> None:
    name, matchers = split_selector(f'metric{{label="{value}"}}')
    assert name == "metric"
    assert parse_matchers(matchers) == (Matcher("label", "=", value),)


@pytest.mark.parametrize("text", ["rate(a[5s])", "a{b=}", "a{", "", "sum(a)"])
def test_what_is_no_plain_selector_is_refused(text: str) -> None:
    with pytest.raises(TocsinError):
        parse_matchers(split_selector(text)[1])
