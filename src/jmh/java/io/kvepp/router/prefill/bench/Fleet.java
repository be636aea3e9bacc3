package io.kvepp.router.prefill.bench;

import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.KvIndexer;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.load.ActiveSequences;
import io.kvepp.router.prefill.Placement;
import io.kvepp.router.prefill.Placements;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.SessionAffinity;
import io.kvepp.scheduling.SessionConfig;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SplittableRandom;

/// Workers that hold the beginnings of some prompts, and the books of what is under way on them.
///
/// Thread-safe.
final class Fleet {
    static final int PROMPTS = 64;
    static final int REQUESTS_PER_WORKER = 8;

    private static final int PROMPTS_PER_WORKER = 16;
    private static final Duration NO_SILENCE = Duration.ofDays(1);

    private final List<RankSlot> ranks = new ArrayList<>();
    private final List<BlockHashes> prompts = new ArrayList<>();
    private final KvIndexer index;
    private final ActiveSequences active = new ActiveSequences(NO_SILENCE, System::nanoTime);
    private final Placements placements;
    private final int tokens;

    Fleet(int workers, int tokens, int blockTokens, long seed) {
        this.tokens = tokens;
        Random random = new Random(seed);
        WorkerSlots slots = new WorkerSlots();
        for (int worker = 0; worker < workers; worker++) {
            WorkerWithDpRank rank = new WorkerWithDpRank(1 + worker, 0);
            ranks.add(new RankSlot(rank, slots.assign(rank)));
        }
        index = new PrefixKvIndexer(slots);
        BlockHasher hasher = new BlockHasher(blockTokens, null, null, false);
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            prompts.add(hasher.hash(random.ints(tokens, 0, 150_000).toArray()));
        }
        long eventId = 1;
        for (RankSlot rank : ranks) {
            for (int prompt :
                    random.ints(0, PROMPTS).distinct().limit(PROMPTS_PER_WORKER).toArray()) {
                store(rank, prompts.get(prompt), 1 + random.nextInt(tokens / blockTokens), eventId++);
            }
        }
        placements = new Placements(
                active,
                new WorkerSelector(active, new SplittableRandom(seed)),
                SchedulingConfig.DEFAULT,
                new SessionAffinity(SessionConfig.OFF, System::nanoTime));
    }

    int workers() {
        return ranks.size();
    }

    BlockHashes prompt(int number) {
        return prompts.get(number);
    }

    /// What is measured.
    Placement pick(BlockHashes prompt) {
        OverlapScores scores = index.findMatches(prompt);
        Placement placement = placements.aggregated(ranks, new SchedulingRequest(tokens, prompt, scores), null);
        index.recycle(scores);
        return placement;
    }

    int booked() {
        return active.reservations();
    }

    private void store(RankSlot rank, BlockHashes prompt, int blocks, long eventId) {
        KvCacheEvent stored = new KvCacheEvent.Stored(
                OptionalLong.empty(), Arrays.copyOf(prompt.sequence(), blocks), Arrays.copyOf(prompt.local(), blocks));
        index.apply(new RouterEvent(rank.worker(), StorageTier.DEVICE, eventId, stored));
    }
}
