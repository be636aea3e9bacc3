package io.kvepp.router.reuse;

import io.kvepp.kvcache.KvCacheEvent;

/// One request on its way: counts the blocks of its prompt that its worker stores anew.
///
/// Thread-safe.
public final class ReuseWatch {
    private final ReuseLedger ledger;
    private final ReuseClaim claim;
    private final boolean eventsTell;
    private int storedBlocks;
    private boolean open = true;
    private long closedNanos;

    ReuseWatch(ReuseLedger ledger, ReuseClaim claim, boolean eventsTell) {
        this.ledger = ledger;
        this.claim = claim;
        this.eventsTell = eventsTell;
    }

    /// The request is over. `cachedTokens`: what the response says of its cache, -1 when nothing;
    /// `answered` is false when no token came, or an error.
    public void close(boolean answered, long cachedTokens) {
        ledger.close(this, answered, cachedTokens);
    }

    boolean eventsTell() {
        return eventsTell;
    }

    ReuseClaim claim() {
        return claim;
    }

    /// Takes the blocks of the prompt that these are, from the first on; false when they are not
    /// its own.
    synchronized boolean take(KvCacheEvent.Stored stored) {
        int blocks = ownBlocks(stored.tokensHashes());
        storedBlocks += blocks;
        return blocks > 0;
    }

    /// True the first time.
    synchronized boolean markClosed(long nowNanos) {
        boolean first = open;
        open = false;
        closedNanos = first ? nowNanos : closedNanos;
        return first;
    }

    synchronized long closedNanos() {
        return closedNanos;
    }

    /// Tokens of complete blocks that were not stored anew.
    synchronized long deliveredTokens() {
        return (long) (claim.hashes().count() - storedBlocks) * claim.hashes().blockSizeTokens();
    }

    /// Where blocks repeat within the prompt their place is of no matter, only their number.
    private int ownBlocks(long[] run) {
        long[] prompt = claim.hashes().local();
        int most = 0;
        for (int at = 0; at + most < prompt.length; at++) {
            int length = 0;
            while (length < run.length && at + length < prompt.length && prompt[at + length] == run[length]) {
                length++;
            }
            most = Math.max(most, length);
        }
        return Math.min(most, prompt.length - storedBlocks);
    }
}
