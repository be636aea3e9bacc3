package io.kvepp.msgpack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MsgpackWriterTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "0, 00",
        "127, 7f",
        "128, cc80",
        "255, ccff",
        "256, cd0100",
        "65536, ce00010000",
        "4294967295, ceffffffff",
        "4294967296, cf0000000100000000",
        "-1, cfffffffffffffffff",
        "-9223372036854775808, cf8000000000000000",
    })
    void writesUnsignedNumbersInTheirShortestForm(long bits, String hex) {
        assertThat(new MsgpackWriter().unsigned(bits).toBytes()).asHexString().isEqualToIgnoringCase(hex);
    }

    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "5, 05",
        "-1, ff",
        "-32, e0",
        "-33, d0df",
        "-128, d080",
        "-129, d1ff7f",
        "-32769, d2ffff7fff",
        "-2147483649, d3ffffffff7fffffff",
    })
    void writesSignedNumbersInTheirShortestForm(long value, String hex) {
        assertThat(new MsgpackWriter().signed(value).toBytes()).asHexString().isEqualToIgnoringCase(hex);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536})
    void theReaderReadsEveryLength(int length) throws MalformedMessageException {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        MsgpackWriter writer =
                new MsgpackWriter().string("x".repeat(length)).binary(bytes).array(length);
        for (int i = 0; i < length; i++) {
            writer.nil();
        }
        writer.map(length);
        for (int i = 0; i < length; i++) {
            writer.bool(true).bool(false);
        }

        MsgpackReader reader = new MsgpackReader(writer.toBytes());
        assertThat(reader.string()).hasSize(length);
        assertThat(reader.binary()).isEqualTo(bytes);
        assertThat(reader.arrayHeader()).isEqualTo(length);
        for (int i = 0; i < length; i++) {
            assertThat(reader.tryNil()).isTrue();
        }
        assertThat(reader.mapHeader()).isEqualTo(length);
        for (int i = 0; i < length; i++) {
            assertThat(reader.bool()).isTrue();
            assertThat(reader.bool()).isFalse();
        }
        assertThat(reader.hasMore()).isFalse();
    }

    @Test
    void aRawValueIsAllItContainsAndNoMore() throws MalformedMessageException {
        MsgpackReader reader = new MsgpackReader(HexFormat.of().parseHex("9201a161c3"));
        assertThat(reader.raw()).asHexString().isEqualToIgnoringCase("9201a161");
        assertThat(reader.bool()).isTrue();
    }
}
