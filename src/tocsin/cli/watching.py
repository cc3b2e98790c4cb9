"""What a run shows of itself while it goes on; of a blind one, nothing that tells the cause."""

from tocsin.cli.events import show_event
from tocsin.director.plan import Plan
from tocsin.director.recorder import Watcher
from tocsin.model.event import Event, VerdictReached
from tocsin.tape.seal import SEALED_TITLE, Seal


def title_of(plan: Plan) -> str:
    """Title and name of the drill, unless it is blind."""
    return SEALED_TITLE if plan.drill.blind else f"{plan.drill.title} ({plan.name})"


def watcher_for(plan: Plan) -> Watcher:
    """Who shows events; what people are to find out by themselves is left out."""
    if not plan.drill.blind and not plan.people_respond:
        return show_event
    seal = Seal(plan, "observer")

    def show(event: Event) -> None:
        if isinstance(event.data, VerdictReached) or not seal.hides(event.data):
            show_event(event)

    return show
