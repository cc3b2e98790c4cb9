"""Everything on a tape as JSON Lines: one object per line, each with its ``type``.

``meta`` comes first, then ``event`` and ``log`` lines in the order of their times, then ``sample`` lines by series.
"""

import json
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from tocsin.tape.store import TapeReader


def write_lines(reader: TapeReader, path: Path) -> Path:
    """Write ``path`` in one step and return it; samples go through one by one, however many there are.

    Raises:
        BadInput: when the tape is broken.
        OSError: when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            for one in _objects(reader):
                file.write(json.dumps(one, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def _objects(reader: TapeReader) -> Iterator[dict[str, Any]]:
    meta = reader.meta
    yield {"type": "meta"} | meta.model_dump(mode="json", by_alias=True)
    for event in reader.events():
        yield {
            "type": "event",
            "seq": event.seq,
            "t": event.t,
            "wall": event.wall,
            "lane": event.lane,
            "kind": event.data.kind,
            "data": event.data.model_dump(mode="json", exclude={"kind"}),
        }
    for t, service, line in reader.logs():
        yield {"type": "log", "t": t, "wall": round(meta.started + t, 3), "service": service, "line": line}
    for sample in reader.samples():
        yield {
            "type": "sample",
            "t": sample.t,
            "wall": round(meta.started + sample.t, 3),
            "signal": sample.signal,
            "entity": sample.entity,
            "labels": dict(sample.labels),
            "value": sample.value if isfinite(sample.value) else str(sample.value),
        }
