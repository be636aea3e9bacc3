"""Small templates, each for one construct, and the context they are rendered with."""

from __future__ import annotations

from typing import Any

CONTEXT: dict[str, Any] = {
    "s": "Hello World", "e": "", "u": "Grüße 東京 😀", "q": "it's \"q\" \\ \n\t<b>&", "n": 42, "z": 0, "f": 2.5, "big": 10**30,
    "tiny": 1e-7, "huge": 1e16, "neg": -7, "t": True, "no": False, "none": None, "xs": [3, 1, 2], "ws": ["b", "A", "c", "a"],
    "mixed": [1, "a", None, 2.5, True], "nested": [[1, 2], [3]], "d": {"b": 1, "a": [1, {"k": None}], "C": "x"}, "empty": {},
    "els": [], "items": {"items": 1, "keys": 2, "get": 3}, "lines": "a\nb\r\n\nc\n", "spaces": "  \t pad \n ", "num": "12", "dec": "3.7e1",
    "people": [{"name": "bob", "age": 30, "tags": ["x"]}, {"name": "Al", "age": 25, "tags": []}, {"name": "cy", "age": 30}],
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                 {"role": "assistant", "content": None, "tool_calls": [
                     {"id": "c1", "type": "function", "function": {"name": "f", "arguments": {"x": 1.0, "y": "é", "z": [None, True]}}}]},
                 {"role": "tool", "content": "18", "tool_call_id": "c1", "name": "f"}],
}

VALUES = ["s", "e", "u", "q", "n", "z", "f", "big", "tiny", "huge", "neg", "t", "no", "none", "xs", "els", "d", "empty", "missing",
          "(1, 2)", "()", "range(3)", "d.items()", "xs|map('string')", "namespace(a=1)", "mixed", "num", "dec", "'x'|safe"]
OPERANDS = ["1", "0", "-3", "2.5", "true", "none", "'a'", "'%s'", "''", "[1, 2]", "[]", "(1, 2)", "{'a': 1}", "missing", "big", "'a'|safe", "0.1"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
TESTS = ["defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence",
         "iterable", "callable", "escaped", "lower", "upper", "odd", "even", "divisibleby 2", "divisibleby(3)", "eq 42", "ne 42", "lt 1", "ge 1",
         "in xs", "in d", "sameas none", "sameas true", "filter", "test", "not string", "int", "safe"]
FILTERS = ["abs", "attr('name')", "batch(2)|list", "batch(2, 'x')|list", "capitalize", "center(9)", "count", "d('x')", "default('x', true)",
           "dictsort", "e", "escape", "first", "float", "float(1)", "forceescape", "format(1)", "groupby(0)|list", "indent", "indent(2, true)",
           "int", "int(7)", "int(base=16)", "items|list", "join", "join(', ')", "last", "length", "list", "lower", "max", "min", "reverse|list",
           "reverse", "round", "round(1)", "safe", "select|list", "reject|list", "slice(2)|list", "sort", "sort(reverse=true)", "string", "striptags",
           "sum", "sum(start=1)", "title", "tojson", "tojson(indent=2)", "trim", "trim('x')", "truncate(5)", "unique|list", "upper", "urlencode",
           "xmlattr", "map('upper')|list", "map(attribute='name')|list", "replace('l', 'L')", "replace('l', 'L', 1)",
           "filesizeformat", "nosuch", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "tojson(ensure_ascii=true)"]
STRING_METHODS = ["upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "strip()", "strip('Hd ')", "lstrip()", "rstrip()",
                  "split()", "split(' ')", "split('l')", "split('l', 1)", "split(None, 1)", "rsplit('l', 1)", "rsplit(None, 1)", "splitlines()",
                  "splitlines(true)", "partition('o')", "rpartition('o')", "startswith('He')", "startswith(('x', 'G'))", "endswith('d')",
                  "find('o')", "find('o', 5)", "find('o', -3)", "rfind('o')", "index('o')", "rindex('o')", "count('l')", "count('')", "count('l', 3, 9)",
                  "replace('l', 'L')", "replace('l', 'L', 1)", "replace('', '-')", "join(['a', 'b'])", "join(xs)", "isdigit()", "isalpha()",
                  "isalnum()", "isspace()", "isupper()", "islower()", "istitle()", "isnumeric()", "isdecimal()", "isascii()", "isidentifier()",
                  "isprintable()", "ljust(12, '.')", "rjust(12)", "center(14, '*')", "center(15, '*')", "zfill(14)", "expandtabs(4)",
                  "removeprefix('He')", "removesuffix('ld')", "format(1)", "nosuch()", "__class__", "__len__()"]
TEXTS = ["s", "e", "u", "q", "num", "spaces", "lines", "'ß'", "'ΑΣ'", "'½²'", "'a1 B'", "'-7'", "'x'|safe", "'They\\'re Bill\\'s'"]
INDEXES = ["0", "-1", "5", "-9", "1.0", "true", "'name'", "none", "1:", ":2", "-2:", "::2", "::-1", "5:1:-2", ":-1", "1:1", "none:2", "'a'", "-100:100", "2::-1"]
SEQUENCES = ["xs", "s", "u", "els", "e", "(1, 2, 3)", "range(5)", "d", "none", "missing", "n", "ws", "nested", "'abc'|safe"]
FORMATS = ["'%s'", "'%d'", "'%i'", "'%5d|'", "'%-5d|'", "'%05d'", "'%+d'", "'% d'", "'%x'", "'%X'", "'%#x'", "'%o'", "'%#o'", "'%f'", "'%.2f'", "'%8.3f'",
           "'%e'", "'%.1E'", "'%g'", "'%G'", "'%c'", "'%r'", "'%%'", "'%.3s'", "'%5s|'", "'%-5s|'", "'%s %s'", "'%(a)s'", "'%.3d'", "'%a'", "'%*d'", "'%y'", "'%'"]
ARGUMENTS = ["n", "neg", "f", "s", "none", "t", "xs", "(1, 2)", "(1,)", "d", "{'a': 5}", "huge", "tiny", "65", "'é'", "missing", "0"]
SPECS = ["", "d", "5d", "<5", ">5", "^6", "*^7", "=+6", "05", "+", " ", ",", "_", "x", "#x", "b", "#b", "o", "X", "c", "e", ".2e", "f", ".2f", ".0f", "08.3f", "g",
         ".3g", "G", "%", ".1%", "s", "10s", ".2s", "n", ",.2f", "012,", "#.3g", ".3", "08", "<08", "r"]
SPEC_VALUES = ["n", "neg", "f", "s", "t", "none", "big", "tiny", "huge", "1234567.891", "0", "0.0", "100", "'é'", "1e22", "-0.0"]


def products() -> list[tuple[str, list[str], list[str]]]:
    """Returns patterns in which A and B stand for all pairs."""
    return [
        ("{{ A }}", VALUES, [""]),
        ("{{ [A] }}", VALUES, [""]),
        ("{{ 'T' if A else 'F' }}", VALUES, [""]),
        ("{% for x in A %}{{ x }},{% else %}none{% endfor %}", VALUES, [""]),
        ("{{ -A }}|{{ +A }}", VALUES, [""]),
        ("{{ (A) B 2 }}", VALUES, ["+", "*", "%", "//", "/", "**", "<", "==", "in"]),
        ("{{ (A) B }}", [f"({a}) {op}" for a in OPERANDS for op in OPERATORS], OPERANDS),
        ("{{ (A) is B }}", VALUES, TESTS),
        ("{{ (A)|B }}", VALUES, FILTERS),
        ("{{ (A).B }}", TEXTS, STRING_METHODS),
        ("{{ (A)[B] }}", SEQUENCES, INDEXES),
        ("{{ A % B }}", FORMATS, ARGUMENTS),
        ("{{ A|format(B) }}", FORMATS, ARGUMENTS),
        ("{{ '{:B}'.format(A) }}", SPEC_VALUES, SPECS),
        ("{{ strftime_now('B') }}", [""], [f"%{c}" for c in "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyYzZf%EQ"] + ["%-d %B %Y", "%_d", "%-I:%M %p", "100%", "é %d"]),
    ]


def templates() -> list[str]:
    """Returns templates that are no product."""
    return [*_expressions(), *_statements(), *_scopes(), *_whitespace(), *_chat(), *_sandbox(), *_errors()]


def _expressions() -> list[str]:
    shown = """
        1_000|0x1F|0b101|0o17|1e3|1.5e-7|1_0.2_5|00|1.0|12345678901234567890|1e400|3.0e-5|123456789.123456789|0.1 + 0.2|1e15|1e16|1e17|-0.0|5e-324
        'a' 'b'|"a\\tb"|'\\x41\\u00e9\\U0001F600'|'\\101'|'\\N{BULLET}'|'\\a\\v'|'\\q'|'a\\'b'|"it's"|'say "hi"'|'\\\\'|'\\ud83d\\ude00x'|'\\'
        true|True|TRUE|none|None|null|[1, 'a', "b'c", none, true, 2.5]|{'a': 1, 'b': [1, 2]}|{1: 2, 1.0: 3, true: 4}|{(1, 2): 3}|{[1]: 2}|(1,)|()|1, 2|(1, (2, 3))
        {'a': 'é', 'b': '\\n'}|['\\x00\\x7f\\x9f\\xad\\u200b\\u2028\\ue000😀']|[u]|[q]|[s|safe]|['a'|e]|[missing]|{'x': missing}|d|messages|people
        1 < 2 < 3|1 < 3 < 2|1 == 1.0|true == 1|'a' < 'b'|[1, 2] < [1, 3]|'a' in 'abc'|1 in [1.0]|none in [none]|'x' not in d|not 1 == 2|not not 1|1 if false|(1 if false) ~ 'x'
        1 if true else 2 if true else 3|'a' if z else 'b' if e else 'c'|missing is defined and missing.x|missing or 'x'|none or missing|0 and missing.x|xs and 1|1 and 2 and 0 or 5
        -7 // 2|-7 % 3|7 // -2|7 % -3|-7.5 // 2|-7.5 % 2|7.5 % -2|2 ** 10|2 ** -1|2 ** 0.5|-2 ** 2|2 ** 3 ** 2|10 ** 30|7 / 2|6 / 2|1 // 0|1 % 0|1.0 / 0|0 ** 0|big * big|big // 7|big % 7|big / 3
        true + true|true * 3|-true|+true|'a' * 3|3 * 'ab'|'a' * -1|[1] * 2|[1] + [2]|(1,) + (2,)|[1] + (2,)|'a' + 1|'a' + none|'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1]|1 ~ 2 + 3|1 + 2 ~ 3|'x' ~ 1e-6 ~ huge
        -d.b|-xs[0]|-n|abs|-n|string|+n|-(-n)|- - n|n is number is string|n is not none|not n is none|n is divisibleby 2 and t|n is eq(42)|n is eq 42|s is in 'Hello World!'|n is in [42]|xs is sequence|'a' is string|n is gt 3|missing is none
        d.b|d['b']|d.a[1].k|d.nope|d.nope.x|d['nope']|d.get('b')|d.get('x')|d.get('x', 5)|d.items()|d.keys()|d.values()|d.items()|list|d|length|d|first|d|list|items.items|items.keys|items['items']|items.get('get')|items['get']
        xs.0|xs.5|xs[0]|xs[-1]|xs[10]|xs['0']|xs.count(1)|xs.index(2)|xs.index(9)|xs.copy()|xs.append(4)|xs.sort()|xs.pop()|d.pop('b')|d.update({})|d.copy()|d.setdefault('x', 1)|d.clear()|xs.extend([1])|xs.insert(0, 1)|xs.reverse()
        n.real|n.imag|f.is_integer()|n.bit_length()|n.numerator|f.real|t.real|n.nosuch|n.__class__|s.__class__|s.__class__.__mro__|s._x|d._x|missing.x|none.x|none['x']|missing['x']|missing[0]|missing()|n()|s()|s.upper
        range(3)|range(1, 4)|range(5, 0, -2)|range(0)|range(3)|list|range(10)[2:5]|range(10)[::-2]|range(3)[1]|range(3)|length|range(200000)|range(2, 2)|list|range(1, 10, 3)|list|range('a')|range(1.0)|range(3) == range(0, 3)|2 in range(3)
        dict(a=1, b=2)|dict(d, z=9)|dict([('a', 1)])|dict()|dict(a=1).a|dict(1)|namespace(a=1)|namespace(a=1).a|namespace().b|namespace({'x': 1}).x|cycler('a', 'b').next()|joiner()()|joiner('|')() ~ 'x'
        people|map(attribute='name')|list|people|map(attribute='tags.0')|list|people|map(attribute='nope', default='-')|list|people|selectattr('age', 'eq', 30)|list|length|people|rejectattr('tags')|map(attribute='name')|list|people|selectattr('name', 'in', ['bob'])|list
        people|groupby('age')|people|groupby('age')|map(attribute='grouper')|list|people|groupby('tags', default='none')|people|sort(attribute='name')|map(attribute='name')|list|people|sort(attribute='age,name')|map(attribute='name')|join|people|sum(attribute='age')|people|join(', ', attribute='name')
        people|max(attribute='age')|people|min(attribute='name')|people|unique(attribute='age')|list|length|ws|sort|ws|sort(case_sensitive=true)|ws|unique|list|ws|max|ws|min|mixed|sort|[3, 1.5, true]|sort|[[2], [1]]|sort|d|dictsort|d|dictsort(by='value')|d|dictsort(reverse=true)|d|dictsort(case_sensitive=true)
        xs|map('string')|join('-')|xs|map('upper')|list|ws|map('replace', 'a', 'x')|list|xs|select('gt', 1)|list|xs|reject('odd')|list|mixed|select|list|mixed|select('string')|list|mixed|reject('none')|list|xs|map()|list|xs|select('nosuch')|list|xs|map('nosuch')|list|[]|map('nosuch')|list|xs|map('nosuch')|length
        xs|first|els|first|s|first|d|first|xs|last|els|last|s|last|d|last|xs|length|missing|length|none|length|n|length|xs|reverse|list|s|reverse|u|reverse|d|reverse|list|xs|batch(2)|list|range(7)|slice(3)|list|range(7)|slice(3, 'x')|list|range(7)|batch(3, 0)|list|xs|sum|['a']|sum|[]|sum|[[1], [2]]|sum(start=[])
        s|indent|lines|indent|lines|indent(2)|lines|indent(2, true)|lines|indent(2, false, true)|lines|indent('> ')|lines|indent(width=1, blank=true)|s|truncate(8)|s|truncate(8, true)|s|truncate(8, true, '')|s|truncate(20)|s|truncate(2)|'a b c d e f g h'|truncate(9, leeway=0)|s|center(20)|s|wordcount|u|wordcount|q|wordcount|lines|wordcount|none|wordcount|s|urlencode|q|urlencode|{'a b': 'c&d', 'é': 1}|urlencode|[('a', 1)]|urlencode
        num|int|dec|int|dec|float|'x'|int|'x'|int(default=3)|'x'|float|'0x1f'|int(base=16)|'0b11'|int(base=0)|' 12 '|int|'1_000'|int|'1__0'|int|'١٢'|int|none|int|none|int(5)|xs|int|2.9|int|-2.9|int|1e400|int|'inf'|float|'nan'|float|'1e3'|int|''|int|t|int|big|int|big|float
        2.5|round|3.5|round|2.675|round(2)|1234.5|round(-2)|42|round|42|round(1)|42.0|round(1)|2.1|round(0, 'ceil')|2.9|round(0, 'floor')|2.123|round(2, 'ceil')|42|round(-1)|45|round(-1)|-2.5|round|1e300|round(2)|2.5|round(method='floor')|2.5|round(1, 'x')|none|round
        q|e|q|escape|'<a>'|e|e|'<a>'|safe|e|'<a>'|safe|forceescape|('<a>'|safe) + '<b>'|'<a>' + ('<b>'|safe)|('<a>'|safe) ~ '<b>'|('%s'|safe) % '<'|('<a>'|safe)|upper|('<a>'|safe).upper() + '<'|('<a>'|safe)|length|['<'|safe, '>']|join|('<'|safe) == '<'|{'<'|safe: 1}['<']|('a'|safe) is string|'<p>a <b>c</b> &lt;</p>'|striptags
        [1, [2, {'a': none}], 'é']|tojson|{'b': 1, 'a': {'d': 1.0, 'c': 1e20}}|tojson(sort_keys=true)|d|tojson|d|tojson(indent=4)|d|tojson(2)|d|tojson(indent=none)|[]|tojson(indent=2)|{}|tojson(indent=2)|[[]]|tojson(indent=2)|u|tojson|u|tojson(ensure_ascii=true)|q|tojson|'\\x7f\\u2028\\x00'|tojson|missing|tojson|(1, 2)|tojson|{1: 2, none: 3, true: 4, 1.5: 5}|tojson|{(1, 2): 1}|tojson|xs|map('string')|tojson|range(3)|tojson|d.items()|tojson|tiny|tojson|huge|tojson|big|tojson|'nan'|float|tojson|d|tojson(indent='--')|d|tojson(separators=(',', ':'))|d|tojson(separators=[',', '='], indent=1)|d|tojson(nosuch=1)|messages|tojson|{'b': 1, 2: 3}|tojson(sort_keys=true)
        xs|join|xs|join(', ')|mixed|join('|')|s|join('-')|d|join(',')|[s|safe, '<']|join('<')|xs|join(1)|none|join|missing|join|nested|join|[1.0, 1e-7, 1e16]|join(' ')|[none, true]|join
        s|replace('o', '0')|s|replace('o', '0', 1)|n|replace('4', 'x')|s|replace('', '-')|s|replace('o', 1)|none|replace('N', 'M')|s|title|'hello-world (foo) it\\'s <b>'|title|s|upper|n|upper|none|lower|spaces|trim|spaces|trim ~ '|'|'xxaxx'|trim('x')|s|string|n|string|none|string|[1]|string
        '{} {}'.format(1, 'a')|'{0} {1} {0}'.format('x', 2)|'{a} {b.c} {l[0]}'.format(a=1, b={'c': 2}, l=xs)|'{d[b]}'.format(d=d)|'{{}}'.format()|'{!r}'.format('x')|'{:>{w}}'.format('x', w=5)|'{}'.format()|'{a}'.format()|'{} {0}'.format(1)|'{:5}|'.format(none)|'{}'.format(none)|'{}'.format(xs)|'{:5}|'.format(t)|'{:>5}|'.format('é😀')
        s[1:3]|s[-3:]|s[::-1]|s[::2]|u[6:8]|u[-1]|u[0]|xs[1:]|xs[:-1]|xs[::-1]|(1, 2, 3)[1:]|d[1:]|n[1:]|none[1:]|missing[1:]|xs[1:2, 0]|xs['a':]|xs[::0]|messages[1:]|length|messages[-1].role|messages[0]['role']|messages[2].tool_calls[0].function.name|messages[-1]['content'][0]|messages|length
        s.format|'a'.join|loop|caller|varargs|kwargs|missing.__class__|d.__class__|[].__class__|range|raise_exception|super|_|__name__
        x if x is defined else 'nope'|(missing|default('d')).upper()|missing|default|none|default('d')|none|default('d', true)|e|default('d', boolean=true)|missing|d('x')|d.nope|default('y')|d.nope.nope|default('y')|(missing|default({})).x|missing|default(none)|(1, 2)|first|d.b|default(5)
        s|attr('upper')|d|attr('b')|d|attr('items')|s|map('upper')|list|s|list|u|list|d.items()|first|d.items()|map('first')|list|d|items|list|missing|items|list|xs|items|list|d|items|length|d.items()|length|d.values()|list|d.keys() == d.keys()|'b' in d.keys()|('b', 1) in d.items()|1 in d.values()
        n|filesizeformat|1|filesizeformat|1000|filesizeformat|123456789|filesizeformat|123456789|filesizeformat(true)|'a'|filesizeformat|{'a': 1, 'b': none, 'c': '<'}|xmlattr|{'a b': 1}|xmlattr|{'a': 1}|xmlattr(false)|s|length
        'a' is lower|'A' is upper|'1' is upper|'upper' is filter|'nosuch' is filter|'even' is test|n is sameas n|none is sameas none|1 is sameas true|xs is sameas xs|[] is sameas []|d is mapping|s is iterable|n is iterable|missing is iterable|missing is sequence|missing is callable|range is callable|s is callable|d.items() is sequence|d.items() is iterable|(xs|map('string')) is iterable|(xs|map('string')) is sequence|namespace() is mapping|t is integer|t is number|f is integer|1.0 is integer
        'caf\\xe9'.upper()|'straße'.upper()|'ǆ'.title()|'İ'.lower()|'ŉ'.title()|'ΑΣ'.lower()|'ﬁ'.upper()|'ﬁx'.title()|'ﬁx'.capitalize()|'ß'.casefold()|'it\\'s o\\'clock'.title()|'a\\u2028b\\x85c\\x1cd'.splitlines()|'a\\x1fb c'.split()|'a\\xa0b'.split()|'a,b,,c'.split(',')|''.split()|''.split(',')|' a  b '.split(' ')|'aXbXc'.rsplit('X', 1)|'abc'.split('')|'١٢٣'.isdigit()|'²'.isdigit()|'½'.isnumeric()|'Ⅷ'.isnumeric()|'一'.isnumeric()|'é'.isalpha()|'a_1'.isidentifier()|'1a'.isidentifier()|'é'.isidentifier()
    """
    return ["{{ " + each + " }}" for line in shown.strip("\n").split("\n") for each in _alternatives(line.strip())]


def _alternatives(line: str) -> list[str]:
    """Cuts a line at each | that is no filter: one before which a whole expression stands."""
    pieces, current, depth, quote = [], "", 0, ""
    filters = {"abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape",
               "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "pprint", "reject",
               "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort", "string", "striptags", "sum", "title",
               "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount", "xmlattr", "filesizeformat"}
    at = 0
    while at < len(line):
        c = line[at]
        if quote:
            current += c
            if c == "\\":
                at += 1
                current += line[at]
            elif c == quote:
                quote = ""
        elif c in "'\"":
            quote = c
            current += c
        elif c == "|" and depth == 0 and not _is_filter(line[at + 1:], filters):
            pieces.append(current)
            current = ""
        else:
            depth += (c in "([{") - (c in ")]}")
            current += c
        at += 1
    return [*pieces, current]


def _is_filter(rest: str, filters: set[str]) -> bool:
    name = ""
    for c in rest:
        if not (c.isalnum() or c == "_"):
            break
        name += c
    # `d` and `e` are names of the context too: as filters they have arguments, or nothing but a bar after them.
    after = rest[len(name):len(name) + 1]
    return name in filters and after not in (".", "[") and not (name in ("d", "e", "items") and after == " ")


def _statements() -> list[str]:
    return [
        "{% for x in xs %}{{ loop.index }}/{{ loop.length }}:{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
        "{% for x in xs %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.depth }}{{ loop.depth0 }} {% endfor %}",
        "{% for x in xs %}{{ loop.previtem }}<{{ x }}>{{ loop.nextitem }} {% endfor %}",
        "{% for x in xs %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}",
        "{% for x in xs %}{{ loop.cycle('a', 'b') }}{% endfor %}",
        "{% for x in [1, 1, 2, 2, 1] %}{{ loop.changed(x) }} {% endfor %}",
        "{% for x in xs %}{{ loop }}{% endfor %}",
        "{% for x in xs if x > 1 %}{{ loop.index }}{{ x }}{% else %}none{% endfor %}",
        "{% for x in xs if x > 9 %}{{ x }}{% else %}none{% endfor %}",
        "{% for x in els %}{{ x }}{% else %}none{% endfor %}",
        "{% for x in none %}{{ x }}{% endfor %}",
        "{% for x in missing %}{{ x }}{% else %}none{% endfor %}",
        "{% for x in n %}{{ x }}{% endfor %}",
        "{% for c in s %}{{ c }}.{% endfor %}",
        "{% for k in d %}{{ k }}{% endfor %}",
        "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
        "{% for k, v in d|items %}{{ k }}={{ v }};{% endfor %}",
        "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}",
        "{% for a, b in [[1, 2], (3, 4), 'xy'] %}{{ a }}{{ b }} {% endfor %}",
        "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
        "{% for a, b in [[1]] %}{{ a }}{% endfor %}",
        "{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}",
        "{% for x in 1, 2, 3 %}{{ x }}{% endfor %}",
        "{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}",
        "{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}",
        "{% for x in xs %}{% break %}{% else %}else{% endfor %}",
        "{% for x in xs %}{% continue %}{% else %}else{% endfor %}",
        "{% for x in xs %}{{ x }}{% break %}{% else %}else{% endfor %}",
        "{% for x in xs %}{% if x == 2 %}{% break %}{% endif %}{% else %}else{% endfor %}",
        "{% break %}", "{% continue %}",
        "{% for x in xs recursive %}{{ x }}{% endfor %}",
        "{% for x in [[1, [2]], 3] recursive %}{% if x is sequence %}({{ loop(x) }}){% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}",
        "{% for x in nested %}{% for y in x %}{{ loop.index }}{{ y }}{% endfor %}|{{ loop.index }} {% endfor %}",
        "{% for x in xs %}{{ loop(x) }}{% endfor %}",
        "{% set gen = xs|map('string') %}{% for x in gen %}{{ x }}{% endfor %}|{% for x in gen %}{{ x }}{% endfor %}",
        "{% set gen = xs|select('odd') %}{{ gen|list }}{{ gen|list }}",
        "{% set gen = xs|map('string') %}{{ gen|first }}{{ gen|first }}{{ gen|list }}",
        "{% set gen = xs|map('string') %}{{ '1' in gen }}{{ gen|list }}",
        "{% set gen = d.items() %}{{ gen|list|length }}{{ gen|list|length }}",
        "{% for x in xs|map('string') %}{{ loop.length }}{{ loop.last }}{{ x }} {% endfor %}",
        "{% if z %}a{% elif e %}b{% elif n %}c{% else %}d{% endif %}",
        "{% if missing %}a{% else %}b{% endif %}", "{% if not missing %}a{% endif %}", "{% if d.nope is defined %}a{% else %}b{% endif %}",
        "{% if xs %}a{% endif %}{% if els %}b{% endif %}{% if d %}c{% endif %}{% if empty %}d{% endif %}{% if '0' %}e{% endif %}{% if 0.0 %}f{% endif %}",
        "{% if xs|length > 2 and s is string %}a{% endif %}", "{% if 1, 0 %}a{% endif %}", "{% if n in (41, 42) %}a{% endif %}",
        "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set x = 1, 2 %}{{ x }}", "{% set (x, y) = [3, 4] %}{{ x }}{{ y }}",
        "{% set x %}a{{ n }}b{% endset %}{{ x }}{{ x is string }}", "{% set x | upper %}abc{% endset %}{{ x }}", "{% set x|replace('a', 'b')|upper %}abc{% endset %}{{ x }}",
        "{% set ns = namespace(a=1, b=[]) %}{% set ns.a = ns.a + 1 %}{{ ns.a }}{{ ns.b }}{{ ns }}",
        "{% set ns = namespace() %}{% set ns.x = 1 %}{% for i in xs %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
        "{% set d.x = 1 %}", "{% set missing.x = 1 %}", "{% set ns = namespace(x=none) %}{{ ns.x is none }}{{ ns.y is defined }}{{ ns['x'] }}",
        "{% set ns = namespace(b=1, a=2) %}{{ ns }}", "{% set ns = namespace(a=1) %}{% set ns.a, y = 5, 6 %}{{ ns.a }}{{ y }}",
        "{% set ns = namespace(a=1) %}{% set ns.a %}text{% endset %}{{ ns.a }}",
        "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=5, a=4) }} {{ m() }} {{ m(none) }}",
        "{% macro m(a, b=a) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }}", "{% macro m(a=b, b=1) %}{{ a }}-{{ b }}{% endmacro %}{{ m() }}",
        "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(missing) }}", "{% macro m(a=5) %}{{ a }}{% endmacro %}{{ m(missing) }}",
        "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=1) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
        "{% macro m() %}x{% endmacro %}{{ m }}{{ m.name }}{{ m.arguments }}{{ m.caller }}{{ m.catch_kwargs }}", "{% macro m(a, b) %}{% endmacro %}{{ m.arguments }}",
        "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}body{% endcall %}", "{% macro m() %}[{{ caller(1, 2) }}]{% endmacro %}{% call(a, b) m() %}{{ a }}{{ b }}{% endcall %}",
        "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}", "{% call s.upper() %}y{% endcall %}",
        "{% macro m() %}{{ caller }}{% endmacro %}{% call m() %}y{% endcall %}", "{% macro m() %}{{ m2() }}{% endmacro %}{% macro m2() %}two{% endmacro %}{{ m() }}",
        "{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{{ m() }}{% macro m() %}x{% endmacro %}",
        "{% macro m(x) -%}\n  {{ x }}\n{%- endmacro %}[{{ m('a')|upper }}]", "{% macro m(xs) %}{% for x in xs %}{{ x }}{% endfor %}{% endmacro %}{{ m([1, 2]) }}{{ m(xs=[3]) }}{{ m(*[[4]]) }}{{ m(**{'xs': [5]}) }}",
        "{% filter upper %}abc{{ s }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}abc{% endfilter %}", "{% filter nosuch %}abc{% endfilter %}",
        "{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with a=1 %}{% with b=a %}{{ b }}{% endwith %}{% endwith %}", "{% with a=1, b=a %}{{ b }}{% endwith %}",
        "{% with %}{% set x = 1 %}{{ x }}{% endwith %}{{ x }}", "{% generation %}a{{ n }}{% endgeneration %}b", "{% generation %}{% set x = 1 %}{% endgeneration %}{{ x }}",
        "{% for m in messages %}{% generation %}{{ m.role }}{{ loop.index }}{% endgeneration %}{% endfor %}", "{%- generation -%} a {%- endgeneration -%} b",
        "{% do xs.append(1) %}", "{% print n %}", "{% print n, s %}", "{% raw %}{{ x }}{% endraw %}", "{% raw -%}  a  {%- endraw %}", "{%- raw %}\n a \n{% endraw -%} b", "{# c #}x{#- c -#} y", "{# {{ x }} #}",
        "{% for i in range(3) %}{% set x = i %}{% endfor %}{{ x }}", "{% print 1 if t else 2 %}", "{{ 1, 2 }}", "{{ 1, }}", "{{ }}", "{{ 1 2 }}", "{{ (1 }}", "{{ [1, 2 }}", "{{ {'a' 1} }}", "{{ a. }}", "{{ 'abc }}",
        "{% if %}{% endif %}", "{% if n %}", "{% endif %}", "{% for %}{% endfor %}", "{% for x xs %}{% endfor %}", "{% nosuch %}", "{% set x %}", "{% set 1 = 2 %}", "{% set x = %}", "{% macro %}{% endmacro %}", "{%", "{{", "{#", "{{ n", "{% if n %}{% else %}{% else %}{% endif %}",
        "{{ n|nosuch }}", "{% if z %}{{ n|nosuch }}{% endif %}ok", "{% for x in els %}{{ n|nosuch }}{% endfor %}", "{% if z %}{% for x in els %}{{ n|nosuch }}{% endfor %}{% endif %}", "{{ n|nosuch if z else 1 }}", "{{ 1 if t else n|nosuch }}", "{{ n is nosuch }}", "{% if z %}{{ n is nosuch }}{% endif %}ok", "{{ 1 if n is nosuch else 2 }}",
        "{% set x = cycler('a', 'b') %}{{ x.next() }}{{ x.next() }}{{ x.next() }}{{ x.current }}{{ x.reset() }}{{ x.next() }}", "{% set j = joiner(', ') %}{% for x in xs %}{{ j() }}{{ x }}{% endfor %}",
        "{% for g in people|groupby('age') %}{{ g.grouper }}:{{ g.list|length }}{{ g[0] }} {% endfor %}", "{% for age, group in people|groupby('age') %}{{ age }}{{ group|map(attribute='name')|join }}{% endfor %}", "{{ (people|groupby('name'))[0] }}",
        "{% for k, g in ws|groupby(0) %}{{ k }}{{ g }}{% endfor %}", "{% for k, g in ['b', 'B', 'a']|groupby(0) %}{{ k }}{{ g }}{% endfor %}", "{% for k, g in ['b', 'B', 'a']|groupby(0, case_sensitive=true) %}{{ k }}{{ g }}{% endfor %}",
        "{{ raise_exception('no') }}", "{% if z %}{{ raise_exception('no') }}{% endif %}ok", "{{ strftime_now('%d %b %Y') }}", "{{ strftime_now(1) }}",
        "{% set é = 1 %}{{ é }}", "{% set größe = 2 %}{{ größe + 1 }}", "{{ d.é }}", "{% set x1_y = 3 %}{{ x1_y }}", "{% set _a = 1 %}{{ _a }}",
        "{% macro m() %}{% set x = 1 %}{{ x }}{% endmacro %}{{ m() }}{{ x }}", "{% set a = [1] %}{% set a = a + [2] %}{{ a }}", "{% set a = [] %}{% for x in xs %}{% set a = a + [x] %}{% endfor %}{{ a }}",
        "{% for x in xs -%}\n  {{ x }}\n{%- endfor %}", "{% for x in [1] %}{% for x in [2] %}{{ x }}{% endfor %}{{ x }}{% endfor %}{{ x }}", "{{ loop.index }}", "{% for x in xs %}{% if loop.first %}{% set y = x %}{% endif %}{{ y }}{% endfor %}",
        "{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|first }}", "{{ messages|map(attribute='role')|unique|list }}", "{{ messages|rejectattr('role', 'in', ['system', 'tool'])|list|length }}", "{{ (messages|selectattr('tool_calls', 'defined')|list)[0].role }}", "{{ messages|selectattr('content', 'none')|list|length }}",
    ]


def _scopes() -> list[str]:
    return [
        "{% set x = 1 %}{% for i in xs %}{{ x }}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}", "{% for i in xs %}{{ y is defined }}{% set y = 1 %}{% endfor %}", "{% if t %}{% set x = 1 %}{% endif %}{{ x }}", "{% if z %}{% set x = 1 %}{% endif %}{{ x is defined }}",
        "{% set n = n + 1 %}{{ n }}", "{% for i in xs %}{% set n = n + i %}{{ n }} {% endfor %}{{ n }}", "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}",
        "{% set x = 1 %}{% macro m() %}{% set x = 5 %}{{ x }}{% endmacro %}{{ m() }}{{ x }}", "{% for i in xs %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro outer() %}{% macro inner() %}in{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}{{ inner is defined }}",
        "{% for i in xs %}{% macro m() %}{{ loop.index }}{% endmacro %}{{ m() }}{% endfor %}", "{% set x = 1 %}{% set y %}{% set x = 2 %}{{ x }}{% endset %}{{ y }}{{ x }}", "{% set x = 1 %}{% filter upper %}{% set x = 2 %}{{ x }}{% endfilter %}{{ x }}", "{% set x = 1 %}{% with x = x + 1 %}{{ x }}{% endwith %}{{ x }}", "{% macro m() %}{{ caller() }}{% endmacro %}{% set x = 1 %}{% call m() %}{{ x }}{% set x = 2 %}{{ x }}{% endcall %}{{ x }}",
        "{% for x in xs %}{% else %}{% set y = 1 %}{% endfor %}{{ y is defined }}", "{% for x in els %}{% else %}{% set y = 1 %}{{ y }}{% endfor %}{{ y is defined }}", "{% for x in xs %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}", "{% if t %}{{ n }}{% endif %}{% set n = 1 %}{{ n }}", "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}{% set n = 1 %}{{ m() }}",
        "{{ n }}{% for x in xs %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}", "{% if z %}{% set n = 1 %}{% endif %}{{ n }}", "{% if z %}{% set n = 1 %}{% else %}{% set n = 2 %}{% endif %}{{ n }}", "{% for x in xs %}{% if x == 1 %}{% set n = 'in' %}{% endif %}{{ n }} {% endfor %}{{ n }}", "{% for x in xs %}{% if x == 1 %}{% set w = 'in' %}{% endif %}{{ w }} {% endfor %}{{ w }}",
        "{% for x in xs %}{% set n = x %}{% for y in [1] %}{{ n }}{% endfor %}{% endfor %}{{ n }}", "{% for x in xs %}{% for y in [1] %}{{ n }}{% endfor %}{% set n = x %}{% endfor %}{{ n }}", "{% macro m(n) %}{{ n }}{% endmacro %}{{ m(1) }}{{ n }}", "{% macro m(a=n) %}{{ a }}{% endmacro %}{% set n = 7 %}{{ m() }}", "{% set m %}{{ n }}{% endset %}{% set n = 1 %}{{ m }}{{ n }}",
        "{% with n = 1 %}{% macro m() %}{{ n }}{% endmacro %}{{ m() }}{% endwith %}{{ m is defined }}", "{% set f = namespace(done=false) %}{% for x in xs %}{% if not f.done %}{{ x }}{% set f.done = true %}{% endif %}{% endfor %}", "{% for x in xs %}{% set loop_x = loop.index %}{% for y in xs %}{{ loop_x }}{{ loop.index }} {% endfor %}{% endfor %}", "{% for x in xs if loop is defined %}{{ x }}{% endfor %}", "{% for x in nested %}{% for y in x if loop.index == 1 %}{{ y }}{% endfor %}{% endfor %}",
    ]


def _whitespace() -> list[str]:
    pieces = ["a\n{% if t %}\nb\n{% endif %}\nc\n", "a\n  {% if t %}  \n  b\n  {% endif %}  \nc", "a {%- if t -%} b {%- endif -%} c", "a\n\n{%- if t %}\n\nb{% endif %}", "  {{ n }}  \n  {{ n }}\n", "x  {%+ if t %}y{% endif %}", "  {%+ if t %}y{% endif %}", "{% if t +%}\nx{% endif %}", "{% if t -%}\n\n  x{% endif %}",
              "a\r\nb\r\n{% if t %}\r\nc{% endif %}\r\n", "a\rb", "{{ n -}}  x", "x  {{- n }}", "x  {{+ n }}", "{#- a -#}\n b", "  {# a #}  \nb", "  {# a #}\nb", "\t{% if t %}\tx{% endif %}\n", "a{% if t %}\n\nb{% endif %}", "\n{% if t %}\nx\n{% endif %}\n\n", "a\u00a0\n\u2003{% if t %}b{% endif %}", "x\n {% set a = 1 %} \n{{ a }}", "{% for i in xs %}\n  {{ i }}\n{% endfor %}\nend",
              "  {% raw %}  \n x {% endraw %}\ny", "{% raw %}\nx\n{% endraw %}\ny", "{% raw -%}\nx\n{%- endraw %}\ny", "  {%- raw %} a {% endraw -%}  b", "a  {#+ c #}b", "{% if t %} {% if t %} x {% endif %} {% endif %}", "\n\n", "\n", "", " \n", "a\n\n", "{{ 'a\nb' }}", "{{ 'a\r\nb'|length }}", "{{ n\n}}", "{%\nif t\n%}x{%\nendif\n%}", "{{\n\n n \n\n}}", "{% if t %}{# c #}\n{% endif %}x", "{% set x -%}\n a \n{%- endset %}[{{ x }}]",
              "{% if t %}\n{% endif %}\n", "{{ n }}\n{% if t %}\n{% endif %}\n{{ n }}", "a {% if t %} b\n {% endif %} c", "line {{ n }} {% if t %}\nx\n{% endif %}", "{{ n }}   {% if t %}x{% endif %}", "{{ n }}\n   {% if t %}x{% endif %}", "{% if t %}x{% endif %}   {% if t %}y{% endif %}", "{% if t %}x\n{% endif %}   {% if t %}y{% endif %}", "\x0b{% if t %}x{% endif %}", "\x1c{% if t %}x{% endif %}"]
    return pieces


def _chat() -> list[str]:
    return [
        "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>\n{% endfor %}", "{% for m in messages %}{{ m['role'] + ': ' + (m['content'] or '') }}\n{% endfor %}", "{{ messages[0].content + messages[1].content }}", "{{ messages[2].content + 'x' }}", "{{ messages[2].content is none }}{{ messages[2].content is string }}{{ messages[2].content|default('x', true) }}",
        "{% for m in messages %}{% if m.tool_calls %}{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments|tojson }}{% endfor %}{% endif %}{% endfor %}", "{% for m in messages if m.role != 'system' %}{{ loop.index0 }}{{ m.role }}{% endfor %}", "{% if messages[0]['role'] == 'system' %}{% set sys = messages[0]['content'] %}{% set rest = messages[1:] %}{% else %}{% set rest = messages %}{% endif %}{{ sys }}{{ rest|length }}", "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ 'x' }}{% endif %}{% endfor %}",
        "{% for m in messages[::-1] %}{% set index = (messages|length - 1) - loop.index0 %}{{ index }}{{ m.role }} {% endfor %}", "{{ messages[-1].content.split('8')[0].rstrip('\\n').split('1')[-1].lstrip('\\n') }}", "{% for t in messages[2].tool_calls %}{% for k, v in t.function.arguments.items() %}{{ k }}={{ v if v is string else v|tojson }}{% endfor %}{% endfor %}", "{{ messages[2].tool_calls[0].function.arguments }}", "{{ messages[2].tool_calls|string }}", "{{ messages|tojson(indent=1) }}", "{{ messages[2].tool_calls[0].function|items|list }}",
        "{%- macro part(c) -%}{%- if c is string -%}{{ c }}{%- elif c is iterable -%}{%- for p in c -%}{{ p }}{%- endfor -%}{%- endif -%}{%- endmacro -%}{% for m in messages %}{{ part(m.content) }}|{% endfor %}", "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{{ ns.last }}", "{{ tools is defined }}{{ tools is none }}{{ not tools }}{{ (tools or [])|length }}", "{% if tools is not none and tools|length > 0 %}x{% endif %}ok", "{{ bos_token }}x", "{{ bos_token + 'x' }}", "{{ bos_token ~ 'x' }}",
        "{{ {'name': 'f', 'parameters': {'type': 'object'}}|tojson }}", "{{ ('a' ~ none)|trim }}", "{{ '\\n\\n'.join(messages|map(attribute='role')) }}", "{{ messages|map(attribute='role')|join('\\n') }}", "{{ messages[1:]|selectattr('role', 'equalto', 'tool')|list|last }}", "{{ (messages|last)['content'] }}", "{{ 'tool_calls' in messages[2] }}{{ 'tool_calls' in messages[1] }}{{ messages[1].tool_calls is defined }}", "{{ messages[1].get('x') is none }}{{ messages[1].get('content', '')|length }}", "{% for m in messages %}{{ loop.index0 == messages|length - 1 }}{% endfor %}", "{% for m in messages %}{{ '\\n' if not loop.first }}{{ m.role }}{% endfor %}",
        "{% if messages[0].role == 'system' and messages|length > 1 %}{{ messages[0].content|trim }}{% endif %}", "{{ messages[0].content.startswith('Be') and 'brief' in messages[0].content }}", "{% set c = messages[0].content %}{% if '</think>' in c %}a{% else %}{{ c.split('</think>')[-1] }}{% endif %}", "{{ messages[2].tool_calls[0].function.arguments is mapping }}{{ messages[2].tool_calls is sequence }}{{ messages[2].tool_calls is string }}", "{% for k in messages[2].tool_calls[0].function.arguments|sort %}{{ k }}{% endfor %}", "{{ messages[2].tool_calls[0].function.arguments|dictsort }}", "{{ messages[2].tool_calls[0].function.arguments.x }}{{ messages[2].tool_calls[0].function.arguments.z }}",
    ]


def _sandbox() -> list[str]:
    names = ["__class__", "__init__", "__globals__", "__dict__", "_private", "mro", "func_globals", "gi_frame"]
    owners = ["''", "[]", "{}", "n", "range(1)", "namespace()", "m", "xs|map('string')", "none", "joiner()", "raise_exception"]
    head = "{% macro m() %}x{% endmacro %}"
    return [*(f"{head}{{{{ ({owner}).{name} }}}}" for owner in owners for name in names), *(f"{head}{{{{ ({owner})['{name}'] }}}}" for owner in owners for name in names[:5]),
            *(f"{head}{{{{ ({owner})|attr('{name}') }}}}" for owner in owners for name in names[:3]), *(f"{{{{ xs.{name} is defined }}}}" for name in ("append", "pop", "count", "sort", "nosuch")), *(f"{{{{ d.{name} is defined }}}}" for name in ("update", "pop", "get", "clear", "nosuch", "b"))]


def _errors() -> list[str]:
    return ["{{ 1 + 'a' }}", "{{ none + 1 }}", "{{ missing + 1 }}", "{{ missing.x.y }}", "{{ [] < {} }}", "{{ none < 1 }}", "{{ 'a' < 1 }}", "{{ xs.nosuch() }}", "{{ s.upper(1) }}", "{{ s.nosuch.x }}", "{{ d() }}", "{{ range() }}", "{{ dict(1, 2) }}", "{{ none|sort }}", "{{ n|sort }}", "{{ xs|sort(nosuch=1) }}", "{{ s|replace }}", "{{ xs|join(1, 2, 3) }}",
            "{{ n.x.y }}", "{{ d.x.y }}", "{{ xs[0].x }}", "{{ 'a'.x }}", "{{ none.upper() }}", "{{ missing() }}", "{{ missing|upper }}", "{{ missing|first }}", "{{ missing|last }}", "{{ missing|join }}", "{{ missing|list }}", "{{ missing|int }}", "{{ missing|float }}", "{{ missing|abs }}", "{{ missing|sum }}", "{{ missing|reverse|list }}", "{{ missing|round }}", "{{ missing|sort }}", "{{ missing|dictsort }}", "{{ missing|string }}", "{{ missing|trim }}", "{{ missing|replace('a', 'b') }}", "{{ -missing }}", "{{ missing == missing }}", "{{ missing == none }}", "{{ missing != 1 }}", "{{ missing < 1 }}", "{{ missing in xs }}", "{{ 1 in missing }}", "{{ missing is mapping }}", "{{ missing ~ missing }}", "{{ [missing, missing] }}", "{{ missing * 2 }}", "{{ not missing }}", "{{ missing and 1 }}", "{{ missing if t }}"]
