"""mysql.latency: every answer of the database takes longer on the way to its callers."""

from typing import ClassVar

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.every import LatencyOnEveryEdge
from tocsin_faults.edge.exchange import both_ways


class Latency(LatencyOnEveryEdge):
    """A Toxiproxy latency toxic on every edge into the target."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="mysql.latency",
        cause="mysql.latency",
        component="mysql",
        holds="edge",
        undo="reversible",
        summary="delay every answer of the database on its edges; the server itself stays healthy",
    )

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Over each edge the server's greeting takes at least half of the latency longer than straight from it."""
        wanted = injection.parameters["latency"] / 2000
        looks = {edge: both_ways(stack, edge) for edge in injection.prior["edges"]}
        late = {edge: through.seconds - straight.seconds for edge, (through, straight) in looks.items()}
        text = ", ".join(f"{edge} {seconds * 1000:.0f} ms" for edge, seconds in late.items())
        holds = wanted > 0 and min(late.values(), default=0.0) >= wanted
        return Proof(holds=holds, evidence=f"greetings over the edges come later than straight ones by {text}")
