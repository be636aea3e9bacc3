"""A worker whose embedding of a text is its token ids: `python echo_embeddings.py ENDPOINT NAME FOLDER [NAME FOLDER ...]`.

Serves model folders as embedding models below `ENDPOINT`, a Dynamo path without the last part. Ends on SIGTERM.
"""

from __future__ import annotations

import asyncio
import base64
import struct
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvloop
from dynamo.llm import ModelInput, ModelType, WorkerType, register_model
from dynamo.runtime import DistributedRuntime, dynamo_worker


async def embed(request: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """Answers the ids as the numbers of the vectors: exact up to 2^24."""
    prompts = request["token_ids"]
    count = sum(len(ids) for ids in prompts)
    yield {"embeddings": [base64.b64encode(struct.pack(f"<{len(ids)}f", *ids)).decode() for ids in prompts],
           "prompt_tokens": count, "total_tokens": count}


@dynamo_worker()
async def serve(runtime: DistributedRuntime, namespace: str, models: list[tuple[str, str]]) -> None:
    endpoints = []
    for name, folder in models:
        endpoint = runtime.endpoint(f"{namespace}.{name}.generate")
        await register_model(ModelInput.Tokens, ModelType.Embedding, endpoint, folder, name, worker_type=WorkerType.Aggregated)
        endpoints.append(endpoint.serve_endpoint(embed))
    await asyncio.gather(*endpoints)


if __name__ == "__main__":
    _, namespace, *pairs = sys.argv
    uvloop.run(serve(namespace, list(zip(pairs[::2], pairs[1::2], strict=True))))
