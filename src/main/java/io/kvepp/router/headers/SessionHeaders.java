package io.kvepp.router.headers;

import io.kvepp.picker.HttpHeader;
import io.kvepp.picker.PickRequest;
import org.jspecify.annotations.Nullable;

/// Reads the header by which an agent names its session: Dynamo's own, Claude Code's (a child agent's
/// before its session's), Codex's, OpenCode's.
///
/// Source: Dynamo 1.6.1 `lib/llm/src/protocols/agents`.
final class SessionHeaders {
    private static final String DYNAMO = "x-dynamo-session-id";
    private static final String CLAUDE_CODE = "x-claude-code-session-id";
    private static final String CLAUDE_CODE_AGENT = "x-claude-code-agent-id";
    private static final String CODEX = "thread-id";
    private static final String OPEN_CODE = "x-session-id";

    private SessionHeaders() {}

    /// The session's id; null when the request names none.
    static @Nullable String of(PickRequest request) {
        @Nullable String own = value(request, DYNAMO);
        if (own != null) {
            return own;
        }
        @Nullable String claude = value(request, CLAUDE_CODE);
        if (claude != null) {
            @Nullable String agent = value(request, CLAUDE_CODE_AGENT);
            return agent == null ? claude : agent;
        }
        @Nullable String codex = value(request, CODEX);
        return codex == null ? value(request, OPEN_CODE) : codex;
    }

    private static @Nullable String value(PickRequest request, String name) {
        for (HttpHeader header : request.headers()) {
            if (header.name().equals(name)) {
                String value = header.value().strip();
                return value.isEmpty() ? null : value;
            }
        }
        return null;
    }
}
