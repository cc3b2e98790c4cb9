"""From a game day file to a plan: every drill, variant and script it names is there before anything is started."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from tocsin.director.checker import Checker
from tocsin.director.plan import Choices, Plan, make_plan, script_words
from tocsin.errors import BadInput
from tocsin.inject.safety import check_confirmed
from tocsin.model.drill import ResponderMode
from tocsin.model.gameday import DrillEntry, GameDay, GameDayDrill
from tocsin.respond.script import read_script
from tocsin.workspace import Workspace
from tocsin.yamlfile import load_model, read_yaml


@dataclass(frozen=True)
class Chosen:
    """What the command line decides; ``seed`` None = the game day's own, ``script`` "" = each drill's own."""

    responder: ResponderMode = "auto"
    script: str = ""
    backend: str | None = None
    confirmed: bool = False
    seed: int | None = None


@dataclass(frozen=True)
class GameDayPlan:
    """A game day with everything it names found; ``entries`` in the order in which they are run.

    ``stacks`` are the (stack, backend) pairs that its drills use.
    """

    path: Path
    name: str
    gameday: GameDay
    entries: list[DrillEntry]
    stacks: list[tuple[str, str]]


def read_gameday(workspace: Workspace, text: str, chosen: Chosen) -> GameDayPlan:
    """A game day by path or name, checked to the last drill.

    Raises:
        BadInput: naming file, line and key of every mistake, with the nearest valid word.
    """
    path = workspace.gameday(text)
    content = read_yaml(path)
    gameday = load_model(path, GameDay, content=content)
    check = Checker(path, content)
    entries: list[DrillEntry] = []
    stacks: list[tuple[str, str]] = []

    def read(index: int, drill: GameDayDrill) -> None:
        plan = _plan(workspace, drill, gameday, chosen)
        entries.append(_entry(plan, drill, gameday))
        stacks.append((plan.drill.stack, plan.backend))
        check.attempt(("drills", index, "script"), lambda: _check_script(path, plan, drill, chosen))

    for index, drill in enumerate(gameday.drills):
        check.attempt(("drills", index, "drill"), lambda index=index, drill=drill: read(index, drill))  # type: ignore[misc]
    check.done()
    return GameDayPlan(path, path.stem, gameday, _in_order(entries, gameday, chosen), list(dict.fromkeys(stacks)))


def plan_of(workspace: Workspace, path: Path, entry: DrillEntry, chosen: Chosen) -> Plan:
    """The plan of one drill; ``path`` is the game day's file.

    Raises:
        BadInput: when something in it is not (or no longer) right.
    """
    return make_plan(workspace, entry.drill, _choices(workspace, path, entry.plan, entry.seed, chosen))


def _plan(workspace: Workspace, drill: GameDayDrill, gameday: GameDay, chosen: Chosen) -> Plan:
    """The drill's own plan, whoever responds: all that can be wrong with it is told here."""
    seed = drill.seed if drill.seed is not None else _seed(gameday, chosen)
    choices = Choices(seed=seed, scale=drill.scale, variant=drill.variant, backend=chosen.backend, responder="auto")
    plan = make_plan(workspace, drill.drill, choices)
    for fault in plan.drill.faults:
        check_confirmed(fault.fault, confirmed=chosen.confirmed)
    return plan


def _entry(plan: Plan, drill: GameDayDrill, gameday: GameDay) -> DrillEntry:
    blind = gameday.blind if drill.blind is None else drill.blind
    settled = drill.model_copy(update={"blind": blind})
    return DrillEntry(number=1, drill=plan.name, title=plan.drill.title, plan=settled, seed=plan.seed)


def _choices(workspace: Workspace, path: Path, drill: GameDayDrill, seed: int, chosen: Chosen) -> Choices:
    scripted = chosen.responder == "script"
    return Choices(
        seed=seed,
        scale=drill.scale,
        responder=chosen.responder,
        script=str(_script(workspace, path, drill, chosen)) if scripted else None,
        variant=drill.variant,
        blind=bool(drill.blind),
        confirmed=chosen.confirmed,
        backend=chosen.backend,
    )


def _check_script(path: Path, plan: Plan, drill: GameDayDrill, chosen: Chosen) -> None:
    """The script that would be played here; one that the file names must be right whoever responds."""
    if chosen.responder == "script" or drill.script is not None:
        script = _script(plan.workspace, path, drill, chosen)
        read_script(script, script_words(plan.files, plan.playbooks))


def _script(workspace: Workspace, path: Path, drill: GameDayDrill, chosen: Chosen) -> Path:
    if chosen.responder == "script" and chosen.script:
        return workspace.script(chosen.script)
    if drill.script is None:
        raise BadInput(
            f"the drill {drill.drill} has no script to respond with",
            hint="Name one with `script:` beside the drill, or give one for all with --responder script:FILE.",
        )
    return workspace.script(drill.script, beside=path)


def _seed(gameday: GameDay, chosen: Chosen) -> int:
    return gameday.seed if chosen.seed is None else chosen.seed


def _in_order(entries: list[DrillEntry], gameday: GameDay, chosen: Chosen) -> list[DrillEntry]:
    """As listed, or shuffled: the same seed gives the same order."""
    order = list(entries)
    if gameday.order == "random":
        Random(_seed(gameday, chosen)).shuffle(order)
    return [entry.model_copy(update={"number": number}) for number, entry in enumerate(order, start=1)]
