package io.kvepp.preprocess.tokenizer;

import org.jspecify.annotations.Nullable;

/// Builds a [Tokenizer] from a model's files.
///
/// Accepts BPE: the byte-level family (GPT-2, GPT-4o, Llama 3, Qwen, DeepSeek V3) and the one of
/// sentencepiece (Llama 2, Mistral, Gemma). A file that asks for anything that could not be
/// reproduced exactly is refused.
///
/// Thread-safe.
public final class TokenizerLoader {
    private TokenizerLoader() {}

    /// `tokenizerConfigJson` holds the bytes of `tokenizer_config.json`, or is null. Its
    /// `added_tokens_decoder` entries with `special: true` that `tokenizer.json` lacks are added:
    /// with their vocabulary id if they have one, else with the next free id (the declared id is
    /// ignored, as the Dynamo frontend does). `truncation` and `padding` are ignored.
    public static Tokenizer load(byte[] tokenizerJson, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        TokenizerFile file = TokenizerFile.parse(tokenizerJson);
        JsonField version = file.field("version");
        if (!version.isAbsent() && !version.string().equals("1.0")) {
            throw version.refused("1.0");
        }
        TokenizerParts parts = parts(file, tokenizerConfigJson);
        PreTokenizer preTokenizer = PreTokenizerReader.read(
                file.field("pre_tokenizer"), NormalizerReader.keepsPositions(file.field("normalizer")));
        if (preTokenizer.endsInBytes() && !preTokenizer.startMatters() && BytePairModelReader.accepts(file)) {
            return new ByteLevelTokenizer(parts, preTokenizer.elsewhere(), BytePairModelReader.read(file));
        }
        return new CharacterTokenizer(parts, preTokenizer.writingBytes(), CharacterModelReader.read(file));
    }

    private static TokenizerParts parts(TokenizerFile file, byte @Nullable [] tokenizerConfigJson)
            throws UnsupportedTokenizerException {
        AddedVocabulary added = new AddedVocabulary(file.vocabulary());
        added.add(AddedTokenReader.declared(file.field("added_tokens")));
        if (tokenizerConfigJson != null) {
            added.add(
                    AddedTokenReader.configured(TokenizerFile.parseTree("tokenizer_config.json", tokenizerConfigJson)));
        }
        int largestId = added.largestId();
        for (int id : file.vocabulary().values()) {
            largestId = Math.max(largestId, id);
        }
        TextNormalizer normalizer = NormalizerReader.read(file.field("normalizer"));
        added.check(normalizer);
        return new TokenizerParts(
                added, normalizer, PostProcessorReader.read(file.field("post_processor")), largestId + 1);
    }
}
