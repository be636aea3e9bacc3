package io.kvepp.preprocess.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerLoaderTest {
    private static final byte[] FILE = Fixtures.bytes("tokenizer.json");

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource(
            delimiter = ';',
            value = {
                "version; \"2.0\"; tokenizer.json.version",
                "normalizer; {\"type\":\"Precompiled\"}; normalizer.type: \"Precompiled\" (expected: NFC",
                "normalizer; {\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Strip\"}]}; normalizers[0].strip_left",
                "pre_tokenizer; {\"type\":\"UnicodeScripts\"}; tokenizer.json.pre_tokenizer.type: \"UnicodeScripts\"",
                "pre_tokenizer; {\"type\":\"Metaspace\"}; tokenizer.json.pre_tokenizer.replacement: missing",
                "pre_tokenizer; {\"type\":\"ByteLevel\"}; pre_tokenizer.add_prefix_space: missing",
                "added_tokens; [{\"content\":\"x\"}]; tokenizer.json.added_tokens[0].single_word: missing",
                "model.type; \"Unigram\"; tokenizer.json.model.type: \"Unigram\" (expected: BPE)",
                "model.dropout; 0.1; tokenizer.json.model.dropout: 0.1 (expected: none)",
                "model.continuing_subword_prefix; \"##\"; tokenizer.json.model.continuing_subword_prefix",
                "model.end_of_word_suffix; \"</w>\"; tokenizer.json.model.end_of_word_suffix",
                "model.merges; [\"a b c\"]; tokenizer.json.model.merges: a b c",
                "model.merges; [[\"a\"]]; tokenizer.json.model.merges",
                "model.merges; [\"a nowhere\"]; tokenizer.json.model.merges[0]: nowhere",
                "model.vocab; {\"a\":-1}; tokenizer.json.model.vocab: -1",
                "model.vocab; []; tokenizer.json.model.vocab",
                "model; []; tokenizer.json.model"
            })
    void refusesWhatItCannotReproduceAndSaysWhere(String member, String value, String message) {
        ObjectNode file = Fixtures.tokenizerJson();
        set(file, member, Fixtures.json(value));

        assertThatThrownBy(() -> Fixtures.load(file))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "nonsense", "{\"model\":{\"vocab\":{\"a\":"})
    void refusesWhatIsNotATokenizerFile(String json) {
        assertThatThrownBy(() -> TokenizerLoader.load(json.getBytes(UTF_8), null))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageContaining("tokenizer.json");
    }

    @Test
    void theUnknownTokenIsRefusedOnlyWhereAByteNeedsItAndItHasNoId() throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        int[] before = Fixtures.load(file).encode("the caf\u00E9");
        set(file, "model.unk_token", Fixtures.json("\"<unk>\""));
        assertThat(Fixtures.load(file).encode("the caf\u00E9")).isEqualTo(before);

        ObjectNode vocabulary = (ObjectNode) file.path("model").path("vocab");
        vocabulary.remove("\u00C3");
        assertThatThrownBy(() -> Fixtures.load(file))
                .hasMessage("tokenizer.json.model.unk_token: \"<unk>\" (expected: a token of the vocabulary)");

        vocabulary.put("<unk>", 5000);
        assertThat(Fixtures.load(file).encode("\u00E9")).startsWith(5000);
    }

    @Test
    void aByteWithoutTokenVanishes() throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        int[] before = Fixtures.load(file).encode("#~");
        ((ObjectNode) file.path("model").path("vocab")).remove("#");

        assertThat(Fixtures.load(file).encode("#~")).isEqualTo(new int[] {before[1]});
    }

    @Test
    void mergesMayBePairs() throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        var pairs = Fixtures.MAPPER.createArrayNode();
        for (JsonNode merge : file.path("model").path("merges")) {
            String[] pair = merge.textValue().split(" ", 2);
            pairs.addArray().add(pair[0]).add(pair[1]);
        }
        int[] before = Fixtures.load(file).encode("The quick brown fox");
        set(file, "model.merges", pairs);

        assertThat(Fixtures.load(file).encode("The quick brown fox")).isEqualTo(before);
    }

    @Test
    void ignoreMergesTakesWholePiecesFromTheVocabulary() throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        int unreachable = ((ObjectNode) file.path("model").path("vocab"))
                .path("\u0120gontu")
                .intValue();
        assertThat(unreachable).isPositive();
        assertThat(Fixtures.load(file).encode(" gontu")).hasSizeGreaterThan(1);

        set(file, "model.ignore_merges", Fixtures.json("true"));
        assertThat(Fixtures.load(file).encode(" gontu")).containsExactly(unreachable);
    }

    @Test
    void specialTokensOfTheConfigurationAreAddedWithTheNextFreeId() throws Exception {
        byte[] config = """
                {"added_tokens_decoder": {
                  "9": {"content": "<|pad|>", "special": true},
                  "10": {"content": "<|plain|>", "special": false},
                  "11": {"content": "er", "special": true},
                  "12": {"content": "<|im_end|>", "special": true},
                  "13": {"special": true}, "14": 3,
                  "15": {"content": "<|more|>", "special": true, "rstrip": true}}}
                """.getBytes(UTF_8);
        Tokenizer plain = TokenizerLoader.load(FILE, null);
        Tokenizer tokenizer = TokenizerLoader.load(FILE, config);
        int er = Fixtures.tokenizerJson().path("model").path("vocab").path("er").intValue();

        assertThat(plain.vocabularySize()).isEqualTo(2051);
        assertThat(tokenizer.vocabularySize()).isEqualTo(2053);
        assertThat(tokenizer.encode("<|pad|><|more|>  \n<|im_end|>")).containsExactly(2051, 2052, 2050);
        assertThat(tokenizer.encode("ere")).startsWith(er);
        assertThat(tokenizer.encode("<|plain|>")).isEqualTo(plain.encode("<|plain|>"));
    }

    @Test
    void refusesAConfigurationThatIsNotJson() {
        assertThatThrownBy(() -> TokenizerLoader.load(FILE, "{".getBytes(UTF_8)))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageContaining("tokenizer_config.json");
    }

    @Test
    void truncationAndPaddingAreIgnored() throws Exception {
        ObjectNode file = Fixtures.tokenizerJson();
        int[] before = Fixtures.load(file).encode("one two three four");
        set(file, "truncation", Fixtures.json("{\"max_length\":2}"));
        set(file, "padding", Fixtures.json("{\"strategy\":{\"Fixed\":64}}"));

        assertThat(Fixtures.load(file).encode("one two three four")).isEqualTo(before);
    }

    private static void set(ObjectNode file, String member, JsonNode value) {
        int dot = member.indexOf('.');
        ObjectNode parent = dot < 0 ? file : (ObjectNode) file.path(member.substring(0, dot));
        parent.set(member.substring(dot + 1), value);
    }
}
