package io.kvepp.preprocess.tokenizer;

/// BPE over characters, for any normalizer and pre-tokenizer: added tokens, normalizer, splits,
/// merges.
///
/// Text between two added tokens becomes ids on its own, so its ids are kept. Only the start of the
/// whole text may be special; what stands there is not kept.
///
/// Thread-safe.
final class CharacterTokenizer implements Tokenizer {
    private static final int CACHED_SEGMENT_CHARS_MIN = 16;
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
        CharacterPieceEncoder encoder = new CharacterPieceEncoder(model, words, out);
        rawTokens.split(clean, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                String segment = clean.substring(start, end);
                if (start == 0 && preTokenizer.startMatters()) {
                    encodeSegment(segment, preTokenizer.atStart(), encoder, out);
                } else {
                    segment(segment, encoder, out);
                }
            }

            @Override
            public void token(int id) {
                out.add(id);
            }
        });
        return out.toArray(0);
    }

    private void segment(String segment, CharacterPieceEncoder encoder, TokenBuffer out) {
        if (segment.length() < CACHED_SEGMENT_CHARS_MIN) {
            encodeSegment(segment, preTokenizer.elsewhere(), encoder, out);
            return;
        }
        int[] known = segments.get(segment);
        if (known != null) {
            out.addAll(known, known.length);
            return;
        }
        int from = out.size();
        encodeSegment(segment, preTokenizer.elsewhere(), encoder, out);
        segments.put(segment, out.toArray(from));
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
