package io.kvepp.preprocess.tokenizer;

/// Byte-level BPE: added tokens, normalizer, splits, merges.
///
/// Text between two added tokens becomes ids on its own, so its ids are kept: of a chat that grows,
/// only the last message is worked on.
///
/// Thread-safe.
final class ByteLevelTokenizer implements Tokenizer {
    static final long SEGMENT_CACHE_BYTES_MAX = 64L << 20;

    private static final int CACHED_SEGMENT_CHARS_MIN = 16;
    private static final int CHARS_PER_TOKEN = 3;

    private final AddedTokenSplitter rawTokens;
    private final TextNormalizer normalizer;
    private final AddedTokenSplitter normalizedTokens;
    private final Splitter splitter;
    private final BytePairModel model;
    private final Frame frame;
    private final int vocabularySize;
    private final PieceCache pieces = new PieceCache();
    private final SegmentCache segments = new SegmentCache(SEGMENT_CACHE_BYTES_MAX);

    ByteLevelTokenizer(TokenizerParts parts, Splitter splitter, BytePairModel model) {
        rawTokens = parts.added().rawSplitter();
        normalizer = parts.normalizer();
        normalizedTokens = parts.added().normalizedSplitter(normalizer);
        this.splitter = splitter;
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
        PieceEncoder encoder = new PieceEncoder(model, pieces, out);
        rawTokens.split(clean, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                segment(clean.substring(start, end), encoder, out);
            }

            @Override
            public void token(int id) {
                out.add(id);
            }
        });
        return out.toArray(0);
    }

    private void segment(String segment, PieceEncoder encoder, TokenBuffer out) {
        if (segment.length() < CACHED_SEGMENT_CHARS_MIN) {
            encodeSegment(segment, encoder, out);
            return;
        }
        int[] known = segments.get(segment);
        if (known != null) {
            out.addAll(known, known.length);
            return;
        }
        int from = out.size();
        encodeSegment(segment, encoder, out);
        segments.put(segment, out.toArray(from));
    }

    private void encodeSegment(String segment, PieceEncoder encoder, TokenBuffer out) {
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
