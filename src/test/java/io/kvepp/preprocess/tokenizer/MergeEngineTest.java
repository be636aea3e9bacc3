package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergeEngineTest {
    private static final int ROUNDS = 60;
    private static final int PIECES = 40;

    /// Merges of a random vocabulary: rank is the order of the list.
    private record Merge(int left, int right, int id) {}

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 64, 65, 300})
    void scanAndHeapMergeAsTheDefinitionDoes(int lengthMax) {
        Random random = new Random(lengthMax);
        for (int round = 0; round < ROUNDS; round++) {
            int alphabet = 1 + random.nextInt(4);
            List<Merge> merges = randomMerges(random, alphabet);
            MergeEngine engine = new MergeEngine(table(merges));
            for (int piece = 0; piece < PIECES; piece++) {
                int[] symbols =
                        random.ints(1 + random.nextInt(lengthMax), 0, alphabet).toArray();
                int[] expected = naive(symbols, merges);
                if (symbols.length <= 128) {
                    assertThat(merged(symbols, engine::mergeByScan)).isEqualTo(expected);
                }
                assertThat(merged(symbols, engine::mergeByHeap)).isEqualTo(expected);
                assertThat(merged(symbols, engine::merge)).isEqualTo(expected);
            }
        }
    }

    private interface Algorithm {
        int merge(int[] symbols, int count);
    }

    private static int[] merged(int[] symbols, Algorithm algorithm) {
        int[] copy = symbols.clone();
        return Arrays.copyOf(copy, algorithm.merge(copy, copy.length));
    }

    /// Tokens are strings over the alphabet, so one token may come from several pairs.
    private static List<Merge> randomMerges(Random random, int alphabet) {
        List<String> tokens = new ArrayList<>();
        Map<String, Integer> ids = new HashMap<>();
        for (int i = 0; i < alphabet; i++) {
            tokens.add(String.valueOf((char) ('a' + i)));
            ids.put(tokens.get(i), i);
        }
        Map<List<Integer>, Merge> merges = new HashMap<>();
        List<Merge> ranked = new ArrayList<>();
        for (int i = random.nextInt(40); i > 0; i--) {
            int left = random.nextInt(tokens.size());
            int right = random.nextInt(tokens.size());
            String token = tokens.get(left) + tokens.get(right);
            int id = ids.computeIfAbsent(token, t -> {
                tokens.add(t);
                return tokens.size() - 1;
            });
            Merge merge = new Merge(left, right, id);
            if (merges.put(List.of(left, right), merge) == null) {
                ranked.add(merge);
            }
        }
        Collections.shuffle(ranked, random);
        return ranked;
    }

    private static PairTable table(List<Merge> merges) {
        PairTable table = new PairTable(merges.size());
        for (int rank = 0; rank < merges.size(); rank++) {
            Merge merge = merges.get(rank);
            table.put(merge.left, merge.right, rank, merge.id);
        }
        return table;
    }

    /// The definition: apply the first merge of the list that applies, at its leftmost place, again
    /// and again.
    private static int[] naive(int[] symbols, List<Merge> merges) {
        List<Integer> left = new ArrayList<>(Arrays.stream(symbols).boxed().toList());
        while (applyFirst(left, merges)) {
            assertThat(left).isNotEmpty();
        }
        return left.stream().mapToInt(Integer::intValue).toArray();
    }

    private static boolean applyFirst(List<Integer> symbols, List<Merge> merges) {
        for (Merge merge : merges) {
            for (int i = 0; i + 1 < symbols.size(); i++) {
                if (symbols.get(i) == merge.left && symbols.get(i + 1) == merge.right) {
                    symbols.set(i, merge.id);
                    symbols.subList(i + 1, i + 2).clear();
                    return true;
                }
            }
        }
        return false;
    }
}
