package io.kvepp.app;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/// Prompts that reach every path of splitting, normalizing and merging, the rare ones as well: code
/// that first meets a rare case after it was compiled is thrown away and compiled again, in the
/// middle of a request.
///
/// Immutable.
final class RehearsedTexts {
    private static final int PARTS = 3000;

    /// As JSON writes them.
    private static final String[] PARTS_OF_TEXT = {
        " the",
        " worker",
        " holds",
        " Prefix",
        "'s",
        "'LL",
        " don't",
        ".",
        ", ",
        "; ",
        "!?\\n",
        "\\n\\n",
        "\\n    ",
        "\\r\\n \\t\\n",
        " 1",
        " 2024",
        "1234567",
        "(",
        ") {",
        " != ",
        "=",
        "==========",
        "\u00e9t\u00e9",
        "e\u0301",
        "\u212b",
        "\u00a0",
        "\u3000",
        "\u4f60\u597d\u4e16\u754c",
        "\u3002",
        "\u3053\u3093\u306b\u3061\u306f",
        "\u041f\u0440\u0438\u0432\u0435\u0442 ",
        "\u0646\u0635 ",
        "\u0928\u092e\u0938\u094d\u0924\u0947",
        "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
        "\ud83d\ude00",
        "\ud83d\udc4d\ud83c\udffd",
        "\u1112\u1161\u11ab",
        "<",
        "<div>",
        "<|im_end|>\\n<|im_start|>user\\n",
        "\\u0000",
        "https://example.org/a?b=c&d=%20"
    };

    private RehearsedTexts() {}

    /// The body of a completion; every number gives another one.
    static byte[] completion(String model, int number) {
        Random random = new Random(number);
        StringBuilder prompt = new StringBuilder();
        for (int i = 0; i < PARTS; i++) {
            switch (random.nextInt(16)) {
                case 0 ->
                    prompt.append(PARTS_OF_TEXT[random.nextInt(PARTS_OF_TEXT.length)].repeat(1 + random.nextInt(40)));
                case 1, 2, 3, 4 -> prompt.append(PARTS_OF_TEXT[random.nextInt(PARTS_OF_TEXT.length)]);
                case 5 -> prompt.appendCodePoint(0x4E00 + random.nextInt(0x5000));
                default -> word(prompt.append(' '), random);
            }
        }
        // A word longer than what is looked at in one go.
        prompt.append("word".repeat(number % 8 == 0 ? 3000 : 1));
        return ("{\"model\":\"" + model + "\",\"max_tokens\":16,\"prompt\":\"" + prompt + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static void word(StringBuilder text, Random random) {
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            text.append("bcdfghjklmnprstvwz".charAt(random.nextInt(18))).append("aeiouy".charAt(random.nextInt(6)));
        }
    }
}
