package io.kvepp.preprocess.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Renders every case of golden.json, whose README says which program made it.
class GoldenTemplatesTest {
    private static final JinjaSettings SETTINGS =
            JinjaSettings.chat(InstantSource.fixed(Instant.parse("2026-03-07T14:05:09Z")), ZoneOffset.UTC);

    /// One case: a template, a context, and its output or the kind of its error.
    record GoldenCase(String template, Map<String, Object> context, String expected) {
        @Override
        public String toString() {
            return "<" + template.substring(0, Math.min(60, template.length())) + ">";
        }
    }

    static Stream<GoldenCase> cases() {
        ObjectMapper mapper = new ObjectMapper();
        try (InputStream in = GoldenTemplatesTest.class.getResourceAsStream("golden.json")) {
            JsonNode golden = mapper.readTree(in);
            return StreamSupport.stream(golden.get("cases").spliterator(), false)
                    .map(one -> new GoldenCase(
                            one.get("template").asText(),
                            context(
                                    mapper,
                                    golden.get("contexts")
                                            .get(one.get("context").asText())),
                            one.has("output")
                                    ? "output: " + one.get("output").asText()
                                    : "error: " + one.get("error").asText()));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> context(ObjectMapper mapper, JsonNode node) {
        return mapper.convertValue(node, Map.class);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void rendersAsMinijinjaDoes(GoldenCase golden) {
        assertThat(render(golden)).isEqualTo(golden.expected());
    }

    private static String render(GoldenCase golden) {
        try {
            return "output: "
                    + JinjaTemplate.compile(golden.template(), SETTINGS).render(golden.context());
        } catch (JinjaSyntaxException syntax) {
            return "error: syntax";
        } catch (JinjaRenderException failure) {
            return "error: render";
        }
    }
}
