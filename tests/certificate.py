"""A certificate for 127.0.0.1 that is signed by nobody but itself."""

import ssl
import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Make one that holds for two days; the files of the certificate and of its key."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    names = ["-subj", "/CN=tocsin test", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *curve, *names, *files], check=True, capture_output=True)
    return certificate, key


def server_side_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """The context of a server that shows it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context
