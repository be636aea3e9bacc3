"""Calls routers as Dynamo's own programs do: with its Python runtime. Prints one JSON object.

usage: router_client.py agree OURS PEER | pairs NAMESPACE CALLERS SECONDS | calls NAMESPACE CALLERS SECONDS

It runs in Dynamo's Python environment and imports nothing of this project; the prompts are those of the Java callers.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from dynamo.runtime import DistributedRuntime

PROMPTS, TOKENS = 64, 4096
AGREED_PROMPTS = 16
KNOWN_SECONDS = 20.0


def prompt(number: int) -> list[int]:
    """Returns one of the prompts."""
    return [1 + (number % PROMPTS * 104_729 + i * 31) % 30_011 for i in range(TOKENS)]


async def endpoint(runtime: DistributedRuntime, name: str) -> Any:
    """Returns a client of an endpoint, once somebody serves it."""
    client = await runtime.endpoint(name).client()
    await client.wait_for_instances()
    return client


async def only(stream: Any) -> Any:
    """Returns the one item of an answer."""
    items = [item.data() async for item in stream]
    if len(items) != 1:
        raise ValueError(f"{len(items)} items (expected: 1)")
    return items[0]


async def names(best: Any, number: int) -> int | None:
    """Returns the worker that a router names for a prompt; None while it knows nobody."""
    try:
        return int(await only(await best.round_robin(prompt(number))))
    except ValueError:
        return None


async def agree(runtime: DistributedRuntime, ours: str, peer: str) -> dict[str, Any]:
    """Has each of some prompts computed by one worker, and asks both routers where it belongs."""
    generate = await endpoint(runtime, "dynamo.backend.generate")
    workers = sorted(generate.instance_ids())
    holders = {number: workers[number % len(workers)] for number in range(AGREED_PROMPTS)}
    for number, worker in holders.items():
        request = {"model": "any", "token_ids": prompt(number), "stop_conditions": {"max_tokens": 1}, "sampling_options": {},
                   "output_options": {}, "eos_token_ids": [], "annotations": []}
        async for _ in await generate.direct(request, worker):
            pass
    right = 0
    deadline = time.monotonic() + KNOWN_SECONDS
    for router in (ours, peer):
        best = await endpoint(runtime, f"{router}.router.best_worker_id")
        for number, worker in holders.items():
            while (matched := await names(best, number) == worker) is False and time.monotonic() < deadline:
                await asyncio.sleep(0.1)  # the router's workers and their KV events are on their way
            right += matched
    return {"asked": 2 * AGREED_PROMPTS, "right": right}


async def measured(callers: int, seconds: float, call: Callable[[int], Awaitable[float]]) -> dict[str, Any]:
    """Lets callers call as fast as they are answered. `call` returns the time of what is measured."""
    end = time.monotonic() + seconds
    times: list[float] = []

    async def caller(number: int) -> None:
        while time.monotonic() < end:
            times.append(await call(number))
            number += 1
    begin, processor = time.monotonic(), time.process_time()
    await asyncio.gather(*(caller(number) for number in range(callers)))
    times.sort()
    return {"count": len(times), "seconds": time.monotonic() - begin, "processor_seconds": time.process_time() - processor,
            "p50_us": round(times[len(times) // 2] * 1e6), "p99_us": round(times[int(len(times) * 0.99)] * 1e6)}


async def pairs(runtime: DistributedRuntime, namespace: str, callers: int, seconds: float) -> dict[str, Any]:
    """Asks for a worker and gives it back; the asking is timed."""
    find = await endpoint(runtime, f"{namespace}.router.find_best_worker")
    free = await endpoint(runtime, f"{namespace}.router.free")
    prompts = [prompt(number) for number in range(PROMPTS)]

    async def pair(number: int) -> float:
        request_id = str(uuid.uuid4())
        asked = time.perf_counter()
        found = await only(await find.round_robin({"token_ids": prompts[number % PROMPTS], "request_id": request_id}))
        took = time.perf_counter() - asked
        freed = await only(await free.round_robin({"request_id": request_id}))
        if "worker_id" not in found or freed["status"] != "success":
            raise ValueError(f"{found}, {freed} (expected: a worker, and success)")
        return took
    return await measured(callers, seconds, pair)


async def calls(runtime: DistributedRuntime, namespace: str, callers: int, seconds: float) -> dict[str, Any]:
    """Asks for a worker without booking."""
    best = await endpoint(runtime, f"{namespace}.router.best_worker_id")
    prompts = [prompt(number) for number in range(PROMPTS)]

    async def call(number: int) -> float:
        asked = time.perf_counter()
        await only(await best.round_robin(prompts[number % PROMPTS]))
        return time.perf_counter() - asked
    return await measured(callers, seconds, call)


def silence_runtime() -> None:
    """Sends what the runtime writes to nobody, which is a line for each request. Python's own errors are still seen."""
    sys.stderr = os.fdopen(os.dup(2), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


async def main() -> None:
    """Does what the command line says."""
    silence_runtime()
    runtime = DistributedRuntime(asyncio.get_running_loop(), "file", "tcp")
    what, *words = sys.argv[1:]
    if what == "agree":
        answer = await agree(runtime, words[0], words[1])
    else:
        answer = await {"pairs": pairs, "calls": calls}[what](runtime, words[0], int(words[1]), float(words[2]))
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
