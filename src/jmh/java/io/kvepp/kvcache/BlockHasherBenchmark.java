package io.kvepp.kvcache;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What it costs to hash a prompt of 32,768 tokens.
///
/// `./mvnw test-compile exec:exec@jmh -Djmh=BlockHasherBenchmark`
///
/// *Confined* to JMH's threads.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Thread)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlockHasherBenchmark {
    private static final int TOKENS = 32_768;

    @Param({"16", "128"})
    public int blockSizeTokens;

    private BlockHasher hasher;
    private int[] tokenIds;

    @Setup
    public void prepare() {
        hasher = new BlockHasher(blockSizeTokens, null, null, false);
        tokenIds = new Random(1).ints(TOKENS, 0, 150_000).toArray();
    }

    @Benchmark
    public BlockHashes hash() {
        return hasher.hash(tokenIds);
    }
}
