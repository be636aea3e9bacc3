package io.kvepp.preprocess.tokenizer;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
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

/// The stages of byte-level BPE on 8,192 characters, with the small tokenizer of the warm-up:
///
/// `./mvnw test-compile exec:exec@jmh -Djmh=TokenizerBenchmark`
///
/// Each stage contains the one before it, `cached` apart. `e2e/bench preprocess` measures real
/// vocabularies on texts that are new.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TokenizerBenchmark {
    private static final int CHARS = 8192;

    @Param({"english", "mixed"})
    public String text;

    private char[] chars;
    private byte[] utf8;
    private byte[] encoded;
    private int length;
    private String string;
    private StartRules rules;
    private long[] starts;
    private long[] contractions;
    private CharPlanes planes;
    private PieceFinder finder;
    private TextEncoder encoder;
    private Tokenizer tokenizer;
    private int found;

    @Setup
    public void load() throws IOException, UnsupportedTokenizerException {
        String unit = text.equals("english")
                ? "The endpoint picker reads the prompt, finds who holds it, and doesn't guess; it has 12 ways.\n"
                : "Der Prefix \u00fcber 2024 \u4f60\u597d\u4e16\u754c, \u041f\u0440\u0438\u0432\u0435\u0442 {\"k\": 1}\n    ";
        string = unit.repeat(CHARS / unit.length() + 1).substring(0, CHARS);
        chars = string.toCharArray();
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        length = bytes.length;
        utf8 = Arrays.copyOf(bytes, length + CharPlanes.SPARE_BYTES);
        encoded = new byte[Utf8.BYTES_PER_CHAR_MAX * CHARS + CharPlanes.SPARE_BYTES];
        Splitter splitter = new Cl100kSplitter(1);
        rules = Objects.requireNonNull(splitter.starts());
        starts = new long[length / Long.SIZE + 2];
        contractions = new long[length / Long.SIZE + 2];
        planes = new CharPlanes(length);
        finder = new PieceFinder(rules);
        try (InputStream in =
                Objects.requireNonNull(TokenizerBenchmark.class.getResourceAsStream("/warm-up/tokenizer.json"))) {
            byte[] file = in.readAllBytes();
            tokenizer = TokenizerLoader.load(file, null);
            encoder = new TextEncoder(splitter, BytePairModelReader.read(TokenizerFile.parse(file)));
        }
    }

    @Benchmark
    public int utf8() {
        return Utf8.encode(chars, 0, CHARS, encoded);
    }

    @Benchmark
    public int classify() {
        planes.classify(utf8, 0, length);
        return planes.chars();
    }

    @Benchmark
    public long starts() {
        planes.classify(utf8, 0, length);
        rules.find(planes, starts, contractions);
        return starts[0];
    }

    @Benchmark
    public int pieces() {
        found = 0;
        finder.find(utf8, 0, length, (_, _, _, count) -> found += count);
        return found;
    }

    @Benchmark
    public int ids() {
        encoder.reset();
        encoder.fetch(string, 0, CHARS);
        encoder.encode(0, CHARS);
        return encoder.out().size();
    }

    @Benchmark
    public int[] cached() {
        return tokenizer.encode(string);
    }
}
