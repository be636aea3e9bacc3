"""What a decode worker of 2025 does with the prefill router, and what the router made of it, as one JSON object.

It asks for the best prefill worker, sends the prompt to that worker itself, and frees the booking; now and then it dies
before it does.
"""

import asyncio
import json
import random

from dynamo.runtime import DistributedRuntime

SHARED = [[family * 100 + i % 97 + 1 for i in range(320)] for family in range(4)]
ROUNDS = 6
ROUTER = "front.prefill_router"
WORKERS = "dynamo.prefill.generate"


async def items(stream) -> list:
    return [item.data() async for item in stream]


async def client(runtime: DistributedRuntime, endpoint: str):
    found = await runtime.endpoint(endpoint).client()
    await found.wait_for_instances()
    return found


def prefill_request(tokens: list[int]) -> dict:
    return {
        "model": "any",
        "token_ids": tokens,
        "stop_conditions": {"max_tokens": 1},
        "sampling_options": {},
        "output_options": {},
        "eos_token_ids": [],
        "annotations": [],
    }


async def main() -> None:
    runtime = DistributedRuntime(asyncio.get_running_loop(), "file", "tcp")
    find = await client(runtime, f"{ROUTER}.find_best_worker")
    free = await client(runtime, f"{ROUTER}.free")
    prefill = await client(runtime, WORKERS)
    own = random.Random(1)
    workers_of: dict[int, list[int]] = {}
    overlaps, prefilled, freed, forgotten = [], 0, 0, 0
    for turn in range(ROUNDS):
        for family, prefix in enumerate(SHARED):
            tokens = prefix + [own.randrange(1, 2000) for _ in range(20)]
            request_id = f"turn {turn} family {family}"
            best = (await items(await find.round_robin({"token_ids": tokens, "request_id": request_id})))[0]
            workers_of.setdefault(family, []).append(best["worker_id"])
            overlaps.append(best["overlap_blocks"])
            try:
                prefilled += len(await items(await prefill.direct(prefill_request(tokens), best["worker_id"]))) > 0
            finally:
                if turn == ROUNDS - 1:
                    forgotten += 1
                else:
                    answer = (await items(await free.round_robin({"request_id": request_id})))[0]
                    freed += answer["status"] == "success"
        await asyncio.sleep(0.3)
    print(
        json.dumps(
            {
                "workers_per_family": [len(set(workers)) for workers in workers_of.values()],
                "first_overlaps": overlaps[: len(SHARED)],
                "later_overlaps": overlaps[len(SHARED) :],
                "prefilled": prefilled,
                "freed": freed,
                "forgotten": forgotten,
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    asyncio.run(main())
