package io.kvepp.inference.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.inference.body.UnsupportedBodyException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Addresses have the faults that a real frontend found in them; see the README beside the recording.
class MediaUrlTest {
    record Recorded(String url, @Nullable String fault, boolean left) {}

    static List<Recorded> recorded() throws Exception {
        List<Recorded> recorded = new ArrayList<>();
        ObjectMapper mapper = new ObjectMapper();
        try (InputStream in = Objects.requireNonNull(MediaUrlTest.class.getResourceAsStream("urls.jsonl"))) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                JsonNode node = mapper.readTree(line);
                recorded.add(new Recorded(
                        node.get("url").textValue(),
                        node.get("fault").textValue(),
                        node.path("left").asBoolean()));
            }
        }
        return recorded;
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void theFaultIsTheOneTheFrontendFinds(Recorded recorded) throws Exception {
        if (recorded.left()) {
            assertThatThrownBy(() -> MediaUrl.fault(recorded.url())).isInstanceOf(UnsupportedBodyException.class);
        } else {
            assertThat(MediaUrl.fault(recorded.url())).isEqualTo(recorded.fault());
        }
    }

    @Test
    void manyAddressesAreRecorded() throws Exception {
        assertThat(recorded()).filteredOn(one -> one.fault() == null).hasSizeGreaterThan(30);
        assertThat(recorded()).filteredOn(one -> one.fault() != null).hasSizeGreaterThan(30);
    }

    @Test
    @Timeout(10)
    void theContentOfALongAddressCostsNothing() throws Exception {
        String url = "data:image/png;base64," + "A".repeat(40 << 20);
        for (int i = 0; i < 10_000; i++) {
            assertThat(MediaUrl.fault(url)).isNull();
        }
    }
}
