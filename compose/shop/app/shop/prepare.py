"""Fills a data folder for the database server: ``python -m shop.prepare --data DIR``."""

import argparse
import asyncio
import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncmy
from asyncmy.errors import MySQLError

from shop.config import DATABASE, DATABASE_USER, DataSettings, data_settings
from shop.loading import ANALYSE, load_tables

_START_SECONDS = 20.0
_STOP_SECONDS = 20.0

log = logging.getLogger(__name__)


def prepare(data: Path, settings: DataSettings) -> None:
    """Initialise ``data`` and load schema, data and the shop's user.

    Raises:
        subprocess.CalledProcessError: when the folder cannot be initialised.
        TimeoutError: when the temporary server does not come up.
    """
    data = data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tocsin-") as folder:
        _run_install(data, Path(folder))
        socket = Path(folder) / "mysql.sock"
        with _server(data, socket):
            asyncio.run(_load(socket, settings))


def _as_root() -> list[str]:
    """Root must be told to the server, which would refuse it; anybody else just starts it as they are."""
    return ["--user=root"] if os.geteuid() == 0 else []


def _run_install(data: Path, temporary: Path) -> None:
    """Make the system tables; temporary ones lie in a folder of their own: a server clears its folder at its start."""
    subprocess.run(
        [
            _program("mariadb-install-db"),
            "--no-defaults",
            *_as_root(),
            f"--datadir={data}",
            f"--tmpdir={temporary}",
            "--auth-root-authentication-method=socket",
            "--skip-test-db",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def _server(data: Path, socket: Path) -> Iterator[None]:
    process = subprocess.Popen(
        [
            _program("mariadbd"),
            "--no-defaults",
            *_as_root(),
            "--skip-grant-tables",  # whoever can reach the socket may load; it lies in a folder of our own (0700)
            f"--datadir={data}",
            f"--socket={socket}",
            f"--tmpdir={socket.parent}",
            f"--pid-file={socket.with_suffix('.pid')}",
            "--skip-networking",
            "--skip-log-bin",
            "--innodb-buffer-pool-size=128M",
            "--innodb-log-file-size=16M",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


async def _load(socket: Path, settings: DataSettings) -> None:
    connection = await _connect(socket)
    try:
        async with connection.cursor() as cursor:
            await cursor.execute(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
            await cursor.execute(f"USE {DATABASE}")
            await load_tables(cursor, settings)
            await connection.commit()
            await _create_user(cursor, settings.password)
            await cursor.execute(ANALYSE)
    finally:
        await connection.ensure_closed()


async def _connect(socket: Path) -> Any:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            return await asyncmy.connect(unix_socket=str(socket), user="root", charset="utf8mb4")
        except (MySQLError, OSError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the temporary server did not come up: {error}") from error
            await asyncio.sleep(0.05)


async def _create_user(cursor: Any, password: str) -> None:
    await cursor.execute("FLUSH PRIVILEGES")  # from here on the server knows accounts; this session keeps its rights
    await cursor.execute("CREATE USER %s@'127.0.0.1' IDENTIFIED BY %s", (DATABASE_USER, password))
    await cursor.execute("CREATE USER %s@'localhost' IDENTIFIED BY %s", (DATABASE_USER, password))
    for host in ("127.0.0.1", "localhost"):
        await cursor.execute(f"GRANT ALL ON {DATABASE}.* TO %s@%s", (DATABASE_USER, host))
        await cursor.execute("GRANT PROCESS, REPLICATION CLIENT, SLAVE MONITOR ON *.* TO %s@%s", (DATABASE_USER, host))
        await cursor.execute("GRANT SELECT ON mysql.slow_log TO %s@%s", (DATABASE_USER, host))


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def main() -> None:
    """Prepare the folder given by ``--data`` with the settings of the environment."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Fill a data folder for the shop's database server.")
    parser.add_argument("--data", type=Path, required=True, help="folder to fill")
    begun = time.monotonic()
    prepare(parser.parse_args().data, data_settings())
    log.info("prepared in %.1f s", time.monotonic() - begun)


if __name__ == "__main__":
    main()
