"""The example documents, from the tapes that are kept beside them.

``python -m tests.make_example`` writes every example again with the present templates;
``python -m tests.make_example NAME TAPE`` takes a run's tape (without its log lines, which documents do not need) as
the new example NAME first.
"""

import lzma
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT

from tocsin.retro import write_incident
from tocsin.tape.store import TapeReader

EXAMPLES = ROOT / "runbooks" / "examples"
TEMPLATE = ROOT / "runbooks" / "templates" / "incident.md.j2"
PACKED = "tape.db.xz"


def pack(tape: Path, folder: Path) -> Path:
    """Keep a tape in an example's folder: whole but for its log lines, compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "tape.db"
        connection = sqlite3.connect(tape)
        connection.execute("VACUUM INTO ?", (str(copy),))
        connection.close()
        connection = sqlite3.connect(copy, isolation_level=None)
        connection.execute("DELETE FROM logs")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")
        connection.close()
        packed = folder / PACKED
        packed.write_bytes(lzma.compress(copy.read_bytes(), preset=9 | lzma.PRESET_EXTREME))
    return packed


def unpack(folder: Path, into: Path) -> Path:
    """The tape of an example, readable."""
    into.mkdir(parents=True, exist_ok=True)
    tape = into / "tape.db"
    tape.write_bytes(lzma.decompress((folder / PACKED).read_bytes()))
    return tape


def write_example(folder: Path, into: Path) -> None:
    """Write the document of an example's tape into a folder."""
    with tempfile.TemporaryDirectory() as scratch, TapeReader.open(unpack(folder, Path(scratch))) as reader:
        write_incident(reader, into, TEMPLATE)


def main() -> None:
    """Take a tape in, if one is named, and write all examples."""
    if len(sys.argv) == 3:
        target = EXAMPLES / sys.argv[1]
        shutil.rmtree(target, ignore_errors=True)
        pack(Path(sys.argv[2]), target)
    for packed in sorted(EXAMPLES.glob(f"*/{PACKED}")):
        write_example(packed.parent, packed.parent)


if __name__ == "__main__":
    main()
