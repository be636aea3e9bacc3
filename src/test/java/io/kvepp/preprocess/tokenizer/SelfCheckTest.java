package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SelfCheckTest {
    private final AddedVocabulary added = new AddedVocabulary(Map.of("a", 0));
    private final PlainTokenizer plain = new PlainTokenizer(
            new TokenizerParts(added, TextNormalizer.NONE, Frame.NONE, 1, 0),
            new PreTokenizer(false, new SplitterChain(List.of()), new SplitterChain(List.of()), false),
            CharacterModel.ofBytes(Map.of("a", 0), new PairTable(0)),
            null);

    @Test
    void thisJvmHasTheUnicodeVersionOfTheTables() {
        assertThatCode(SelfCheck::unicode).doesNotThrowAnyException();
    }

    @Test
    void aTokenizerWithIdsOfItsOwnIsRefused() throws Exception {
        assertThat(plain.encode("banana")).containsExactly(0, 0, 0);
        SelfCheck.samples(new Fake(plain::encode), plain);

        Tokenizer wrong = new Fake(text -> {
            int[] ids = plain.encode(text);
            return text.contains("https") ? Arrays.copyOf(ids, ids.length + 1) : ids;
        });
        assertThatThrownBy(() -> SelfCheck.samples(wrong, plain))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessage("self-check: sample 3 (expected: the ids of the plain tokenizer)");
    }

    @Test
    void aTokenizerWhoseSecondAnswerDiffersIsRefused() {
        int[] calls = {0};
        Tokenizer forgetful = new Fake(text -> calls[0]++ % 2 == 0 ? plain.encode(text) : new int[] {7});

        assertThatThrownBy(() -> SelfCheck.samples(forgetful, plain)).hasMessageStartingWith("self-check: sample 0");
    }

    @Test
    void anAddedTokenThatIsNotItsIdIsRefused() throws Exception {
        added.add(List.of(new AddedToken("<s>", false, false, false, false, true)));
        SelfCheck.addedTokens(new Fake(_ -> new int[] {1}), added);

        assertThatThrownBy(() -> SelfCheck.addedTokens(new Fake(_ -> new int[] {2}), added))
                .hasMessage("added token: <s> (expected: to become its id 1)");
        assertThatThrownBy(() -> SelfCheck.addedTokens(new Fake(_ -> new int[] {1, 1}), added))
                .hasMessageStartingWith("added token: <s>");
    }

    @Test
    void anIdOfTwoTokensIsRefused() {
        assertThatThrownBy(() -> SelfCheck.vocabulary(Map.of("a", 4, "b", 4)))
                .hasMessage("tokenizer.json.model.vocab: 4 (expected: each id once)");
    }

    private interface Encoder {
        int[] encode(String text);
    }

    private record Fake(Encoder encoder) implements Tokenizer {
        @Override
        public int[] encode(String text) {
            return encoder.encode(text);
        }

        @Override
        public int[] encodeFramed(String text) {
            return encode(text);
        }

        @Override
        public int vocabularySize() {
            return 1;
        }
    }
}
