"""Every mistake in a drill is said with file, line and the nearest valid word, before anything is started."""

from pathlib import Path

import pytest
from tests.conftest import ROOT

from tocsin.director.plan import Choices, make_plan
from tocsin.errors import BadInput
from tocsin.workspace import Workspace

GOOD = """\
title: A drill
stack: shop
load: {profile: shop_mix, scale: 1, for: 180s}
steady: {for: 60s}
faults:
  - {at: 10s, fault: kafka.consumer_pause, target: coupon-issuer, for: 60s, with: {replicas: all}}
respond: {mode: auto, forbid: []}
expect: {detected_within: 20s, classified_as: kafka.consumer_pause, mitigated_within: 60s}
invariants: [coupons_not_oversold]
variants:
  one: {stack.scale: {coupon-issuer: 1}}
  bare: {flags: {cache: false}}
  other: {settings: {app: {SEED: 9}}, stack.cpus: {mysql: 2}}
compare: [one, bare]
"""
PREDICTED = """\
title: Rankings
stack: shop
load: {profile: shop_mix, for: 180s}
steady: {for: 0s}
analyse: [ranking_7d_without, ranking_7d_covering]
variants:
  now: {}
  more:
    stack.cpus: {mysql: 2}
    predict:
      - {figure: p95_ms, utilisation_of: mysql}
      - {figure: p95_ms, request: ranking_7d, queries: [ranking_7d_without, ranking_7d_covering]}
      - {figure: rps, times: 2, because: so it is}
compare: [now, more]
"""


def _write(workspace: Workspace, text: str) -> Path:
    path = workspace.root / "drills" / "mine.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _plan(workspace: Workspace, text: str, choices: Choices | None = None) -> object:
    _write(workspace, text)
    return make_plan(workspace, "mine", choices or Choices())


def _refuses(workspace: Workspace, text: str, line: int, message: str) -> None:
    """The drill is refused, at that line and for that reason."""
    with pytest.raises(BadInput) as caught:
        _plan(workspace, text)
    assert caught.value.exit_code == 2
    assert f"mine.yaml:{line}: " in str(caught.value)
    assert message in str(caught.value)


def test_a_good_drill_makes_a_plan(workspace: Workspace) -> None:
    plan = make_plan(workspace, "kafka/coupon-consumer-pause", Choices(seed=11, scale=2.0, variant="consumers-1"))
    assert (plan.name, plan.seed, plan.drill.load.scale) == ("kafka/coupon-consumer-pause", 11, 2.0)
    assert plan.variant.stack_scale == {"coupon-issuer": 1}


def test_people_get_more_time_than_a_machine(workspace: Workspace) -> None:
    path = str(_write(workspace, GOOD))
    machine, people = (make_plan(workspace, path, Choices(responder=mode)).drill for mode in ("auto", "human"))
    assert (machine.faults[0].duration, machine.load.duration, machine.expect.mitigated_within) == (60.0, 180.0, 60.0)
    assert (people.faults[0].duration, people.load.duration, people.expect.mitigated_within) == (180.0, 300.0, 180.0)
    assert people.expect.detected_within == machine.expect.detected_within  # Tocsin finds the page for both
    alike = make_plan(workspace, path, Choices(responder="none", longer=120.0)).drill
    assert (alike.load, alike.faults) == (people.load, people.faults)  # so that there can be a twin
    assert make_plan(workspace, path, Choices(responder="human", longer=0.0)).drill == machine


def test_more_time_keeps_within_the_limits_and_lengthens_the_last_fault_only(workspace: Workspace) -> None:
    first = "  - {at: 0s, fault: redis.latency, target: redis, for: 5s, with: {latency: 50}}"
    text = GOOD.replace("faults:", f"faults:\n{first}") + "limits: {longest: 100s}\n"
    drill = make_plan(workspace, str(_write(workspace, text)), Choices(responder="human")).drill
    assert [fault.duration for fault in drill.faults] == [5.0, 100.0]
    assert drill.load.duration == 220.0


def test_a_variant_changes_what_the_drill_itself_has_set(workspace: Workspace) -> None:
    settings = "settings: {app: {SEED: 8, DB_POOL_MAX: 5}, mysql: {SALES_ROWS: 1000}}"
    path = _write(workspace, GOOD.replace("\nvariants:", f"\n{settings}\nvariants:"))
    plain = make_plan(workspace, str(path), Choices()).changes.settings
    assert plain == {"app": {"SEED": "8", "DB_POOL_MAX": "5"}, "mysql": {"SALES_ROWS": "1000"}}
    other = make_plan(workspace, str(path), Choices(variant="other")).changes.settings
    assert other == {"app": {"SEED": "9", "DB_POOL_MAX": "5"}, "mysql": {"SALES_ROWS": "1000"}}


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("stack: shop", "stak: shop", 2, "unknown key 'stak' (stak); did you mean 'stack'?"),
        ("stack: shop", "stack: shp", 2, "unknown stack 'shp'; did you mean 'shop'?"),
        ("profile: shop_mix", "profile: shop_mx", 3, "unknown load profile 'shop_mx'; did you mean 'shop_mix'?"),
        ("fault: kafka.consumer_pause", "fault: kafka.pause", 6, "unknown fault 'kafka.pause'"),
        ("target: coupon-issuer", "target: issuer", 6, "unknown target 'issuer'; did you mean 'coupon-issuer'?"),
        ("target: coupon-issuer", "target: redis", 6, "redis does not allow kafka.consumer_pause"),
        ("replicas: all", "replica: all", 6, "did you mean 'replicas'?"),
        ("at: 10s", "at: tomorrow", 6, "'tomorrow' is not a duration"),
        ("mode: auto", "mode: automatic", 7, "'automatic' is not a valid word; did you mean 'auto'?"),
        ("mode: auto", "mode: script", 7, "the responder is a script, and none is given"),
        ("forbid: []", "forbid: [restrat]", 7, "unknown remedy 'restrat'; did you mean 'restart'?"),
        ("classified_as: kafka.consumer_pause", "classified_as: kafka.lag", 8, "unknown cause 'kafka.lag'"),
        ("[coupons_not_oversold]", "[coupons_oversold]", 9, "did you mean 'coupons_not_oversold'?"),
        ("{coupon-issuer: 1}", "{issuer: 1}", 11, "unknown service 'issuer'"),
        ("{coupon-issuer: 1}", "{coupon-issuer: 0}", 11, "stack.scale.coupon-issuer: Input should be greater than or"),
        ("{cache: false}", "{cahce: false}", 12, "unknown flag 'cahce'; did you mean 'cache'?"),
        ("{cache: false}", "{cache: 7}", 12, "variants.bare.flags.cache: Input should be a valid boolean"),
        ("{SEED: 9}", "{SEDE: 9}", 13, "unknown setting 'SEDE'; did you mean 'SEED'?"),
        ("{app: {SEED: 9}}", "{ap: {SEED: 9}}", 13, "unknown service 'ap'; did you mean 'app'?"),
        ("{mysql: 2}", "{kafak: 2}", 13, "unknown service 'kafak'"),
        ("{mysql: 2}", "{mysql: 0}", 13, "Input should be greater than 0"),
        ("[one, bare]", "[one, bear]", 14, "unknown variant 'bear'; did you mean 'bare'?"),
        ("\nvariants:", "\nsettings: {mysql: {SALES: 1}}\nvariants:", 10, "did you mean 'SALES_ROWS'?"),
        ("for: 180s", "for: 100s", 3, "load.for is 100 s, but ramp, steady, faults and recovery need"),
        ("scale: 1,", "scale: 0,", 3, "greater than 0"),
    ],
)
def test_a_mistake_names_file_line_and_the_nearest_word(
    workspace: Workspace, old: str, new: str, line: int, message: str
) -> None:
    assert old in GOOD
    _refuses(workspace, GOOD.replace(old, new, 1), line, message)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("of: mysql", "of: mysq", 11, "does not change the CPU limit of 'mysq'; did you mean 'mysql'?"),
        ("of: mysql", "of: app", 11, "does not change the CPU limit of 'app'"),
        ("p95_ms, utilisation", "rps, utilisation", 11, "utilisation_of predicts p50_ms, p95_ms, p99_ms, not rps"),
        ("queries: [ranking_7d_without", "queries: [ranking_7d_witout", 12, "did you mean 'ranking_7d_without'?"),
        (", because: so it is", "", 13, "a factor needs because"),
        ("times: 2", "times: 2, misses: 0.5", 13, "exactly one of times, utilisation_of, queries, misses"),
        ("times: 2, ", "", 13, "exactly one of times, utilisation_of, queries, misses; found none"),
    ],
)
def test_a_prediction_needs_one_basis_that_there_is(
    workspace: Workspace, old: str, new: str, line: int, message: str
) -> None:
    _plan(workspace, PREDICTED)
    assert old in PREDICTED
    _refuses(workspace, PREDICTED.replace(old, new, 1), line, message)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("for: 60s, with: {replicas: all}", "for: 700s, with: {replicas: all}", 6, "longer than the 600 s"),
        ("\nvariants:", "\nlimits: {longest: 30s}\nvariants:", 6, "longer than the 30 s"),
        ("\nvariants:", "\nlimits: {share: 2}\nvariants:", 10, "less than or equal to 1"),
        ("\nvariants:", "\nabort_if: {slo: availabilty, share: 0.9}\nvariants:", 10, "did you mean 'availability'?"),
        (
            "respond:",
            "  - {at: 20s, fault: service.kill, target: coupon-issuer, for: 10s}\nrespond:",
            7,
            "service.kill and kafka.consumer_pause would fight over the processes of coupon-issuer",
        ),
    ],
)
def test_safety_limits_are_checked_before_anything_starts(
    workspace: Workspace, old: str, new: str, line: int, message: str
) -> None:
    _refuses(workspace, GOOD.replace(old, new, 1), line, message)


RUSH = (
    GOOD.replace("profile: shop_mix, scale: 1, for: 180s", "profile: coupon_rush, compress: 4, for: 37s")
    .replace("steady: {for: 60s}", "steady: {for: 2s}")
    .replace("at: 10s,", "at: 1s,")
    .replace("for: 60s, with", "for: 0s, with")
)


def test_the_ramp_of_a_compressed_rush_is_compressed_too(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="need 53 s"):  # 60 / 4 + 2 + 1 + 35
        _plan(workspace, RUSH)
    plan = make_plan(workspace, str(_write(workspace, RUSH.replace("compress: 4, for: 37s", "for: 98s"))), Choices())
    assert plan.ramp_seconds == 60.0
    plan = make_plan(workspace, str(_write(workspace, RUSH.replace("4, for: 37s", "2, for: 68s"))), Choices())
    assert plan.ramp_seconds == 30.0


def test_arrivals_have_a_ramp_that_nothing_compresses(workspace: Workspace) -> None:
    text = GOOD.replace("scale: 1, for", "compress: 10, for")
    assert make_plan(workspace, str(_write(workspace, text)), Choices()).ramp_seconds == 10.0


def test_a_drill_cannot_outlast_the_stages_of_its_profile(workspace: Workspace) -> None:
    with pytest.raises(BadInput) as caught:
        _plan(workspace, RUSH.replace("compress: 4, for: 37s", "compress: 2, for: 80s"))
    assert "mine.yaml:3: load.for is 80 s, but the phases of coupon_rush are over after 75 s (compress 2)" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ("coupon_rush, phases: [u100, holt]", "unknown phase 'holt' of coupon_rush; did you mean 'hold'?"),
        ("shop_mix, phases: [hold]", "unknown phase 'hold' of shop_mix; this profile has no phases"),
        ("coupon_rush, scale: 0.004", "scale 0.004 leaves no user in the phase 'u100', which has 100 at scale 1"),
        ("catalogue_read, compress: 60, scale: 0.00001", "leaves no request in the phase 'warm', which has 250"),
        ("coupon_rush, arrivals: even", "'even' is not a valid word"),
        ("coupon_rush, workers: 0", "workers and remote cannot both be 0"),
        ("coupon_rush, workers: 1, remote: 1", "need TOCSIN_LOAD_ADDRESS and TOCSIN_LOAD_TOKEN in the environment"),
        ("coupon_rush, max_in_flight: 0", "greater than or equal to 1"),
    ],
)
def test_a_load_that_cannot_be_is_told_before_anything_starts(workspace: Workspace, load: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        _plan(workspace, QUIET.format(load=load))
    assert "mine.yaml:2: " in str(caught.value)
    assert message in str(caught.value)


QUIET = """\
title: Quiet
load: {{profile: {load}}}
steady: {{for: 5s}}
"""


def test_a_load_in_phases_lasts_as_long_as_they_do(workspace: Workspace) -> None:
    def planned(load: str) -> tuple[float, float]:
        plan = make_plan(workspace, str(_write(workspace, QUIET.format(load=load))), Choices())
        return plan.drill.load.duration, plan.ramp_seconds

    assert planned("coupon_rush") == (150, 60)
    assert planned("coupon_rush, phases: [hold, climb], compress: 3") == (20, 10)
    assert planned("coupon_rush, phases: [hold]") == (30, 0)
    assert planned("coupon_rush, for: 100s") == (100, 60)
    assert planned("shop_mix") == (180, 10)


def test_all_mistakes_are_told_at_once(workspace: Workspace) -> None:
    text = GOOD.replace("target: coupon-issuer", "target: issuer", 1).replace("forbid: []", "forbid: [restrat]")
    with pytest.raises(BadInput) as caught:
        _plan(workspace, text)
    assert len(str(caught.value).splitlines()) == 2


def test_an_unknown_variant_is_refused(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="unknown variant 'two'"):
        _plan(workspace, GOOD, Choices(variant="two"))


def test_what_is_no_yaml_says_where(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match=r"mine\.yaml:\d+: not valid YAML"):
        _plan(workspace, "title: [unclosed\nstack: shop\n")


def test_an_empty_file_is_no_drill(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="a mapping of keys is expected"):
        _plan(workspace, "")


def test_an_unknown_signal_in_an_slo_is_refused(workspace: Workspace) -> None:
    stack = workspace.root / "compose" / "shop"
    stack.mkdir(parents=True)
    for path in (ROOT / "compose" / "shop").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        (stack / path.name).write_text(text.replace("bad: product_late", "bad: product_lat"), encoding="utf-8")
    with pytest.raises(BadInput, match="unknown signal 'product_lat'; did you mean 'product_late'"):
        make_plan(workspace, "kafka/coupon-consumer-pause", Choices())


def test_a_drill_is_found_by_path_and_by_name(workspace: Workspace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "somewhere.yaml"
    elsewhere.write_text(GOOD, encoding="utf-8")
    assert make_plan(workspace, str(elsewhere), Choices()).name == "somewhere"
    with pytest.raises(BadInput, match="no such drill file"):
        make_plan(workspace, "drills/kafka/coupon-consumer-paus.yaml", Choices())
    with pytest.raises(BadInput, match="did you mean 'redis/flush'"):
        make_plan(workspace, "redis/flsh", Choices())


def test_objectives_about_requests_that_the_load_does_not_send_are_left_out(workspace: Workspace) -> None:
    def slos(profile: str) -> set[str]:
        _write(workspace, f"title: A\nstack: shop\nload: {{profile: {profile}, scale: 1}}\nsteady: {{for: 0s}}\n")
        return set(make_plan(workspace, "mine", Choices()).files.slos.slos)

    everywhere = {"availability", "coupon-issue-lag", "redis-time"}
    assert slos("shop_mix") == everywhere | {"product-latency", "ranking-latency", "coupon-latency"}
    assert slos("catalogue_read") == everywhere | {"product-latency", "ranking-latency"}
    assert slos("orders") == everywhere | {"order-latency"}


def test_a_drill_that_breaks_something_needs_a_healthy_baseline(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match=r"mine\.yaml:4: a drill that breaks something needs steady time"):
        _plan(workspace, GOOD.replace("steady: {for: 60s}", "steady: {for: 0s}"))
