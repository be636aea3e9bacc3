package io.kvepp.extproc;

import static io.kvepp.extproc.ExtProcFixture.list;
import static io.kvepp.extproc.ExtProcFixture.requestBody;
import static io.kvepp.extproc.ExtProcFixture.requestHeaders;
import static io.kvepp.extproc.ExtProcFixture.responseHeaders;
import static io.kvepp.extproc.ExtProcFixture.text;
import static io.kvepp.extproc.ExtProcFixture.with;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.service.ext_proc.v3.ProcessingRequest;
import io.kvepp.picker.EndpointSubset;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GatewayMetadataTest {
    private static final String NAMESPACE = "envoy.lb.subset_hint";
    private static final String KEY = "x-gateway-destination-endpoint-subset";

    private ExtProcFixture stream = new ExtProcFixture();

    @AfterEach
    void close() {
        stream.reset();
        stream.close();
    }

    static Stream<Arguments> hints() {
        return Stream.of(
                Arguments.of("a list", list("10.0.0.1:8000"), true),
                Arguments.of("another list", list("10.0.0.2:8000"), false),
                Arguments.of("a list of address and port apart", list("10.0.0.2:8000", "10.0.0.1"), true),
                Arguments.of("a text", text("10.0.0.2:8000,10.0.0.1:8000"), true),
                Arguments.of("a text with blanks", text("  10.0.0.2 ,  ,  10.0.0.1  "), true),
                Arguments.of("an item with commas", list("10.0.0.2:8000,10.0.0.1:8000"), true),
                Arguments.of("an empty list", list(), false),
                Arguments.of("an empty text", text(""), false),
                Arguments.of("a number", Value.newBuilder().setNumberValue(1).build(), false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hints")
    void theSubsetIsReadInEveryForm(String name, Value value, boolean allowed) {
        stream.send(with(post(), NAMESPACE, KEY, value), requestBody("x", true));

        EndpointSubset subset = stream.picks.getFirst().subset();
        assertThat(subset).isNotNull();
        assertThat(subset.contains("10.0.0.1:8000")).isEqualTo(allowed);
    }

    @Test
    void withoutTheKeyThereIsNoSubset() {
        stream.send(with(post(), NAMESPACE, "another", text("x")), requestBody("x", true));

        assertThat(stream.picks.getFirst().subset()).isNull();
    }

    @Test
    void aHintThatComesWithOneMessageHoldsForTheRequest() {
        stream.send(
                with(post(), NAMESPACE, KEY, list("10.0.0.1")),
                with(requestBody("x", false), "envoy.lb", "other", text("y")),
                requestBody("", true));

        assertThat(stream.picks.getFirst().subset()).isNotNull();
    }

    @Test
    void aHintThatComesWithTheBodyHoldsAsWell() {
        stream.send(post(), with(requestBody("x", true), NAMESPACE, KEY, list("10.0.0.1")));

        assertThat(stream.picks.getFirst().subset()).isNotNull();
    }

    @Test
    void aRequestWithoutABodyHasItsSubset() {
        stream.send(with(requestHeaders(true, ":method", "GET"), NAMESPACE, KEY, list("10.0.0.1")));

        assertThat(stream.picks.getFirst().subset()).isNotNull();
    }

    @Test
    void theHintIsIgnoredIfTheOptionSaysSo() {
        stream.close();
        stream = new ExtProcFixture("disable-endpoint-subset-filter", "true");
        stream.send(with(post(), NAMESPACE, KEY, list()), requestBody("x", true));

        assertThat(stream.picks.getFirst().subset()).isNull();
    }

    @Test
    void whoServedTheRequestIsTold() {
        stream.send(post(), requestBody("x", true));
        stream.route();
        stream.send(with(
                responseHeaders(true), "envoy.lb", "x-gateway-destination-endpoint-served", text("10.0.0.2:8000")));

        assertThat(stream.lifecycle).startsWith("served by 10.0.0.2:8000", "headers 200 text/event-stream");
    }

    private static ProcessingRequest post() {
        return requestHeaders(false, ":method", "POST", ":path", "/v1/chat/completions");
    }
}
