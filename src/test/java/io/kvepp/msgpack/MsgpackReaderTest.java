package io.kvepp.msgpack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kvepp.eventplane.Envelope;
import io.kvepp.eventplane.testing.CapturedMessage;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MsgpackReaderTest {
    @ParameterizedTest(name = "{0} -> {1}")
    @CsvSource({
        "00, 0",
        "7f, 127",
        "ff, -1",
        "e0, -32",
        "ccff, 255",
        "cdffff, 65535",
        "ceffffffff, 4294967295",
        "cfffffffffffffffff, -1",
        "cf8000000000000000, -9223372036854775808",
        "d0ff, -1",
        "d1fffe, -2",
        "d2fffffffd, -3",
        "d3fffffffffffffffc, -4",
    })
    void readsEveryFormOfAWholeNumber(String hex, long expected) throws MalformedMessageException {
        assertThat(reader(hex).bits64()).isEqualTo(expected);
    }

    @Test
    void aListOfNumbersIsReadAndPassedOverWhateverTheirForms() throws MalformedMessageException {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            int[] numbers = random.ints(random.nextInt(40))
                    .map(each -> each >>> random.nextInt(32))
                    .toArray();
            MsgpackWriter writer = new MsgpackWriter().array(numbers.length);
            Arrays.stream(numbers).forEach(each -> writer.unsigned(Integer.toUnsignedLong(each)));
            byte[] bytes = writer.string("behind").toBytes();

            MsgpackReader reader = new MsgpackReader(bytes);
            int[] read = new int[reader.arrayHeader()];
            reader.unsigned32s(read);
            assertThat(read).isEqualTo(numbers);
            assertThat(reader.string()).isEqualTo("behind");

            MsgpackReader passing = new MsgpackReader(bytes);
            passing.skip();
            assertThat(passing.string()).isEqualTo("behind");
            for (int end = 0; end < bytes.length - 7; end++) {
                MsgpackReader cut = new MsgpackReader(bytes, 0, end);
                assertThatThrownBy(cut::skip).isInstanceOf(MalformedMessageException.class);
            }
        }
    }

    @Test
    void aListWithAnotherNumberThanOf32BitsIsMalformed() throws MalformedMessageException {
        for (String hex : new String[] {"91ff", "91d0ff", "91cf0000000100000000", "91cd00"}) {
            MsgpackReader reader = reader(hex);
            assertThat(reader.arrayHeader()).isOne();
            assertThatThrownBy(() -> reader.unsigned32s(new int[1])).isInstanceOf(MalformedMessageException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a3616263", "d903616263", "da0003616263", "db00000003616263"})
    void readsEveryFormOfAString(String hex) throws MalformedMessageException {
        assertThat(reader(hex).string()).isEqualTo("abc");
    }

    @ParameterizedTest
    @ValueSource(strings = {"c403010203", "c50003010203", "c600000003010203"})
    void readsEveryFormOfBinary(String hex) throws MalformedMessageException {
        assertThat(reader(hex).binary()).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c0",
                "c2",
                "c3",
                "05",
                "f0",
                "cc00",
                "cd0000",
                "ce00000000",
                "cf0000000000000000",
                "d000",
                "d10000",
                "d200000000",
                "d30000000000000000",
                "ca00000000",
                "cb0000000000000000",
                "a161",
                "d90161",
                "da000161",
                "db0000000161",
                "c40100",
                "c5000100",
                "c60000000100",
                "c7010500",
                "c800010500",
                "c9000000010500",
                "d40500",
                "d5050000",
                "d60500000000",
                "d7050000000000000000",
                "d80500000000000000000000000000000000",
                "9201c0",
                "dc000201c0",
                "dd0000000201c0",
                "8101c0",
                "de000101c0",
                "df0000000101c0",
                "919191919181c0c0"
            })
    void skipsExactlyOneValueOfEveryType(String hex) throws MalformedMessageException {
        MsgpackReader reader = reader(hex + "2a");
        reader.skip();
        assertThat(reader.bits64()).isEqualTo(42);
        assertThat(reader.hasMore()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff", "c1", "9f00", "8101"})
    void aCountBeyondTheInputIsMalformed(String hex) {
        assertThatThrownBy(() -> reader(hex).skip()).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void aHeaderNeverPromisesMoreThanTheInputCanHold() {
        assertThatThrownBy(() -> reader("ddffffffff00").arrayHeader()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> reader("df7fffffff00").mapHeader()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> reader("dbffffffff00").string()).isInstanceOf(MalformedMessageException.class);
        assertThatThrownBy(() -> reader("c6ffffffff00").binary()).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void deepNestingCostsNoStack() throws MalformedMessageException {
        byte[] nested = new byte[2_000_000];
        Arrays.fill(nested, (byte) 0x91);
        nested[nested.length - 1] = (byte) 0xc0;
        MsgpackReader reader = new MsgpackReader(nested);
        reader.skip();
        assertThat(reader.hasMore()).isFalse();
    }

    @Test
    void aNumberBeyondTheRangeOfAnIntIsMalformed() {
        assertThatThrownBy(() -> reader("ceffffffff").nonNegativeInt())
                .isInstanceOf(MalformedMessageException.class)
                .hasMessage("4294967295 (expected: 0 .. 2147483647)");
        assertThatThrownBy(() -> reader("ff").nonNegativeInt()).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void staysWithinItsSlice() {
        byte[] bytes = {1, (byte) 0xcd, 0, 7, 9};
        assertThatThrownBy(() -> new MsgpackReader(bytes, 1, 3).bits64()).isInstanceOf(MalformedMessageException.class);
    }

    @Test
    void randomBytesAndDamagedMessagesNeverThrowAnythingElse() {
        Random random = new Random(20261121);
        for (CapturedMessage message : CapturedMessage.read("agg-hosttier-evict-kv-events.jsonl")) {
            byte[] frame = message.frames().get(3);
            for (int length = 0; length < frame.length; length++) {
                readAnyhow(Arrays.copyOf(frame, length));
            }
            for (int i = 0; i < 500; i++) {
                byte[] damaged = frame.clone();
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                readAnyhow(damaged);
            }
        }
        for (int i = 0; i < 50_000; i++) {
            byte[] noise = new byte[random.nextInt(64)];
            random.nextBytes(noise);
            readAnyhow(noise);
        }
    }

    private static void readAnyhow(byte[] bytes) {
        for (int from = 0; from <= Math.min(5, bytes.length); from++) {
            try {
                Envelope.decode(bytes, from, bytes.length);
            } catch (MalformedMessageException e) {
                assertThat(e).hasMessageContaining("expected");
            }
            try {
                MsgpackReader reader = new MsgpackReader(bytes, from, bytes.length);
                while (reader.hasMore()) {
                    reader.skip();
                }
            } catch (MalformedMessageException e) {
                assertThat(e).hasMessageContaining("expected");
            }
        }
    }

    private static MsgpackReader reader(String hex) {
        return new MsgpackReader(HexFormat.of().parseHex(hex));
    }
}
