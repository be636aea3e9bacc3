package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The pieces found in UTF-8 against those of the splitters, which read one character after the
/// other.
class PieceFinderTest {
    private static final int TEXTS = 60_000;
    private static final int BATCH_BYTES = 4096;
    private static final String[] EDGES = {
        "a",
        "A1",
        " b",
        "  c",
        "\n",
        "\n \n",
        " \n x",
        "\r\n\t",
        "'s",
        "don't",
        " 'll",
        "'\u017F",
        "12",
        "1234567",
        "!",
        "!\n\n a",
        ".b",
        "(\n",
        "\u4E16\u754C",
        "\u00E9",
        "\uD83D\uDE00",
        "\u00A0",
        "\u3000x",
        "e\u0301",
        "\u0663\u0664",
    };

    static Stream<Splitter> splitters() {
        return Stream.of(
                new Cl100kSplitter(1),
                new Cl100kSplitter(3),
                new Cl100kSplitter(Integer.MAX_VALUE),
                new Gpt2Splitter());
    }

    @ParameterizedTest
    @MethodSource("splitters")
    void findsThePiecesOfRandomText(Splitter splitter) {
        Random random = new Random(11);
        PieceFinder finder = finder(splitter);
        for (int i = 0; i < TEXTS; i++) {
            check(finder, splitter, i % 3 == 0 ? anyText(random) : Fixtures.text(random, 30));
        }
    }

    @ParameterizedTest
    @MethodSource("splitters")
    void findsThemAtEveryPlaceInAWord(Splitter splitter) {
        PieceFinder finder = finder(splitter);
        for (String before : new String[] {"a", "1", " ", "\n", "!", "\u4E16"}) {
            for (int length = 0; length < 140; length++) {
                for (String edge : EDGES) {
                    check(finder, splitter, before.repeat(length) + edge + "z " + edge + edge + "\n");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("splitters")
    void findsThemAroundTheEndOfABatch(Splitter splitter) {
        Random random = new Random(12);
        PieceFinder finder = finder(splitter);
        for (int length = BATCH_BYTES - 20; length < BATCH_BYTES + 4; length++) {
            for (String edge : EDGES) {
                check(
                        finder,
                        splitter,
                        "ab ".repeat(length / 3) + "c".repeat(length % 3) + edge + Fixtures.text(random, 6));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("splitters")
    void findsPiecesLongerThanABatch(Splitter splitter) {
        PieceFinder finder = finder(splitter);
        for (String unit : new String[] {"a", "7", " ", "\n", " \n", "-", "\u4E16", "\uD83D\uDE00", "\u0301"}) {
            for (int length : new int[] {BATCH_BYTES - 1, BATCH_BYTES, 3 * BATCH_BYTES + 5, 200_000}) {
                check(finder, splitter, "x" + unit.repeat(length / unit.length()) + "'s y");
            }
        }
    }

    private static PieceFinder finder(Splitter splitter) {
        return new PieceFinder(Objects.requireNonNull(splitter.starts()));
    }

    private static void check(PieceFinder finder, Splitter splitter, String text) {
        List<String> expected = KnownSplittersTest.pieces(splitter, text);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // What stands around the text must not matter.
        byte[] framed = new byte[bytes.length + 2 + CharPlanes.SPARE_BYTES];
        Arrays.fill(framed, (byte) (text.length() % 2 == 0 ? '\n' : 'a'));
        System.arraycopy(bytes, 0, framed, 2, bytes.length);
        List<String> pieces = new ArrayList<>();
        finder.find(framed, 2, 2 + bytes.length, (utf8, start, ends, count) -> {
            int from = start;
            for (int i = 0; i < count; i++) {
                pieces.add(new String(utf8, from, ends[i] - from, StandardCharsets.UTF_8));
                from = ends[i];
            }
        });
        if (!pieces.equals(expected)) {
            assertThat(pieces).as(text).isEqualTo(expected);
        }
    }

    /// Code points of all planes.
    static String anyText(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i >= 0; i--) {
            int codePoint = switch (random.nextInt(4)) {
                case 0 -> random.nextInt(0x80);
                case 1 -> random.nextInt(0x3000);
                case 2 -> random.nextInt(0x10000);
                default -> random.nextInt(Character.MAX_CODE_POINT + 1);
            };
            text.appendCodePoint(Character.getType(codePoint) == Character.SURROGATE ? ' ' : codePoint);
        }
        return text.toString();
    }
}
