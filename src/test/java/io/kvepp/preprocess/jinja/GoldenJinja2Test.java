package io.kvepp.preprocess.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// In Python's language, templates print what jinja2 was recorded to print; see the README beside
/// the recordings.
class GoldenJinja2Test {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final JinjaSettings SETTINGS = JinjaSettings.chat(
            InstantSource.fixed(Instant.parse("2026-03-07T14:05:09Z")), ZoneOffset.UTC, JinjaLanguage.PYTHON);
    private static final int CASES_MIN = 1000;

    /// What differs from run to run, like the address of a function, is not compared.
    private static final String VARIABLE = "\ue000";

    /// One template; the output is null where jinja2 refuses it.
    record Case(
            String template,
            Map<String, Object> context,
            @Nullable String output) {}

    static List<Case> minijinjaCases() throws IOException {
        JsonNode golden = read("/io/kvepp/preprocess/jinja2/golden.json").get("minijinja");
        JsonNode theirs = read("/io/kvepp/preprocess/jinja/golden.json");
        List<Case> cases = new ArrayList<>();
        for (int i = 0; i < golden.size(); i++) {
            JsonNode one = theirs.get("cases").get(i);
            JsonNode context = theirs.get("contexts").get(one.get("context").asText());
            cases.add(new Case(
                    one.get("template").asText(),
                    context(context),
                    golden.get(i).textValue()));
        }
        return cases;
    }

    static List<Case> templates() throws IOException {
        JsonNode golden = read("/io/kvepp/preprocess/jinja2/golden.json");
        Map<String, Object> context = context(golden.get("context"));
        List<Case> cases = new ArrayList<>();
        for (JsonNode one : golden.get("templates")) {
            cases.add(new Case(one.get(0).asText(), context, one.get(1).textValue()));
        }
        return cases;
    }

    static List<Case> products() throws IOException {
        JsonNode golden = read("/io/kvepp/preprocess/jinja2/golden.json");
        Map<String, Object> context = context(golden.get("context"));
        List<Case> cases = new ArrayList<>();
        for (JsonNode product : golden.get("products")) {
            int at = 0;
            for (JsonNode left : product.get("left")) {
                for (JsonNode right : product.get("right")) {
                    String template = product.get("pattern")
                            .asText()
                            .replace("A", left.asText())
                            .replace("B", right.asText());
                    cases.add(new Case(
                            template, context, product.get("outputs").get(at++).textValue()));
                }
            }
        }
        return cases;
    }

    @Test
    void theTemplatesOfTheMinijinjaTable() throws IOException {
        compare(minijinjaCases());
    }

    @Test
    void oneTemplateForEachConstruct() throws IOException {
        compare(templates());
    }

    @Test
    void valuesTimesOperatorsTestsFiltersMethodsAndFormats() throws IOException {
        compare(products());
    }

    private static void compare(List<Case> cases) {
        assertThat(cases).hasSizeGreaterThanOrEqualTo(CASES_MIN);
        List<String> differences = new ArrayList<>();
        for (Case one : cases) {
            String rendered = VARIABLE.equals(one.output()) ? VARIABLE : render(one);
            if (!Objects.equals(rendered, one.output())) {
                differences.add(one.template() + "\n  jinja2: " + one.output() + "\n  ours:   " + rendered);
            }
        }
        assertThat(differences).isEmpty();
    }

    private static @Nullable String render(Case one) {
        try {
            return JinjaTemplate.compile(one.template(), SETTINGS).render(one.context());
        } catch (JinjaSyntaxException | JinjaRenderException refused) {
            return null;
        }
    }

    private static JsonNode read(String resource) throws IOException {
        try (InputStream in = GoldenJinja2Test.class.getResourceAsStream(resource)) {
            return MAPPER.readTree(in);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> context(JsonNode node) {
        return MAPPER.convertValue(node, Map.class);
    }
}
