package io.kvepp.inference.body;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.ParseResult.Malformed;
import io.kvepp.inference.ParseResult.Parsed;
import io.kvepp.inference.ParseResult.Unparsed;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.UnparsedReason;
import io.kvepp.inference.testing.BodyGenerator;
import io.kvepp.inference.testing.BodyMutator;
import io.kvepp.inference.testing.SampleBody;
import io.kvepp.testing.RequestParsers;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever a client sends is answered, soon, and with memory in proportion to what it sent.
class HostileBodiesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String RESPONSES = "/v1/responses";
    private static final String MESSAGES = "/v1/messages";
    private static final String EMBEDDINGS = "/v1/embeddings";
    private static final int MUTATIONS = 100_000;
    private static final int TEN_MEGABYTES = 10 << 20;

    /// Bytes allocated for each byte of a body: objects of one letter each are the dearest.
    private static final long ALLOCATED_PER_BYTE_MAX = 100;
    private static final long ALLOCATED_FIXED_MAX = 1 << 20;

    private static final RequestParser PARSER = RequestParsers.all();

    /// A body and what must become of it.
    record Hostile(String name, String path, byte[] body, Predicate<ParseResult> expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Hostile> hostile() {
        Predicate<ParseResult> parsed = Parsed.class::isInstance;
        Predicate<ParseResult> malformed = Malformed.class::isInstance;
        Predicate<ParseResult> tooLarge = result -> result.equals(new Unparsed(UnparsedReason.TOO_LARGE, "m"));
        String text = "all work and no play ".repeat(TEN_MEGABYTES / 21);
        String messages = "{\"role\":\"user\",\"content\":\"x\"},".repeat(1_000_000);
        String tools = "{\"type\":\"function\",\"function\":{\"name\":\"f\"}},".repeat(100_000);
        String deep = "[".repeat(10_000) + "]".repeat(10_000);
        String last = "{\"role\":\"user\",\"content\":\"x\"}";
        return List.of(
                hostile("10 MB of prompt", COMPLETIONS, "{\"model\":\"m\",\"prompt\":\"" + text + "\"}", parsed),
                hostile(
                        "10 MB of escapes",
                        COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"" + "\\u00e9".repeat(TEN_MEGABYTES / 6) + "\"}",
                        parsed),
                hostile(
                        "10 MB of an unknown field",
                        MESSAGES,
                        "{\"zz\":\"" + text + "\",\"model\":\"m\",\"max_tokens\":1,\"messages\":[" + last + "]}",
                        parsed),
                hostile(
                        "10 MB of a name",
                        CHAT,
                        "{\"" + text + "\":1,\"model\":\"m\",\"messages\":[" + last + "]}",
                        malformed),
                hostile(
                        "10 MB of an image",
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
                                + "A".repeat(TEN_MEGABYTES) + "\"}}]}]}",
                        parsed),
                hostile(
                        "10 MB that end too early",
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + text,
                        malformed),
                hostile("10 MB of braces", CHAT, "{\"a\":".repeat(TEN_MEGABYTES / 5), malformed),
                hostile(
                        "10 MB of numbers",
                        COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":[" + "1,".repeat(TEN_MEGABYTES / 2) + "1]}",
                        tooLarge),
                hostile(
                        "10 MB of one number",
                        CHAT,
                        "{\"model\":\"m\",\"seed\":" + "1".repeat(TEN_MEGABYTES) + ",\"messages\":[" + last + "]}",
                        tooLarge),
                hostile("10 MB of blanks", CHAT, " ".repeat(TEN_MEGABYTES), malformed),
                hostile(
                        "10 MB of raw control characters",
                        COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"" + "\u0001\t".repeat(TEN_MEGABYTES / 2) + "\"}",
                        parsed),
                hostile(
                        "10 MB of backslashes before control characters",
                        COMPLETIONS,
                        "{\"model\":\"m\",\"prompt\":\"" + "\\\n".repeat(TEN_MEGABYTES / 2) + "\"}",
                        parsed),
                hostile("1M messages", CHAT, "{\"model\":\"m\",\"messages\":[" + messages + last + "]}", tooLarge),
                hostile(
                        "1M messages of blocks",
                        MESSAGES,
                        "{\"model\":\"m\",\"max_tokens\":1,\"messages\":[" + messages + last + "]}",
                        tooLarge),
                hostile("1M items", RESPONSES, "{\"model\":\"m\",\"input\":[" + messages + last + "]}", tooLarge),
                hostile(
                        "1M texts",
                        EMBEDDINGS,
                        "{\"model\":\"m\",\"input\":[" + "\"x\",".repeat(1_000_000) + "\"x\"]}",
                        parsed),
                hostile(
                        "100k tools",
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[" + last + "],\"tools\":[" + tools
                                + "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}",
                        malformed),
                hostile(
                        "depth 10,000",
                        CHAT,
                        "{\"model\":\"m\",\"metadata\":" + deep + ",\"messages\":[" + last + "]}",
                        malformed),
                hostile(
                        "depth 10,000 that is skimmed",
                        MESSAGES,
                        "{\"model\":\"m\",\"zz\":" + deep.substring(4, deep.length() - 4)
                                + ",\"max_tokens\":1,\"messages\":[" + last + "]}",
                        tooLarge),
                hostile(
                        "depth 10,000 in a tool",
                        CHAT,
                        "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
                                + deep + "}}],\"messages\":[" + last + "]}",
                        malformed),
                hostile(
                        "arguments of depth 10,000",
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"1\",\"function\":{\"name\":\"f\",\"arguments\":\""
                                + deep + "\"}}]}]}",
                        malformed),
                hostile(
                        "a lone surrogate",
                        CHAT,
                        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
                        malformed),
                hostile(
                        "100k equal keys",
                        CHAT,
                        "{" + "\"metadata\":1,".repeat(100_000) + "\"model\":\"m\",\"messages\":[" + last + "]}",
                        malformed),
                hostile(
                        "100k unknown keys",
                        CHAT,
                        unknown() + "\"model\":\"m\",\"messages\":[" + last + "]}",
                        malformed),
                hostile(
                        "a huge exponent",
                        CHAT,
                        "{\"model\":\"m\",\"temperature\":1e99999999999,\"messages\":[" + last + "]}",
                        malformed),
                new Hostile("10 MB of no UTF-8", COMPLETIONS, noUtf8(), parsed));
    }

    private static Hostile hostile(String name, String path, String body, Predicate<ParseResult> expected) {
        return new Hostile(name, path, body.getBytes(StandardCharsets.UTF_8), expected);
    }

    private static String unknown() {
        StringBuilder body = new StringBuilder("{");
        for (int i = 0; i < 100_000; i++) {
            body.append("\"k").append(i).append("\":1,");
        }
        return body.toString();
    }

    private static byte[] noUtf8() {
        byte[] body = new byte[TEN_MEGABYTES];
        new Random(1).nextBytes(body);
        for (int i = 0; i < body.length; i++) {
            body[i] |= (byte) 0x80;
        }
        byte[] start = "{\"model\":\"m\",\"prompt\":\"".getBytes(StandardCharsets.UTF_8);
        System.arraycopy(start, 0, body, 0, start.length);
        body[body.length - 2] = '"';
        body[body.length - 1] = '}';
        return body;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hostile")
    @Timeout(30)
    void everyBodyIsAnsweredWithMemoryInProportion(Hostile hostile) {
        long before = allocated();
        ParseResult result = PARSER.parse(hostile.path, "application/json", null, hostile.body);
        long allocated = allocated() - before;
        assertThat(result).as("verdict").matches(hostile.expected);
        assertThat(allocated)
                .as("bytes allocated for %d of body", hostile.body.length)
                .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * hostile.body.length);
    }

    @Test
    @Timeout(300)
    void aHundredThousandMutantsAreAnsweredWithMemoryInProportion() {
        BodyGenerator generator = new BodyGenerator(1, "m");
        BodyMutator mutator = new BodyMutator(2);
        List<SampleBody> handMade = SampleBody.handMade("m").stream()
                .filter(sample -> sample.body().length < 4096)
                .toList();
        Map<String, Integer> verdicts = new TreeMap<>();
        for (int i = 0; i < MUTATIONS; i++) {
            SampleBody valid = i % 2 == 0 ? generator.next() : handMade.get(i / 2 % handMade.size());
            byte[] mutant = mutator.mutated(valid.body());
            long before = allocated();
            ParseResult result = PARSER.parse(valid.path(), "application/json", null, mutant);
            long allocated = allocated() - before;
            verdicts.merge(result.getClass().getSimpleName(), 1, Integer::sum);
            assertThat(allocated)
                    .as("bytes allocated for %s", new String(mutant, StandardCharsets.UTF_8))
                    .isLessThan(ALLOCATED_FIXED_MAX + ALLOCATED_PER_BYTE_MAX * mutant.length);
        }
        assertThat(verdicts.get("Parsed")).isGreaterThan(MUTATIONS / 20);
        assertThat(verdicts.get("Malformed")).isGreaterThan(MUTATIONS / 20);
        assertThat(verdicts.get("Unparsed")).isBetween(1, MUTATIONS / 50);
    }

    /// The bodies of the fuzz are valid before they are changed.
    @Test
    void everyGeneratedBodyIsRead() {
        BodyGenerator generator = new BodyGenerator(3, "m");
        for (int i = 0; i < 2_000; i++) {
            SampleBody body = generator.next();
            assertThat(PARSER.parse(body.path(), "application/json", null, body.body()))
                    .as(new String(body.body(), StandardCharsets.UTF_8))
                    .isInstanceOf(Parsed.class);
        }
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
