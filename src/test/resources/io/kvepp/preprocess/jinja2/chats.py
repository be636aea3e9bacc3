"""Renders the oracle's requests with the oracle's templates, as transformers' apply_chat_template does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

ORACLE = Path(__file__).resolve().parent.parent / "oracle"
TOKENS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
TAG = "CONTINUE_FINAL_MESSAGE_TAG "
METHOD_OWNER = re.compile(r" of \w+ object at 0x[0-9a-f]+")
REFUSED = None
AS_FRONTEND = True


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _sources(folder: Path, config: dict[str, Any]) -> Any:
    jinja = folder / "chat_template.jinja"
    if jinja.exists():
        return jinja.read_bytes().decode("utf-8")
    json_file = folder / "chat_template.json"
    return _json(json_file).get("chat_template") if json_file.exists() else config.get("chat_template")


def _text(token: Any) -> str | None:
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) and text else None


def _special_tokens(config: dict[str, Any]) -> dict[str, Any]:
    tokens: dict[str, Any] = {name: _text(config.get(name)) for name in TOKENS if _text(config.get(name))}
    more = [_text(token) for token in config.get("additional_special_tokens") or []]
    return tokens | ({"additional_special_tokens": more} if more else {})


def _templates(environment: jinja2.Environment, sources: Any) -> dict[str, jinja2.Template]:
    if isinstance(sources, str):
        return {"default": environment.from_string(sources)}
    return {one["name"]: environment.from_string(one["template"]) for one in sources}


def _marked(messages: list[dict[str, Any]]) -> None:
    content = messages[-1]["content"]
    if isinstance(content, str):
        messages[-1]["content"] = content + TAG
        return
    next(part for part in reversed(content) if "text" in part)["text"] += TAG


def _prompt(templates: dict[str, jinja2.Template], tokens: dict[str, Any], body: dict[str, Any]) -> str:
    body = copy.deepcopy(body)
    messages, tools = body["messages"], body.get("tools")
    going_on = body.get("continue_final_message", False)
    if going_on:
        _marked(messages)
    template = templates.get("tool_use", templates["default"]) if tools is not None else templates["default"]
    arguments = body.get("chat_template_args") or body.get("chat_template_kwargs") or {}
    names = {"documents": None, **tokens, **arguments, "messages": messages, "tools": tools,
             "add_generation_prompt": body.get("add_generation_prompt", True) is not False and not going_on}
    text = template.render(**names)
    if not going_on:
        return text
    at = text.rindex(TAG.strip())
    return text[:at] if text.startswith(TAG, at) else text[:at].rstrip()


def _requests(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in (ORACLE / "requests.tsv", folder / "requests.tsv"):
        for line in path.read_text(encoding="utf-8").split("\n") if path.exists() else []:
            if line and not line.startswith("#"):
                name, body = line.split("\t", 1)
                yield name, json.loads(body)


def rendered(environment: jinja2.Environment) -> Iterator[dict[str, Any]]:
    """Yields for each folder the outputs by request: a text, AS_FRONTEND or REFUSED."""
    for folder in sorted(path for path in ORACLE.iterdir() if path.is_dir()):
        config = _json(folder / "tokenizer_config.json")
        frontend = {one["name"]: one.get("text") for one in map(json.loads, _lines(folder / "golden.jsonl"))}
        tokens = _special_tokens(config)
        outputs: dict[str, Any] = {}
        try:
            templates = _templates(environment, _sources(folder, config))
        except Exception:  # a template that does not compile refuses every request
            templates = {}
        for name, body in _requests(folder):
            try:
                text = METHOD_OWNER.sub("", _prompt(templates, tokens, body))
                text.encode()
            except Exception:  # whatever a template provokes is refused alike
                outputs[name] = REFUSED
            else:
                outputs[name] = AS_FRONTEND if text == frontend.get(name) else text
        yield {"folder": folder.name, "outputs": outputs}


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
