"""What a person can choose from: causes, targets, remedies and faults, all out of what the tape knows."""

from tocsin.console.screens.dialogs import Choice
from tocsin.model.hypothesis import Playbook
from tocsin.model.run import RunMeta

_HELPERS = ("monitoring", "proxy")
SEVERITIES = (
    Choice("SEV1", "SEV1", "half of what users ask for fails, or more"),
    Choice("SEV2", "SEV2", "a tenth or more fails"),
    Choice("SEV3", "SEV3", "an objective is broken"),
    Choice("SEV4", "SEV4", "trouble, with every objective met"),
    Choice("SEV5", "SEV5", "nothing that anybody notices"),
)
STEP = "\t"
"""Stands between the cause and the remedy of a choice."""


def causes(meta: RunMeta) -> list[Choice]:
    """Every cause that has a playbook, and that one does not know."""
    found = [Choice(book.cause, book.cause, book.title) for book in sorted(meta.playbooks, key=lambda one: one.cause)]
    return [*found, Choice("unknown", "unknown", "none of these")]


def targets(meta: RunMeta, cause: str = "") -> list[Choice]:
    """Every service that an incident may be about, those first that fit the cause."""
    wanted = next((book.component for book in meta.playbooks if book.cause == cause), "")
    nodes = [node for node in meta.topology.services.values() if node.component not in _HELPERS]
    return [
        Choice(node.name, node.name, node.component)
        for node in sorted(nodes, key=lambda node: (node.component != wanted, node.name))
    ]


def remedies(meta: RunMeta, cause: str, target: str) -> list[Choice]:
    """Every step of every playbook, those for ``cause`` first; the value is its cause and its remedy."""
    books = sorted(meta.playbooks, key=lambda book: (book.cause != cause, book.cause))
    forbidden = meta.drill.respond.forbid
    return [
        Choice(
            f"{book.cause}{STEP}{step.remedy}",
            f"{step.remedy} {step.target.replace('{target}', target or '(target)')}",
            f"{book.cause}: {step.why}",
        )
        for book in books
        for step in book.remedies
        if step.remedy not in forbidden
    ]


def step_target(meta: RunMeta, cause: str, remedy: str, target: str) -> str:
    """The target of a playbook's step, given that of the hypothesis; empty when it is still to be chosen."""
    book = _book(meta, cause)
    step = next((one for one in (book.remedies if book else []) if one.remedy == remedy), None)
    return step.target.replace("{target}", target) if step else target


def _book(meta: RunMeta, cause: str) -> Playbook | None:
    return next((book for book in meta.playbooks if book.cause == cause), None)


def fault_targets(meta: RunMeta, fault: str) -> list[Choice]:
    """Services and edges that a fault may touch."""
    topology = meta.topology
    services = [
        Choice(node.name, node.name, node.component) for node in topology.services.values() if fault in node.allow
    ]
    return [
        *services,
        *(Choice(edge.name, edge.name, edge.entity) for edge in topology.edges.values() if fault in edge.allow),
    ]
