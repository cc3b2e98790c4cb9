"""A run while it goes on: its tape is followed, and every key sends its command over the line and does nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Story
from tests.console.conftest import Console, continue_tape, text_of, until, write_tape
from textual.pilot import Pilot

from tocsin import clock
from tocsin.console.screens.live import LiveScreen, Person
from tocsin.errors import BadInput, TocsinError
from tocsin.ledger.store import Ledger
from tocsin.model import event as e
from tocsin.model.command import command_data
from tocsin.model.person import Role
from tocsin.model.run import RunMeta
from tocsin.workspace import Workspace

Sent = tuple[str, dict[str, Any]]


class FakeLink:
    """Takes every command that is well-formed; answers as told."""

    def __init__(self, who: str, role: Role, answers: dict[str, dict[str, Any] | TocsinError]) -> None:
        self.who, self.role = who, role
        self.sent: list[Sent] = []
        self.closed = False
        self._answers = answers

    async def send(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        command_data.validate_python(
            {"who": self.who, "role": self.role, "command": command, "arguments": arguments or {}}
        )
        self.sent.append((command, arguments or {}))
        answer = self._answers.get(command, {})
        if isinstance(answer, TocsinError):
            raise answer
        return answer

    async def close(self) -> None:
        self.closed = True


class Drill:
    """A drill that goes on: its tape is still written, and it answers."""

    def __init__(self, folder: Path, meta: RunMeta, story: Story) -> None:
        self.folder, self.meta, self.story = folder, meta, story
        self.answers: dict[str, dict[str, Any] | TocsinError] = {}
        self.links: list[FakeLink] = []
        self.now = 97.0
        self.reachable = True
        self.tape = write_tape(folder / "tape.db", meta, story, until=self.now)
        self.ledger = Ledger(folder / "ledger.jsonl")

    async def connect(self, folder: Path, who: str, role: Role) -> FakeLink:
        assert folder == self.folder
        if not self.reachable:
            raise BadInput("not yet")
        self.links.append(FakeLink(who, role, self.answers))
        return self.links[-1]

    def go_on(self, t: float) -> None:
        continue_tape(self.tape, self.meta, self.story, (self.now, t))
        self.now = t

    def tell(self, t: float, data: e.EventData) -> None:
        self.tape.append(t, self.meta.started + t, data)

    @property
    def sent(self) -> list[Sent]:
        return [one for link in self.links for one in link.sent if one[0] != "attach"]

    def close(self) -> None:
        self.tape.close()
        self.ledger.close()


@pytest.fixture
def drill(tmp_path: Path, meta: RunMeta, story: Story) -> Any:
    human = meta.model_copy(update={"responder": "human", "started": clock.wall() - 97.0})
    own = [(t, data) for t, data in story if data.kind not in ("acknowledged", "declared", "hypotheses", "classified")]
    found = Drill(tmp_path / "runs" / "20231114-221320-test", human, own)
    yield found
    found.close()


@pytest.fixture
def attach(drill: Drill, workspace: Workspace) -> Callable[[Role], Callable[[], LiveScreen]]:
    return lambda role: attach_to(drill, workspace, role)


def attach_to(drill: Drill, workspace: Workspace, role: Role) -> Callable[[], LiveScreen]:
    return lambda: LiveScreen(lambda: drill.folder, Person("Ann", role), workspace, connecting=drill.connect)


async def _settled(pilot: Pilot[int], drill: Drill) -> LiveScreen:
    screen = pilot.app.screen
    assert isinstance(screen, LiveScreen)
    await until(pilot, lambda: screen.link is not None, "the line")
    assert drill.links[-1].sent == [("attach", {})]
    return screen


async def _type(pilot: Pilot[int], text: str) -> None:
    for letter in text:
        await pilot.press({" ": "space", ".": "full_stop"}.get(letter, letter))


async def _shows(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in text_of(pilot.app), text)


@pytest.mark.asyncio
async def test_attaching_shows_everything_since_the_start_and_what_comes(
    drill: Drill, attach: Any, console: Console
) -> None:
    async with console(attach("responder"), (160, 45)) as pilot:
        screen = await _settled(pilot, drill)
        await _shows(pilot, "breach of coupon-issue-lag")
        assert "every SLO held" in text_of(pilot.app)
        assert "PAGE" in text_of(pilot.app)
        assert "second 96" in text_of(pilot.app)
        drill.go_on(106.0)
        await _shows(pilot, "remedy done in 2.2 s")
        await _shows(pilot, "second 105")
        drill.go_on(158.0)
        await _shows(pilot, "verdict held")
        await _shows(pilot, drill.meta.drill.title)  # the retrospective
        moment = screen.latest()
        assert moment is not None
        assert "injected" in {event.data.kind for event in moment.events}


@pytest.mark.asyncio
async def test_leaving_closes_the_line_and_sends_nothing_more(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder")) as pilot:
        await _settled(pilot, drill)
        await pilot.press("q")
        await until(pilot, lambda: pilot.app.return_code == 0, "the end of the console")
    assert drill.sent == []
    assert drill.links[-1].closed


@pytest.mark.asyncio
@pytest.mark.parametrize(("key", "command"), [("a", "acknowledge"), ("m", "mitigated"), ("v", "resolved")])
async def test_keys_that_ask_nothing(drill: Drill, attach: Any, console: Console, key: str, command: str) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press(key)
        await until(pilot, lambda: drill.sent == [(command, {})], command)


@pytest.mark.asyncio
async def test_declaring_a_severity(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("s")
        await _shows(pilot, "How grave is it?")
        await pilot.press("down", "enter")
        await until(pilot, lambda: drill.sent == [("declare", {"severity": "SEV2"})], "the declaration")


@pytest.mark.asyncio
async def test_stating_a_hypothesis_from_the_vocabulary(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("h")
        await _shows(pilot, "What do you take for the cause?")
        await _type(pilot, "kafka.cons")
        await pilot.press("enter")
        await _shows(pilot, "kafka.consumer_pause: where?")
        await pilot.press("enter")  # the services that fit come first
        await _shows(pilot, "how sure are you?")
        await pilot.press("backspace", "backspace", "x", "enter")
        await _shows(pilot, "is no figure")
        await pilot.press("backspace", "backspace", "8", "5", "enter")
        wanted = {"cause": "kafka.consumer_pause", "target": "coupon-issuer", "confidence": 0.85}
        await until(pilot, lambda: drill.sent == [("hypothesise", wanted)], "the hypothesis")


PREVIEW: dict[str, Any] = {
    "remedy": "restart", "target": "coupon-issuer", "parameters": {}, "will": "stop and start every replica",
    "predicted": {"lag_records": 20.0}, "before": {"lag_records": 300.0}, "grounds": ["because"], "dangerous": False,
    "touches": "nobody else", "undo": "nothing to undo",
}  # fmt: skip


@pytest.mark.asyncio
async def test_a_remedy_is_looked_at_before_it_is_done(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW
    drill.tell(
        96.9,
        e.HypothesisStated(
            who="Ann", role="responder", cause="kafka.consumer_pause", target="coupon-issuer", confidence=0.8
        ),
    )
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("r")
        await _shows(pilot, "restart coupon-issuer")  # of the playbook of the own hypothesis, first
        await pilot.press("enter")
        await _shows(pilot, "stop and start every replica")
        text = text_of(pilot.app)
        for wanted in ("lag_records 300", "lag_records 20", "touches: nobody else", "undo: nothing to undo"):
            assert wanted in text
        chosen = {"remedy": "restart", "target": "coupon-issuer", "cause": "kafka.consumer_pause"}
        assert drill.sent == [("preview", chosen)]
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent[1:] == [("remedy", chosen | {"confirmed": True})], "the remedy")


@pytest.mark.asyncio
async def test_a_dangerous_remedy_wants_yes_in_writing(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW | {"dangerous": True, "danger": "requests in flight are lost"}
    async with console(attach("commander"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("r")
        await _shows(pilot, "Which remedy?")
        await _type(pilot, "restart")
        await pilot.press("enter")
        await _shows(pilot, "of what?")
        await pilot.press("enter")
        await _shows(pilot, "DANGEROUS: requests in flight are lost")
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert [name for name, _ in drill.sent] == ["preview"]
        await _type(pilot, "yes")
        await pilot.press("enter")
        await until(pilot, lambda: [name for name, _ in drill.sent] == ["preview", "remedy"], "the remedy")


@pytest.mark.asyncio
async def test_a_remedy_that_is_not_agreed_to_is_not_done(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["preview"] = PREVIEW
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("r")
        await _shows(pilot, "Which remedy?")
        await pilot.press("escape")
        await pilot.pause(0.2)
        assert drill.sent == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "key", "command"),
    [
        ("responder", "u", "update"),
        ("scribe", "u", "update"),
        ("scribe", "n", "note"),
        ("facilitator", "n", "note"),
        ("facilitator", "g", "give_hint"),
    ],
)
async def test_writing_a_line(drill: Drill, attach: Any, console: Console, role: Role, key: str, command: str) -> None:
    async with console(attach(role), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press(key)
        await pilot.pause(0.2)
        await pilot.press("enter")  # nothing written, nothing sent
        await _type(pilot, "all is known")
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent == [(command, {"text": "all is known"})], command)


@pytest.mark.asyncio
async def test_a_hint_says_what_it_cost(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["hint"] = {"text": "look at the consumers", "cost": 5.0, "left": 2}
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("k")
        await _shows(pilot, "costs points")
        await pilot.press("enter")
        await _shows(pilot, "look at the consumers")
        assert "5 points" in text_of(pilot.app)
        await pilot.press("enter")
        assert drill.sent == [("hint", {})]


@pytest.mark.asyncio
async def test_the_facilitator_injects_holds_and_stops(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("facilitator"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await _shows(pilot, "injected kafka.consumer_pause")  # the facilitator knows the cause
        await pilot.press("p")
        await until(pilot, lambda: drill.sent == [("pause", {})], "pause")
        drill.tell(98.0, e.DrillPaused(who="Ann", role="facilitator"))
        await _shows(pilot, "drill paused")
        await pilot.press("p")
        await until(pilot, lambda: drill.sent[1:] == [("resume", {})], "resume")
        await pilot.press("i")
        await _shows(pilot, "Which fault?")
        await _type(pilot, "redis.latency")
        await pilot.press("enter")
        await _shows(pilot, "into what?")
        await pilot.press("enter")
        await _shows(pilot, "for how many seconds?")
        await pilot.press("enter")
        await _shows(pilot, "Inject redis.latency?")
        await pilot.press("enter")
        await until(pilot, lambda: drill.sent[2:] != [], "the injection")
        command, arguments = drill.sent[2]
        assert (command, arguments["fault"], arguments["target"]) == ("inject", "redis.latency", "redis")
        await pilot.press("x")
        await _shows(pilot, "Stop this run?")
        await _type(pilot, "yes")
        await pilot.press("enter")
        await until(pilot, lambda: [name for name, _ in drill.sent[3:]] == ["stop"], "the stop")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("role", "has", "has_not"),
    [
        ("responder", {"a", "s", "h", "r", "u", "m", "v", "k"}, {"i", "p", "g", "x", "n"}),
        ("scribe", {"u", "n"}, {"a", "s", "h", "r", "m", "v", "k", "i", "p", "g", "x"}),
        ("observer", set(), {"a", "s", "h", "r", "u", "m", "v", "k", "i", "p", "g", "x", "n"}),
        ("facilitator", {"n", "i", "p", "g", "x"}, {"a", "s", "h", "r", "u", "m", "v", "k"}),
    ],
)
async def test_each_role_has_the_keys_that_it_may_use_and_all_are_shown(
    drill: Drill, attach: Any, console: Console, role: Role, has: set[str], has_not: set[str]
) -> None:
    async with console(attach(role), (80, 24)) as pilot:
        screen = await _settled(pilot, drill)
        await pilot.pause(0.2)
        keys = set(screen.active_bindings)
        assert has <= keys
        assert not has_not & keys
        text = text_of(pilot.app)
        for active in screen.active_bindings.values():
            if active.binding.show:
                assert f"{pilot.app.get_key_display(active.binding)} {active.binding.description}" in text


@pytest.mark.asyncio
async def test_a_refusal_is_told_with_what_to_do(drill: Drill, attach: Any, console: Console) -> None:
    drill.answers["acknowledge"] = BadInput("nothing has paged yet", hint="Wait for the page.")
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        await pilot.press("a")
        await _shows(pilot, "nothing has paged yet")
        assert "Wait for the page." in text_of(pilot.app)


@pytest.mark.asyncio
async def test_a_drill_that_cannot_be_reached_is_watched_until_it_can(
    drill: Drill, attach: Any, console: Console
) -> None:
    drill.reachable = False
    async with console(attach("responder"), (160, 45)) as pilot:
        await _shows(pilot, "watching")
        await pilot.press("a")
        await pilot.pause(0.1)
        assert drill.sent == []
        drill.reachable = True
        await until(pilot, lambda: bool(drill.links), "the line")
        await _shows(pilot, " live ")


@pytest.mark.asyncio
async def test_a_drill_whose_director_died_is_said_to_be_over(drill: Drill, attach: Any, console: Console) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        drill.ledger.close()
        await _shows(pilot, "Nobody runs this drill any more")


@pytest.mark.asyncio
async def test_the_document_is_read_after_the_end(
    drill: Drill, attach: Any, console: Console, workspace: Workspace
) -> None:
    async with console(attach("responder"), (80, 24)) as pilot:
        await _settled(pilot, drill)
        drill.go_on(158.0)
        await _shows(pilot, "verdict held")
        await pilot.press("o")
        await _shows(pilot, "no document yet")
        folder = workspace.incidents / drill.folder.name
        folder.mkdir(parents=True)
        lines = "\n\n".join(f"line {n}" for n in range(60))
        (folder / "incident.md").write_text(f"# What happened\n\nCoupons were late.\n\n{lines}\n", encoding="utf-8")
        await pilot.press("o")
        await _shows(pilot, "Coupons were late.")
        await pilot.press("space")
        await until(pilot, lambda: "Coupons were late." not in text_of(pilot.app), "the next page")
        await pilot.press("b")
        await _shows(pilot, "Coupons were late.")
        await pilot.press("q")
        await _shows(pilot, "verdict held")


TELLING = (
    "consumer_pause", "redis.flush", "frozen", "injected", "toxic", "sigstop", "coupon issuers freeze", "mysql.cpu",
)  # fmt: skip


@pytest.mark.asyncio
@pytest.mark.parametrize("panel", ["1", "2", "3", "4"])
async def test_a_blind_drill_leaks_nothing_to_the_screen(
    tmp_path: Path, meta: RunMeta, story: Story, workspace: Workspace, console: Console, panel: str
) -> None:
    sealed = meta.model_copy(
        update={
            "responder": "human", "started": clock.wall() - 140.0,
            "drill": meta.drill.model_copy(update={"blind": True}),
        }
    )  # fmt: skip
    early = [(t, data) for t, data in story if t < 140 and not data.kind.startswith("action_")]
    ordered = e.InjectionOrdered(
        who="Flo", role="facilitator", injection="i2", fault="redis.flush", target="redis", duration=9
    )
    told: Story = [
        *((t, data.model_copy(update={"hidden": True}) if hasattr(data, "hidden") else data) for t, data in early),
        (94.5, e.Note(text="kafka.consumer_pause on coupon-issuer: 3 replicas frozen")),
        (95.0, ordered),
        (95.5, e.ExpectationJudged(name="classified_as", want="kafka.consumer_pause", got=None, met=False)),
    ]  # fmt: skip
    drill = Drill(tmp_path / "runs" / "20231114-221320-sealed", sealed, sorted(told, key=lambda one: one[0]))
    drill.go_on(140.0)
    drill.tape.log_lines(
        139.0,
        [
            ("toxiproxy-1", "toxic added: latency"),
            ("app-1", "SIGSTOP was seen"),
            ("app-1", "kafka.consumer_pause begins"),
            ("app-1", "a plain line"),
        ],
    )
    try:
        async with console(attach_to(drill, workspace, "responder"), (200, 60)) as pilot:
            await _settled(pilot, drill)
            await pilot.press(panel)
            await pilot.pause(1.0)
            text = text_of(pilot.app).lower()
            assert "a plain line" in text
            assert "breach of coupon-issue-lag" in text
            for word in (
                "consumer_pause",
                "redis.flush",
                "frozen",
                "injected",
                "toxic",
                "sigstop",
                "coupon issuers freeze",
                "mysql.cpu",
            ):
                assert word not in text, word
            await pilot.press("question_mark")
            await pilot.pause(0.3)
            assert "consumer_pause" not in text_of(pilot.app).lower()
    finally:
        drill.close()
