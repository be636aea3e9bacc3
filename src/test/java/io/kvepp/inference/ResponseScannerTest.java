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

    private final ResponseScanner scanner = new ResponseScanner("text/event-stream");

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
            ResponseScanner fresh = new ResponseScanner("text/event-stream; charset=utf-8");
            boolean early = fresh.sawFirstToken(ByteBuffer.wrap(bytes, 0, cut), false);
            assertThat(early).as("first %d bytes", cut).isEqualTo(cut >= firstTokenEnds);
            if (!early) {
                assertThat(fresh.sawFirstToken(ByteBuffer.wrap(bytes, cut, bytes.length - cut), false))
                        .as("cut at %d", cut)
                        .isTrue();
            }
        }
    }

    @Test
    void oneByteAtATimeIsEnough() {
        byte[] bytes = (ROLE + TEXT).getBytes(StandardCharsets.UTF_8);
        int seenAt = 0;
        while (!scanner.sawFirstToken(ByteBuffer.wrap(bytes, seenAt, 1), false)) {
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
        assertThat(scanner.sawFirstToken(ByteBuffer.wrap(ROLE.getBytes(StandardCharsets.UTF_8)), true))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "", "text/plain"})
    void anyOtherResponseHasItsFirstTokenAtItsEnd(String contentType) {
        ResponseScanner unary = new ResponseScanner(contentType);
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);

        assertThat(unary.sawFirstToken(ByteBuffer.wrap(bytes), false)).isFalse();
        assertThat(unary.sawFirstToken(ByteBuffer.wrap(bytes), true)).isTrue();
    }

    @Test
    void theContentTypeIsReadWithoutRegardToCase() {
        ResponseScanner streaming = new ResponseScanner("Text/Event-Stream");

        assertThat(streaming.sawFirstToken(ByteBuffer.wrap(TEXT.getBytes(StandardCharsets.UTF_8)), false))
                .isTrue();
    }

    private boolean saw(String text) {
        return scanner.sawFirstToken(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), false);
    }
}
