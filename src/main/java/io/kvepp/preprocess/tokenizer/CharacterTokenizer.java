package io.kvepp.preprocess.tokenizer;

/// BPE over characters, for any normalizer and pre-tokenizer: added tokens, normalizer, splits,
/// merges.
///
/// Text between two added tokens becomes ids on its own, so its ids are kept. Only the start of the
/// whole text may be special; what stands there is not kept.
///
/// Thread-safe.
final class CharacterTokenizer implements Tokenizer {
    private static final int CHARS_PER_TOKEN = 3;

    private final AddedTokenSplitter rawTokens;
    private final TextNormalizer normalizer;
    private final AddedTokenSplitter normalizedTokens;
    private final PreTokenizer preTokenizer;
    private final CharacterModel model;
    private final Frame frame;
    private final int vocabularySize;
    private final WordCache words = new WordCache();
    private final SegmentCache segments = new SegmentCache(ByteLevelTokenizer.SEGMENT_CACHE_BYTES_MAX);

    CharacterTokenizer(TokenizerParts parts, PreTokenizer preTokenizer, CharacterModel model) {
        rawTokens = parts.added().rawSplitter();
        normalizer = parts.normalizer();
        normalizedTokens = parts.added().normalizedSplitter(normalizer);
        this.preTokenizer = preTokenizer;
        this.model = model;
        frame = parts.frame();
        vocabularySize = parts.vocabularySize();
    }

    @Override
    public int vocabularySize() {
        return vocabularySize;
    }

    @Override
    public int[] encodeFramed(String text) {
        return frame.around(encode(text));
    }

    @Override
    public int[] encode(String text) {
        String clean = WellFormedText.of(text);
        TokenBuffer out = new TokenBuffer(clean.length() / CHARS_PER_TOKEN);
        return new SegmentWalk(segments, out, new Segments(out)).ids(clean, rawTokens);
    }

    private final class Segments implements SegmentWalk.Encoder {
        private final TokenBuffer out;
        private final CharacterPieceEncoder encoder;

        Segments(TokenBuffer out) {
            this.out = out;
            encoder = new CharacterPieceEncoder(model, words, out);
        }

        @Override
        public void encode(String text, int start, int end) {
            Splitter splitter = isIndependent(start) ? preTokenizer.elsewhere() : preTokenizer.atStart();
            encodeSegment(text.substring(start, end), splitter, encoder, out);
        }

        @Override
        public boolean isIndependent(int start) {
            return start != 0 || !preTokenizer.startMatters();
        }
    }

    private void encodeSegment(String segment, Splitter splitter, CharacterPieceEncoder encoder, TokenBuffer out) {
        String normalized = normalizer.normalize(segment);
        char[] chars = normalized.toCharArray();
        normalizedTokens.split(normalized, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                splitter.split(chars, start, end, encoder);
            }

            @Override
            public void token(int id) {
                out.add(id);
            }
        });
    }
}
