"""A mail server of its own: `python -m tests.farm.mail --folder DIR`. STARTTLS and login are required.

Every mail taken is written to DIR/mails/NUMBER.eml as received. The certificate, for --host, is signed by a throw-away
authority in DIR/ca.pem. Prints one line of JSON with the port.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import warnings
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.farm.server import Authority


class Folder:
    """Keeps every mail as a file that appears whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken = 0
        folder.mkdir(parents=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.taken += 1
        place = self.folder / f"{self.taken:05}.eml"
        (self.folder / "next").write_bytes(envelope.content)
        (self.folder / "next").rename(place)
        return f"250 queued as {self.taken}"


async def serve(given: argparse.Namespace) -> None:
    """Serve until killed."""
    given.folder.mkdir(parents=True, exist_ok=True)
    context = Authority(given.folder, "Mail CA").context(given.host, (), 0.0, "")
    handler = Folder(given.folder / "mails")

    def login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        known = (data.login.decode(), data.password.decode()) == (given.username, given.password)
        return AuthResult(success=known)

    def session() -> SMTP:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd warns of how it is used here by its own examples
            return SMTP(
                handler,
                hostname=given.host,
                tls_context=context,
                require_starttls=True,
                auth_required=True,
                authenticator=login,
                loop=asyncio.get_running_loop(),
            )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", given.port)
    print(json.dumps({"port": server.sockets[0].getsockname()[1], "ca": str(given.folder / "ca.pem")}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default="mail.test")
    parser.add_argument("--username", default="vedette")
    parser.add_argument("--password", default="a mail password")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own login with every mail
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
