"""Calls every endpoint of a standalone router with Dynamo's own runtime, and prints what came back as one JSON object.

usage: router_client.py COMPONENT; the environment names the file store. Each endpoint is found through discovery, once
as it is announced (msgpack) and once under an announcement that asks for JSON.
"""

import asyncio
import json
import os
import pathlib
import sys
import time

from dynamo.runtime import DistributedRuntime

PROMPT = list(range(100, 180))
NAMESPACE = "front"


def store_that_wants_json() -> str:
    """A second store with the router's announcements, changed to ask for JSON."""
    store = pathlib.Path(os.environ["DYN_FILE_KV"])
    copy = pathlib.Path(str(store) + "-json")
    instances = copy / "v1" / "instances"
    instances.mkdir(parents=True, exist_ok=True)
    for file in (store / "v1" / "instances").iterdir():
        record = json.loads(file.read_bytes())
        if record["component"] == sys.argv[1]:
            (instances / file.name).write_text(json.dumps(record | {"request_plane_codec": "json"}))
    return str(copy)


def generate_request(**more) -> dict:
    return {
        "model": "any",
        "token_ids": PROMPT,
        "stop_conditions": {"max_tokens": 5},
        "sampling_options": {},
        "output_options": {},
        "eos_token_ids": [],
        "annotations": [],
    } | more


async def call(runtime: DistributedRuntime, endpoint: str, request) -> list:
    client = await runtime.endpoint(f"{NAMESPACE}.{sys.argv[1]}.{endpoint}").client()
    await client.wait_for_instances()
    return [item.data() async for item in await client.round_robin(request)]


async def refused(runtime: DistributedRuntime) -> str:
    try:
        await call(runtime, "get_overlap_scores", {"token_ids": "text"})
    except Exception as error:  # noqa: BLE001 - which class it is, is what is asked
        return type(error).__name__
    return "nothing"


async def called(runtime: DistributedRuntime, name: str) -> dict:
    begin = time.monotonic()
    first = await call(runtime, "generate", generate_request())
    # The events of the prompt are in the index soon.
    while time.monotonic() - begin < 10:
        scores = (await call(runtime, "get_overlap_scores", {"token_ids": PROMPT}))[0]
        if any(worker["device_blocks"] for worker in scores["workers"]):
            break
        await asyncio.sleep(0.05)
    request = {"token_ids": PROMPT, "request_id": name}
    return {
        "generate_items": len(first),
        "generated": [token for item in first for token in item["token_ids"]],
        "scores": scores,
        "best": (await call(runtime, "best_worker_id", PROMPT))[0],
        "found": (await call(runtime, "find_best_worker", request))[0],
        "found_again": (await call(runtime, "find_best_worker", request))[0],
        "freed": (await call(runtime, "free", request))[0],
        "freed_again": (await call(runtime, "free", request))[0],
        "query": (await call(runtime, "generate", generate_request(annotations=["query_instance_id:"])))[0],
        "refused": await refused(runtime),
    }


async def main() -> None:
    runtime = DistributedRuntime(asyncio.get_running_loop(), "file", "tcp")
    answers = await called(runtime, "msgpack")
    runtime.shutdown()
    print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    if sys.argv[2:] == ["json"]:
        os.environ["DYN_FILE_KV"] = store_that_wants_json()
    asyncio.run(main())
