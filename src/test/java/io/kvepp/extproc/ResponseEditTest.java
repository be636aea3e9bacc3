package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseBody;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode;
import io.envoyproxy.envoy.service.ext_proc.v3.BodyMutation;
import io.envoyproxy.envoy.service.ext_proc.v3.HttpTrailers;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingResponse;
import io.envoyproxy.envoy.service.ext_proc.v3.ProtocolConfiguration;
import io.kvepp.picker.BodyEdit;
import io.kvepp.picker.PickResult;
import io.kvepp.picker.ResponseEdit;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Responses whose body changes on its way.
class ResponseEditTest {
    private final ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void close() {
        stream.close();
    }

    @Test
    void inFullDuplexEachPartIsWhatIsSettledAndNothingIsSentForNothing() {
        route(BodySendMode.FULL_DUPLEX_STREAMED);
        stream.send(responseHeaders(false), responseBody("ab", false), responseBody("-", false));
        stream.send(responseBody("c", true));

        assertThat(stream.responses
                        .get(1)
                        .getResponseHeaders()
                        .getResponse()
                        .getHeaderMutation()
                        .getRemoveHeadersList())
                .containsExactly("content-length");
        assertThat(stream.responses.stream()
                        .skip(2)
                        .map(ResponseEditTest::streamed)
                        .toList())
                .containsExactly("AB false", "-C true");
        assertThat(stream.lifecycle).containsSubsequence("body 2", "body 1", "body 1");
    }

    @Test
    void whatIsHeldBackGoesBeforeTheTrailers() {
        route(BodySendMode.FULL_DUPLEX_STREAMED);
        stream.send(responseHeaders(false), responseBody("a", false), responseBody("-", false));
        stream.send(ProcessingRequest.newBuilder()
                .setResponseTrailers(HttpTrailers.getDefaultInstance())
                .build());

        assertThat(streamed(stream.responses.get(3))).isEqualTo("- false");
        assertThat(stream.responses.get(4).hasResponseTrailers()).isTrue();
    }

    @Test
    void inTheOtherModesEachPartHasOneAnswer() {
        route(BodySendMode.STREAMED);
        stream.send(responseHeaders(false), responseBody("ab", false), responseBody("-", false));
        stream.send(responseBody("c", true));

        List<BodyMutation> parts = stream.responses.stream()
                .skip(2)
                .map(response -> response.getResponseBody().getResponse().getBodyMutation())
                .toList();
        assertThat(parts).hasSize(3);
        assertThat(parts.get(0).getBody().toStringUtf8()).isEqualTo("AB");
        assertThat(parts.get(1).getClearBody()).isTrue();
        assertThat(parts.get(2).getBody().toStringUtf8()).isEqualTo("-C");
    }

    /// Capital letters; a dash waits for the next part.
    private void route(BodySendMode mode) {
        stream.send(requestHeaders(true, ":method", "GET", ":path", "/v1/models").toBuilder()
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(mode)
                        .setResponseBodyMode(mode))
                .build());
        PickResult.Routed routed = stream.routed(BodyEdit.NONE);
        StringBuilder held = new StringBuilder();
        ResponseEdit capitals = (part, last) -> {
            held.append(StandardCharsets.UTF_8.decode(part.duplicate()));
            boolean wait = !last && held.toString().endsWith("-");
            String settled = wait ? "" : held.toString().toUpperCase(Locale.ROOT);
            held.delete(0, settled.length());
            return ByteBuffer.wrap(settled.getBytes(StandardCharsets.UTF_8));
        };
        stream.answer(new PickResult.Routed(
                routed.endpoint(), List.of(), routed.headers(), routed.body(), capitals, null, routed.lifecycle()));
    }

    private static String streamed(ProcessingResponse response) {
        var part = response.getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
        return part.getBody().toStringUtf8() + " " + part.getEndOfStream();
    }
}
