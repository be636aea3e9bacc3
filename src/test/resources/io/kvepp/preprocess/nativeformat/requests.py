"""The chats that every native prompt format is recorded with; writes requests.jsonl, one {name, body} a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Message = dict[str, Any]

USER = {"role": "user", "content": "hi"}
WEATHER = {"type": "function", "function": {
    "name": "get_weather", "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {
        "city": {"type": "string", "description": "The city, e.g. Zürich <b>&\"x\"</b>"},
        "days": {"type": "integer", "minimum": 1, "maximum": 14, "default": 1e-7}}, "required": ["city"]}}}
CLOCK = {"type": "function", "function": {"name": "clock", "strict": False}}
SEARCH = {"type": "function", "function": {
    "name": "search", "description": "{tool_schemas} {dsml_token} {schema}",
    "parameters": {"type": "object", "properties": {"q": {"type": "string"}, "limit": {"enum": [1, 2.5, 1e20, None, True]}}}}}
SCHEMA = {"type": "json_schema", "json_schema": {
    "name": "answer", "strict": True, "description": "d",
    "schema": {"type": "object", "properties": {"b": {"type": "number", "maximum": 1.5e-5}, "a": {"type": "string"}},
               "required": ["b", "a"], "additionalProperties": False}}}


def user(content: Any) -> Message:
    return {"role": "user", "content": content}


def system(content: Any, **more: Any) -> Message:
    return {"role": "system", "content": content, **more}


def assistant(content: Any, **more: Any) -> Message:
    return {"role": "assistant", "content": content, **more}


def call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(call_id: str, content: Any) -> Message:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def parts(*texts: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text} for text in texts]


def turn(*arguments: Any) -> list[Message]:
    """A question, one call per argument, their results, and a question again."""
    calls = [call(f"c{i}", f"f{i}", given) for i, given in enumerate(arguments)]
    results = [result(f"c{i}", f"r{i}") for i in range(len(arguments))]
    return [user("do it"), assistant(None, tool_calls=calls), *results, user("and now?")]


def requests() -> dict[str, dict[str, Any]]:
    """Returns the body of each request by its name, without the model."""
    all_requests: dict[str, dict[str, Any]] = {}

    def add(name: str, messages: list[Message], **more: Any) -> None:
        assert name not in all_requests, name
        all_requests[name] = {"messages": messages, **more}

    _plain(add)
    _thinking(add)
    _reasoning(add)
    _tools(add)
    _calls(add)
    _results(add)
    _formats(add)
    _kimi(add)
    return all_requests


def _plain(add: Any) -> None:
    add("plain", [USER])
    add("system", [system("Be brief."), USER])
    add("empty system", [system(""), USER])
    add("empty user", [user("")])
    add("multi-turn", [system("S"), user("one"), assistant("1"), user("two"), assistant("2"), user("three")])
    add("late system", [USER, assistant("yo"), system("Now be formal."), user("again")])
    add("late system at the end", [USER, system("Now be formal.")])
    add("two systems", [system("one"), system("two"), USER])
    add("system only", [system("alone")])
    add("two users", [user("one"), user("two"), assistant("a"), user("three"), user("four")])
    add("ends with assistant", [USER, assistant("Hello, ")])
    add("two assistants", [USER, assistant("a"), assistant("b"), user("c")])
    add("assistant first", [assistant("welcome"), USER])
    add("developer", [{"role": "developer", "content": "be terse"}, USER])
    add("developer last", [system("S"), USER, assistant("a"), {"role": "developer", "content": "be terse"}])
    add("developer alone", [{"role": "developer", "content": "be terse"}])
    add("developer empty", [{"role": "developer", "content": ""}, USER])
    add("developer parts", [{"role": "developer", "content": parts("be", "terse")}, USER])
    add("names", [system("S", name="sys"), {**user("x"), "name": "bob \"&"}, assistant("y", name="bot"), user("z")])
    add("parts", [system(parts("Be", "brief")), user(parts("one", "", "two")), assistant(parts("a", "b")), user(parts("c"))])
    add("no parts", [system("S"), user([]), assistant("a"), user("b")])
    add("null content", [USER, assistant(None), user("again")])
    add("refusal", [USER, assistant("no", refusal="I refuse"), user("again")])
    add("function role", [USER, {"role": "function", "name": "f", "content": "r"}, user("again")])
    add("unicode", [system("Grüße 東京 😀 ﷽"), user("e\u0301 \u00a0nbsp \u200b \ufeff\u2028 \u0007 \u0085 👩‍👩‍👧‍👦")])
    add("white space", [system("  s \n"), user("\n\n a \t"), assistant(" \n "), user(" ")])
    add("marks in the text", [user("<｜User｜>x<｜Assistant｜></think><｜end▁of▁sentence｜> <|open|>message<|sep|> <|end_of_msg|> <think>")])
    add("no generation prompt", [USER], add_generation_prompt=False)
    add("no generation prompt after an answer", [USER, assistant("a")], add_generation_prompt=False)
    add("continued answer", [USER, assistant("Once upon a")], add_generation_prompt=False, continue_final_message=True)
    add("continued answer with a space", [USER, assistant("Once upon a ")], add_generation_prompt=False, continue_final_message=True)
    add("continued parts", [USER, assistant(parts("Once", "upon"))], add_generation_prompt=False, continue_final_message=True)
    add("continued question", [user("Tell me a")], add_generation_prompt=False, continue_final_message=True)
    add("image", [user([{"type": "text", "text": "what is"}, {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, {"type": "text", "text": "this?"}])])


THOUGHT = [system("S"), user("one"), assistant("1", reasoning_content="thought one"), user("two")]


def _thinking(add: Any) -> None:
    for on in (True, False):
        add(f"thinking {on}", THOUGHT, thinking=on)
        add(f"enable_thinking {on}", THOUGHT, chat_template_kwargs={"enable_thinking": on})
        add(f"thinking argument {on}", THOUGHT, chat_template_args={"thinking": on})
    for mode in ("enabled", "disabled", "adaptive"):
        add(f"thinking type {mode}", THOUGHT, thinking={"type": mode})
    for mode in ("chat", "thinking", "enabled", "disabled", "Thinking", "other"):
        add(f"thinking_mode {mode}", THOUGHT, chat_template_kwargs={"thinking_mode": mode})
    for effort in ("none", "minimal", "low", "medium", "high", "xhigh", "max"):
        add(f"effort {effort}", THOUGHT, reasoning_effort=effort)
        add(f"effort {effort} by argument", THOUGHT, chat_template_kwargs={"reasoning_effort": effort})
    for effort in (1, 50, 100, 101, 0, 62.5, None, "extreme", True):
        add(f"effort {effort} by argument", THOUGHT, chat_template_kwargs={"reasoning_effort": effort})
    add("effort and no thinking", THOUGHT, reasoning_effort="high", thinking=False)
    add("no effort and thinking", THOUGHT, reasoning_effort="none", thinking=True)
    add("effort of both places", THOUGHT, reasoning_effort="low", chat_template_kwargs={"reasoning_effort": "max"})
    for effort in ("low", "high", "max", "medium", 7):
        add(f"thinking_effort {effort}", THOUGHT, chat_template_kwargs={"thinking_effort": effort})
    add("thinking_effort without thinking", THOUGHT, chat_template_kwargs={"thinking_effort": "medium", "thinking": False})
    for drop in (True, False, "yes", None):
        add(f"drop_thinking {drop}", THOUGHT, chat_template_kwargs={"drop_thinking": drop})
    add("thinking by word", THOUGHT, chat_template_kwargs={"enable_thinking": "false"})
    add("thinking by number", THOUGHT, chat_template_kwargs={"thinking": 0})


def _reasoning(add: Any) -> None:
    calls = [call("c0", "f", "{}")]
    after = [user("one"), assistant("", reasoning_content="thought", tool_calls=calls), result("c0", "r")]
    add("reasoning after the last user", after)
    add("reasoning after the last user, no thinking", after, thinking=False)
    add("reasoning of several turns", [*after, assistant("done", reasoning_content="then"), user("two"),
                                       assistant("2", reasoning="alias"), user("three")])
    add("reasoning kept", [*after, assistant("done", reasoning_content="then"), user("two")],
        chat_template_kwargs={"drop_thinking": False})
    add("reasoning segments", [user("one"), assistant("a", reasoning_content=["x", "", "y"], tool_calls=calls), result("c0", "r")])
    add("reasoning segments kept", [user("one"), assistant("a", reasoning_content=["x", "", "y"]), user("two")],
        chat_template_kwargs={"drop_thinking": False})
    add("no reasoning segments", [user("one"), assistant("a", reasoning_content=[]), user("two")])
    add("empty reasoning", [user("one"), assistant("a", reasoning_content="", tool_calls=calls), result("c0", "r")])
    add("blank reasoning", [user("one"), assistant("a", reasoning_content=" \n", tool_calls=calls), result("c0", "r")])
    add("reasoning at the end", [user("one"), assistant("a", reasoning_content="why")])
    add("reasoning with tools", THOUGHT, tools=[WEATHER])
    add("reasoning with tools, no thinking", THOUGHT, tools=[WEATHER], thinking=False)
    add("reasoning without content", [user("one"), assistant(None, reasoning_content="why"), user("two")])


def _tools(add: Any) -> None:
    add("tools", [USER], tools=[WEATHER])
    add("tools and system", [system("S"), USER], tools=[WEATHER, CLOCK, SEARCH])
    add("tools and late system", [USER, assistant("a"), system("late"), user("b")], tools=[CLOCK])
    add("tools and developer", [{"role": "developer", "content": "be terse"}, USER], tools=[CLOCK])
    add("tools and developer last", [system("S"), {"role": "developer", "content": "be terse"}], tools=[CLOCK])
    add("tools and parts", [system(parts("a", "b")), USER], tools=[CLOCK])
    for choice in ("none", "auto", "required"):
        add(f"tool_choice {choice}", [system("S"), USER], tools=[WEATHER], tool_choice=choice)
    add("tool_choice none without tools", [USER], tool_choice="none")
    add("tool_choice named", [system("S"), *THOUGHT[1:]], tools=[WEATHER, CLOCK],
        tool_choice={"type": "function", "function": {"name": "clock"}})
    add("tool without anything", [USER], tools=[{"type": "function", "function": {"name": "f"}}])
    add("tool with empty parameters", [USER], tools=[{"type": "function", "function": {"name": "f", "parameters": {}}}])
    add("tool with extra keys", [USER], tools=[{"type": "function", "x": 1, "function": {"y": 2, "parameters": {"z": 1, "a": {"c": 1, "b": 2}}, "name": "f"}}])
    add("tool with numbers", [USER], tools=[{"type": "function", "function": {"name": "f", "parameters": {
        "n": [0, -1, 1.0, 1.5, 1e-7, 1e16, 1e15, 123456789012345678, 18446744073709551615, 2.5e300, 5e-324, 1e20]}}}])
    add("tool with a name of its own kind", [USER], tools=[{"type": "function", "function": {"name": "9-lives"}}])
    add("the same tool twice", [USER], tools=[CLOCK, CLOCK])


def _calls(add: Any) -> None:
    add("call", turn('{"city": "Paris", "days": 3}'), tools=[WEATHER])
    add("call without tools", turn('{"city": "Paris"}'))
    add("call with object arguments", turn({"z": "é", "a": [1, 2.5, None, True, {"k": "v"}], "o": {}, "e": [], "n": None, "b": False}))
    add("call with numbers", turn('{"a":1.0,"b":1e5,"c":1E+2,"d":-0,"e":0.1,"f":12345678901234567890,"g":1e-7,"h":1e16,"i":1.5e300,"j":123456789012345678901234}'))
    add("call with text values", turn('{"q":"a \\"b\\" \\\\ \\n \\u00e9 <x> & \'","empty":"","odd key \\" &":"1"}'))
    add("call without arguments", turn("{}"))
    add("call with empty text", turn(""))
    add("call with blank text", turn("  "))
    add("call with duplicate keys", turn('{"a":1,"b":2,"a":3}'))
    add("calls in parallel", turn('{"a": 1}', '{"b": []}', "{}"))
    add("call with content", [user("x"), assistant("Let me look.", tool_calls=[call("c0", "f", "{}")]), result("c0", "r")])
    add("calls empty", [user("x"), assistant("hello", tool_calls=[]), user("y")])
    add("call unanswered", [user("x"), assistant(None, tool_calls=[call("c0", "f", "{}")]), user("y")])
    add("call at the end", [user("x"), assistant(None, tool_calls=[call("c0", "f", '{"a":1}')])])
    add("function_call", [user("x"), assistant("ok", function_call={"name": "f", "arguments": '{"a":1}'}), user("y")])


def _results(add: Any) -> None:
    two = [call("c0", "f", "{}"), call("c1", "g", "{}")]
    add("results out of order", [user("x"), assistant(None, tool_calls=two), result("c1", "second"), result("c0", "first")])
    add("results between users", [user("x"), assistant(None, tool_calls=two), result("c1", "second"), user("and"), result("c0", "first"), user("so?")])
    add("result missing", [user("x"), assistant(None, tool_calls=two), result("c0", "first"), user("so?")])
    add("result of no call", [user("x"), assistant(None, tool_calls=two), result("c9", "what"), result("c0", "first")])
    add("too many results", [user("x"), assistant(None, tool_calls=two[:1]), result("c0", "first"), result("c0", "again"), user("so?")])
    add("result first", [result("c0", "r"), user("y")])
    add("result after a user", [user("x"), result("c0", "r"), user("y")])
    add("result parts", [user("x"), assistant(None, tool_calls=two[:1]), result("c0", parts("line 1", "line 2"))])
    add("result empty", [user("x"), assistant(None, tool_calls=two[:1]), result("c0", "")])
    add("result no parts", [user("x"), assistant(None, tool_calls=two[:1]), result("c0", [])])
    add("rounds of calls", [user("x"), assistant(None, tool_calls=two, reasoning_content="first"), result("c1", "g"), result("c0", "f"),
                            assistant("more", tool_calls=[call("d0", "h", "{}")], reasoning_content="then"), result("d0", "h"),
                            assistant("done"), user("thanks"), assistant(None, tool_calls=two), result("c0", "f2"), result("c1", "g2")], tools=[CLOCK])
    add("the same id in two rounds", [user("x"), assistant(None, tool_calls=two), result("c1", "g"), result("c0", "f"),
                                      assistant("", tool_calls=[]), result("c1", "late"), result("c0", "later"), user("y")])


def _formats(add: Any) -> None:
    add("format json_object", [USER], response_format={"type": "json_object"})
    add("format text", [system("S"), USER], response_format={"type": "text"})
    add("format json_schema", [system("S"), USER], response_format=SCHEMA)
    add("format json_schema without schema", [USER], response_format={"type": "json_schema", "json_schema": {"name": "n"}})
    add("format json_schema with extra keys", [USER], response_format={"type": "json_schema", "x": 1, "json_schema": {"y": 2, "schema": {"b": 1, "a": 2}, "name": "n"}})
    add("format and tools", [system("S"), USER], response_format=SCHEMA, tools=[WEATHER])
    add("format and no tools", [system("S"), USER], response_format=SCHEMA, tools=[WEATHER], tool_choice="none")
    add("format and developer", [{"role": "developer", "content": "d"}, USER], response_format={"type": "json_object"})
    add("format null", [USER], response_format=None)


def _kimi(add: Any) -> None:
    bare = {"name": "lookup", "parameters": {"b": 1, "a": [{"d": 1, "c": 2}]}}
    add("message tools", [system("S"), {"role": "system", "tools": [bare]}, USER])
    add("message tools with empty content", [system("", tools=[CLOCK, bare]), USER])
    add("message tools with content", [system("S", tools=[CLOCK]), USER])
    add("message tools empty", [system("S", tools=[]), USER])
    add("message tools and tools", [system("", tools=[CLOCK]), USER], tools=[WEATHER])
    add("message tools twice", [system("", tools=[CLOCK]), USER], tools=[CLOCK])
    add("message tools named", [system("", tools=[CLOCK]), USER], tools=[WEATHER],
        tool_choice={"type": "function", "function": {"name": "clock"}})
    add("message tools of a wrong kind", [system("", tools=[{"type": "function", "name": "x"}]), USER])
    add("message tools on a user", [{**user("x"), "tools": [CLOCK]}])
    add("partial", [USER, assistant("Once", partial=True)])
    add("partial with reasoning", [USER, assistant("Once", partial=True, reasoning_content="why", name="bot")])
    add("partial without thinking", [USER, assistant("Once", partial=True, reasoning_content="why")], thinking=False)
    add("partial with calls", [USER, assistant("Once", partial=True, tool_calls=[call("c", "f", "{}")])])
    add("partial in the middle", [USER, assistant("Once", partial=True), user("x")])
    add("partial false", [USER, assistant("Once", partial=False), user("x")])
    add("partial empty", [USER, assistant("", partial=True)], response_format={"type": "json_object"})


def main() -> None:
    target = Path(__file__).with_name("requests.jsonl")
    lines = [json.dumps({"name": name, "body": body}, ensure_ascii=False, separators=(",", ":")) for name, body in requests().items()]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
