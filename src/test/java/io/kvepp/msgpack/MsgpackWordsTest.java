package io.kvepp.msgpack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MsgpackWordsTest {
    /// Words of one length differ in one byte, at every place.
    @Test
    void findsExactlyTheWordWhateverItsLengthAndWhereverItEnds() throws MalformedMessageException {
        List<String> texts = new ArrayList<>();
        for (int length = 0; length <= 20; length++) {
            for (int place = 0; place < length; place++) {
                texts.add("x".repeat(place) + "y" + "x".repeat(length - place - 1));
            }
        }
        MsgpackWords words = MsgpackWords.of(texts.toArray(String[]::new));

        for (int i = 0; i < texts.size(); i++) {
            assertThat(read(words, texts.get(i), 0)).as(texts.get(i)).isEqualTo(i);
            assertThat(read(words, texts.get(i), 9)).as(texts.get(i)).isEqualTo(i);
        }
        for (int length = 0; length <= 40; length++) {
            assertThat(read(words, "x".repeat(length), 0)).isEqualTo(MsgpackWords.OTHER);
            assertThat(read(words, "z".repeat(length), 9)).isEqualTo(MsgpackWords.OTHER);
        }
    }

    @Test
    void anyBytesAreAWordOnlyWhenTheyAreItsBytes() throws MalformedMessageException {
        List<String> texts =
                List.of("", "a", "aa", "ab", "aaaaaaaa", "aaaaaaaab", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaab");
        MsgpackWords words = MsgpackWords.of(texts.toArray(String[]::new));
        SplittableRandom random = new SplittableRandom(1);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(19); length > 0; length--) {
                text.append(random.nextInt(8) == 0 ? 'b' : 'a');
            }
            assertThat(read(words, text.toString(), random.nextInt(10))).isEqualTo(texts.indexOf(text.toString()));
        }
    }

    private static int read(MsgpackWords words, String text, int bytesBehind) throws MalformedMessageException {
        byte[] written =
                new MsgpackWriter().string(text).raw(new byte[bytesBehind]).toBytes();
        assertThat(written).hasSizeGreaterThan(text.getBytes(StandardCharsets.UTF_8).length);
        return new MsgpackReader(written).word(words);
    }
}
