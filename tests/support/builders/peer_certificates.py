"""Keys and certificates for devices and controllers of tests, made anew each time and valid for a day."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def make_certificate(
    folder: Path,
    name: str,
    *,
    application: str = "",
    key_bits: int = 0,
    signed_by: tuple[Path, Path] | None = None,
) -> tuple[Path, Path]:
    """A key and a certificate of 127.0.0.1 that is signed by itself; whoever trusts it trusts nobody else.

    `key_bits` makes it an RSA key, `application` is the name that OPC UA compares, and `signed_by` is the certificate
    and key of an authority.
    """
    key = rsa.generate_private_key(65537, key_bits) if key_bits else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signing, issuer = key, subject
    if signed_by is not None:
        issuer = x509.load_pem_x509_certificate(signed_by[0].read_bytes()).subject
        signing = serialization.load_pem_private_key(signed_by[1].read_bytes(), None)  # type: ignore[assignment]
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    if application:
        names.append(x509.UniformResourceIdentifier(application))
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=signed_by is None, path_length=None), critical=True)
        .sign(signing, hashes.SHA256())
    )
    certificate_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file
