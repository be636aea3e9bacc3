package io.kvepp.preprocess.realtokenizers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// Texts as people and programs write them: windows of this project's own files, and words of a
/// vocabulary in sentences, which brings in the languages its model was trained on.
final class NaturalTexts {
    private static final List<String> ENDINGS =
            List.of(".java", ".md", ".py", ".json", ".jsonl", ".yaml", ".xml", ".jinja");
    private static final int WINDOW_CHARS_MAX = 1200;
    private static final int WORDS_MAX = 60;

    private NaturalTexts() {}

    static List<String> windows(Path root, long seed, int count) {
        return windows(files(root), seed, count);
    }

    /// So many windows of texts that are each as likely.
    static List<String> windows(List<String> files, long seed, int count) {
        Random random = new Random(seed);
        List<String> windows = new ArrayList<>();
        while (windows.size() < count) {
            String file = files.get(random.nextInt(files.size()));
            int start = boundary(file, random.nextInt(file.length()));
            int end = boundary(file, Math.min(file.length(), start + 1 + random.nextInt(WINDOW_CHARS_MAX)));
            if (start < end) {
                windows.add(file.substring(start, end));
            }
        }
        return windows;
    }

    static List<String> sentences(List<String> words, long seed, int count) {
        Random random = new Random(seed);
        List<String> sentences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StringBuilder sentence = new StringBuilder();
            for (int left = random.nextInt(WORDS_MAX) + 1; left > 0; left--) {
                sentence.append(words.get(random.nextInt(words.size())))
                        .append(random.nextInt(8) == 0 ? ", " : random.nextInt(12) == 0 ? ".\n" : " ");
            }
            sentences.add(sentence.toString());
        }
        return sentences;
    }

    private static List<String> files(Path root) {
        List<String> texts = new ArrayList<>();
        for (String folder : new String[] {"src/main", "src/test", "e2e/lib", "k8s"}) {
            try (Stream<Path> paths = Files.walk(root.resolve(folder))) {
                List<Path> files = paths.filter(path -> ENDINGS.stream().anyMatch(path.toString()::endsWith))
                        .sorted()
                        .toList();
                for (Path file : files) {
                    String text = Files.readString(file);
                    if (!text.isEmpty()) {
                        texts.add(text);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return texts;
    }

    private static int boundary(String text, int i) {
        return i < text.length() && Character.isLowSurrogate(text.charAt(i)) ? i + 1 : i;
    }
}
