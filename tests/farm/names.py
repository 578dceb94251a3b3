"""A DNS server of its own, steered while it runs: `python -m tests.farm.names`.

Every name has the address 127.0.0.1 until something else is set. `PUT /` on the control port takes JSON,
[{"name", "type", "records": ["…"]}]: the records of that name and type from now on; type "*" with no records lets the
name not exist. Answers live for one second. Prints one line of JSON with both ports.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

SECONDS = 1


class Zone:
    """All records by name and type, as texts of zone files."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.missing: set[str] = set()

    def set(self, name: str, kind: str, records: list[str]) -> None:
        self.missing.discard(name)
        if kind == "*":
            self.missing.add(name)
        else:
            self.records[name, kind] = records

    def reply(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        self._answer(reply, question.name, kind, hops=4)
        return reply

    def _answer(self, reply: dns.message.Message, name: dns.name.Name, kind: str, hops: int) -> None:
        text = name.to_text(omit_final_dot=True).lower()
        if text in self.missing:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            return
        alias = self.records.get((text, "CNAME"), [])
        if alias and kind != "CNAME" and hops:
            reply.answer.append(dns.rrset.from_text(name, SECONDS, "IN", "CNAME", *alias))
            self._answer(reply, dns.name.from_text(alias[0]), kind, hops - 1)
        elif records := self.records.get((text, kind), ["127.0.0.1"] if kind == "A" else []):
            reply.answer.append(dns.rrset.from_text(name, SECONDS, "IN", kind, *records))


class Nameserver(asyncio.DatagramProtocol):
    """Answers over UDP."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | object, int]) -> None:
        self._transport.sendto(self._zone.reply(dns.message.from_wire(data)).to_wire(), addr)


async def serve(port: int, control: int) -> None:
    """Serve until killed."""
    zone = Zone()

    async def steer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            length = next(int(line[15:]) for line in head if line.startswith("content-length:"))
            for each in json.loads(await reader.readexactly(length)):
                zone.set(each["name"], each["type"], each.get("records", []))
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
            await writer.drain()
        writer.close()

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Nameserver(zone), local_addr=("127.0.0.1", port)
    )
    steering = await asyncio.start_server(steer, "127.0.0.1", control)
    ports = {"port": transport.get_extra_info("sockname")[1], "control": steering.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)
    async with steering:
        await steering.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control", type=int, default=0)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(given.port, given.control))


if __name__ == "__main__":
    main()
