"""How many sites one engine watches: `python -m tests.bench.scan_farm` prints rates, CPU and latencies beside a peer.

A real nginx serves 2,000 host names (distinct registrable domains, certificates of their own authority) over TLS, pages
of 20 to 100 KB; `vedette run` watches them through `[fetch] resolve`, each look on a new verified connection. Worlds:
every page differs on every look, and one in ten does. In between, Debian's prometheus-blackbox-exporter probes the same
names as fast as it can. Needs the Debian packages nginx-light and prometheus-blackbox-exporter.

CPU is the kernel's account of whole processes (utime + stime from /proc), divided by looks; latencies are the engine's
own (due -> handed out, due -> committed). Nothing is asserted; goals.md has the goals.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from core.operations import EngineStatus, SocketOperations
from tests.farm.server import Authority

NAMES_A_CERTIFICATE = 100
WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "heron",
    "inlet",
    "jetty",
    "kelp",
    "lagoon",
    "marsh",
    "north",
    "ocean",
    "pier",
    "quay",
    "reef",
]
# As dense in facts as real pages of this size are (212 facts the median one, 5.8 a kilobyte).
FILLER = (
    '<section class="card card--wide js-card" id="card-{n}" data-section="{word}" aria-labelledby="t-{n}" role="group">'
    '<svg class="card__icon" width="24" height="24" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path '
    'd="M12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2zm1 15h-2v-6h2v6zm0-8h-2V7h2v2z"/></svg>'
    '<h3 class="card__title" id="t-{n}">{word} {n}</h3><p class="card__text">The {word} harbour office keeps the list '
    "of berths, tides and pilots for every visiting boat, and answers letters in the order in which they come; number "
    '{n} of the list is moored at the {word} quay.</p><a class="card__link link link--arrow" href="/{word}/{n}">read '
    '<span class="visually-hidden">about {word} {n}</span></a></section>\n'
)
HEAD = """<!doctype html><html lang=en><head><meta charset=utf-8><title>Harbour {name} {turn}</title>
<meta name=description content="Berths, tides and pilots of {name}"><meta name=generator content="WordPress 6.5.2">
<link rel=canonical href=https://{name}/><link rel=stylesheet href=/css/site.css>
<link rel=stylesheet href=https://cdn.jsdelivr.net/npm/bootstrap@5.3.2/dist/css/bootstrap.min.css>
<script src=https://code.jquery.com/jquery-3.7.1.min.js></script>
<script src=https://cdn.jsdelivr.net/npm/vue@3.4.21/dist/vue.global.prod.js></script>
<script>window.dataLayer=[];function gtag(){{dataLayer.push(arguments)}}gtag('js',new Date());</script>
</head><body><header><h1>Harbour {name}</h1><nav><a href=/>Home</a><a href=/tides>Tides</a></nav></header><main>
<p>Today the {turn} is open.</p>
"""


@dataclass(frozen=True)
class Farm:
    """A running nginx: its port, its authority's certificate, and the names it answers for."""

    port: int
    ca: Path
    names: tuple[str, ...]
    process: subprocess.Popen[bytes]


def pages(folder: Path, seed: int) -> None:
    """Ten page bodies of 20 to 100 KB; nginx fills in the name and the word that changes."""
    chance = random.Random(seed)
    for number in range(10):
        size = 20_000 + number * 8_500
        body = HEAD.replace("{{", "{").replace("}}", "}")
        body = body.replace("{name}", '<!--#echo var="host" -->').replace("{turn}", '<!--#echo var="turn" -->')
        n = 0
        while len(body) < size:
            body += FILLER.format(word=chance.choice(WORDS), n=n)
            n += 1
        (folder / f"{number}.html").write_text(body + "</main><footer>Harbour office</footer></body></html>")


def nginx_conf(folder: Path, port: int, names: tuple[str, ...], authority: Authority, changing: int) -> str:
    """One server block a hundred names; `turn` differs on every connection for `changing` of ten names."""
    blocks = []
    for start in range(0, len(names), NAMES_A_CERTIFICATE):
        group = names[start : start + NAMES_A_CERTIFICATE]
        certificate, key = authority.issue(group)
        (folder / f"{start}.pem").write_bytes(certificate)
        (folder / f"{start}.key").write_bytes(key)
        blocks.append(
            f"server {{ listen 127.0.0.1:{port} ssl backlog=4096; server_name {' '.join(group)};"
            f" ssl_certificate {folder}/{start}.pem; ssl_certificate_key {folder}/{start}.key;"
            " rewrite ^/$ /$digit.html break; }"
        )
        blocks[-1] = blocks[-1].replace(" backlog=4096", "" if start else " backlog=4096")
    shares = "".join(f"1% {word}{n};" for n in range(5) for word in WORDS)
    # The host's last digit picks the page and whether this name is one of those that change.
    return f"""
daemon off; user root; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_timeout 0; ssi on; ssi_min_file_chunk 1m; charset utf-8; default_type text/html;
  types_hash_max_size 2048; server_names_hash_bucket_size 128; server_names_hash_max_size 8192;
  ssl_session_cache off; ssl_session_tickets off; ssl_protocols TLSv1.3;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  add_header Strict-Transport-Security "max-age=31536000"; add_header X-Content-Type-Options nosniff;
  map $host $digit {{ default 0; "~^h\\d*(?<d>\\d)-" $d; }}
  split_clients "$connection" $word {{ {shares} * pier; }}
  map $digit $turn {{ default steady; {" ".join(f"{digit} $word;" for digit in range(changing))} }}
  root {folder};
  {chr(10).join(blocks)}
}}"""


@contextmanager
def farm(folder: Path, count: int, changing: int, port: int) -> Any:
    """nginx serving `count` names, `changing` tenths of them different on every look."""
    folder.mkdir()
    names = tuple(f"h{number}-{number // 10}.test" for number in range(count))
    pages(folder, 1)
    authority = Authority(folder)
    (folder / "nginx.conf").write_text(nginx_conf(folder, port, names, authority, changing))
    process = subprocess.Popen(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)])
    try:
        time.sleep(0.7)
        if process.poll() is not None:
            raise SystemExit("nginx did not start: " + (folder / "error.log").read_text())
        yield Farm(port, folder / "ca.pem", names, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def settings(served: Farm, rate: float) -> str:
    """vedette.toml that looks at every name so often that `rate` looks are due each second."""
    every = len(served.names) / rate
    resolve = ", ".join(f'"{name}" = "127.0.0.1:{served.port}"' for name in served.names)
    targets = "\n".join(
        f'[[target]]\nname = "{name}"\nurl = "https://{name}/"\nevery = "{every:.3f}s"' for name in served.names
    )
    return f"""[engine]
workers = 2
[fetch]
allow = ["127.0.0.0/8"]
ca_file = "{served.ca}"
domain_rate = "50/s"
resolve = {{ {resolve} }}
{targets}
"""


def cpu(pid: int) -> float:
    """CPU seconds of one process, its threads included, its children not."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


@dataclass(frozen=True)
class Reading:
    """The engine's counters and everybody's CPU at one moment."""

    at: float
    status: EngineStatus
    engine: float
    workers: float


async def read(data: Path) -> Reading:
    status = await SocketOperations(data).status()
    return Reading(time.monotonic(), status, cpu(status.pid), sum(cpu(each.pid) for each in status.workers))


async def watch(data: Path, warm: float, seconds: float) -> tuple[Reading, Reading]:
    """Two readings `seconds` apart, after everything was seen once."""
    while True:
        status = await SocketOperations(data).status()
        if status.scans >= status.targets:
            break
        await asyncio.sleep(0.5)
    await asyncio.sleep(warm)
    first = await read(data)
    await asyncio.sleep(seconds)
    return first, await read(data)


def vedette(folder: Path, served: Farm, rate: float, seconds: float) -> dict[str, Any]:
    """Run the engine against the farm at one rate and say what it came to."""
    folder.mkdir()
    (folder / "vedette.toml").write_text(settings(served, rate))
    data = folder / "data"
    command = [
        sys.executable,
        "-m",
        "tui",
        "run",
        "--quiet",
        "--data",
        str(data),
        "--config",
        str(folder / "vedette.toml"),
    ]
    started = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        while b"ready" not in process.stderr.readline():
            if process.poll() is not None:
                raise SystemExit("vedette run did not start")
        ready = time.monotonic() - started
        first, last = asyncio.run(watch(data, 6.0, seconds))
    finally:
        process.send_signal(signal.SIGTERM)
        stopping = time.monotonic()
        process.wait()
    looks = last.status.scans - first.status.scans
    return {
        "due_per_s": rate,
        "done_per_s": round(looks / (last.at - first.at), 1),
        "backlog": last.status.due,
        "failed": last.status.failures - first.status.failures,
        "worker_ms": round(1000 * (last.workers - first.workers) / looks, 2),
        "engine_ms": round(1000 * (last.engine - first.engine) / looks, 2),
        "late_p99_ms": round(last.status.late_p99_ms or 0),
        "stored_p50_ms": round(last.status.stored_p50_ms or 0),
        "stored_p99_ms": round(last.status.stored_p99_ms or 0),
        "start_s": round(ready, 2),
        "stop_s": round(time.monotonic() - stopping, 2),
    }


def blackbox(folder: Path, served: Farm, seconds: float, port: int) -> dict[str, Any]:
    """Debian's blackbox exporter on the same names: probes a second with 16 at a time, and its CPU a probe."""
    folder.mkdir()
    config = folder / "blackbox.yml"
    config.write_text(
        "modules:\n  site:\n    prober: http\n    timeout: 10s\n    http:\n      preferred_ip_protocol: ip4\n"
        f"      tls_config:\n        ca_file: {served.ca}\n"
    )
    command = ["prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--log.level=error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(1.0)
        return asyncio.run(_probe_for(seconds, served, process.pid, port))
    finally:
        process.terminate()
        process.wait()


async def _probe_for(seconds: float, served: Farm, pid: int, port: int) -> dict[str, Any]:
    done = failed = 0
    ends = time.monotonic() + seconds
    before = cpu(pid)

    async def probe(client: httpx.AsyncClient, offset: int) -> None:
        nonlocal done, failed
        number = offset
        while time.monotonic() < ends:
            name = served.names[number % len(served.names)]
            answer = await client.get(
                f"http://127.0.0.1:{port}/probe",
                params={"module": "site", "target": f"https://127.0.0.1:{served.port}/", "hostname": name},
            )
            done += 1
            failed += "probe_success 1" not in answer.text
            number += 16

    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.gather(*(probe(client, offset) for offset in range(16)))
    return {
        "probes_per_s": round(done / seconds, 1),
        "failed": failed,
        "probe_cpu_ms": round(1000 * (cpu(pid) - before) / max(done, 1), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rates", default="167,250")
    parser.add_argument("--worlds", default="10,1,0", help="tenths of the names that differ on every look")
    parser.add_argument("--port", type=int, default=18443)
    given = parser.parse_args()
    for program in ("nginx", "prometheus-blackbox-exporter"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is not installed (Debian: nginx-light, prometheus-blackbox-exporter)")
    print(json.dumps({"names": given.names, "cores": os.cpu_count(), "load": os.getloadavg()}))
    with tempfile.TemporaryDirectory(prefix="scan-farm-") as place:
        run = 0
        for changing in (int(each) for each in given.worlds.split(",")):
            with farm(Path(place) / f"farm{changing}", given.names, changing, given.port) as served:
                for rate in (float(each) for each in given.rates.split(",")):
                    run += 1
                    figures = vedette(Path(place) / f"v{run}", served, rate, given.seconds)
                    print(json.dumps({"world": f"{changing}/10 change", "vedette": figures}), flush=True)
                    peer = blackbox(Path(place) / f"b{run}", served, given.seconds / 2, given.port + 1)
                    print(json.dumps({"world": f"{changing}/10 change", "blackbox": peer}), flush=True)


if __name__ == "__main__":
    main()
