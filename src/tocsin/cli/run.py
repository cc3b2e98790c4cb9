"""``tocsin run``: one drill from its file to its document."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tocsin.cli.blind import seal_process, unsealed
from tocsin.cli.compare import as_object, compare_folders
from tocsin.cli.output import print_json, progress, results, say, show_error, waiting_line
from tocsin.cli.responder import parse_responder
from tocsin.cli.watching import title_of, watcher_for
from tocsin.cli.which import BackendName
from tocsin.director.plan import Choices, Plan, make_plan
from tocsin.director.session import Ran, RunOptions, run_drill
from tocsin.errors import BadInput
from tocsin.inject.safety import check_confirmed
from tocsin.model.verdict import EXIT_CODES, RunResult
from tocsin.workspace import Workspace

STYLES = {"held": "bold green", "missed": "bold yellow", "aborted": "bold", "invalid": "bold", "unclean": "bold red"}


def register(application: typer.Typer) -> None:
    """Add the verb."""
    application.command()(run)


def run(
    drill: Annotated[str, typer.Argument(help="a drill file or name; `tocsin list drills` shows them")],
    stack: Annotated[
        BackendName | None, typer.Option(help="which backend runs the stack; the drill's own choice by default")
    ] = None,
    responder: Annotated[
        str | None,
        typer.Option(help="who responds: auto, human, script:FILE or none; the drill's own choice by default"),
    ] = None,
    seed: Annotated[int, typer.Option(help="seed of data, load and arrivals")] = 7,
    scale: Annotated[float | None, typer.Option(help="multiplies users or rates of the load")] = None,
    variant: Annotated[str | None, typer.Option(help="one of the drill's variants")] = None,
    blind: Annotated[bool, typer.Option("--blind", help="keep the cause sealed until the retrospective")] = False,
    longer: Annotated[
        float | None,
        typer.Option(
            help="seconds more for the last fault, the load and the deadline for mitigation; 120 where people respond"
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="leave the stack running for a look around")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="agree to faults that cannot be undone")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON object on standard output and nothing else")
    ] = False,
) -> None:
    """Run one drill: load, break, detect, classify, respond, verify, and write the incident document.

    A drill that names variants to compare is run once with each, on the same load, and a comparison is written.
    """
    if scale is not None and scale <= 0:
        raise BadInput(f"--scale must be above 0, not {scale:g}")
    if longer is not None and longer < 0:
        raise BadInput(f"--longer must not be below 0, not {longer:g}")
    workspace = Workspace.find()
    mode, script = parse_responder(responder)
    choices = Choices(
        seed=seed,
        scale=scale,
        responder=mode,
        script=script,
        variant=variant,
        blind=blind,
        confirmed=yes,
        backend=stack,
        longer=longer,
    )
    drill = unsealed(drill)
    plan = make_plan(workspace, drill, choices)
    if plan.drill.blind:
        seal_process(drill)
    say(f"backend {plan.backend}")
    for fault in plan.drill.faults:
        check_confirmed(fault.fault, confirmed=yes)
    variants = plan.drill.compare if variant is None else []
    if not variants:
        one = _play(plan, keep=keep)
        _tell(one.result, as_json=as_json)
        sys.exit(exit_code(one))
    ran = _play_all([make_plan(workspace, drill, replace(choices, variant=name)) for name in variants])
    _compare(workspace, [one.result for one in ran], as_json=as_json)
    sys.exit(max(map(exit_code, ran)))


def _compare(workspace: Workspace, ran: list[RunResult], *, as_json: bool) -> None:
    """Write the comparison of runs, if there are two at least that can be compared."""
    document, found = "", None
    try:
        path, found = compare_folders(workspace, [Path(one.tape).parent for one in ran])
        document = str(path)
    except BadInput as error:
        say(f"no comparison was written: {error.message}")
    if as_json:
        runs = [one.model_dump(mode="json") for one in ran]
        print_json({"runs": runs, "comparison": None if found is None else as_object(found), "document": document})
    elif document:
        results.print(f"comparison: {escape(document)}")


def _play_all(plans: list[Plan]) -> list[Ran]:
    """One variant after the other; one that was aborted or left something behind ends the series."""
    ran: list[Ran] = []
    for number, plan in enumerate(plans, start=1):
        say(f"variant {plan.variant_name}, {number} of {len(plans)}")
        one = _play(plan)
        _tell(one.result, as_json=False, to=progress)
        ran.append(one)
        if one.result.verdict in ("aborted", "unclean"):
            say(f"the variants after {plan.variant_name} were not run")
            break
    return ran


def _play(plan: Plan, *, keep: bool = False) -> Ran:
    say(f"{title_of(plan)} (seed {plan.seed})")
    with waiting_line() as show_progress:
        ran = run_drill(plan, RunOptions(keep=keep, show_progress=show_progress), watcher_for(plan), say)
    if ran.failure is not None:
        show_error(ran.failure)
    return ran


def _tell(result: RunResult, *, as_json: bool, to: Console = results) -> None:
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result, to)


def exit_code(ran: Ran) -> int:
    """That of the verdict; of bad input that only the start of the load could find, once all of it is undone."""
    if isinstance(ran.failure, BadInput) and ran.result.verdict == "aborted":
        return ran.failure.exit_code
    return EXIT_CODES[ran.result.verdict]


def _show(result: RunResult, to: Console) -> None:
    style = STYLES[result.verdict]
    stamps = result.stamps
    to.print(f"[{style}]{result.verdict}[/{style}]  {result.drill}")
    if stamps.detected is not None:
        moments = {name: value for name, value in stamps.model_dump().items() if value is not None}
        to.print("  " + " · ".join(f"{name} {value:.1f} s" for name, value in moments.items()))
    if result.hypotheses:
        first = result.hypotheses[0]
        to.print(f"  diagnosis: {first['cause']} on {first['target'] or '-'} ({first['confidence']:.0%})")
    for expectation in result.expectations:
        mark = "[green]met[/green]" if expectation["met"] else "[red]not met[/red]"
        to.print(f"  {expectation['name']}: {mark} (wanted {expectation['want']}, got {expectation['got']})")
    for criterion in result.criteria:
        word = {True: "[green]met[/green]", False: "[red]not met[/red]", None: "[dim]not measured[/dim]"}[
            criterion["met"]
        ]
        got = "" if criterion["measured"] is None else f", measured {criterion['measured']:.4g}"
        to.print(f"  {criterion['title']}: {word} (target {criterion['target']}{got}, scale {criterion['scale']:g})")
    for invariant in result.invariants:
        mark = "[green]holds[/green]" if invariant["met"] else "[red]violated[/red]"
        to.print(f"  {invariant['name']}: {mark}")
    to.print(f"  document: {escape(result.document)}")
