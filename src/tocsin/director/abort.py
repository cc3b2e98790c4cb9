"""When a drill is given up: too much of an SLO was bad for too long, or an expression held for too long."""

from tocsin.detect import bad_for
from tocsin.model.limits import AbortRule
from tocsin.model.slo import SloFile
from tocsin.model.window import SampleWindow
from tocsin.observe.expression import Expression


class AbortWatch:
    """Looks at a drill's abort rule once a second."""

    def __init__(self, rule: AbortRule, slos: SloFile, url: str) -> None:
        self._rule = rule
        self._slos = slos
        self._expression = Expression(url, rule.expression) if rule.expression else None
        self._since: float | None = None

    def reason(self, window: SampleWindow, now: float) -> str:
        """Why the drill should be given up now; empty when it should not. ``now`` in seconds since the epoch.

        Raises:
            TocsinError: when Prometheus cannot evaluate the expression: a limit that cannot be seen is none.
        """
        return self._slo_reason(window) if self._expression is None else self._expression_reason(self._expression, now)

    def _slo_reason(self, window: SampleWindow) -> str:
        rule = self._rule
        assert rule.slo is not None and rule.share is not None  # noqa: S101, PT018 - the model has seen to it
        share = bad_for(self._slos.slos[rule.slo], window, rule.duration)
        if share is None or share <= rule.share:
            return ""
        return f"{share:.0%} of {rule.slo} were bad for {rule.duration:g} s, {rule.share:.0%} are allowed"

    def _expression_reason(self, expression: Expression, now: float) -> str:
        if not expression.holds(now):
            self._since = None
            return ""
        self._since = now if self._since is None else self._since
        held = now - self._since
        return f"{self._rule.expression} held for {held:.0f} s" if held >= self._rule.duration else ""
