package io.kvepp.preprocess.tokenizer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Builds a [Tokenizer] from a model's files.
///
/// Accepts BPE: the byte-level family (GPT-2, GPT-4o, Llama 3, Qwen, DeepSeek V3) and the one of
/// sentencepiece (Llama 2, Mistral, Gemma). A file that asks for anything that could not be
/// reproduced exactly is refused.
///
/// Thread-safe.
public final class TokenizerLoader {
    private static final int CHARS_COMPOSED_MAX = 3;
    private static final List<String> KIMI_MODEL_TYPES =
            List.of("kimi", "kimi_k2", "kimi_k25", "kimi_k3", "kimi_linear", "deepseek_v3");

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
        SelfCheck.unicode();
        SelfCheck.vocabulary(file.vocabulary());
        TokenizerParts parts = parts(file, tokenizerConfigJson);
        Tokenizer tokenizer;
        CharacterModel plainModel;
        PreTokenizer preTokenizer = preTokenizer(file, true);
        if (preTokenizer.endsInBytes() && !preTokenizer.startMatters() && BytePairModelReader.accepts(file)) {
            BytePairModel model = BytePairModelReader.read(file);
            tokenizer = new ByteLevelTokenizer(parts, preTokenizer.elsewhere(), model);
            plainModel = CharacterModel.ofBytes(file.vocabulary(), model.merges());
        } else {
            plainModel = CharacterModelReader.read(file);
            tokenizer = new CharacterTokenizer(parts, preTokenizer.writingBytes(), plainModel);
        }
        SelfCheck.addedTokens(tokenizer, parts.added());
        boolean ignoresMerges = file.modelField("ignore_merges").bool(false);
        SelfCheck.samples(
                tokenizer,
                new PlainTokenizer(
                        parts, preTokenizer(file, false), plainModel, ignoresMerges ? file.vocabulary() : null));
        return tokenizer;
    }

    private static PreTokenizer preTokenizer(TokenizerFile file, boolean usesKnown)
            throws UnsupportedTokenizerException {
        boolean keepsPositions = NormalizerReader.keepsPositions(file.field("normalizer"));
        return PreTokenizerReader.read(file.field("pre_tokenizer"), keepsPositions, usesKnown);
    }

    /// Loads a `tiktoken.model` with the pattern the frontend has for `modelType`, the `model_type`
    /// of `config.json`. Special tokens come from `tokenizer_config.json`, or are 256 reserved
    /// ones.
    public static Tokenizer loadTiktoken(
            byte[] tiktokenModel, byte @Nullable [] tokenizerConfigJson, @Nullable String modelType)
            throws UnsupportedTokenizerException {
        if (modelType == null || !KIMI_MODEL_TYPES.contains(modelType)) {
            throw UnsupportedTokenizerException.of(
                    "config.json.model_type", String.valueOf(modelType), "one of " + KIMI_MODEL_TYPES);
        }
        SelfCheck.unicode();
        TiktokenFile file = TiktokenFile.parse(tiktokenModel);
        AddedVocabulary added = TiktokenSpecialTokens.read(tokenizerConfigJson, file.largestRank() + 1);
        int largestId = Math.max(added.largestId(), file.largestRank());
        TokenizerParts parts = new TokenizerParts(
                added,
                TextNormalizer.NONE,
                Frame.NONE,
                largestId + 1,
                added.longest() == AddedVocabulary.SWALLOWS ? 0 : Math.max(added.longest(), file.longest()));
        Tokenizer tokenizer = new ByteLevelTokenizer(parts, new KimiSplitter(), TiktokenModelReader.read(file));
        SelfCheck.addedTokens(tokenizer, added);
        SelfCheck.ranks(tokenizer, file, added.rawContents());
        return tokenizer;
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
                added,
                normalizer,
                PostProcessorReader.read(file.field("post_processor")),
                largestId + 1,
                tokenCharsMax(file, added));
    }

    /// In a vocabulary on bytes a token has a letter for each of its bytes, and no character has
    /// less than one. Composing characters is the only way of writing a text anew that is looked
    /// into here.
    private static int tokenCharsMax(TokenizerFile file, AddedVocabulary added) throws UnsupportedTokenizerException {
        if (added.longest() == AddedVocabulary.SWALLOWS) {
            return 0;
        }
        int longest = added.longest();
        for (String token : file.vocabulary().keySet()) {
            longest = Math.max(longest, token.length());
        }
        return longest * shrinking(file.field("normalizer"));
    }

    /// How many characters it leaves one byte of at the least; 0 where that is not known.
    private static int shrinking(JsonField normalizer) throws UnsupportedTokenizerException {
        if (normalizer.isAbsent()) {
            return 1;
        }
        String type = normalizer.get("type").string();
        boolean nothing = type.equals("Sequence")
                && normalizer.get("normalizers").elements().isEmpty();
        return nothing ? 1 : type.equals("NFC") ? CHARS_COMPOSED_MAX : 0;
    }
}
