package io.kvepp.preprocess.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A byte-level vocabulary trained on text of many scripts. Merges take no notice of words or
/// characters, so there are many across both.
final class TrainedModel {
    private static final int MERGES = 900;
    private static final int SYMBOLS = 24_000;

    private TrainedModel() {}

    static ObjectNode tokenizerJson(long seed) {
        Random random = new Random(seed);
        List<String> symbols = new ArrayList<>();
        while (symbols.size() < SYMBOLS) {
            String text = random.nextInt(5) == 0 ? PieceFinderTest.anyText(random) : text(random);
            for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
                symbols.add(String.valueOf(ByteAlphabet.charOf(b & 0xFF)));
            }
        }
        ObjectNode file = Fixtures.tokenizerJson();
        ObjectNode vocabulary = Fixtures.MAPPER.createObjectNode();
        ArrayNode merges = Fixtures.MAPPER.createArrayNode();
        for (int b = 0; b < 256; b++) {
            vocabulary.put(String.valueOf(ByteAlphabet.charOf(b)), b);
        }
        for (int i = 0; i < MERGES; i++) {
            String pair = mostFrequent(symbols);
            int space = pair.indexOf(' ');
            String left = pair.substring(0, space);
            String right = pair.substring(space + 1);
            merges.add(pair);
            if (!vocabulary.has(left + right)) {
                vocabulary.put(left + right, vocabulary.size());
            }
            symbols = merged(symbols, left, right);
        }
        ObjectNode model = (ObjectNode) file.get("model");
        model.set("vocab", vocabulary);
        model.set("merges", merges);
        return file;
    }

    static String text(Random random) {
        return Fixtures.text(random, 12)
                + "\u4E16\u754C\u4F60\u597D\u65E5\u672C\u8A9E".substring(random.nextInt(7))
                + "\u043F\u0440\u0438\u0432\u0435\u0442".substring(random.nextInt(6));
    }

    private static String mostFrequent(List<String> symbols) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i + 1 < symbols.size(); i++) {
            counts.merge(symbols.get(i) + ' ' + symbols.get(i + 1), 1, Integer::sum);
        }
        return counts.entrySet().stream()
                .max(Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .orElseThrow()
                .getKey();
    }

    private static List<String> merged(List<String> symbols, String left, String right) {
        List<String> result = new ArrayList<>(symbols.size());
        for (int i = 0; i < symbols.size(); i++) {
            boolean pair = i + 1 < symbols.size()
                    && symbols.get(i).equals(left)
                    && symbols.get(i + 1).equals(right);
            result.add(pair ? left + right : symbols.get(i));
            i += pair ? 1 : 0;
        }
        return result;
    }
}
