package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Byte-level BPE as it serves requests against [PlainTokenizer], which does the obvious.
class FastPathTest {
    private static final int TEXTS = 3000;

    private static final ObjectNode TRAINED = TrainedModel.tokenizerJson(31);

    static Stream<Arguments> variants() {
        String[] patterns = {
            Cl100kSplitter.pattern("\\p{N}"),
            Cl100kSplitter.pattern("\\p{N}{1,3}"),
            Gpt2Splitter.PATTERN,
            O200kSplitter.PATTERN
        };
        return Stream.of(patterns)
                .flatMap(pattern -> Stream.of(true, false)
                        .flatMap(normalized -> Stream.of(true, false)
                                .map(tokensFirst -> Arguments.of(pattern, normalized, tokensFirst))));
    }

    @ParameterizedTest
    @MethodSource("variants")
    void givesTheIdsOfThePlainTokenizer(String pattern, boolean normalized, boolean tokensFirst) throws Exception {
        ObjectNode json = json(pattern, normalized, tokensFirst);
        Tokenizer tokenizer = Fixtures.load(json);
        PlainTokenizer plain = plain(json, tokensFirst);
        Random random = new Random(21);
        for (int i = 0; i < TEXTS; i++) {
            String text = text(random);
            int[] ids = plain.encode(text);
            check(text, tokenizer.encode(text), ids);
            check(text, tokenizer.encode(text), ids);
        }
    }

    /// As tokenizers converted from tiktoken are: most of the merges never happen.
    @Test
    void givesThemIfAllWaysToCutATokenAreMerges() throws Exception {
        ObjectNode json = json(Cl100kSplitter.pattern("\\p{N}"), true, false);
        ObjectNode model = (ObjectNode) json.get("model");
        model.set("merges", everyCut((ObjectNode) model.get("vocab")));
        Tokenizer tokenizer = Fixtures.load(json);
        PlainTokenizer plain = plain(json, false);
        Random random = new Random(22);
        for (int i = 0; i < TEXTS; i++) {
            String text = text(random);
            check(text, tokenizer.encode(text), plain.encode(text));
        }
    }

    private static ArrayNode everyCut(ObjectNode vocabulary) {
        ArrayNode merges = Fixtures.MAPPER.createArrayNode();
        List<String> tokens = new ArrayList<>();
        vocabulary.fieldNames().forEachRemaining(tokens::add);
        tokens.sort(Comparator.comparingInt(token -> vocabulary.get(token).asInt()));
        for (String token : tokens) {
            for (int i = 1; i < token.length(); i++) {
                if (vocabulary.has(token.substring(0, i)) && vocabulary.has(token.substring(i))) {
                    merges.add(token.substring(0, i) + ' ' + token.substring(i));
                }
            }
        }
        return merges;
    }

    @Test
    void givesThemToAnyNumberOfThreads() throws Exception {
        ObjectNode json = json(Cl100kSplitter.pattern("\\p{N}"), true, false);
        Tokenizer tokenizer = Fixtures.load(json);
        PlainTokenizer plain = plain(json, false);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int thread = 0; thread < 16; thread++) {
                Random random = new Random(thread % 4);
                Callable<Boolean> work = () -> {
                    for (int i = 0; i < 200; i++) {
                        String text = text(random);
                        check(text, tokenizer.encode(text), plain.encode(text));
                    }
                    return true;
                };
                done.add(threads.submit(work));
            }
            for (Future<Boolean> one : done) {
                assertThat(one.get()).isTrue();
            }
        }
    }

    @Test
    void aLoneSurrogateIsTheReplacementCharacter() throws Exception {
        Tokenizer tokenizer = Fixtures.load(json(Cl100kSplitter.pattern("\\p{N}"), true, false));
        for (String lone : new String[] {"\uD83D", "\uDE00", "\uDE00\uD83D"}) {
            for (String frame : new String[] {"", "a", "\uD83D\uDE00", "\u4E16 x", "0123456789abcdef0123456789"}) {
                assertThat(tokenizer.encode(frame + lone + frame))
                        .isEqualTo(tokenizer.encode(frame + "\uFFFD".repeat(lone.length()) + frame));
            }
        }
    }

    private static String text(Random random) {
        return switch (random.nextInt(5)) {
            case 0 -> PieceFinderTest.anyText(random);
            case 1 -> TrainedModel.text(random).repeat(1 + random.nextInt(6));
            case 2 -> TrainedModel.text(random) + "<|im_end|>" + TrainedModel.text(random) + "<|im_start|>";
            default -> TrainedModel.text(random);
        };
    }

    private static void check(String text, int[] ids, int[] expected) {
        if (!Arrays.equals(ids, expected)) {
            assertThat(ids).as(text).isEqualTo(expected);
        }
    }

    private static ObjectNode json(String pattern, boolean normalized, boolean tokensFirst) {
        ObjectNode json = TRAINED.deepCopy();
        json.set("normalizer", Fixtures.json(normalized ? "{\"type\":\"NFC\"}" : "null"));
        ObjectNode split = Fixtures.MAPPER.createObjectNode();
        split.put("type", "Split").put("behavior", "Isolated").put("invert", false);
        split.putObject("pattern").put("Regex", pattern);
        ObjectNode bytes = Fixtures.MAPPER.createObjectNode();
        bytes.put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("use_regex", false)
                .put("trim_offsets", false);
        ObjectNode sequence = json.putObject("pre_tokenizer");
        sequence.put("type", "Sequence").putArray("pretokenizers").add(split).add(bytes);
        ObjectNode model = (ObjectNode) json.get("model");
        model.put("ignore_merges", tokensFirst);
        if (tokensFirst) {
            // Tokens no merge makes, as a whole piece and inside of others.
            ObjectNode vocabulary = (ObjectNode) model.get("vocab");
            for (String token :
                    new String[] {"Quick", "QQ", new String(ByteAlphabetSplitter.written("\u4E16\u754C\u4F60"))}) {
                if (!vocabulary.has(token)) {
                    vocabulary.put(token, vocabulary.size());
                }
            }
        }
        return json;
    }

    private static PlainTokenizer plain(ObjectNode json, boolean tokensFirst) throws Exception {
        TokenizerFile file = TokenizerFile.parse(Fixtures.bytesOf(json));
        AddedVocabulary added = new AddedVocabulary(file.vocabulary());
        added.add(AddedTokenReader.declared(file.field("added_tokens")));
        TextNormalizer normalizer = NormalizerReader.read(file.field("normalizer"));
        return new PlainTokenizer(
                new TokenizerParts(added, normalizer, Frame.NONE, added.largestId() + 1, 0),
                PreTokenizerReader.read(
                        file.field("pre_tokenizer"), NormalizerReader.keepsPositions(file.field("normalizer")), false),
                CharacterModel.ofBytes(file.vocabulary(), MergeFields.merges(file)),
                tokensFirst ? file.vocabulary() : null);
    }
}
