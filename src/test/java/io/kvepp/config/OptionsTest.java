package io.kvepp.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
    private static final Map<String, Function<OptionReader, Object>> READS = Map.of(
            "string", reader -> reader.string("x"),
            "integer", reader -> reader.integer(1),
            "decimal", reader -> reader.decimal(1),
            "flag", reader -> reader.flag(false),
            "duration", reader -> reader.duration(Duration.ZERO),
            "bytes", reader -> reader.bytes(1),
            "choice", reader -> reader.choice("kv", "kv", "random"));

    @ParameterizedTest(name = "{0} {1} is {2}, shown as {3}")
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "string,   Any text,  Any text,  Any text",
                "integer,  -7,        -7,        -7",
                "integer,  2147483647,2147483647,2147483647",
                "decimal,  0.25,      0.25,      0.25",
                "decimal,  2,         2.0,       2.0",
                "flag,     TRUE,      true,      true",
                "flag,     1,         true,      true",
                "flag,     yes,       true,      true",
                "flag,     on,        true,      true",
                "flag,     false,     false,     false",
                "flag,     0,         false,     false",
                "flag,     No,        false,     false",
                "flag,     off,       false,     false",
                "duration, 250ms,     PT0.25S,   250ms",
                "duration, 2000ms,    PT2S,      2s",
                "duration, 30s,       PT30S,     30s",
                "duration, 5m,        PT5M,      300s",
                "duration, 1h,        PT1H,      3600s",
                "bytes,    0,         0,         0",
                "bytes,    1000,      1000,      1000",
                "bytes,    7B,        7,         7",
                "bytes,    512KiB,    524288,    512KiB",
                "bytes,    2048KiB,   2097152,   2MiB",
                "bytes,    45MiB,     47185920,  45MiB",
                "bytes,    1GiB,      1073741824,1024MiB",
                "choice,   Random,    random,    random",
            })
    void everyTypeReadsItsSyntax(String type, String text, String value, String shown) {
        Options options = new Options(Map.of("some-name", List.of(text)), Map.of());

        assertThat(read(type, options)).hasToString(value);
        assertThat(options.entries().getFirst().valueText()).isEqualTo(shown);
    }

    @ParameterizedTest(name = "{0} {1} is refused: {2}")
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "integer,  abc,        a whole number",
                "integer,  1.5,        a whole number",
                "integer,  2147483648, a whole number",
                "decimal,  much,       a number",
                "decimal,  NaN,        a finite number",
                "decimal,  Infinity,   a finite number",
                "flag,     maybe,      true or false",
                "duration, 30,         \"a duration such as 250ms, 30s, 5m or 1h\"",
                "duration, -1s,        \"a duration such as 250ms, 30s, 5m or 1h\"",
                "duration, 1d,         \"a duration such as 250ms, 30s, 5m or 1h\"",
                "bytes,    45MB,       \"a size such as 65536, 512KiB or 45MiB\"",
                "bytes,    -1,         \"a size such as 65536, 512KiB or 45MiB\"",
                "bytes,    17179869185GiB, \"a size such as 65536, 512KiB or 45MiB\"",
                "choice,   rand,       \"one of kv, random\"",
            })
    void aValueThatCannotBeReadIsNamedWithWhatWasExpected(String type, String text, String expected) {
        Options options = new Options(Map.of("some-name", List.of(text)), Map.of());

        assertThatThrownBy(() -> read(type, options))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("some-name: " + text + " (expected: " + expected + ")");
    }

    @Test
    void theFlagBeatsTheOwnVariableWhichBeatsTheOthersInTheirOrder() {
        Map<String, List<String>> flag = Map.of("some-name", List.of("1"));
        Map<String, String> all = Map.of("KV_EPP_SOME_NAME", "2", "DYN_FIRST", "3", "DYN_SECOND", "4");

        assertThat(origin(flag, all)).isEqualTo("1 flag");
        assertThat(origin(Map.of(), all)).isEqualTo("2 KV_EPP_SOME_NAME");
        assertThat(origin(Map.of(), Map.of("DYN_FIRST", "3", "DYN_SECOND", "4")))
                .isEqualTo("3 DYN_FIRST");
        assertThat(origin(Map.of(), Map.of("DYN_SECOND", "4"))).isEqualTo("4 DYN_SECOND");
        assertThat(origin(Map.of(), Map.of())).isEqualTo("9 default");
    }

    @Test
    void aBlankVariableCountsAsUnset() {
        assertThat(origin(Map.of(), Map.of("KV_EPP_SOME_NAME", " \t", "DYN_FIRST", "", "DYN_SECOND", " 4 ")))
                .isEqualTo("4 DYN_SECOND");
    }

    @Test
    void theLastOfARepeatedFlagCounts() {
        Options options = new Options(Map.of("some-name", List.of("1", "2")), Map.of());

        assertThat(options.option("some-name", "").integer(9)).isEqualTo(2);
    }

    @Test
    void aVariableOfAnotherUnitIsTurnedIntoTheOptionsSyntaxAndTheOwnIsNot() {
        Function<Map<String, String>, Object> read = environment -> new Options(Map.of(), environment)
                .option("some-name", "")
                .env("DYN_MB", megabytes -> megabytes + "MiB")
                .bytes(1);

        assertThat(read.apply(Map.of("DYN_MB", "3"))).isEqualTo(3L << 20);
        assertThat(read.apply(Map.of("KV_EPP_SOME_NAME", "3"))).isEqualTo(3L);
    }

    @Test
    void listsAreJoinedFromRepeatedFlagsAndCommasWithoutEmptyItems() {
        assertThat(list(Map.of("some-name", List.of("a, b", "c,,")), Map.of())).containsExactly("a", "b", "c");
        assertThat(list(Map.of(), Map.of("KV_EPP_SOME_NAME", "a,b"))).containsExactly("a", "b");
        assertThat(list(Map.of(), Map.of())).containsExactly("x", "y");
        assertThat(list(Map.of("some-name", List.of(",")), Map.of())).isEmpty();
    }

    @Test
    void anOptionalTextIsNullWhenNothingIsSet() {
        assertThat(Options.defaults().option("some-name", "").optionalString()).isNull();
        assertThat(new Options(Map.of(), Map.of("KV_EPP_SOME_NAME", "a"))
                        .option("some-name", "")
                        .optionalString())
                .isEqualTo("a");
    }

    @Test
    void everyOptionReadIsRememberedInOrder() {
        Options options = new Options(Map.of("b", List.of("2s")), Map.of());
        options.option("b", "a pause").env("DYN_B").duration(Duration.ofMinutes(1));
        options.option("a", "some names").strings("x", "y");
        options.option("c", "a path").optionalString();

        assertThat(options.entries())
                .containsExactly(
                        new OptionEntry(
                                "b", List.of("KV_EPP_B", "DYN_B"), "DURATION", "60s", "a pause", false, "2s", "flag"),
                        new OptionEntry("a", List.of("KV_EPP_A"), "TEXT", "x,y", "some names", true, "x,y", "default"),
                        new OptionEntry("c", List.of("KV_EPP_C"), "TEXT", "", "a path", false, "", "default"));
    }

    @Test
    void anOptionIsDeclaredOnce() {
        Options options = Options.defaults();
        options.option("a", "").integer(1);

        assertThatThrownBy(() -> options.option("a", "").integer(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a");
    }

    private static Object read(String type, Options options) {
        return READS.get(type).apply(options.option("some-name", ""));
    }

    private static String origin(Map<String, List<String>> flags, Map<String, String> environment) {
        Options options = new Options(flags, environment);
        int value = options.option("some-name", "")
                .env("DYN_FIRST")
                .env("DYN_SECOND")
                .integer(9);
        return value + " " + options.entries().getFirst().origin();
    }

    private static List<String> list(Map<String, List<String>> flags, Map<String, String> environment) {
        return new Options(flags, environment).option("some-name", "").strings("x", "y");
    }
}
