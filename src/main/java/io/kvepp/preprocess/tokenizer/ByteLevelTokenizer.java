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
    static final long SEGMENT_CACHE_BYTES_MAX = 24L << 20;

    private static final int IDLE_MIN = 2;

    private final AddedTokenSplitter rawTokens;
    private final TextNormalizer normalizer;
    private final AddedTokenSplitter normalizedTokens;
    private final Splitter splitter;
    private final boolean onBytes;
    private final BytePairModel model;
    private final Frame frame;
    private final int vocabularySize;
    private final int tokenCharsMax;
    private final SegmentCache segments = new SegmentCache(SEGMENT_CACHE_BYTES_MAX);

    private final LongAdder pieces = new LongAdder();
    private final LongAdder piecesMissed = new LongAdder();

    /// As many as threads can run at once, whatever kind of threads call, but two at the least, as
    /// processors may be added; and one that was made to wait by those, in the midst of a long
    /// text.
    private final BlockingQueue<Worker> idle =
            new ArrayBlockingQueue<>(1 + Math.max(IDLE_MIN, Runtime.getRuntime().availableProcessors()));

    ByteLevelTokenizer(TokenizerParts parts, Splitter splitter, BytePairModel model) {
        rawTokens = parts.added().rawSplitter();
        normalizer = parts.normalizer();
        normalizedTokens = parts.added().normalizedSplitter(normalizer);
        this.splitter = splitter;
        onBytes = splitter.starts() != null;
        this.model = model;
        frame = parts.frame();
        vocabularySize = parts.vocabularySize();
        tokenCharsMax = model.starts() == null ? 0 : parts.tokenCharsMax(); // bytes may vanish
    }

    @Override
    public int vocabularySize() {
        return vocabularySize;
    }

    @Override
    public int tokensMin(String text) {
        return tokenCharsMax == 0 ? 0 : Math.ceilDiv(text.length(), tokenCharsMax);
    }

    @Override
    public CacheUse cacheUse() {
        return new CacheUse(segments.charsFound(), segments.charsMissed(), pieces.sum(), piecesMissed.sum());
    }

    @Override
    public int[] encode(String text) {
        Worker waiting = idle.poll();
        Worker worker = waiting != null ? waiting : new Worker();
        worker.text.reset();
        int[] ids = worker.walk.ids(text, rawTokens);
        pieces.add(worker.text.words().takePieces());
        piecesMissed.add(worker.text.words().takeMisses());
        idle.offer(worker);
        return ids;
    }

    @Override
    public int[] encodeFramed(String text) {
        return frame.around(encode(text));
    }

    /// What one call of [#encode] works with.
    private final class Worker implements SegmentWalk.Encoder {
        private final TextEncoder text = new TextEncoder(splitter, model);
        private final SegmentWalk walk = new SegmentWalk(segments, text.out(), this);

        @Override
        public void encode(String prompt, int start, int end) {
            encodeSegment(prompt, start, end, text);
        }

        @Override
        public boolean isIndependent(int start) {
            return true;
        }
    }

    private void encodeSegment(String text, int start, int end, TextEncoder encoder) {
        char[] chars = encoder.fetch(text, start, end);
        if (onBytes && normalizedTokens.isEmpty() && normalizer.surelyKeeps(chars, end - start)) {
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
