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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

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

    private static final String SENT = "{\"model\":\"target\",\"x\":\"targtarget\"}";
    private static final String RESTORED = SENT.replace("target", "asked");

    static Stream<Arguments> cuts() {
        return Stream.of(
                        BodySendMode.FULL_DUPLEX_STREAMED,
                        BodySendMode.STREAMED,
                        BodySendMode.BUFFERED,
                        BodySendMode.BUFFERED_PARTIAL,
                        BodySendMode.NONE)
                .flatMap(mode -> IntStream.rangeClosed(0, SENT.length())
                        .boxed()
                        .flatMap(cut -> Stream.of(Arguments.of(mode, cut, true), Arguments.of(mode, cut, false))));
    }

    /// `trailers`: they follow the body, which therefore does not say that it ends.
    @ParameterizedTest
    @MethodSource("cuts")
    void noByteIsLostWhereverTheResponseIsCut(BodySendMode mode, int cut, boolean trailers) {
        route(mode, new Restorer());
        int before = stream.responses.size();
        stream.send(responseHeaders(false));
        boolean lengthGone = !stream.responses
                .get(before)
                .getResponseHeaders()
                .getResponse()
                .getHeaderMutation()
                .getRemoveHeadersList()
                .isEmpty();

        String seen = switch (mode) {
            case FULL_DUPLEX_STREAMED, STREAMED ->
                shown(SENT.substring(0, cut), false) + shown(SENT.substring(cut), !trailers) + trailers(trailers);
            case BUFFERED -> shown(SENT, !trailers) + trailers(trailers);
            case BUFFERED_PARTIAL -> shown(SENT.substring(0, cut), false) + SENT.substring(cut);
            default -> SENT + trailers(trailers);
        };

        assertThat(seen).isIn(expected(mode, cut));
        assertThat(lengthGone).isEqualTo(mode != BodySendMode.NONE);
    }

    /// What was not shown whole is left as it is.
    private static List<String> expected(BodySendMode mode, int cut) {
        return switch (mode) {
            case BUFFERED_PARTIAL -> List.of(SENT.substring(0, cut).replace("target", "asked") + SENT.substring(cut));
            case NONE -> List.of(SENT);
            default -> List.of(RESTORED);
        };
    }

    @ParameterizedTest
    @EnumSource(names = {"FULL_DUPLEX_STREAMED", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL"})
    void aBodyWhoseHeadersAreNotShownChangesOnlyIfTheGatewayHoldsItAll(BodySendMode mode) {
        route(mode, new Restorer());

        assertThat(shown(SENT, true)).isEqualTo(mode.name().startsWith("BUFFERED") ? RESTORED : SENT);
    }

    @Test
    void aResponseWithoutABodyKeepsItsLength() {
        route(BodySendMode.FULL_DUPLEX_STREAMED, new Restorer());
        stream.send(responseHeaders(true));

        assertThat(stream.responses
                        .getLast()
                        .getResponseHeaders()
                        .getResponse()
                        .getHeaderMutation()
                        .getRemoveHeadersList())
                .isEmpty();
    }

    /// What becomes of a part of the response.
    private String shown(String part, boolean end) {
        int before = stream.responses.size();
        stream.send(responseBody(part, end));
        return answered(before, part);
    }

    private String trailers(boolean sent) {
        int before = stream.responses.size();
        if (sent) {
            stream.send(ExtProcFixture.responseTrailers());
        }
        return answered(before, "");
    }

    private String answered(int before, String part) {
        StringBuilder seen = new StringBuilder();
        for (ProcessingResponse response : stream.responses.subList(before, stream.responses.size())) {
            BodyMutation mutation = response.getResponseBody().getResponse().getBodyMutation();
            if (response.hasResponseBody()) {
                seen.append(
                        switch (mutation.getMutationCase()) {
                            case BODY -> mutation.getBody().toStringUtf8();
                            case CLEAR_BODY -> "";
                            case STREAMED_RESPONSE ->
                                mutation.getStreamedResponse().getBody().toStringUtf8();
                            case MUTATION_NOT_SET -> part;
                        });
            }
        }
        return seen.toString();
    }

    /// Puts a name back, and waits with whatever may be its beginning.
    private static final class Restorer implements ResponseEdit {
        private String held = "";

        @Override
        public ByteBuffer edit(ByteBuffer part, boolean last) {
            String all = (held + StandardCharsets.UTF_8.decode(part.duplicate())).replace("target", "asked");
            int settled = all.length();
            for (int i = Math.max(0, all.length() - 5); !last && i < settled; i++) {
                settled = "target".startsWith(all.substring(i)) ? i : settled;
            }
            held = all.substring(settled);
            return ByteBuffer.wrap(all.substring(0, settled).getBytes(StandardCharsets.UTF_8));
        }
    }

    /// Capital letters; a dash waits for the next part.
    private void route(BodySendMode mode) {
        StringBuilder held = new StringBuilder();
        ResponseEdit capitals = (part, last) -> {
            held.append(StandardCharsets.UTF_8.decode(part.duplicate()));
            boolean wait = !last && held.toString().endsWith("-");
            String settled = wait ? "" : held.toString().toUpperCase(Locale.ROOT);
            held.delete(0, settled.length());
            return ByteBuffer.wrap(settled.getBytes(StandardCharsets.UTF_8));
        };
        route(mode, capitals);
    }

    private void route(BodySendMode mode, ResponseEdit edit) {
        stream.send(requestHeaders(true, ":method", "GET", ":path", "/v1/models").toBuilder()
                .setProtocolConfig(ProtocolConfiguration.newBuilder()
                        .setRequestBodyMode(mode)
                        .setResponseBodyMode(mode))
                .build());
        PickResult.Routed routed = stream.routed(BodyEdit.NONE);
        stream.answer(new PickResult.Routed(
                routed.endpoint(), List.of(), routed.headers(), routed.body(), edit, null, routed.lifecycle()));
    }

    private static String streamed(ProcessingResponse response) {
        var part = response.getResponseBody().getResponse().getBodyMutation().getStreamedResponse();
        return part.getBody().toStringUtf8() + " " + part.getEndOfStream();
    }
}
