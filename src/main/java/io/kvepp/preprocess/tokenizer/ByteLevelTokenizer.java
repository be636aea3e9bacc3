package io.kvepp.preprocess.tokenizer;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.LongAdder;

/// Byte-level BPE: added tokens, normalizer, splits, merges.
///
/// Text between two added tokens becomes ids on its own, so its ids are kept: of a chat that grows,
/// only the last message is worked on.
///
/// Thread-safe.
final class ByteLevelTokenizer implements Tokenizer {
    static final long SEGMENT_CACHE_BYTES_MAX = 64L << 20;

    private static final int CACHED_SEGMENT_CHARS_MIN = 16;

    private final AddedTokenSplitter rawTokens;
    private final TextNormalizer normalizer;
    private final AddedTokenSplitter normalizedTokens;
    private final Splitter splitter;
    private final BytePairModel model;
    private final Frame frame;
    private final int vocabularySize;
    private final SegmentCache segments = new SegmentCache(SEGMENT_CACHE_BYTES_MAX);

    private final LongAdder pieces = new LongAdder();
    private final LongAdder piecesMissed = new LongAdder();

    /// As many as threads can run at once, whatever kind of threads call.
    private final BlockingQueue<TextEncoder> idle =
            new ArrayBlockingQueue<>(Runtime.getRuntime().availableProcessors());

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
    public CacheUse cacheUse() {
        return new CacheUse(segments.charsFound(), segments.charsMissed(), pieces.sum(), piecesMissed.sum());
    }

    @Override
    public int[] encode(String text) {
        TextEncoder waiting = idle.poll();
        TextEncoder encoder = waiting != null ? waiting : new TextEncoder(splitter, model);
        encoder.reset();
        rawTokens.split(text, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                segment(text, start, end, encoder);
            }

            @Override
            public void token(int id) {
                encoder.out().add(id);
            }
        });
        int[] ids = encoder.out().toArray(0);
        encoder.keep(text, ids, segments);
        pieces.add(encoder.words().takePieces());
        piecesMissed.add(encoder.words().takeMisses());
        idle.offer(encoder);
        return ids;
    }

    @Override
    public int[] encodeFramed(String text) {
        return frame.around(encode(text));
    }

    private void segment(String text, int start, int end, TextEncoder encoder) {
        if (end - start < CACHED_SEGMENT_CHARS_MIN) {
            encodeSegment(text, start, end, encoder);
            return;
        }
        TokenBuffer out = encoder.out();
        long hash = SegmentCache.hash(text, start, end);
        SegmentCache.Segment known = segments.get(text, start, end, hash, encoder.scratch());
        if (known != null) {
            out.addAll(known.ids(), known.first(), known.count());
            return;
        }
        int first = out.size();
        encodeSegment(text, start, end, encoder);
        encoder.remember(start, end, hash, first);
    }

    private void encodeSegment(String text, int start, int end, TextEncoder encoder) {
        char[] chars = encoder.fetch(text, start, end);
        if (splitter.starts() != null && normalizedTokens.isEmpty() && normalizer.surelyKeeps(chars, end - start)) {
            encoder.encode(0, end - start);
            return;
        }
        String segment = WellFormedText.of(text.substring(start, end));
        String normalized = normalizer.normalize(segment);
        encoder.fetch(normalized, 0, normalized.length());
        normalizedTokens.split(normalized, new AddedTokenSplitter.Sink() {
            @Override
            public void text(int start, int end) {
                encoder.encode(start, end);
            }

            @Override
            public void token(int id) {
                encoder.out().add(id);
            }
        });
    }
}
