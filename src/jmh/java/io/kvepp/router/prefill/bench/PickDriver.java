package io.kvepp.router.prefill.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.kvcache.BlockHasher;
import io.kvepp.kvcache.KnownHashes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// What `./e2e/bench pick` runs.
///
/// `PickDriver TOKENS BLOCK_TOKENS SEED` prints one JSON object: the figures, and in `booked` the
/// bookings that are left when every request has ended.
public final class PickDriver {
    private static final int[] FLEETS = {16, 128, 1024};
    private static final int THROUGHPUT_FLEET = 128;
    private static final int WARM_UP_PICKS = 30_000;
    private static final int PICKS = 20_000;
    private static final int GARBAGE_PICKS = 5_000;
    private static final int HASHES = 4_000;
    private static final int TURN_TOKENS = 512;
    private static final long KNOWN_BYTES = 32L << 20;
    private static final int SMALL_BLOCK_TOKENS = 16;
    private static final long THROUGHPUT_NANOS = 2_000_000_000L;

    private final Map<String, Object> figures = new LinkedHashMap<>();
    private final int tokens;
    private final int blockTokens;
    private final long seed;
    private int booked;

    private PickDriver(int tokens, int blockTokens, long seed) {
        this.tokens = tokens;
        this.blockTokens = blockTokens;
        this.seed = seed;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        PickDriver driver = new PickDriver(
                Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), Long.parseLong(arguments[2]));
        driver.hash();
        driver.pick();
        driver.throughput(1);
        driver.throughput(2);
        driver.figures.put("booked", driver.booked);
        System.out.println(new ObjectMapper().writeValueAsString(driver.figures));
    }

    private void hash() {
        figures.put("hash_us", hashMicros(blockTokens));
        figures.put("hash_us_block_16", hashMicros(SMALL_BLOCK_TOKENS));
        grow();
    }

    /// One conversation of which each turn adds a few blocks.
    private void grow() {
        BlockHasher hasher = new BlockHasher(blockTokens, null, null, false);
        int[] conversation = new Random(seed).ints(tokens, 0, 150_000).toArray();
        int before = tokens - TURN_TOKENS;
        KnownHashes known = new KnownHashes(KNOWN_BYTES);
        long[] nanos = new long[HASHES];
        for (int i = 0; i < HASHES; i++) {
            conversation[0] = i;
            known.hash(hasher, Arrays.copyOf(conversation, before));
            long blocks = known.blocksHashed();
            long started = System.nanoTime();
            known.hash(hasher, conversation);
            nanos[i] = System.nanoTime() - started;
            figures.put("grown_blocks", TURN_TOKENS / blockTokens);
            figures.put("grown_blocks_hashed", known.blocksHashed() - blocks);
        }
        Arrays.sort(nanos);
        figures.put("hash_us_grown", micros(nanos, 0.5));
    }

    private double hashMicros(int block) {
        BlockHasher hasher = new BlockHasher(block, null, null, false);
        int[] prompt = new Random(seed).ints(tokens, 0, 150_000).toArray();
        long[] nanos = new long[HASHES];
        long sum = 0;
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < HASHES; i++) {
                prompt[0] = i;
                long started = System.nanoTime();
                sum += hasher.hash(prompt).count();
                nanos[i] = System.nanoTime() - started;
            }
        }
        Arrays.sort(nanos);
        return sum == 0 ? 0 : micros(nanos, 0.5);
    }

    private void pick() {
        for (int workers : FLEETS) {
            System.err.println("  " + workers + " workers");
            Fleet fleet = new Fleet(workers, tokens, blockTokens, seed);
            Picking picking = new Picking(fleet, workers * Fleet.REQUESTS_PER_WORKER, seed);
            picking.times(WARM_UP_PICKS);
            long[] nanos = picking.times(PICKS);
            figures.put("p50_us_" + workers, micros(nanos, 0.5));
            figures.put("p99_us_" + workers, micros(nanos, 0.99));
            figures.put("garbage_bytes_" + workers, picking.garbage(GARBAGE_PICKS));
            picking.endAll();
            booked += fleet.booked();
        }
    }

    private void throughput(int threads) throws InterruptedException, ExecutionException {
        System.err.println("  " + threads + " threads");
        Fleet fleet = new Fleet(THROUGHPUT_FLEET, tokens, blockTokens, seed);
        List<Picking> picking = new ArrayList<>();
        for (int thread = 0; thread < threads; thread++) {
            picking.add(new Picking(fleet, THROUGHPUT_FLEET * Fleet.REQUESTS_PER_WORKER / threads, seed + thread));
        }
        long picks = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            long end = System.nanoTime() + THROUGHPUT_NANOS;
            List<Future<Long>> counts = picking.stream()
                    .map(one -> pool.submit(() -> one.until(end)))
                    .toList();
            for (Future<Long> count : counts) {
                picks += count.get();
            }
        }
        figures.put("picks_s_" + threads + "t", picks / (THROUGHPUT_NANOS / 1e9));
        picking.forEach(Picking::endAll);
        booked += fleet.booked();
    }

    private static double micros(long[] sortedNanos, double share) {
        return sortedNanos[(int) Math.ceil(share * sortedNanos.length) - 1] / 1e3;
    }
}
