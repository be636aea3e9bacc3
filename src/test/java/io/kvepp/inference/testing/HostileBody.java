package io.kvepp.inference.testing;

import io.kvepp.inference.ParseResult;
import io.kvepp.inference.UnparsedReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// A body that is large, deep or broken, and what reading it must come to.
///
/// Immutable; the array must not be changed.
public record HostileBody(String name, String path, byte[] body, Verdict verdict) {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String RESPONSES = "/v1/responses";
    private static final String MESSAGES = "/v1/messages";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final int TEN_MEGABYTES = 10 << 20;

    private static final String TEXT = "all work and no play ".repeat(TEN_MEGABYTES / 21);
    private static final String MESSAGES_1M = "{\"role\":\"user\",\"content\":\"x\"},".repeat(1_000_000);
    private static final String TOOLS_100K = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}},".repeat(100_000);
    private static final String DEEP = "[".repeat(10_000) + "]".repeat(10_000);
    private static final String LAST = "{\"role\":\"user\",\"content\":\"x\"}";

    /// What a parser makes of a body.
    public enum Verdict {
        READ,
        REFUSED,

        /// Beyond what is read here: the frontend decides.
        TOO_LARGE;

        public boolean isOf(ParseResult result) {
            return switch (result) {
                case ParseResult.Parsed _ -> this == READ;
                case ParseResult.Malformed _ -> this == REFUSED;
                case ParseResult.Unparsed(var reason, var _) -> this == TOO_LARGE && reason == UnparsedReason.TOO_LARGE;
            };
        }
    }

    @Override
    public String toString() {
        return name;
    }

    public SampleBody sample() {
        return new SampleBody(name, path, body);
    }

    /// All of them, for this model.
    public static List<HostileBody> all(String model) {
        return Stream.of(longTexts(model), longLists(model), deep(model), odd(model))
                .flatMap(List::stream)
                .toList();
    }

    /// A text of 10 MB somewhere.
    private static List<HostileBody> longTexts(String model) {
        return List.of(
                hostile(
                        "10 MB of prompt",
                        COMPLETIONS,
                        "{\"model\":\"" + model + "\",\"prompt\":\"" + TEXT + "\"}",
                        Verdict.READ),
                hostile(
                        "10 MB of escapes",
                        COMPLETIONS,
                        "{\"model\":\"" + model + "\",\"prompt\":\"" + "\\u00e9".repeat(TEN_MEGABYTES / 6) + "\"}",
                        Verdict.READ),
                hostile(
                        "10 MB of an unknown field",
                        MESSAGES,
                        "{\"zz\":\"" + TEXT + "\",\"model\":\"" + model + "\",\"max_tokens\":1,\"messages\":[" + LAST
                                + "]}",
                        Verdict.READ),
                hostile(
                        "10 MB of a name",
                        CHAT,
                        "{\"" + TEXT + "\":1,\"model\":\"" + model + "\",\"messages\":[" + LAST + "]}",
                        Verdict.REFUSED),
                hostile(
                        "10 MB of an image",
                        CHAT,
                        "{\"model\":\"" + model
                                + "\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
                                + "A".repeat(TEN_MEGABYTES) + "\"}}]}]}",
                        Verdict.READ),
                hostile(
                        "10 MB that end too early",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"" + TEXT,
                        Verdict.REFUSED));
    }

    /// A list with many members.
    private static List<HostileBody> longLists(String model) {
        return List.of(
                hostile(
                        "10 MB of messages",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":["
                                + ("{\"role\":\"user\",\"content\":\"" + TEXT.substring(0, 1_000) + "\"},"
                                                + "{\"role\":\"assistant\",\"content\":\"yes\"},")
                                        .repeat(TEN_MEGABYTES / 1_100)
                                + LAST + "]}",
                        Verdict.READ),
                hostile(
                        "10 MB of parts",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":["
                                + ("{\"type\":\"text\",\"text\":\"" + TEXT.substring(0, 1_000) + "\"},")
                                        .repeat(TEN_MEGABYTES / 1_050)
                                + "{\"type\":\"text\",\"text\":\"x\"}]}]}",
                        Verdict.READ),
                hostile(
                        "1,500 tools of 6 KB",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[" + LAST + "],\"tools\":["
                                + ("{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\","
                                                + "\"properties\":{\"p\":{\"type\":\"string\",\"description\":\""
                                                + TEXT.substring(0, 6_000) + "\"}}}}},")
                                        .repeat(1_499)
                                + "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
                        Verdict.READ),
                hostile(
                        "1M messages",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[" + MESSAGES_1M + LAST + "]}",
                        Verdict.TOO_LARGE),
                hostile(
                        "1M messages of blocks",
                        MESSAGES,
                        "{\"model\":\"" + model + "\",\"max_tokens\":1,\"messages\":[" + MESSAGES_1M + LAST + "]}",
                        Verdict.TOO_LARGE),
                hostile(
                        "1M items",
                        RESPONSES,
                        "{\"model\":\"" + model + "\",\"input\":[" + MESSAGES_1M + LAST + "]}",
                        Verdict.TOO_LARGE),
                hostile(
                        "1M texts",
                        EMBEDDINGS,
                        "{\"model\":\"" + model + "\",\"input\":[" + "\"x\",".repeat(1_000_000) + "\"x\"]}",
                        Verdict.READ),
                hostile(
                        "100k tools",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[" + LAST + "],\"tools\":[" + TOOLS_100K
                                + "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
                        Verdict.REFUSED));
    }

    /// Containers inside one another.
    private static List<HostileBody> deep(String model) {
        return List.of(
                hostile("10 MB of braces", CHAT, "{\"a\":".repeat(TEN_MEGABYTES / 5), Verdict.REFUSED),
                hostile(
                        "depth 10,000",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"metadata\":" + DEEP + ",\"messages\":[" + LAST + "]}",
                        Verdict.REFUSED),
                hostile(
                        "depth 10,000 that is skimmed",
                        MESSAGES,
                        "{\"model\":\"" + model + "\",\"zz\":" + DEEP.substring(4, DEEP.length() - 4)
                                + ",\"max_tokens\":1,\"messages\":[" + LAST + "]}",
                        Verdict.TOO_LARGE),
                hostile(
                        "depth 10,000 in a tool",
                        CHAT,
                        "{\"model\":\"" + model
                                + "\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
                                + DEEP + "}}],\"messages\":[" + LAST + "]}",
                        Verdict.REFUSED),
                hostile(
                        "arguments of depth 10,000",
                        CHAT,
                        "{\"model\":\"" + model
                                + "\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\""
                                + DEEP + "\"}}]}]}",
                        Verdict.REFUSED));
    }

    /// What is no text, no UTF-8, no known field or no number.
    private static List<HostileBody> odd(String model) {
        return List.of(
                hostile(
                        "10 MB of numbers",
                        COMPLETIONS,
                        "{\"model\":\"" + model + "\",\"prompt\":[" + "1,".repeat(TEN_MEGABYTES / 2) + "1]}",
                        Verdict.TOO_LARGE),
                hostile(
                        "10 MB of one number",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"seed\":" + "1".repeat(TEN_MEGABYTES) + ",\"messages\":[" + LAST
                                + "]}",
                        Verdict.TOO_LARGE),
                hostile("10 MB of blanks", CHAT, " ".repeat(TEN_MEGABYTES), Verdict.REFUSED),
                hostile(
                        "10 MB of raw control characters",
                        COMPLETIONS,
                        "{\"model\":\"" + model + "\",\"prompt\":\"" + "\u0001\t".repeat(TEN_MEGABYTES / 2) + "\"}",
                        Verdict.READ),
                hostile(
                        "10 MB of backslashes before control characters",
                        COMPLETIONS,
                        "{\"model\":\"" + model + "\",\"prompt\":\"" + "\\\n".repeat(TEN_MEGABYTES / 2) + "\"}",
                        Verdict.READ),
                hostile(
                        "a lone surrogate",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
                        Verdict.REFUSED),
                hostile(
                        "100k equal keys",
                        CHAT,
                        "{" + "\"metadata\":1,".repeat(100_000) + "\"model\":\"" + model + "\",\"messages\":[" + LAST
                                + "]}",
                        Verdict.REFUSED),
                hostile(
                        "100k unknown keys",
                        CHAT,
                        unknownFields() + "\"model\":\"" + model + "\",\"messages\":[" + LAST + "]}",
                        Verdict.REFUSED),
                hostile(
                        "a huge exponent",
                        CHAT,
                        "{\"model\":\"" + model + "\",\"temperature\":1e99999999999,\"messages\":[" + LAST + "]}",
                        Verdict.REFUSED),
                new HostileBody("10 MB of no UTF-8", COMPLETIONS, noUtf8(model), Verdict.READ));
    }

    private static HostileBody hostile(String name, String path, String body, Verdict verdict) {
        return new HostileBody(name, path, body.getBytes(StandardCharsets.UTF_8), verdict);
    }

    private static String unknownFields() {
        StringBuilder body = new StringBuilder("{");
        for (int i = 0; i < 100_000; i++) {
            body.append("\"k").append(i).append("\":1,");
        }
        return body.toString();
    }

    private static byte[] noUtf8(String model) {
        byte[] body = new byte[TEN_MEGABYTES];
        new Random(1).nextBytes(body);
        for (int i = 0; i < body.length; i++) {
            body[i] |= (byte) 0x80;
        }
        byte[] start = ("{\"model\":\"" + model + "\",\"prompt\":\"").getBytes(StandardCharsets.UTF_8);
        System.arraycopy(start, 0, body, 0, start.length);
        body[body.length - 2] = '"';
        body[body.length - 1] = '}';
        return body;
    }
}
