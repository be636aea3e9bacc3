"""Records what a real Dynamo frontend makes of requests.jsonl in each native prompt format.

Usage: record.py PYTHON TARGET, where PYTHON has ai-dynamo 1.6.1 installed and TARGET is a folder. Writes one
FAMILY.jsonl per format: {name, prompt}, or {name, status} for a refused request. Where the format has segments, each
token that counts as special has U+E000 before it.
"""

from __future__ import annotations

import base64
import concurrent.futures
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
TOKENIZER = HERE.parent / "tokenizer"
FAMILIES = {"v32": "deepseek_v32", "v4": "deepseek_v4", "v41": "deepseek_v41", "k3": "kimi_k3"}
SEGMENTED = ("k3",)
K3_SPECIALS = ("<|open|>", "<|close|>", "<|sep|>", "<|end_of_msg|>", "<|media_pad|>", "[BOS]", "[EOS]", "<think>")
READY_SECONDS = 90.0
ANSWER_SECONDS = 30.0
BYTES = 256
VOCABULARY = 2048
MARK = "\ue000"


def model_folder(folder: Path, family: str) -> Path:
    """Writes a model directory of that family: a small tokenizer, and a config that names the family."""
    folder.mkdir()
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": FAMILIES[family], "vocab_size": 4096,
              "max_position_embeddings": 32768, "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 1,
              "num_attention_heads": 1, "num_key_value_heads": 1, "bos_token_id": 0, "eos_token_id": 0}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 0, "eos_token_id": 0}))
    if family in SEGMENTED:
        # Bytes, and tokens that no merge leads to: the mocker answers with ids up to 1999.
        tokens = [bytes([b]) for b in range(BYTES)] + [b"\xff" * 6 + i.to_bytes(2, "big") for i in range(BYTES, VOCABULARY)]
        ranks = [f"{base64.b64encode(token).decode()} {i}" for i, token in enumerate(tokens)]
        (folder / "tiktoken.model").write_text("\n".join(ranks) + "\n")
        added = {str(VOCABULARY + i): {"content": token, "special": True} for i, token in enumerate(K3_SPECIALS)}
        (folder / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": added}))
    else:
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (folder / name).write_bytes((TOKENIZER / name).read_bytes())
    return folder


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Dynamo:
    """One frontend, and a mocker for each family."""

    def __init__(self, python: str, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._environment = {name: value for name, value in os.environ.items() if name not in ("NATS_SERVER", "ETCD_ENDPOINTS")}
        self._environment |= {
            "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DYN_NAMESPACE": "dynamo", "DYN_DISCOVERY_BACKEND": "file",
            "DYN_FILE_KV": str(folder / "kv"), "DYN_EVENT_PLANE": "zmq", "DYN_REQUEST_PLANE": "tcp",
            "DYN_TCP_RPC_HOST": "127.0.0.1", "DYN_SDK_DISABLE_ANSI_LOGGING": "1", "DYN_SELF_HOST_METADATA": "0"}
        self._start(python, "frontend", "-m", "dynamo.frontend", "--router-mode", "kv", "--kv-cache-block-size", "16",
                    "--http-host", "127.0.0.1", "--http-port", str(self.port), "--namespace", "dynamo")
        for family in FAMILIES:
            model = model_folder(folder / family, family)
            self._start(python, family, "-m", "dynamo.mocker", "--model-path", str(model), "--model-name", family,
                        "--endpoint", f"dyn://dynamo.{family}.generate", "--num-workers", "1", "--block-size", "16",
                        "--max-model-len", "32768", "--speedup-ratio", "1000")

    def _start(self, python: str, name: str, *arguments: str) -> None:
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([python, *arguments], stdout=log, stderr=log, env=self._environment,
                                                    cwd=self._folder, start_new_session=True))

    def wait(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/v1/models", timeout=5) as answer:
                    if {model["id"] for model in json.load(answer)["data"]} >= set(FAMILIES):
                        return
            except OSError:
                pass
            time.sleep(0.2)
        raise SystemExit(f"models: not all there after {READY_SECONDS} s (expected: {', '.join(FAMILIES)})")

    def stop(self) -> None:
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def post(self, body: dict[str, Any]) -> tuple[int, str]:
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/chat/completions",
                                         json.dumps(body).encode(), {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()


def annotation(events: str, name: str) -> Any:
    """The JSON of the comment lines of the named event."""
    lines = events.split("\n")
    comments = [line[2:] for line in lines[lines.index(f"event: {name}") + 1:][:2] if line.startswith(": ")]
    return json.loads(comments[0])


def record(dynamo: Dynamo, family: str, request: dict[str, Any]) -> dict[str, Any]:
    body = {"model": family, "max_tokens": 1, "stream": True, **request["body"]}
    status, events = dynamo.post(body | {"nvext": {"annotations": ["formatted_prompt", "token_ids"]}})
    if status != 200:
        return {"name": request["name"], "status": status}
    prompt = annotation(events, "formatted_prompt")
    if family in SEGMENTED:
        marked = marked_text(json.loads(annotation(events, "token_ids")))
        assert marked.replace(MARK, "") == prompt, request["name"]
        prompt = marked
    return {"name": request["name"], "prompt": prompt}


def marked_text(ids: list[int]) -> str:
    """The text of token ids, with a mark before each special token."""
    pieces = [bytes([i]) if i < BYTES else (MARK + K3_SPECIALS[i - VOCABULARY]).encode() for i in ids]
    return b"".join(pieces).decode()


def main(python: str, target: str) -> None:
    requests = [json.loads(line) for line in (HERE / "requests.jsonl").read_text(encoding="utf-8").split("\n") if line]
    with tempfile.TemporaryDirectory() as temporary:
        dynamo = Dynamo(python, Path(temporary))
        try:
            dynamo.wait()
            for family in FAMILIES:
                with concurrent.futures.ThreadPoolExecutor(2) as pool:
                    answers = list(pool.map(lambda request: record(dynamo, family, request), requests))
                lines = [json.dumps(answer, ensure_ascii=False, separators=(",", ":")) for answer in answers]
                Path(target, f"{family}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        finally:
            dynamo.stop()


if __name__ == "__main__":
    main(*sys.argv[1:3])
