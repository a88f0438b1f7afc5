"""The tablets' side, in a process of its own and with as little work as possible: prepared bytes out, answers in.

`run(port, name, argument)` starts this module and calls one of the functions below in it; both travel pickled.
"""

import asyncio
import base64
import gzip
import hashlib
import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any

from bench.wire import PUSH, Answer, Connection, Heard, Plan, Queue, request

PACKED = "Accept-Encoding: gzip\r\n"
"""As browsers ask."""
UPLOAD = "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\n"


def run(port: int, name: str, argument: Any) -> Heard:
    """Call `name` in a new process."""
    command = [sys.executable, "-m", "bench.client", str(port), name]
    done = subprocess.run(command, input=pickle.dumps(argument), stdout=subprocess.PIPE, check=True)
    heard: Heard = pickle.loads(done.stdout)
    return heard


async def push(port: int, queues: list[Queue]) -> Heard:
    """Send every queue of whole requests over a connection of its own."""
    lines = [await Connection.to(port) for _ in queues]

    async def each(line: Connection, queue: Queue) -> list[Answer]:
        return [await line.send(sent) for sent in queue]

    start, cpu = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*map(each, lines, queues))
    return Heard(time.perf_counter() - start, time.process_time() - cpu, answers)


async def crowd(port: int, plans: list[Plan]) -> Heard:
    """Every tablet listens for pokes and sends its pushes one after the other, all tablets at once."""
    ears = [asyncio.create_task(_listen(port, plan)) for plan in plans]
    await asyncio.sleep(1.0)  # until all of them are connected
    lines = [await Connection.to(port) for _ in plans]

    async def each(line: Connection, plan: Plan) -> tuple[list[Answer], list[float]]:
        answers, sent = [], []
        for body in plan.pushes:
            sent.append(time.perf_counter())
            answers.append(await line.send(request("POST", "/commits", plan.token, body, PUSH)))
        return answers, sent

    start, cpu = time.perf_counter(), time.process_time()
    done = await asyncio.gather(*map(each, lines, plans))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    await asyncio.sleep(1.0)  # for the last pokes
    for ear in ears:
        ear.cancel()
    pokes = [ear.result() for ear in await _ended(ears)]
    return Heard(seconds, cpu, [a for a, _ in done], [s for _, s in done], pokes)


async def _ended(tasks: list[Any]) -> list[Any]:
    await asyncio.wait(tasks)
    return tasks


async def _listen(port: int, plan: Plan) -> list[tuple[float, int]]:
    line, pokes = await Connection.to(port), []
    line.writer.write(request("GET", "/events", plan.token))
    try:
        while text := await line.reader.readline():
            if text.startswith(b"data: "):
                told = json.loads(text[6:])
                if told["stream"] == plan.stream:
                    pokes.append((time.perf_counter(), told["head"]))
    except asyncio.CancelledError:
        line.close()
    return pokes


async def reconnect(port: int, plans: list[Plan]) -> Heard:
    """What tablets do that come back into the network all at once: greet, send, fetch, then their photos."""
    lines = [await Connection.to(port) for _ in plans]
    start, cpu = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*map(_reconnect, lines, plans))
    return Heard(time.perf_counter() - start, time.process_time() - cpu, answers)


async def _reconnect(line: Connection, plan: Plan) -> list[Answer]:
    left = [len(plan.pushes), len(plan.photos)]
    answers: list[Answer] = []

    async def ask(method: str, path: str, body: bytes = b"", headers: str = "") -> Answer:
        pending = f"Insats-Pending: changes={left[0]};blobs={left[1]};oldest=60;free=900000000\r\n"
        answers.append(await line.send(request(method, path, plan.token, body, headers + pending)))
        return answers[-1]

    await ask("GET", "/hello")
    for body in plan.pushes:
        await ask("POST", "/commits", body, PUSH)
        left[0] -= 1
    seq, head = 0, 1
    while seq < head:
        page = await ask("GET", f"/changes?after={plan.stream}:{seq}", headers=PACKED)
        *entries, end = gzip.decompress(page.body).splitlines()
        seq, head = seq + len(entries), json.loads(end)["head"]
    digests = [hashlib.sha256(photo).hexdigest() for photo in plan.photos]
    await ask("POST", "/blobs/missing", json.dumps({"sha256": digests}).encode())
    for photo, digest in zip(plan.photos, digests, strict=True):
        name, sum64 = (base64.b64encode(each).decode() for each in (digest.encode(), bytes.fromhex(digest)))
        promised = f"Upload-Length: {len(photo)}\r\nUpload-Metadata: sha256 {name}\r\n"
        await ask("POST", "/blobs/uploads", photo, f"{UPLOAD}{promised}Upload-Checksum: sha256 {sum64}\r\n")
        left[1] -= 1
    return answers


if __name__ == "__main__":
    calls: dict[str, Callable[[int, Any], Coroutine[Any, Any, Heard]]] = {
        "push": push,
        "crowd": crowd,
        "reconnect": reconnect,
    }
    done = asyncio.run(calls[sys.argv[2]](int(sys.argv[1]), pickle.load(sys.stdin.buffer)))
    sys.stdout.buffer.write(pickle.dumps(done))
