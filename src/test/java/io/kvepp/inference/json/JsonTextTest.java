package io.kvepp.inference.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonTextTest {
    @ParameterizedTest
    @CsvSource({
        "0.0, 0.0",
        "-0.0, -0.0",
        "1.0, 1.0",
        "-2.5, -2.5",
        "0.00001, 0.00001",
        "0.000001, 1e-6",
        "1.5e-7, 1.5e-7",
        "1e15, 1000000000000000.0",
        "123456789012345.6, 123456789012345.6",
        "1e16, 1e+16",
        "1.25e16, 1.25e+16",
        "1.7976931348623157e308, 1.7976931348623157e+308",
        "4.9e-324, 5e-324"
    })
    void doublesAreWrittenWithTheirShortestDigits(double value, String text) {
        assertThat(JsonText.of(value)).isEqualTo(text);
    }

    @Test
    void everyDoubleReadsBack() {
        Random random = new Random(11);
        for (int i = 0; i < 20_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertThat(Double.parseDouble(JsonText.of(value))).isEqualTo(value);
            }
        }
    }

    @Test
    void stringsEscapeOnlyWhatTheyMust() {
        assertThat(JsonText.of("\"\\/\b\f\n\r\t\u0001\u001f\u007f\u2028é😀"))
                .isEqualTo("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u007f\u2028é😀\"");
    }

    @Test
    void integersAreWrittenAsTheyAre() {
        assertThat(JsonText.of(new BigInteger("18446744073709551615"))).isEqualTo("18446744073709551615");
    }
}
