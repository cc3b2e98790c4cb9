"""CPU limits of a plan on a machine that is smaller than the plan."""

from collections.abc import Iterable, Mapping


def scaled(
    wanted: Mapping[str, float | None], services: Iterable[str], cores: int, changed: Mapping[str, float] | None = None
) -> tuple[dict[str, float | None], list[str]]:
    """Limits in cores by service, scaled down when the plan asks for more than ``cores``; and what to say of it.

    ``changed`` has limits in planned cores that replace those of ``wanted``; the scale stays that of the plan, so that
    all other services have the same limit with and without them.
    """
    total = sum(limit or 0.0 for limit in wanted.values())
    factor = min(1.0, cores / total) if total else 1.0
    limits: dict[str, float | None] = dict.fromkeys(services)
    now = dict(wanted) | dict(changed or {})
    for name, limit in now.items():
        limits[name] = None if limit is None else round(limit * factor, 3)
    if factor >= 1.0:
        return limits, []
    listed = ", ".join(f"{name} {now[name]:g}→{limits[name]:g}" for name in now)
    return limits, [f"CPU limits scaled by {factor:.2f} to this host's {cores} cores: {listed}"]
