package io.kvepp.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BodySpliceDigitsTest {
    private final Random random = new Random(11);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 10, 100, 1_000, 100_000, 262_142, 262_143, 1_000_000, Integer.MAX_VALUE})
    void idsOfEveryLengthAndCountAreWrittenInDecimal(int bound) {
        for (int count = 0; count < 40; count++) {
            assertWritten(random.ints(count, 0, bound).toArray());
            assertWritten(random.ints(count, bound - 1, bound).toArray());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, Integer.MIN_VALUE})
    void idsAreUnsigned(int id) {
        assertWritten(new int[] {id});
        assertWritten(new int[] {0, id, 7, id});
    }

    private static void assertWritten(int[] ids) {
        BodySplice.Splice splice = BodySplice.tokenData(new TokenDataTarget(3, 2, "[", "]"), ids);

        String expected =
                Arrays.stream(ids).mapToObj(Integer::toUnsignedString).collect(Collectors.joining(",", "[", "]"));
        assertThat(new String(splice.replacement(), StandardCharsets.US_ASCII)).isEqualTo(expected);
        assertThat(splice.offset()).isEqualTo(3);
        assertThat(splice.length()).isEqualTo(2);
    }
}
