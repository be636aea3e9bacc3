package io.kvepp.routerservice;

import io.kvepp.kvcache.routed.PrefixFinder.Undo;
import io.kvepp.load.Reservation;
import io.kvepp.scheduling.SessionAffinity.Lease;
import org.jspecify.annotations.Nullable;

/// The load and the session one request holds, and how far its answer has got.
///
/// Thread-safe.
final class Booking {
    private final Terms terms;
    private boolean prefilling = true;
    private boolean open = true;
    private int outputBlocks;

    /// What was booked.
    ///
    /// - `model`: whose queue hears of it
    /// - `uncachedTokens`: of the prompt
    /// - `expectedOutputTokens`: 0 when unknown
    /// - `routed`: takes back that its prompt was sent to the rank
    record Terms(
            String model,
            Reservation reservation,
            Lease session,
            Undo routed,
            int promptTokens,
            int uncachedTokens,
            int blockSizeTokens,
            int expectedOutputTokens) {}

    Booking(Terms terms) {
        this.terms = terms;
    }

    String model() {
        return terms.model();
    }

    /// Tokens computed by now that were not before.
    synchronized int prefillCompleted() {
        progressed();
        if (!prefilling || !open) {
            return 0;
        }
        prefilling = false;
        terms.reservation().prefillCompleted();
        return terms.uncachedTokens();
    }

    void progressed() {
        terms.reservation().progressed();
    }

    /// One more block; what its blocks weigh from now on, null for as before.
    synchronized void outputBlock(@Nullable Double weight) {
        if (weight != null) {
            weigh(outputBlocks + 1, weight);
        } else {
            progressed();
            outputBlocks++;
            terms.reservation().generatedOneMore();
        }
    }

    /// So many tokens in all.
    synchronized void generated(int tokens) {
        double weight =
                terms.expectedOutputTokens() == 0 ? 1 : Math.max(0, 1 - (double) tokens / terms.expectedOutputTokens());
        weigh(blocks((long) terms.promptTokens() + tokens) - blocks(terms.promptTokens()), weight);
    }

    /// False when it had ended.
    synchronized boolean release() {
        boolean ends = open;
        open = false;
        terms.reservation().release();
        terms.session().close();
        return ends;
    }

    /// It was made for nothing: the request is not sent.
    synchronized void withdraw() {
        open = false;
        terms.routed().undo();
        terms.reservation().release();
        terms.session().withdraw();
    }

    private void weigh(int blocks, double weight) {
        progressed();
        if (blocks > outputBlocks) {
            outputBlocks = blocks;
            terms.reservation().generated(blocks, weight);
        }
    }

    private int blocks(long tokens) {
        return (int) ((tokens + terms.blockSizeTokens() - 1) / terms.blockSizeTokens());
    }
}
