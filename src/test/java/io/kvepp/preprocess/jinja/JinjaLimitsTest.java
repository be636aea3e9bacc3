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
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JinjaLimitsTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);
    private static final JinjaSettings CHAT = JinjaSettings.chat(CLOCK, ZoneOffset.UTC, JinjaLanguage.MINIJINJA);
    private static final JinjaSettings SMALL =
            new JinjaSettings(true, true, false, 100_000, 100_000, 50, CLOCK, ZoneOffset.UTC, JinjaLanguage.MINIJINJA);

    /// Of a gRPC thread on a machine that gives little.
    private static final int STACK_BYTES = 512 * 1024;

    private static final long DEADLINE_MILLIS = Duration.ofSeconds(20).toMillis();

    /// Renders on a small stack, within a deadline; returns the output or the failure.
    private static Object onSmallStack(JinjaSettings settings, String source, Map<String, ?> context)
            throws InterruptedException {
        AtomicReference<@Nullable Object> result = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        result.set(JinjaTemplate.compile(source, settings).render(context));
                    } catch (JinjaSyntaxException | JinjaRenderException | StackOverflowError failure) {
                        result.set(failure);
                    }
                },
                "small-stack",
                STACK_BYTES);
        thread.start();
        thread.join(DEADLINE_MILLIS);
        assertThat(thread.isAlive()).as("still rendering").isFalse();
        return Objects.requireNonNull(result.get());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% for a in range(10000) %}{% set x = range(1000)|list %}{% endfor %}",
                "{% for a in range(1000) %}{{ range(1000)|map('string')|join }}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
                "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
                        + "{{ ns.x|tojson }}",
                "{% set ns = namespace(x=[1],y=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
                        + "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
                "{{ [1] * 1000000000 }}",
                "{{ 'ab'|batch(2000000000, 'x') }}",
                "{{ 'ab'|slice(2000000000) }}",
            })
    void tooMuchWorkIsAnError(String source) throws InterruptedException {
        assertThat(onSmallStack(SMALL, source, Map.of())).isInstanceOf(JinjaRenderException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% for a in range(1000) %}{{ 'x' * 1000 }}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for a in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
                "{% set ns = namespace(x='ab') %}{% for a in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
                "{{ 'a' * 99999999 }}",
                "{{ ('a' * 50000)|replace('', 'b' * 1000) }}",
                "{{ ('a' * 50000)|replace('a', 'b' * 1000) }}",
                "{{ [1]|tojson(indent=2000000000) }}",
                "{{ 'a\\nb'|indent(2000000000) }}",
                "{{ range(1000)|join('x' * 1000) }}",
                "{% set x %}{% for a in range(1000) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}",
                "{% for a in range(1000) %}{% set x = 'y' * 90000 %}{% endfor %}",
                "{{ ('%s' * 1000)|format(*(['x' * 1000] * 1000)) }}",
            })
    void tooMuchTextIsAnError(String source) throws InterruptedException {
        assertThat(onSmallStack(SMALL, source, Map.of())).isInstanceOf(JinjaRenderException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
                "{% macro f(n) %}{% if true %}{% for i in [1] %}{% with %}{{ f(n)|upper ~ 'x' }}{% endwith %}{% endfor %}"
                        + "{% endif %}{% endmacro %}{{ f(1) }}",
                "{% macro f() %}{% call f() %}x{% endcall %}{{ caller }}{% endmacro %}{{ f() }}",
                "{% set ns = namespace(x=[]) %}{% set ns.x = [ns] %}{% for i in ns.x recursive %}{{ loop(i.x) }}{% endfor %}",
                "{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns }}",
                "{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns|tojson }}",
                "{% set ns = namespace(x=1) %}{% set ns.x = ns %}{{ ns|pprint }}",
                "{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{% set a.x = b %}{% set b.x = a %}{{ a == b }}",
                "{% set ns = namespace(x=1) %}{% for i in range(5000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            })
    void endlessRecursionIsAnErrorLongBeforeTheStackEnds(String source) throws InterruptedException {
        assertThat(onSmallStack(CHAT, source, Map.of())).isInstanceOf(JinjaRenderException.class);
    }

    @Test
    void deepTemplatesAreSyntaxErrors() throws InterruptedException {
        List<String> sources = new ArrayList<>();
        sources.add("{{ " + "(".repeat(5000) + "1" + ")".repeat(5000) + " }}");
        sources.add("{{ " + "[".repeat(5000) + "]".repeat(5000) + " }}");
        sources.add("{{ a" + ".b".repeat(5000) + " }}");
        sources.add("{{ a" + "|upper".repeat(5000) + " }}");
        sources.add("{{ 1" + "*1".repeat(5000) + " }}");
        sources.add("{{ " + "1 if x else ".repeat(5000) + "1 }}");
        sources.add("{% if x %}".repeat(5000) + "{% endif %}".repeat(5000));
        sources.add("{% set " + "(".repeat(5000) + "a" + ")".repeat(5000) + " = 1 %}");
        sources.add("{{ " + "-".repeat(5000) + "x }}");
        for (String source : sources) {
            assertThat(onSmallStack(CHAT, source, Map.of())).isInstanceOf(JinjaSyntaxException.class);
        }
    }

    @Test
    void longButFlatTemplatesRender() throws InterruptedException {
        List<String> sources = new ArrayList<>();
        sources.add("{{ 'a'" + " + 'a'".repeat(5000) + " }}");
        sources.add("{{ 'a'" + " ~ 'a'".repeat(5000) + " }}");
        sources.add("{{ " + "not ".repeat(5000) + "true }}");
        sources.add("{{ false" + " or false".repeat(5000) + " }}");
        sources.add("{% if a %}" + "{% elif a %}".repeat(5000) + "{% endif %}");
        for (String source : sources) {
            assertThat(onSmallStack(CHAT, source, Map.of())).isInstanceOf(String.class);
        }
    }

    @Test
    void theDeepestTemplateAllowedRendersOnASmallStack() throws InterruptedException {
        String nested = "{% if true %}".repeat(100) + "{{ " + "(".repeat(20) + "1" + ")".repeat(20) + " }}"
                + "{% endif %}".repeat(100);

        assertThat(onSmallStack(CHAT, nested, Map.of())).isEqualTo("1");
        String recursive =
                "{% macro f(n) %}{% for i in [1] %}{% if n > 0 %}{{ n }}{{ f(n - 1) }}{% endif %}{% endfor %}"
                        + "{% endmacro %}{{ f(60) }}";
        assertThat((String) onSmallStack(CHAT, recursive, Map.of()))
                .startsWith("605958")
                .endsWith("321");
    }

    @Test
    void aFailureNamesItsLine() throws JinjaSyntaxException {
        JinjaTemplate template = JinjaTemplate.compile("a\n{% if true %}\n{{ x.y.z }}\n{% endif %}", CHAT);

        assertThatThrownBy(() -> template.render(Map.of()))
                .isInstanceOfSatisfying(JinjaRenderException.class, failure -> {
                    assertThat(failure.line()).isEqualTo(3);
                    assertThat(failure).hasMessageStartingWith("line 3: undefined value");
                    assertThat(failure.kind()).isEqualTo(JinjaRenderException.Kind.FAILED);
                });
    }

    @Test
    void raiseExceptionCarriesItsMessage() throws JinjaSyntaxException {
        JinjaTemplate template = JinjaTemplate.compile("\n{{ raise_exception('no ' ~ 1) }}", CHAT);

        assertThatThrownBy(() -> template.render(Map.of()))
                .isInstanceOfSatisfying(JinjaRenderException.class, failure -> {
                    assertThat(failure.reason()).isEqualTo("no 1");
                    assertThat(failure.line()).isEqualTo(2);
                    assertThat(failure.kind()).isEqualTo(JinjaRenderException.Kind.RAISED);
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"extends", "block", "import", "from", "autoescape"})
    void unsupportedStatementsAreSyntaxErrorsThatNameThem(String statement) {
        assertThatThrownBy(() -> JinjaTemplate.compile("x\n{% " + statement + " 'a' %}", CHAT))
                .isInstanceOf(JinjaSyntaxException.class)
                .hasMessage("line 2: statement '" + statement + "' is not supported");
    }

    @Test
    void anIncludeFailsOnlyWhereItIsReached() throws Exception {
        JinjaTemplate template = JinjaTemplate.compile(
                "{% if reached %}\n{% include 'a' without context ignore missing %}{% endif %}x", CHAT);

        assertThat(template.render(Map.of())).isEqualTo("x");
        assertThatThrownBy(() -> template.render(Map.of("reached", true)))
                .isInstanceOf(JinjaRenderException.class)
                .hasMessage("line 2: statement 'include' is not supported");
    }

    @Test
    void settingsRefuseLimitsBelowOne() {
        assertThatThrownBy(() ->
                        new JinjaSettings(true, true, false, 0, 1, 1, CLOCK, ZoneOffset.UTC, JinjaLanguage.MINIJINJA))
                .hasMessage("outputCharsMax: 0 (expected: > 0)");
        assertThatThrownBy(() ->
                        new JinjaSettings(true, true, false, 1, 0, 1, CLOCK, ZoneOffset.UTC, JinjaLanguage.MINIJINJA))
                .hasMessage("loopIterationsMax: 0 (expected: > 0)");
        assertThatThrownBy(() ->
                        new JinjaSettings(true, true, false, 1, 1, 0, CLOCK, ZoneOffset.UTC, JinjaLanguage.MINIJINJA))
                .hasMessage("recursionDepthMax: 0 (expected: > 0)");
    }

    @Test
    void aFunctionOfTheContextCanBeCalled() throws JinjaSyntaxException, JinjaRenderException {
        JinjaFunction greet = (arguments, keywords) -> arguments.get(0) + "-" + keywords.get("to");

        String text = JinjaTemplate.compile("{{ greet('hi', to=none) }}", CHAT).render(Map.of("greet", greet));

        assertThat(text).isEqualTo("hi-null");
    }

    @Test
    void oneTemplateRendersOnManyThreadsAtOnce() throws JinjaSyntaxException {
        JinjaTemplate template = JinjaTemplate.compile(
                "{% macro f(x) %}{{ x }}{% endmacro %}{% for i in range(n) %}{{ f(i) }}{% endfor %}", CHAT);

        List<String> outputs = java.util.stream.IntStream.range(0, 200)
                .parallel()
                .mapToObj(n -> {
                    try {
                        return template.render(Map.of("n", n % 10));
                    } catch (JinjaRenderException failure) {
                        throw new IllegalStateException(failure);
                    }
                })
                .toList();

        assertThat(outputs.get(7)).isEqualTo("0123456");
        assertThat(outputs.get(199)).isEqualTo("012345678");
    }
}
