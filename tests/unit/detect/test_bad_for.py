"""The safety limit's question: how bad has it been, at least, all that time?"""

import numpy as np
import pytest
from tests.unit.detect.conftest import MakeWindow

from tocsin.detect import bad_for
from tocsin.model.slo import Slo

SLO = Slo.model_validate({"title": "x", "objective": 0.99, "service": "app", "sli": {"bad": "bad", "total": "total"}})


def _share(make_window: MakeWindow, bad: list[float], seconds: float) -> float | None:
    total = [10.0] * len(bad)
    return bad_for(SLO, make_window({"bad": {"app": bad}, "total": {"app": total}}, {}), seconds)


def test_all_bad_all_the_time(make_window: MakeWindow) -> None:
    assert _share(make_window, [0.0] * 10 + [10.0] * 20, 10) == pytest.approx(1.0)


def test_one_good_moment_lowers_it(make_window: MakeWindow) -> None:
    bad = [10.0] * 20 + [0.0] * 5 + [10.0] * 8
    assert _share(make_window, bad, 15) == pytest.approx(0.0)


def test_too_little_known_is_no_reason(make_window: MakeWindow) -> None:
    assert _share(make_window, [10.0] * 5, 10) is None
    assert _share(make_window, [10.0] * 10 + [float(np.nan)] * 10, 10) is None
