package io.kvepp.scheduling.queue;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whose turn it is among classes: each turn a class may admit as many tokens as its quantum, and
/// what it did not use is kept for the next, so that over time classes share as their quanta do.
///
/// - An empty class has no credit; one whose workers are all busy keeps its credit and gains none.
/// - When no credit suffices, all who could admit gain as many whole turns as the first of them
///   needs, at once.
///
/// Source: Shreedhar and Varghese, Efficient Fair Queueing Using Deficit Round-Robin; Dynamo's
/// policy queue.
///
/// Guarded by the [AdmissionQueue] it belongs to.
final class DeficitRoundRobin {
    private final List<ClassQueue> classes;
    private final long[] credit;
    private int turn;
    private boolean turnBegins = true;

    DeficitRoundRobin(List<ClassQueue> classes) {
        this.classes = List.copyOf(classes);
        credit = new long[classes.size()];
    }

    /// The request to admit next, whose cost is paid; null when none can be.
    @Nullable
    WaitingRequest next(RankGate gate) {
        @Nullable WaitingRequest[] heads = new @Nullable WaitingRequest[credit.length];
        boolean any = false;
        for (int i = 0; i < heads.length; i++) {
            heads[i] = classes.get(i).head(gate);
            any |= heads[i] != null;
            if (classes.get(i).isEmpty()) {
                credit[i] = 0;
            }
        }
        if (!any) {
            return null;
        }
        @Nullable WaitingRequest next = round(heads);
        while (next == null) {
            gainTurns(heads);
            next = round(heads);
        }
        return next;
    }

    /// Goes round once, from whose turn it is back to it.
    private @Nullable WaitingRequest round(@Nullable WaitingRequest[] heads) {
        for (int visits = 0; visits <= heads.length; visits++) {
            @Nullable WaitingRequest head = heads[turn];
            if (head != null) {
                if (turnBegins) {
                    credit[turn] += classes.get(turn).policy().quantum();
                    turnBegins = false;
                }
                if (head.request().cost() <= credit[turn]) {
                    credit[turn] -= head.request().cost();
                    return head;
                }
            }
            turn = (turn + 1) % heads.length;
            turnBegins = true;
        }
        return null;
    }

    private void gainTurns(@Nullable WaitingRequest[] heads) {
        long turns = Long.MAX_VALUE;
        for (int i = 0; i < heads.length; i++) {
            @Nullable WaitingRequest head = heads[i];
            if (head != null) {
                long missing = head.request().cost() - credit[i];
                turns = Math.min(
                        turns, Math.ceilDiv(missing, classes.get(i).policy().quantum()));
            }
        }
        // The round that follows brings the last of them.
        for (int i = 0; i < heads.length; i++) {
            if (heads[i] != null) {
                credit[i] += Math.max(0, turns - 1) * classes.get(i).policy().quantum();
            }
        }
    }
}
