package io.kvepp.preprocess;

import com.sun.management.ThreadMXBean;
import io.kvepp.inference.BodySplice;
import io.kvepp.inference.InferenceRequest;
import io.kvepp.inference.ParseResult;
import io.kvepp.inference.RequestParser;
import io.kvepp.inference.TokenDataTarget;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.preprocess.PreprocessResult.Tokens;
import io.kvepp.testing.RequestParsers;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Chats from a parsed request to block hashes: render, tokenize, hash.
///
/// Confined to one thread.
final class MeasuredChats {
    private static final int WARM_REPEATS = 21;
    private static final int BLOCK_SIZE_TOKENS = 16;

    private final Preprocessor preprocessor;
    private final RequestParser parser = RequestParsers.all();
    private final BlockHasher hasher = new BlockHasher(BLOCK_SIZE_TOKENS, null, null, false);
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    MeasuredChats(Preprocessor preprocessor) {
        this.preprocessor = preprocessor;
    }

    /// Times of each chat when it is new and, as a median, when all of it was seen; what it
    /// allocated when new, the ids for the frontend included, and how much that may be: three times
    /// the bytes of its ids, and its body.
    String measure(Path file) throws Exception {
        List<byte[]> bodies = MeasuredTexts.bytes(file);
        long[] cold = new long[bodies.size()];
        long[] warm = new long[bodies.size()];
        long[] garbage = new long[bodies.size()];
        long[] limit = new long[bodies.size()];
        for (int i = 0; i < cold.length; i++) {
            InferenceRequest request = parse(bodies.get(i));
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long start = System.nanoTime();
            int[] ids = prepare(request);
            cold[i] = System.nanoTime() - start;
            splice(request, ids);
            garbage[i] = threads.getCurrentThreadAllocatedBytes() - allocated;
            limit[i] = 3L * Integer.BYTES * ids.length + bodies.get(i).length;
            warm[i] = warm(request);
        }
        return "{\"cold\":" + Arrays.toString(cold) + ",\"warm\":" + Arrays.toString(warm) + ",\"garbage\":"
                + Arrays.toString(garbage) + ",\"limit\":" + Arrays.toString(limit) + "}";
    }

    private long warm(InferenceRequest request) {
        long[] nanos = new long[WARM_REPEATS];
        for (int i = 0; i < nanos.length; i++) {
            long start = System.nanoTime();
            prepare(request);
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return nanos[nanos.length / 2];
    }

    private int[] prepare(InferenceRequest request) {
        if (!(preprocessor.preprocess(request) instanceof Tokens(var ids, var _))) {
            throw new IllegalStateException("chat: not prepared (expected: token ids)");
        }
        if (hasher.hash(ids).count() == 0) {
            throw new IllegalStateException("chat: no blocks (expected: at least one)");
        }
        return ids;
    }

    /// What a picker that gives the frontend the ids makes besides.
    private static void splice(InferenceRequest request, int[] ids) {
        TokenDataTarget target = request.tokenDataTarget();
        if (target == null || BodySplice.tokenData(target, ids).replacement().length == 0) {
            throw new IllegalStateException("chat: no token ids put in (expected: some)");
        }
    }

    private InferenceRequest parse(byte[] body) {
        if (!(parser.parse("/v1/chat/completions", "application/json", null, body)
                instanceof ParseResult.Parsed(var request))) {
            throw new IllegalStateException("chat: not parsed (expected: a chat request)");
        }
        return request;
    }
}
