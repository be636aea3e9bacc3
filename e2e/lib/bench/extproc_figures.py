"""The figures of `e2e/bench extproc`, its tables and its targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from ..console import say
from .frame import table

Answer = Mapping[str, Any]
Turn = Mapping[str, Mapping[str, Answer]]
Added = Mapping[str, Mapping[int, Answer]]
Fair = Mapping[str, Mapping[str, Answer]]

OURS, NULL, JAVA_NULL = "kv-epp", "null", "java_null"
# The targets in milliseconds, and what the null picker took on the machine they were set for.
CPU_MS_MAX = {"1k": 0.25, "32k": 0.5, "128k": 1.3}
CPU_MS_NULL = {"1k": 0.115, "32k": 0.16, "128k": 0.38}
TLS_P50_MS_MAX = 0.4
RSS_MIB_MAX = 256
FAIR_P99_RATIO_MAX = 3.0


def figures(turns: Sequence[Turn], lone: Sequence[Answer], added: Sequence[Added], fair: Sequence[Fair],
            resident_mib: float) -> dict[str, Any]:
    """Returns the flat figures: medians over the runs."""
    def middle(side: str, size: str, key: str) -> float:
        return median(turn[side][size][key] for turn in turns)
    row: dict[str, Any] = {}
    for prefix, side in (("", OURS), ("null_", NULL), ("java_null_", JAVA_NULL)):
        row.update({f"{prefix}cpu_ms_{size}": round(middle(side, size, "cpu_ms"), 4) for size in CPU_MS_MAX})
    row.update({f"null_ratio_{size}": round(row[f"cpu_ms_{size}"] / row[f"null_cpu_ms_{size}"], 2) for size in CPU_MS_MAX})
    for key in ("p50_ms", "p99_ms"):
        row.update({f"routed_{key}_{size}": round(middle(OURS, size, key), 3) for size in CPU_MS_MAX})
    row.update({f"rps_{size}": round(middle(OURS, size, "rps")) for size in CPU_MS_MAX})
    row["tls_p50_ms"] = round(median(answer["p50_ms"] for answer in lone), 3)
    row["rss_mib"] = round(resident_mib)
    for connections in added[0]["plain"]:
        row[f"envoy_added_p50_ms_c{connections}"] = round(median(
            run["asking"][connections]["p50_ms"] - run["plain"][connections]["p50_ms"] for run in added), 3)
    for prefix, side in (("", OURS), ("null_", NULL)):
        row[f"{prefix}fair_p99_ratio"] = round(median(fairness(turn[side]) for turn in fair), 2)
    return row


def fairness(answers: Mapping[str, Answer]) -> float:
    """Returns how much longer the slowest small requests take beside large ones."""
    return float(answers["beside"]["p99_ms"]) / float(answers["alone"]["p99_ms"])


def cpu_ms_max(row: Mapping[str, Any], size: str) -> float:
    """Returns the target on this machine, by what the null picker took in the same run."""
    return round(CPU_MS_MAX[size] * float(row[f"null_cpu_ms_{size}"]) / CPU_MS_NULL[size], 3)


def misses(row: Mapping[str, Any]) -> list[str]:
    """Returns the targets that the figures miss, each as a readable sentence."""
    limits = [(f"cpu_ms_{size}", cpu_ms_max(row, size)) for size in CPU_MS_MAX]
    limits += [("tls_p50_ms", TLS_P50_MS_MAX), ("rss_mib", RSS_MIB_MAX), ("fair_p99_ratio", FAIR_P99_RATIO_MAX)]
    return [f"{name} {row[name]} (target: at most {limit})" for name, limit in limits if row[name] > limit]


def failures(turns: Sequence[Turn], lone: Sequence[Answer], added: Sequence[Added], fair: Sequence[Fair]) -> list[str]:
    """Returns what makes the figures worthless: requests that were not answered as they should be."""
    answers = list(_named(turns, lone, added, fair))
    return [f"{name}: {answer['failed']} requests failed" for name, answer in answers if answer["failed"]] + [
        f"{name}: no request was answered" for name, answer in answers if not answer["requests"]]


def _named(turns: Sequence[Turn], lone: Sequence[Answer], added: Sequence[Added],
           fair: Sequence[Fair]) -> Iterator[tuple[str, Answer]]:
    for turn in turns:
        yield from ((f"{side} {size}", answer) for side, sizes in turn.items() for size, answer in sizes.items())
    yield from (("one stream over TLS", answer) for answer in lone)
    for run in added:
        yield from ((f"Envoy {name}, {count} connections", answer)
                    for name, counts in run.items() for count, answer in counts.items())
    for sides in fair:
        yield from ((f"fairness, {side} {name}", answer) for side, answers in sides.items() for name, answer in answers.items())


def say_tables(row: Mapping[str, Any], fair: Sequence[Fair]) -> None:
    """Prints what was measured."""
    table(("body", "cpu ms", "target", "null", "java null", "x null", "p50 ms", "p99 ms", "requests/s"),
          [(size, row[f"cpu_ms_{size}"], cpu_ms_max(row, size), row[f"null_cpu_ms_{size}"], row[f"java_null_cpu_ms_{size}"],
            row[f"null_ratio_{size}"], row[f"routed_p50_ms_{size}"], row[f"routed_p99_ms_{size}"], row[f"rps_{size}"])
           for size in CPU_MS_MAX])
    say()
    table(("small requests", "p50 ms", "p99 ms", "prompts of 8 MiB"),
          [(f"{side}, {name}", *(f"{median(turn[side][key][figure] for turn in fair):.2f}" for figure in ("p50_ms", "p99_ms")),
            sum(turn[side]["large"]["requests"] for turn in fair) if key == "beside" else 0)
           for side in (OURS, NULL) for name, key in (("alone", "alone"), ("beside two of 8 MiB", "beside"))])
    say()
