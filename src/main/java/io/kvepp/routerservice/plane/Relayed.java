package io.kvepp.routerservice.plane;

import java.util.Arrays;

/// What the caller has of its answer, so that another worker can go on where one broke off.
///
/// Thread-safe.
final class Relayed {
    private int[] tokenIds = new int[64];
    private int tokens;
    private boolean something;
    private boolean carriable = true;
    private boolean finished;

    synchronized void add(OutputItem item) {
        int[] more = item.tokenIds();
        something = true;
        finished |= item.finished();
        carriable &= more.length > 0 || item.finished();
        if (tokens + more.length > tokenIds.length) {
            tokenIds = Arrays.copyOf(tokenIds, Math.max(2 * tokenIds.length, tokens + more.length));
        }
        System.arraycopy(more, 0, tokenIds, tokens, more.length);
        tokens += more.length;
    }

    /// The next items are another worker's.
    synchronized void goOn() {
        something = false;
    }

    synchronized int tokens() {
        return tokens;
    }

    /// Whether the worker that answers now has given nothing.
    synchronized boolean isNothing() {
        return !something;
    }

    /// Runs `action` if it has given nothing, before it gives anything.
    synchronized void ifNothing(Runnable action) {
        if (!something) {
            action.run();
        }
    }

    /// Whether another worker, given the tokens, would go on with the same answer.
    synchronized boolean canBeCarried() {
        return carriable && !finished;
    }

    synchronized int[] tokenIds() {
        return Arrays.copyOf(tokenIds, tokens);
    }
}
