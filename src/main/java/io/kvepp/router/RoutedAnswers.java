package io.kvepp.router;

import io.kvepp.kvcache.routed.PrefixFinder;
import io.kvepp.picker.PickResult;
import io.kvepp.worker.WorkerWithDpRank;
import org.jspecify.annotations.Nullable;

/// Makes the answer of a request that was placed: where it goes, and what follows it there.
///
/// Thread-safe.
final class RoutedAnswers {
    private final RouterConfig config;
    private final RouterParts parts;
    private final FrontendEndpoints frontends;
    private final PickHistory history;

    RoutedAnswers(RouterConfig config, RouterParts parts, FrontendEndpoints frontends, PickHistory history) {
        this.config = config;
        this.parts = parts;
        this.frontends = frontends;
        this.history = history;
    }

    /// From here on the lifecycle owns what is booked, and gives it back if the answer cannot be
    /// made.
    PickResult.Routed routed(Placed placed) {
        FrontendEndpoints.Frontend frontend = frontends.enter();
        placed.placement().forEachSlot(parts.health()::chosen);
        RoutedRequest lifecycle = new RoutedRequest(frontend, placed.placement(), output(placed), parts.health());
        try {
            sent(placed, lifecycle);
            Decision decision = placed.decision();
            remember(placed, decision);
            return new PickResult.Routed(
                    frontend.endpoint(),
                    frontends.others(frontend, config.fallbackEndpoints()),
                    parts.dialect().route(placed.request(), placed.decodeWorker(), placed.prefillWorker()),
                    placed.prompt().body(),
                    config.explainPicks() ? decision.explain() : null,
                    lifecycle);
        } catch (RuntimeException e) {
            lifecycle.withdrawn();
            throw e;
        }
    }

    private @Nullable OutputBlocks output(Placed placed) {
        return parts.trackOutputBlocks()
                ? new OutputBlocks(
                        placed.prompt().promptTokens(),
                        placed.serving().hashes().blockSizeTokens(),
                        placed.prompt().hints().expectedOutputTokens())
                : null;
    }

    /// The prompt's blocks come to be where it is computed, and where they are transferred to.
    private void sent(Placed placed, RoutedRequest lifecycle) {
        PrefixFinder prefixes = parts.prefixes();
        @Nullable WorkerWithDpRank prefillWorker = placed.prefillWorker();
        if (prefillWorker != null) {
            lifecycle.onWithdrawal(
                    prefixes.routed(prefillWorker, placed.prefill().hashes()));
        }
        lifecycle.onWithdrawal(
                prefixes.routed(placed.decodeWorker(), placed.serving().hashes()));
    }

    private void remember(Placed placed, Decision decision) {
        PromptReading prompt = placed.prompt();
        if (prompt.loadOnly() == null) {
            parts.metrics()
                    .prompt(
                            decision.model(),
                            prompt.promptTokens(),
                            placed.placement().reusing().cachedTokens());
        } else {
            parts.metrics().loadOnly(prompt.loadOnly());
        }
        history.add(decision);
    }
}
