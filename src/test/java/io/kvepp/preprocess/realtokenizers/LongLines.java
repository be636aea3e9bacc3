package io.kvepp.preprocess.realtokenizers;

import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/// Lines of a megabyte.
final class LongLines {
    private static final int CHARS = 1 << 20;

    private LongLines() {}

    static List<String> of(long seed, RandomTexts texts) {
        Random random = new Random(seed);
        return List.of(
                repeated(() -> "word" + random.nextInt(5000) + " "),
                repeated(() -> Character.toString("ABCDEFGHwxyz0189+/".charAt(random.nextInt(18)))),
                repeated(() -> random.nextInt(900) == 0 ? "x" : " "),
                repeated(() -> Character.toString(0x4E00 + random.nextInt(0x5000)))
                        .substring(0, CHARS / 4),
                repeated(() -> texts.next().replace('\n', ' ')));
    }

    private static String repeated(Supplier<String> part) {
        StringBuilder line = new StringBuilder();
        while (line.length() < CHARS) {
            line.append(part.get());
        }
        return line.toString();
    }
}
