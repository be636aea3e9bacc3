package io.kvepp.router.prefill;

import static org.assertj.core.api.Assertions.assertThat;

import io.kvepp.kvcache.BlockHashes;
import io.kvepp.kvcache.OverlapScores;
import io.kvepp.load.ActiveSequences;
import io.kvepp.scheduling.SchedulingConfig;
import io.kvepp.scheduling.SchedulingRequest;
import io.kvepp.scheduling.Selection;
import io.kvepp.scheduling.Selection.Judged;
import io.kvepp.scheduling.WorkerSelector;
import io.kvepp.testing.Books;
import io.kvepp.worker.RankSlot;
import io.kvepp.worker.WorkerWithDpRank;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Picks of many threads at once are as if made one after the other: each saw the bookings of exactly
/// so many others, and made again in that order on empty books every cost comes out the same.
class ConcurrentPlacementsTest {
    private static final int THREADS = 64;
    private static final int PICKS_PER_THREAD = 40;
    private static final int WORKERS = 8;
    private static final int BLOCK = 16;

    private final List<RankSlot> ranks = IntStream.range(0, WORKERS)
            .mapToObj(slot -> new RankSlot(new WorkerWithDpRank(100 + slot, 0), slot))
            .toList();

    /// One pick: what was asked and what came of it.
    private record Pick(SchedulingRequest request, Placement placement) {
        int bookingsSeen() {
            return placement.decode().considered().stream()
                    .mapToInt(judged -> judged.terms().activeRequests())
                    .sum();
        }
    }

    @Test
    void aggregatedPicksHaveASerialOrder() throws Exception {
        Placements placements = placements(Books.empty());
        List<Pick> picks = picked(request -> placements.aggregated(ranks, request, null));

        ActiveSequences books = Books.empty();
        for (Pick pick : inOrder(picks)) {
            Selection again = select(books, ranks, pick.request(), SchedulingConfig.DEFAULT);
            assertSameCosts(again, pick.placement().decode());
            placements(books).aggregated(List.of(pick.placement().decode().chosen()), pick.request(), null);
        }
    }

    @Test
    void disaggregatedPicksHaveASerialOrder() throws Exception {
        List<RankSlot> prefill = ranks.subList(0, 4);
        List<RankSlot> decode = ranks.subList(4, WORKERS);
        Placements placements = placements(Books.empty());
        List<Pick> picks = picked(
                request -> placements.disaggregated(prefill, request, decode, request, TransferRules.NONE, null));

        ActiveSequences books = Books.empty();
        for (Pick pick : inOrder(picks)) {
            SchedulingRequest request = pick.request();
            Placement placement = pick.placement();
            assertSameCosts(
                    select(books, prefill, request, SchedulingConfig.DEFAULT.forPrefill()), placement.prefill());
            assertSameCosts(select(books, decode, request, SchedulingConfig.DEFAULT.forDecode()), placement.decode());
            placements(books)
                    .disaggregated(
                            List.of(placement.prefill().chosen()),
                            request,
                            List.of(placement.decode().chosen()),
                            request,
                            TransferRules.NONE,
                            null);
        }
    }

    /// The number of bookings seen is the place in the order: each occurs once.
    private static List<Pick> inOrder(List<Pick> picks) {
        List<Pick> ordered = new ArrayList<>(picks);
        ordered.sort(Comparator.comparingInt(Pick::bookingsSeen));
        assertThat(ordered.stream().mapToInt(Pick::bookingsSeen).toArray())
                .isEqualTo(IntStream.range(0, THREADS * PICKS_PER_THREAD).toArray());
        return ordered;
    }

    private List<Pick> picked(Function<SchedulingRequest, Placement> place) throws Exception {
        CountDownLatch start = new CountDownLatch(1);
        List<Future<List<Pick>>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            for (int thread = 0; thread < THREADS; thread++) {
                Random random = new Random(thread);
                results.add(threads.submit(() -> {
                    start.await();
                    List<Pick> picks = new ArrayList<>();
                    for (int i = 0; i < PICKS_PER_THREAD; i++) {
                        SchedulingRequest request = request(random);
                        picks.add(new Pick(request, place.apply(request)));
                    }
                    return picks;
                }));
            }
            start.countDown();
            List<Pick> all = new ArrayList<>();
            for (Future<List<Pick>> result : results) {
                all.addAll(result.get(60, TimeUnit.SECONDS));
            }
            return all;
        }
    }

    private static Selection select(
            ActiveSequences books, List<RankSlot> candidates, SchedulingRequest request, SchedulingConfig rules) {
        synchronized (books) {
            return new WorkerSelector(books, new SplittableRandom(1)).select(candidates, request, rules);
        }
    }

    private static void assertSameCosts(Selection again, Selection picked) {
        assertThat(again.considered().stream().map(Judged::terms).toList())
                .isEqualTo(picked.considered().stream().map(Judged::terms).toList());
        assertThat(picked.winner().key())
                .isEqualTo(IntStream.range(0, again.keys().length)
                        .mapToDouble(i -> again.keys()[i])
                        .min()
                        .orElseThrow());
    }

    private static Placements placements(ActiveSequences books) {
        return new Placements(
                books,
                new WorkerSelector(books, new SplittableRandom(1)),
                SchedulingConfig.DEFAULT,
                Books.noSessions());
    }

    /// A prompt out of a few families that share beginnings, part of which the workers hold.
    private static SchedulingRequest request(Random random) {
        int blocks = 1 + random.nextInt(12);
        long family = random.nextInt(5);
        long[] hashes = new long[blocks];
        for (int i = 0; i < blocks; i++) {
            hashes[i] = family * 1_000 + i + 1;
        }
        int[] held = random.ints(WORKERS, 0, blocks + 1).toArray();
        return new SchedulingRequest(
                blocks * BLOCK + random.nextInt(BLOCK),
                new BlockHashes(hashes, hashes, BLOCK),
                new OverlapScores(held, new int[0], new int[0]));
    }
}
