"""The scores of one run: of the whole response first, then of every person who took part in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin.model.event import Event
from tocsin.model.hypothesis import Hypothesis
from tocsin.model.run import RunMeta
from tocsin.model.window import Array, SampleWindow
from tocsin.retro.effects import Effect, effects
from tocsin.retro.language import ENGLISH, Language
from tocsin.retro.score.deductions import hints, unneeded
from tocsin.retro.score.diagnosis import Diagnosis, judge_guesses, judge_list, judge_nothing_broken
from tocsin.retro.score.harm import Minutes, Missing, Stretch, bad_seconds, minutes_of, stretch_of
from tocsin.retro.score.process import Rated, rate, share
from tocsin.retro.score.safety import safety
from tocsin.retro.score.total import Part, Score, add_up
from tocsin.retro.score.twin import Twin
from tocsin.tape.fold import fold
from tocsin.tape.state import RunState
from tocsin.tape.store import TapeReader

AUTO, TEAM = "auto", "team"
"""Who scores for the automatic responder, and for all people together."""


@dataclass(frozen=True)
class Played:
    """A run as scoring needs it; ``end`` in seconds since its start."""

    meta: RunMeta
    state: RunState
    events: list[Event]
    window: SampleWindow
    end: float
    effects: list[Effect]
    twin: Twin | None = None
    say: Language = ENGLISH


def score_run(reader: TapeReader, say: Language = ENGLISH, twin: Twin | None = None) -> list[Score]:
    """The scores of the run on a tape; empty when nobody was to respond.

    Raises:
        BadInput: when the tape is broken.
    """
    meta, events, window = reader.meta, reader.events(), reader.window()
    state = fold(meta, events)
    done = effects(state, meta.slos.slos, window, say)
    return scores(Played(meta, state, events, window, reader.last_t, done, twin, say))


def scores(run: Played) -> list[Score]:
    """The whole response, then every person; empty when nobody was to respond, and when the run proves nothing."""
    if run.meta.responder == "none" or run.state.verdict == "invalid":
        return []
    minutes, notes = _minutes(run)
    if run.meta.responder == AUTO:
        return [_score(run, AUTO, (minutes, _process(run, people=False)), notes)]
    shared = (minutes, _process(run, people=True))
    return [_score(run, TEAM, shared, notes), *(_score(run, who, shared, []) for who in _responders(run.state))]


def _responders(state: RunState) -> list[str]:
    """Those who said or did something that a responder does, in the order in which they first did."""
    told: list[tuple[float, str]] = [(t, one.who) for t, one in state.people.stated]
    told += [(action.at, action.who) for action in state.actions]
    told += [(t, one.who) for t, one in state.declarations]
    told += [(t, one.who) for t, one in state.people.hints]
    told += [(t, one.who) for t, one in state.people.previews]
    told += [(t, one.who) for t, one in (*state.people.mitigated, *state.people.resolved)]
    if state.stamps.acknowledged is not None:
        told.append((state.stamps.acknowledged, state.acknowledged_by))
    return list(dict.fromkeys(who for _, who in sorted(told) if who))


def _score(run: Played, who: str, shared: tuple[Part, Part], notes: Sequence[str]) -> Score:
    """One score: the minutes and the process are everybody's, the rest is somebody's own."""
    mine: Callable[[str], bool] = (lambda _: True) if who in (AUTO, TEAM) else (lambda name: name == who)
    own = [effect for effect in run.effects if mine(effect.action.who)]
    costs = [hint.cost for _, hint in run.state.people.hints if mine(hint.who)]
    broken = bool(run.state.injections)
    kept, why = safety(own, run.state.invariants, run.state.residue, run.say)
    parts = [
        shared[0],
        _diagnosis(run, who, mine),
        Part("safety", kept, why),
        shared[1],
        Part("retro", None, run.say("score.retro")),
    ]
    taken = [*unneeded(own, run.say, broken=broken), *hints(costs, run.say)]
    return add_up(who, parts, taken, notes)


def _minutes(run: Played) -> tuple[Part, list[str]]:
    """The part of the minutes, and how doing nothing was estimated."""
    stretch = stretch_of(run.state, run.events, run.end)
    shares = {}
    if stretch is not None:
        shares = bad_seconds(run.meta.slos.slos, run.window, stretch.impact, stretch.over)
    found = _beside_nothing(run, stretch, shares)
    if not isinstance(found, Minutes):
        return Part("minutes", None, run.say(f"score.missing.{found}")), []
    return _told(run, found, stretch, ", ".join(shares))


def _beside_nothing(run: Played, stretch: Stretch | None, shares: dict[str, Array]) -> Minutes | Missing:
    """What was spent beside what doing nothing costs: the twin's, else estimated from the run itself."""
    if run.twin is not None and run.state.injections:
        cost = sum(run.twin.minutes.values())
        return Minutes(sum(float(values.sum()) for values in shares.values()) / 60.0, cost, cost, cost)
    if stretch is None or not run.state.injections:
        return "no_harm"
    return minutes_of(shares, stretch)


def _told(run: Played, found: Minutes, stretch: Stretch | None, slos: str) -> tuple[Part, list[str]]:
    figures = {"spent": found.spent, "untouched": found.untouched, "saved": found.saved, "slos": slos or "–"}
    saved = found.saved if run.state.actions else 0.0
    if not run.state.actions:
        why = run.say("score.minutes.nobody", **{key: figures[key] for key in ("spent", "slos")})
    elif run.twin is not None:
        why = run.say("score.minutes.twin", **figures, run=run.twin.run)
    else:
        low, high = found.range
        why = run.say("score.minutes.extended", **figures, low=low, high=high)
    return Part("minutes", saved, why), [_method(run, stretch)]


def _method(run: Played, stretch: Stretch | None) -> str:
    """How doing nothing was estimated; there is a stretch wherever there is no twin."""
    if run.twin is not None or stretch is None:
        return run.say("score.method.twin", run=run.twin.run if run.twin is not None else "–")
    return run.say("score.method.extended", seconds=stretch.acted - stretch.impact, until=stretch.planned)


def _diagnosis(run: Played, who: str, mine: Callable[[str], bool]) -> Part:
    stated = _stated(run.state, mine) if who != AUTO else _acted_on(run.state)
    if not run.state.injections:
        quiet = judge_nothing_broken([run.state.classified] if who == AUTO and run.state.classified else stated)
        quiet = 1.0 if who == AUTO and run.state.classified is None else quiet
        return Part("diagnosis", quiet, run.say("score.diagnosis.nothing" if quiet == 1.0 else "score.diagnosis.alarm"))
    truth = run.state.injections[0]
    judge = judge_list if who == AUTO else judge_guesses
    found = judge(stated, truth.cause, truth.target)
    if found is None:
        if who not in (AUTO, TEAM):
            return Part("diagnosis", None, run.say("score.diagnosis.own_none"))
        return Part("diagnosis", 0.0, run.say("score.diagnosis.none", cause=truth.cause))
    return Part("diagnosis", found.share, _named(found, truth.cause, run.say))


def _named(found: Diagnosis, cause: str, say: Language) -> str:
    if found.rank is None:
        return say("score.diagnosis.wrong", cause=cause, brier=found.brier)
    place = "" if found.right_target else say("score.diagnosis.target")
    return say("score.diagnosis.right", cause=cause, rank=found.rank, place=place, brier=found.brier)


def _stated(state: RunState, mine: Callable[[str], bool]) -> list[Hypothesis]:
    return [
        Hypothesis(rank=1, cause=one.cause, target=one.target, confidence=one.confidence)
        for _, one in state.people.stated
        if mine(one.who)
    ]


def _acted_on(state: RunState) -> list[Hypothesis]:
    """The list that stood when the hypothesis acted on was chosen, else the newest."""
    moment = state.stamps.classified
    lists = [ranked for t, ranked in state.hypotheses if moment is None or t <= moment]
    return list(lists[-1]) if lists else []


def _process(run: Played, *, people: bool) -> Part:
    rated = rate(run.state, run.end, people=people)
    found = share(rated)
    if found is None:
        return Part("process", None, run.say("score.process.none"))
    return Part("process", found, "; ".join(_rating(one, run.say) for one in rated))


def _rating(one: Rated, say: Language) -> str:
    task = say(f"score.task.{one.task}")
    if one.seconds is None:
        return say("score.rated", task=task, rating=one.rating)
    return say("score.rated_after", task=task, rating=one.rating, seconds=one.seconds)
