"""The counts of a load as figures: over its whole life, by phase, and by request name within a phase."""

from collections.abc import Sequence

from tocsin.load.measure import Measure, added
from tocsin.load.phases import Course, Span
from tocsin.load.tally import Lag, Tally
from tocsin.model.event import LoadFigures, LoadPhase, LoadSummary


def summarize(measure: Measure, course: Course, elapsed: float, lost: Sequence[str] = ()) -> LoadSummary:
    """The figures of a load that has run for ``elapsed`` seconds; ``lost`` says which workers were lost, and how."""
    whole = added([tally for row in measure.rows for tally in row.values()])
    lag = measure.lag().ages
    return LoadSummary(
        **_figures(whole, elapsed).model_dump(),
        schedule_lag_ms=_ms(lag.percentile(0.95)),
        lateness_p99_ms=_ms(lag.percentile(0.99)),
        lateness_max_ms=_ms(lag.most),
        phases=[
            _phase(span, row, own_lag, elapsed)
            for span, row, own_lag in zip(course.spans, measure.rows, measure.lags, strict=True)
            if span.begin < elapsed
        ],
        lost_workers=list(lost),
    )


def _phase(span: Span, row: dict[str, Tally], lag: Lag, elapsed: float) -> LoadPhase:
    end = min(span.end, elapsed)
    seconds = end - span.begin
    return LoadPhase(
        **_figures(added(list(row.values())), seconds).model_dump(),
        name=span.name,
        begin=round(span.begin, 3),
        end=round(end, 3),
        level=(round(span.first, 3), round(span.level(end), 3)),
        lateness_p99_ms=_ms(lag.ages.percentile(0.99)),
        requests={name: _figures(tally, seconds) for name, tally in row.items()},
    )


def _figures(tally: Tally, seconds: float) -> LoadFigures:
    p50, p95, p99 = (_ms(tally.ages.percentile(share)) for share in (0.50, 0.95, 0.99))
    return LoadFigures(
        scheduled=tally.scheduled,
        completed=tally.completed,
        failed=tally.failed,
        dropped=tally.dropped,
        rps=round(tally.completed / seconds, 2) if seconds > 0 else 0.0,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
