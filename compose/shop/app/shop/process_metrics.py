"""Micrometer's process metrics, computed when they are asked for."""

import os
import time
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class ProcessCollector(Collector):
    """CPU time in nanoseconds, CPU use as a share of the machine, uptime in seconds, number of CPUs."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._cpus = os.cpu_count() or 1
        self._last = (self._started, time.process_time())
        self._usage = 0.0

    def collect(self) -> Iterable[Metric]:
        """Yield the families with their present values."""
        now, used = time.monotonic(), time.process_time()
        elapsed = now - self._last[0]
        if elapsed > 0.1:
            self._usage = (used - self._last[1]) / elapsed / self._cpus
            self._last = (now, used)
        yield GaugeMetricFamily("process_cpu_usage", "Share of the machine's CPU time", value=self._usage)
        yield CounterMetricFamily("process_cpu_time_ns", "CPU time in nanoseconds", value=used * 1e9)
        yield GaugeMetricFamily("process_uptime_seconds", "Seconds since the start", value=now - self._started)
        yield GaugeMetricFamily("system_cpu_count", "CPUs of the machine", value=self._cpus)
