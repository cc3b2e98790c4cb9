"""``tocsin run``: one drill from its file to its document."""

import sys
from typing import Annotated, Literal

import typer
from rich.markup import escape

from tocsin.cli.output import print_json, results, say, show_error, show_event, waiting_line
from tocsin.director.plan import Choices, make_plan
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
    stack: Annotated[Literal["local"], typer.Option(help="which backend runs the stack")] = "local",
    responder: Annotated[
        Literal["auto", "none"] | None, typer.Option(help="who responds; the drill's own choice by default")
    ] = None,
    seed: Annotated[int, typer.Option(help="seed of data, load and arrivals")] = 7,
    scale: Annotated[float | None, typer.Option(help="multiplies users or rates of the load")] = None,
    variant: Annotated[str | None, typer.Option(help="one of the drill's variants")] = None,
    blind: Annotated[bool, typer.Option("--blind", help="keep the cause sealed until the retrospective")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="leave the stack running for a look around")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="agree to faults that cannot be undone")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="print one JSON object on standard output and nothing else")
    ] = False,
) -> None:
    """Run one drill: load, break, detect, classify, respond, verify, and write the incident document."""
    if scale is not None and scale <= 0:
        raise BadInput(f"--scale must be above 0, not {scale:g}")
    plan = make_plan(
        Workspace.find(),
        drill,
        Choices(seed=seed, scale=scale, responder=responder, variant=variant, blind=blind, confirmed=yes),
    )
    for fault in plan.drill.faults:
        check_confirmed(fault.fault, confirmed=yes)
    say(f"{plan.drill.title} ({plan.name}, seed {seed}, backend {stack})")
    sealed = plan.drill.blind
    with waiting_line() as show_progress:
        ran = run_drill(
            plan,
            RunOptions(keep=keep, show_progress=show_progress),
            lambda event: None if sealed and event.lane == "truth" else show_event(event),
            say,
        )
    result = ran.result
    if ran.failure is not None:
        show_error(ran.failure)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        _show(result)
    sys.exit(exit_code(ran))


def exit_code(ran: Ran) -> int:
    """That of the verdict; of bad input that only the start of the load could find, once all of it is undone."""
    if isinstance(ran.failure, BadInput) and ran.result.verdict == "aborted":
        return ran.failure.exit_code
    return EXIT_CODES[ran.result.verdict]


def _show(result: RunResult) -> None:
    style = STYLES[result.verdict]
    stamps = result.stamps
    results.print(f"[{style}]{result.verdict}[/{style}]  {result.drill}")
    if stamps.detected is not None:
        moments = {name: value for name, value in stamps.model_dump().items() if value is not None}
        results.print("  " + " · ".join(f"{name} {value:.1f} s" for name, value in moments.items()))
    if result.hypotheses:
        first = result.hypotheses[0]
        results.print(f"  diagnosis: {first['cause']} on {first['target'] or '-'} ({first['confidence']:.0%})")
    for expectation in result.expectations:
        mark = "[green]met[/green]" if expectation["met"] else "[red]not met[/red]"
        results.print(f"  {expectation['name']}: {mark} (wanted {expectation['want']}, got {expectation['got']})")
    for invariant in result.invariants:
        mark = "[green]holds[/green]" if invariant["met"] else "[red]violated[/red]"
        results.print(f"  {invariant['name']}: {mark}")
    results.print(f"  document: {escape(result.document)}")
