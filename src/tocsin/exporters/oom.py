"""How often the kernel killed in a replica's cgroup because its memory limit was reached (v1 or v2)."""

from pathlib import Path

from tocsin.exporters.proc import parse_fields, read_text


def read_oom_kills(group: Path) -> int | None:
    """Kills so far; None when the group is gone or does not count them."""
    return parse_fields(read_text(group / "memory.events") or read_text(group / "memory.oom_control")).get("oom_kill")
