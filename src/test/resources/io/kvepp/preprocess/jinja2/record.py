"""Records what jinja2, set up as transformers sets it up for chat templates, makes of small templates.

Usage: record.py TARGET, run with a Python that has jinja2 3.1.6. Writes TARGET/golden.json, the outputs for the templates
of ../jinja/golden.json and of cases.py, and TARGET/chats.jsonl, those for the templates and requests of ../oracle; null
where jinja2 refuses to compile or render.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

import cases
import chats

HERE = Path(__file__).resolve().parent
MINIJINJA = HERE.parent / "jinja" / "golden.json"
NOW = datetime(2026, 3, 7, 14, 5, 9)
CHAT_TIME = datetime(2031, 5, 9, 12, 0, 0)
ADDRESS = re.compile(r" at 0x[0-9a-f]+", re.IGNORECASE)
UNSUPPORTED = re.compile(r"\|\s*(pprint|random|urlize|wordwrap)|lipsum|\.encode\(")


class Generation(jinja2.ext.Extension):
    """The block around what the model wrote; it prints its body."""

    tags = {"generation"}

    def parse(self, parser: jinja2.parser.Parser) -> jinja2.nodes.CallBlock:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("body"), [], [], body).set_lineno(line)

    def body(self, caller: Any) -> str:
        return caller()


def environment(now: datetime) -> jinja2.Environment:
    """Returns the environment in which transformers renders chat templates at that time."""

    def raise_exception(message: str) -> None:
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def strftime_now(format: str) -> str:
        return now.strftime(format)

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                         extensions=[Generation, jinja2.ext.loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = strftime_now
    return made


ENVIRONMENT = environment(NOW)


def render(template: str, context: dict[str, Any]) -> str | None:
    """Returns the output; None for an error, "\ue000" for what differs from run to run or is known to be missing."""
    if UNSUPPORTED.search(template):
        return "\ue000"
    try:
        output = ENVIRONMENT.from_string(template).render(**copy.deepcopy(context))
        output.encode()  # a surrogate cannot be tokenized
    except Exception:  # whatever a template provokes is refused alike
        return None
    return "\ue000" if ADDRESS.search(output) else output


def main(target: str) -> None:
    minijinja = json.loads(MINIJINJA.read_text(encoding="utf-8"))
    contexts = minijinja["contexts"]
    golden = {
        "minijinja": [render(case["template"], contexts[case["context"]]) for case in minijinja["cases"]],
        "context": cases.CONTEXT,
        "templates": [[template, render(template, cases.CONTEXT)] for template in cases.templates()],
        "products": [{"pattern": pattern, "left": left, "right": right,
                      "outputs": [render(pattern.replace("A", a).replace("B", b), cases.CONTEXT) for a in left for b in right]}
                     for pattern, left, right in cases.products()],
    }
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).replace('],["', '],\n["')
    Path(target, "golden.json").write_text(text + "\n", encoding="utf-8")
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in chats.rendered(environment(CHAT_TIME))]
    Path(target, "chats.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
