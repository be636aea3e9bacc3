package io.kvepp.preprocess.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CharacterTokenizerTest {
    private static final Duration LONG_PIECE_DEADLINE = Duration.ofSeconds(20);

    @ParameterizedTest
    @ValueSource(strings = {"a", " ", "\n", "the ", "\u00E9", "\u4F60\u597D", "\u0301", "\uD83D\uDE00", "th", "\u2581"})
    void aMillionTimesTheSameTakesNoQuadraticTime(String unit) throws Exception {
        Tokenizer tokenizer = Fixtures.load(FamilyFixtures.file(FamilyFixtures.family("gemma")));
        String text = unit.repeat(1_000_000);

        assertThat(assertTimeoutPreemptively(LONG_PIECE_DEADLINE, () -> tokenizer.encode(text)))
                .isNotEmpty();
    }

    @Test
    void loneSurrogatesCountAsReplacementCharacters() throws Exception {
        Tokenizer tokenizer = Fixtures.load(FamilyFixtures.base());

        assertThat(tokenizer.encode("a\uD800b\uDC00\uD83D\uDE00\uDBFF"))
                .isEqualTo(tokenizer.encode("a\uFFFDb\uFFFD\uD83D\uDE00\uFFFD"));
    }

    @Test
    void textThatOnlySeemsToBeTheStartIsKeptApartFromTheStart() throws Exception {
        Tokenizer tokenizer = Fixtures.load(FamilyFixtures.file(FamilyFixtures.family("mistral")));
        String segment = "the quick brown fox jumps";
        int[] atStart = tokenizer.encode(segment);
        int[] behindBos = tokenizer.encode("<s>" + segment);

        assertThat(Arrays.copyOfRange(behindBos, 1, behindBos.length)).isNotEqualTo(atStart);
        assertThat(tokenizer.encode(segment)).isEqualTo(atStart);
        assertThat(tokenizer.encode("<s>" + segment)).isEqualTo(behindBos);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            value = {
                "normalizer; {'type':'NFC'}; prepend_scheme: 'first' (expected: always or never, behind anything",
                "normalizer; {'type':'Replace','pattern':{'String':'ab'},'content':'c'}; prepend_scheme",
                "normalizer; {'type':'Replace','pattern':{'Regex':'a*'},'content':'c'}; pattern.Regex: 'a*'",
                "normalizer; {'type':'Replace','pattern':{'Regex':'a(?=b)'},'content':''}; pattern.Regex",
                "normalizer; {'type':'Replace','pattern':{'String':''},'content':'c'}; pattern.String: ''",
                "pre_tokenizer.prepend_scheme; 'last'; prepend_scheme: 'last' (expected: always, first or never)",
                "pre_tokenizer.replacement; 'ab'; replacement: 'ab' (expected: one character below U+10000)",
                "pre_tokenizer.add_prefix_space; false; add_prefix_space: false (expected: true, or prepend_scheme",
                "pre_tokenizer; {'type':'FixedLength','length':0}; length: 0 (expected: a length from 1 on)",
                "pre_tokenizer; {'type':'CharDelimiterSplit','delimiter':'ab'}; delimiter: 'ab'",
                "model.unk_token; 'nowhere'; unk_token: 'nowhere' (expected: a token of the vocabulary)",
                "model.vocab; {'a':1,'b':1}; tokenizer.json.model.vocab: 1 (expected: each id once)",
                "post_processor; {'type':'Mine'}; post_processor.type: 'Mine' (expected: ByteLevel",
                "post_processor; {'type':'TemplateProcessing','single':[]}; single: [] (expected: the text A once)",
                "post_processor; {'type':'BertProcessing','cls':[1],'sep':['a',1]}; cls: [1] (expected: [token, id])",
                "post_processor; {'type':'BertProcessing','cls':['a',-1],'sep':['a',1]}; cls[1]: -1",
                "added_tokens; [{'content':'\u0301','single_word':false,'lstrip':false,'rstrip':false,"
                        + "'normalized':true,'special':false}]; added_tokens: \u0301 (expected: a token the normalizer"
            })
    void refusesWhatItCannotReproduceAndSaysWhere(String member, String value, String message) {
        ObjectNode file = FamilyFixtures.file(FamilyFixtures.family("mistral"));
        if (member.equals("added_tokens")) {
            file.set("normalizer", Fixtures.json("{\"type\":\"StripAccents\"}"));
        }
        int dot = member.indexOf('.');
        ObjectNode parent = dot < 0 ? file : (ObjectNode) file.path(member.substring(0, dot));
        parent.set(member.substring(dot + 1), Fixtures.json(value.replace('\'', '"')));

        assertThatThrownBy(() -> Fixtures.load(file))
                .isInstanceOf(UnsupportedTokenizerException.class)
                .hasMessageContaining(message.replace('\'', '"'));
    }
}
