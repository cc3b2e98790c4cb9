"""CPU limits of a plan on a machine that is smaller than the plan."""

from collections.abc import Collection, Iterable, Mapping


def scaled(
    wanted: Mapping[str, float | None],
    services: Iterable[str],
    cores: int,
    changed: Mapping[str, float] | None = None,
    *,
    beside: Collection[str] = (),
) -> tuple[dict[str, float | None], list[str]]:
    """Limits in cores by service, scaled down when the plan asks for more than ``cores``; and what to say of it.

    ``changed`` has limits in planned cores that replace those of ``wanted``; the scale stays that of the plan, so that
    all other services have the same limit with and without them. Services of ``beside`` do not count and keep theirs,
    as far as there are so many cores.
    """
    total = sum(limit or 0.0 for name, limit in wanted.items() if name not in beside)
    factor = min(1.0, cores / total) if total else 1.0
    limits: dict[str, float | None] = dict.fromkeys(services)
    now = dict(wanted) | dict(changed or {})
    for name, limit in now.items():
        if limit is not None:
            limits[name] = min(limit, cores) if name in beside else round(limit * factor, 3)
    if factor >= 1.0:
        return limits, []
    listed = ", ".join(f"{name} {now[name]:g}→{limits[name]:g}" for name in now if name not in beside)
    return limits, [f"CPU limits scaled by {factor:.2f} to this host's {cores} cores: {listed}"]
