"""The tablets' side, in a process of its own and with as little work as possible: prepared bytes out, answers in.

Started by `bench`: reads a pickled list of queues from standard input, one queue of (head, body) a connection, and writes
the pickled answers: a list of (seconds, status, body) for each queue, and the seconds from the first byte to the last.
"""

import asyncio
import pickle
import subprocess
import sys
import time
from typing import TypeAlias

Queue: TypeAlias = list[bytes]
Answer: TypeAlias = tuple[float, int, bytes]


def push(port: int, queues: list[Queue]) -> tuple[float, float, list[Answer]]:
    """Send every queue over a connection of its own from a new process; the seconds, its own of the processor, all answers."""
    command = [sys.executable, "-m", "bench.client", str(port)]
    done = subprocess.run(command, input=pickle.dumps(queues), stdout=subprocess.PIPE, check=True)
    seconds, cpu, answers = pickle.loads(done.stdout)
    return seconds, cpu, answers


async def _send_all(port: int, queues: list[Queue]) -> tuple[float, float, list[Answer]]:
    connections = [await asyncio.open_connection("127.0.0.1", port, limit=2**24) for _ in queues]
    start, cpu = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*(_send(*c, q) for c, q in zip(connections, queues, strict=True)))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    for _, writer in connections:
        writer.close()
    return seconds, cpu, [answer for each in answers for answer in each]


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, queue: Queue) -> list[Answer]:
    answers = []
    for request in queue:
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        answers.append((time.perf_counter() - start, status, body))
    return answers


if __name__ == "__main__":
    sent = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(asyncio.run(_send_all(int(sys.argv[1]), sent))))
