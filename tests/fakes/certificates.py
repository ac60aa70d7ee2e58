"""Certificates of a made-up authority: good ones, expired ones, those of another host."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Authority:
    """One that signs; clients trust it if they read `file`."""

    folder: Path
    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @classmethod
    def found(cls, folder: Path) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gazette Authority")])
        ours = cls(folder, key, name)
        basic = x509.BasicConstraints(ca=True, path_length=None)
        signed = ours._begun(name, key).add_extension(basic, critical=True).sign(key, hashes.SHA256())
        ours.file.write_bytes(signed.public_bytes(_PEM))
        return ours

    @property
    def file(self) -> Path:
        return self.folder / "authority.pem"

    def server(self, host: str = "127.0.0.1", ended: timedelta | None = None) -> ssl.SSLContext:
        """What a server of the address `host` shows; its certificate ended that long ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gazette.example")])
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        end = datetime.now(UTC) - ended if ended else None
        signed = (
            self._begun(name, key, end).add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        )
        secret = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        file = self.folder / f"{signed.serial_number}.pem"
        file.write_bytes(secret + signed.public_bytes(_PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _begun(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, end: datetime | None = None
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=90))
            .not_valid_after(end or now + timedelta(days=1))
        )
