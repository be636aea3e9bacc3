package io.kvepp.extproc;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What a real Envoy sent is what this process reads.
class CapturedEnvoyTest {
    @Test
    void everyMessageIsOfTheKindThatWasRecordedAndNothingOfItIsUnknown() throws IOException {
        List<JsonNode> messages = messages();
        assertThat(messages).hasSize(36);
        for (JsonNode recorded : messages) {
            byte[] bytes = HexFormat.of().parseHex(recorded.path("hex").textValue());

            ProcessingRequest request = ProcessingRequest.parseFrom(bytes);

            assertThat(request.getRequestCase().name().toLowerCase(Locale.ROOT))
                    .isEqualTo(recorded.path("kind").textValue());
            assertThat(request.getUnknownFields().asMap()).isEmpty();
            assertThat(request.toByteArray()).hasSameSizeAs(bytes);
        }
    }

    @Test
    void everyStreamBeginsWithHeadersAndEndsItsBodies() throws IOException {
        boolean[] begun = new boolean[6];
        boolean[] ended = new boolean[6];
        for (JsonNode recorded : messages()) {
            int stream = recorded.path("stream").intValue();
            ProcessingRequest request = ProcessingRequest.parseFrom(
                    HexFormat.of().parseHex(recorded.path("hex").textValue()));
            assertThat(request.hasRequestHeaders()).isEqualTo(!begun[stream]);
            begun[stream] = true;
            ended[stream] |=
                    request.hasResponseBody() && request.getResponseBody().getEndOfStream();
        }
        assertThat(begun).doesNotContain(false);
        // The client of the fourth broke off.
        assertThat(ended).containsExactly(true, true, true, false, true, true);
    }

    private static List<JsonNode> messages() throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<JsonNode> messages = new ArrayList<>();
        try (InputStream in = Objects.requireNonNull(
                CapturedEnvoyTest.class.getResourceAsStream("/io/kvepp/extproc/envoy-1.40.jsonl"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n", -1)) {
                if (!line.isBlank()) {
                    messages.add(json.readTree(line));
                }
            }
        }
        return messages;
    }
}
