"""Ends TLS on the loopback interface for a server that speaks none, until standard input ends.

Its certificate, for 127.0.0.1, is signed by an authority that it makes for itself and that nobody else knows; its own
certificate is `authority.pem` in the folder, which is there once connections are taken.
Usage: tls_proxy.py PORT SERVER_PORT FOLDER.
"""

import datetime
import ipaddress
import os
import socket
import ssl
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(name, key, issuer, issuer_key, is_authority):
    now = datetime.datetime.now(datetime.timezone.utc)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(hours=1))
    builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
    if not is_authority:
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        builder = builder.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def write(path, *parts):
    with open(path + ".new", "wb") as file:
        file.writelines(parts)
    os.rename(path + ".new", path)


def context(folder):
    """The server's side of TLS, and the certificate of who has signed it."""
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = certificate("Isobar test authority", authority_key, None, authority_key, True)
    own = certificate("collector", key, authority.subject, authority_key, False)
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write(f"{folder}/server.pem", secret, own.public_bytes(pem))
    told = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    told.load_cert_chain(f"{folder}/server.pem")
    return told, authority.public_bytes(pem)


def pass_on(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(connection, told, server):
    try:
        client = told.wrap_socket(connection, server_side=True)
        upstream = socket.create_connection(("127.0.0.1", server))
    except OSError as error:
        print(error, file=sys.stderr)
        connection.close()
        return
    threading.Thread(target=pass_on, args=(upstream, client), daemon=True).start()
    pass_on(client, upstream)


def main():
    port, server, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    told, authority = context(folder)
    listener = socket.create_server(("127.0.0.1", port))
    write(f"{folder}/authority.pem", authority)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, told, server), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
