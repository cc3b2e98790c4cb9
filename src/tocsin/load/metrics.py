"""What a load process tells: its counts for Prometheus while it runs, and its summary at the end."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gevent.pywsgi import WSGIServer
from prometheus_client import make_wsgi_app

from tocsin.load.exposition import LoadCollector, registry_of
from tocsin.load.measure import Measure
from tocsin.load.run import LoadRun
from tocsin.load.summary import summarize


def serve(measure: Callable[[], Measure], run: LoadRun, listen: tuple[str, int]) -> None:
    """Serve the counts; ``listen`` is loopback, or this machine's address in the stack's own network, and a port."""
    names = [span.name for span in run.course.spans]
    registry = registry_of(LoadCollector(measure, names, lambda: run.phase))
    WSGIServer(listen, make_wsgi_app(registry), log=None, error_log=None).start()


def write_summary(path: Path, measure: Measure, run: LoadRun, elapsed: float, lost: Sequence[str] = ()) -> None:
    """Write the summary so that nobody can see half of it."""
    draft = path.with_suffix(".new")
    draft.write_text(summarize(measure, run.course, elapsed, lost).model_dump_json(), encoding="utf-8")
    draft.replace(path)
