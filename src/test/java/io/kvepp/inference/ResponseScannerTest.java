package io.kvepp.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseScannerTest {
    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
    private static final String TEXT = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ä世😀\"}}]}\n\n";

    private final ResponseScanner scanner = ResponseScanner.of("text/event-stream", false);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
                "data:{\"choices\":[{\"delta\":{\"content\":\" \"}}]}\r\n\r\n",
                "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"a\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"refusal\":\"a\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}}]}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"{\"}}]}}]}\n\n",
                "data: {\"choices\":[{\"text\":\"a\"}]}\n\n",
                ": keep-alive\n\nevent: x\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\n",
            })
    void anEventWithGeneratedTextIsTheFirstToken(String events) {
        assertThat(saw(events)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ROLE,
                "data: {\"choices\":[{\"delta\":{\"content\":null,\"role\":\"assistant\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\"\"}}]}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
                "data: {\"id\":\"x\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":5}}\n\n",
                "data: [DONE]\n\n",
                "data: no json\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\n\n",
                ": {\"content\":\"a\"}\n\n",
                "event: {\"content\":\"a\"}\n\n",
                "\n\n\n",
                "data:\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}",
            })
    void anyOtherEventIsNot(String events) {
        assertThat(saw(events)).isFalse();
    }

    @Test
    void theFirstTokenIsSeenWhereverTheBytesAreCut() {
        byte[] bytes = (ROLE + TEXT).getBytes(StandardCharsets.UTF_8);
        int firstTokenEnds = bytes.length - 1; // the line's end; the empty line after it adds nothing
        for (int cut = 0; cut <= bytes.length; cut++) {
            ResponseScanner fresh = ResponseScanner.of("text/event-stream; charset=utf-8", false);
            boolean early = saw(fresh, ByteBuffer.wrap(bytes, 0, cut), false);
            assertThat(early).as("first %d bytes", cut).isEqualTo(cut >= firstTokenEnds);
            if (!early) {
                assertThat(saw(fresh, ByteBuffer.wrap(bytes, cut, bytes.length - cut), false))
                        .as("cut at %d", cut)
                        .isTrue();
            }
        }
    }

    @Test
    void oneByteAtATimeIsEnough() {
        byte[] bytes = (ROLE + TEXT).getBytes(StandardCharsets.UTF_8);
        int seenAt = 0;
        while (!saw(scanner, ByteBuffer.wrap(bytes, seenAt, 1), false)) {
            seenAt++;
        }
        assertThat(seenAt).isEqualTo(bytes.length - 2);
    }

    @Test
    void anEventTooLongToKeepCountsAsText() {
        String start = "data: {\"x\":\"";
        String filler = "a".repeat(ResponseScanner.EVENT_BYTES_MAX - start.length());

        assertThat(saw(start + filler)).isFalse();
        assertThat(saw("a")).isTrue();
    }

    @Test
    void theLimitIsOneEventsAndNotTheStreams() {
        for (int i = 0; i < 1000; i++) {
            assertThat(saw(ROLE)).isFalse();
        }
    }

    @Test
    void aStreamThatEndsWithoutTextEndsThePrefillToo() {
        assertThat(saw(scanner, ByteBuffer.wrap(ROLE.getBytes(StandardCharsets.UTF_8)), true))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "", "text/plain"})
    void anyOtherResponseHasItsFirstTokenAtItsEnd(String contentType) {
        ResponseScanner unary = ResponseScanner.of(contentType, false);
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);

        assertThat(saw(unary, ByteBuffer.wrap(bytes), false)).isFalse();
        assertThat(saw(unary, ByteBuffer.wrap(bytes), true)).isTrue();
    }

    @Test
    void theContentTypeIsReadWithoutRegardToCase() {
        ResponseScanner streaming = ResponseScanner.of("Text/Event-Stream", false);

        assertThat(saw(streaming, ByteBuffer.wrap(TEXT.getBytes(StandardCharsets.UTF_8)), false))
                .isTrue();
    }

    @Test
    void everyEventWithTextIsATokenWhereTheyAreCounted() {
        ResponseScanner counting = ResponseScanner.of("text/event-stream", true);
        for (int i = 0; i < 5; i++) {
            feed(counting, ROLE + TEXT, false);
        }
        feed(counting, "data: [DONE]\n\n", true);

        assertThat(counting.tokens()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void usageIsReadFromTheEventThatHasIt(boolean everyToken) {
        ResponseScanner reading = ResponseScanner.of("text/event-stream", everyToken);
        feed(reading, TEXT + "data: {\"choices\":[],\"usage\":null}\n\n", false);
        assertThat(reading.usage()).isEqualTo(TokenUsage.UNKNOWN);
        feed(
                reading,
                "data: {\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":7,"
                        + "\"prompt_tokens_details\":{\"cached_tokens\":32}}}\n\ndata: [DONE]\n\n",
                true);

        assertThat(reading.usage()).isEqualTo(new TokenUsage(40, 7, 32));
    }

    @Test
    void usageThatComesInPartsIsPutTogether() {
        ResponseScanner reading = ResponseScanner.of("text/event-stream", false);
        feed(reading, "data: {\"message\":{\"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":8}}}\n\n", false);
        feed(reading, TEXT + "data: {\"usage\":{\"output_tokens\":3}}\n\n", true);

        assertThat(reading.usage()).isEqualTo(new TokenUsage(9, 3, 8));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void aJsonBodyIsReadInSlicesOfAnySize(int sliceBytes) {
        byte[] body = ("{\"choices\":[{\"message\":{\"content\":\"" + "ä".repeat(300)
                        + "\"}}],\"usage\":{\"completion_tokens\":1,\"prompt_tokens\":2,"
                        + "\"huge\":123456789012345678901234567890}}")
                .getBytes(StandardCharsets.UTF_8);
        ResponseScanner reading = ResponseScanner.of("application/json", false);
        for (int from = 0; from < body.length; from += sliceBytes) {
            int length = Math.min(sliceBytes, body.length - from);
            reading.scan(ByteBuffer.wrap(body, from, length), from + length == body.length);
        }

        assertThat(reading.usage()).isEqualTo(new TokenUsage(2, 1, -1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "no json", "[[[[", "{\"usage\":{\"prompt_tokens\":\"x\"}}", "}}}}", ""})
    void aBodyThatCannotBeReadSaysNothing(String body) {
        ResponseScanner reading = ResponseScanner.of("application/json", false);
        feed(reading, body, false);
        feed(reading, body, true);

        assertThat(reading.usage()).isEqualTo(TokenUsage.UNKNOWN);
        assertThat(reading.firstTokenSeen()).isTrue();
    }

    private boolean saw(String text) {
        return saw(scanner, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), false);
    }

    private static boolean saw(ResponseScanner scanner, ByteBuffer slice, boolean endOfStream) {
        scanner.scan(slice, endOfStream);
        return scanner.firstTokenSeen();
    }

    private static void feed(ResponseScanner scanner, String text, boolean endOfStream) {
        scanner.scan(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), endOfStream);
    }
}
