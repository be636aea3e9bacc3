package io.kvepp.preprocess.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// In Python's language too, no template and no context hangs the caller or fills its memory.
class PythonLimitsTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-03-07T14:05:09Z"));
    private static final JinjaSettings SMALL =
            new JinjaSettings(true, true, false, 100_000, 100_000, 50, CLOCK, ZoneOffset.UTC, JinjaLanguage.PYTHON);
    private static final Duration LIMIT = Duration.ofSeconds(20);

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "{{ 'a' * 1000000000 }}",
                "{{ 'ab'|safe * 1000000000 }}",
                "{{ [1] * 1000000000 }}",
                "{{ (1,) * 1000000000 }}",
                "{{ 10 ** 1000000 }}",
                "{{ (10 ** 9999) ** 9999 }}",
                "{{ 10 ** 5000 }}",
                "{{ 'a'.center(1000000000) }}",
                "{{ 'a'.ljust(1000000000) }}",
                "{{ '1'.zfill(1000000000) }}",
                "{{ '\t'.expandtabs(1000000000) }}",
                "{{ 'a'|center(1000000000) }}",
                "{{ 'a\nb'|indent(1000000000) }}",
                "{{ '%1000000000d' % 1 }}",
                "{{ '%*d' % (1000000000, 1) }}",
                "{{ '{:1000000000}'.format(1) }}",
                "{{ '{:{}}'.format(1, 1000000000) }}",
                "{{ [1]|tojson(indent=1000000000) }}",
                "{{ [1]|batch(1000000000, 0)|list }}",
                "{{ [1]|slice(1000000000)|list }}",
                "{{ range(1000000000) }}",
                "{{ range(100000)|list|length }}{% for i in range(100000) %}{{ range(100000)|list|length }}{% endfor %}",
                "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}{% endfor %}{% endfor %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                "{% set ns = namespace(s='a') %}{% for i in range(1000) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{% set ns = namespace(s='a') %}{% for i in range(1000) %}{% set ns.s = ns.s.replace('a', 'aa') %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(1000) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(100000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l == [ns.l] }}",
                "{{ deep }}",
                "{{ deep|tojson }}"
            })
    void whatGrowsIsRefused(String template) {
        Assertions.assertTimeoutPreemptively(
                LIMIT,
                () -> assertThatThrownBy(
                                () -> JinjaTemplate.compile(template, SMALL).render(Map.of("deep", deep())))
                        .isInstanceOf(JinjaRenderException.class));
    }

    private static List<Object> deep() {
        List<Object> deep = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            deep = new ArrayList<>(List.of(deep));
        }
        return deep;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"(", "[", "{1: ", "-", "not ", "x if y else ", "x.y[", "f(", "+", "(1, "})
    void whatNestsIsRefusedOrCompiled(String opening) {
        String template = "{{ " + opening.repeat(100_000) + "1 }}";
        Assertions.assertTimeoutPreemptively(
                LIMIT,
                () -> assertThatThrownBy(() -> JinjaTemplate.compile(template, SMALL))
                        .isInstanceOf(JinjaSyntaxException.class));
    }

    @Test
    void conditionalsInsideOneAnotherAreReadOnce() throws Exception {
        int depth = 40;
        String template = "{{ " + "(1 if x else ".repeat(depth) + "2" + ")".repeat(depth) + " }}";
        String output = Assertions.assertTimeoutPreemptively(
                LIMIT, () -> JinjaTemplate.compile(template, SMALL).render(Map.of()));
        assertThat(output).isEqualTo("2");
    }

    @Test
    void aContextIsNotChanged() throws Exception {
        List<Object> list = new ArrayList<>(List.of(1L, 2L));
        JinjaTemplate.compile("{{ xs.copy() }}{{ xs|sort(reverse=true) }}{{ xs|reverse|list }}{{ xs + [3] }}", SMALL)
                .render(Map.of("xs", list));
        assertThat(list).containsExactly(1L, 2L);
    }
}
