package io.kvepp.inference.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SerdeNumberTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "-1, -1",
        "9223372036854775807, 9223372036854775807",
        "-9223372036854775808, -9223372036854775808"
    })
    void integersOf64BitsStayIntegers(String text, long value) {
        assertThat(SerdeNumber.parse(text)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"9223372036854775808", "18446744073709551615"})
    void unsignedIntegersOf64BitsStayIntegers(String text) {
        assertThat(SerdeNumber.parse(text)).isEqualTo(new BigInteger(text));
    }

    @ParameterizedTest
    @CsvSource({
        "-0, -0.0",
        "18446744073709551616, 1.8446744073709552e19",
        "-9223372036854775809, -9.223372036854775808e18",
        "123456789012345678901234567890, 1.2345678901234568e29",
        "1e5, 100000.0",
        "1E+2, 100.0",
        "0.1, 0.1",
        "-2.5e-3, -0.0025",
        "1.7976931348623157e308, 1.7976931348623157e308",
        "5e-324, 4.9e-324",
        "1e-400, 0.0",
        "0e999999999999, 0.0",
        "0.00000000000000000000000000000000000000001, 1e-41"
    })
    void everythingElseIsADouble(String text, double value) {
        assertThat(SerdeNumber.parse(text)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e309", "-1e309", "1e99999999999999999999", "1797693134862315800000e300"})
    void numbersOutOfTheRangeOfADoubleAreRefused(String text) {
        assertThatThrownBy(() -> SerdeNumber.parse(text)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void fewDigitsAndASmallExponentAreExact() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            long digits = random.nextLong(1L << 53);
            int exponent = random.nextInt(45) - 22;
            String text = digits + "e" + exponent;
            assertThat(SerdeNumber.parse(text)).as(text).isEqualTo(new BigDecimal(text).doubleValue());
        }
    }
}
