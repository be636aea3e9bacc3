package io.kvepp.kvevents;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.IndexStats;
import io.kvepp.kvcache.KvCacheEvent;
import io.kvepp.kvcache.PrefixKvIndexer;
import io.kvepp.kvcache.RouterEvent;
import io.kvepp.kvcache.StorageTier;
import io.kvepp.kvevents.testing.FakeRecoveryClient;
import io.kvepp.metrics.EppMetrics;
import io.kvepp.worker.KvEventPublisher;
import io.kvepp.worker.RecoveryTarget;
import io.kvepp.worker.WorkerSlots;
import io.kvepp.worker.WorkerWithDpRank;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A worker's local indexer reads the number of its newest event first and makes the dump then: the
/// dump holds events after that number, which arrive live too.
class DumpAheadTest {
    private static final WorkerWithDpRank RANK = new WorkerWithDpRank(5, 0);
    private static final KvEventPublisher PUBLISHER = new KvEventPublisher(
            71, RANK, "tcp://10.0.0.5:1", new RecoveryTarget("10.0.0.5:2/q", RecoveryTarget.Codec.MSGPACK));
    private static final int CHAINS = 6;
    private static final int CHAIN_BLOCKS = 8;

    private final WorkerSlots slots = new WorkerSlots();
    private final PrefixKvIndexer index = new PrefixKvIndexer(slots);
    private final FakeRecoveryClient client = new FakeRecoveryClient();
    private final EppMetrics metrics = new EppMetrics();
    private final RankSource source = new RankSource(PUBLISHER);
    private long nowNanos;
    private final RankFollower follower = new RankFollower(index, client, metrics, () -> nowNanos, Runnable::run);

    /// Chain number to the blocks of it that the worker holds, which are always its first.
    private final TreeMap<Integer, Integer> held = new TreeMap<>();

    private final List<RouterEvent> log = new ArrayList<>();

    @BeforeEach
    void assign() {
        assertThat(slots.assign(RANK)).isNotEqualTo(WorkerSlots.NONE);
    }

    @AfterEach
    void close() {
        metrics.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatADumpHoldsAlreadyIsNeitherRejectedNorWrong(long seed) {
        Random random = new Random(seed);
        happen(random, 50);
        follower.add(source);
        for (int round = 0; round < 20; round++) {
            follower.tick();
            int number = log.size();
            happen(random, random.nextInt(30));
            List<RouterEvent> dump = dump();
            int ahead = log.size();
            deliver(number, number + random.nextInt(ahead - number + 1));
            client.last().answer().complete(new RecoveryReply.TreeDump(dump, number));
            deliver((int) source.lastEventId(), log.size());
            happen(random, random.nextInt(10));
            deliver(ahead, log.size());

            assertThat(index.stats().ownerBlocks().all()).as("round %d", round).isEqualTo(blocks());
            assertThat(index.stats().rejected()).as("round %d", round).isEqualTo(NOTHING);
            follower.lose(source);
        }
    }

    @Test
    void longAfterTheDumpAnUnknownBlockIsCountedAgain() {
        follower.add(source);
        follower.tick();
        client.last().answer().complete(new RecoveryReply.TreeDump(List.of(), 0));
        live(removed(1, 77));
        assertThat(index.stats().rejected().unknownHashes()).isZero();

        nowNanos += Duration.ofSeconds(3).toNanos();
        live(removed(2, 78));
        assertThat(index.stats().rejected().unknownHashes()).isEqualTo(1);
    }

    private static final IndexStats.Rejected NOTHING = new IndexStats.Rejected(0, 0, 0, 0, 0);

    /// Chains grow at their end and lose blocks there, as caches evict leaves first.
    private void happen(Random random, int events) {
        for (int i = 0; i < events; i++) {
            int chain = random.nextInt(CHAINS);
            int length = held.getOrDefault(chain, 0);
            if (length > 0 && (length == CHAIN_BLOCKS || random.nextInt(3) == 0)) {
                int left = random.nextInt(length);
                long[] hashes = new long[length - left];
                for (int block = 0; block < hashes.length; block++) {
                    hashes[block] = hash(chain, length - 1 - block);
                }
                log.add(removed(log.size() + 1L, hashes));
                held.put(chain, left);
            } else {
                int more = 1 + random.nextInt(CHAIN_BLOCKS - length);
                log.add(stored(log.size() + 1L, chain, length, length + more));
                held.put(chain, length + more);
            }
        }
    }

    private List<RouterEvent> dump() {
        return held.entrySet().stream()
                .filter(chain -> chain.getValue() > 0)
                .map(chain -> stored(0, chain.getKey(), 0, chain.getValue()))
                .toList();
    }

    private long blocks() {
        return held.values().stream().mapToInt(Integer::intValue).sum();
    }

    private void deliver(int from, int to) {
        log.subList(from, Math.max(from, to)).forEach(this::live);
    }

    private void live(RouterEvent event) {
        follower.accept(source, List.of(new DecodedEvent.Applicable(event)));
    }

    private static RouterEvent stored(long eventId, int chain, int from, int to) {
        long[] hashes = new long[to - from];
        for (int block = 0; block < hashes.length; block++) {
            hashes[block] = hash(chain, from + block);
        }
        OptionalLong parent = from == 0 ? OptionalLong.empty() : OptionalLong.of(hash(chain, from - 1));
        return event(eventId, new KvCacheEvent.Stored(parent, hashes, hashes));
    }

    private static RouterEvent removed(long eventId, long... hashes) {
        return event(eventId, new KvCacheEvent.Removed(hashes));
    }

    private static RouterEvent event(long eventId, KvCacheEvent change) {
        return new RouterEvent(RANK, StorageTier.DEVICE, eventId, change);
    }

    private static long hash(int chain, int block) {
        return 1000L * (chain + 1) + block;
    }
}
