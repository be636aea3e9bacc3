package io.kvepp.preprocess;

import io.kvepp.preprocess.jinja.JinjaSettings;
import io.kvepp.preprocess.tokenizer.CacheUse;
import io.kvepp.preprocess.tokenizer.Tokenizer;
import io.kvepp.preprocess.tokenizer.TokenizerLoader;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// kv-epp's side of `e2e/bench preprocess`, behind the line protocol of its peer.
///
/// `MeasuredPreprocessing MODEL_FOLDER` loads a model, prints `ready` and the heap it takes, and
/// answers each command line with one line:
///
/// - `time FILE`: one JSON object with the nanoseconds of each text, the number of ids and a hash of
///   all ids
/// - `warm FILE SECONDS`: encodes new texts made of these until the JIT compiler had its time
/// - `throughput FILE THREADS`: one JSON object with the wall time of all texts, dealt to threads
/// - `words`: the share of pieces that were found in the cache of pieces since the last such command
/// - `chat FILE`: see [MeasuredChats]
///
/// The hash is FNV-1a over the ids.
public final class MeasuredPreprocessing {
    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private final Tokenizer tokenizer;
    private final MeasuredChats chats;
    private CacheUse seen = CacheUse.NONE;

    private MeasuredPreprocessing(Tokenizer tokenizer, MeasuredChats chats) {
        this.tokenizer = tokenizer;
        this.chats = chats;
    }

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        long before = heapBytes();
        Tokenizer tokenizer = TokenizerLoader.load(Files.readAllBytes(folder.resolve("tokenizer.json")), null);
        tokenizer.encode("one");
        long loaded = heapBytes() - before;
        TokenizerConfigFile config =
                TokenizerConfigFile.parse(Files.readAllBytes(folder.resolve("tokenizer_config.json")));
        Clock clock = Clock.systemUTC();
        Preprocessor preprocessor = new Preprocessor(
                ChatTemplates.compile(config, JinjaSettings.chat(clock, clock.getZone())),
                new ChatRules(false, false, null, null),
                tokenizer,
                new ModelBounds(tokenizer.vocabularySize(), 0));
        MeasuredPreprocessing measured = new MeasuredPreprocessing(tokenizer, new MeasuredChats(preprocessor));
        System.out.println("ready " + loaded);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            System.out.println(measured.answer(line));
        }
    }

    private String answer(String line) throws Exception {
        String[] words = line.split(" ", -1);
        if (words[0].equals("words")) {
            return words();
        }
        Path file = Path.of(words[1]);
        return switch (words[0]) {
            case "time" -> time(MeasuredTexts.strings(file));
            case "warm" -> warm(MeasuredTexts.strings(file), Integer.parseInt(words[2]));
            case "throughput" -> throughput(MeasuredTexts.strings(file), Integer.parseInt(words[2]));
            case "chat" -> chats.measure(file);
            default ->
                throw new IllegalArgumentException(
                        "command: " + words[0] + " (expected: time, warm, throughput, chat or words)");
        };
    }

    private String time(List<String> texts) {
        long[] nanos = new long[texts.size()];
        long tokens = 0;
        long hash = FNV_OFFSET;
        for (int i = 0; i < nanos.length; i++) {
            String text = texts.get(i);
            long start = System.nanoTime();
            int[] ids = tokenizer.encode(text);
            nanos[i] = System.nanoTime() - start;
            tokens += ids.length;
            for (int id : ids) {
                hash = (hash ^ id) * FNV_PRIME;
            }
        }
        return "{\"nanos\":" + Arrays.toString(nanos) + ",\"tokens\":" + tokens + ",\"hash\":\""
                + String.format("%016x", hash) + "\"}";
    }

    /// The share of pieces found in the cache of pieces since this was last asked.
    private String words() {
        CacheUse use = tokenizer.cacheUse();
        double missed = use.piecesMissed() - seen.piecesMissed();
        double hitRate = 1 - missed / (use.pieces() - seen.pieces());
        seen = use;
        return "{\"hit_rate\":" + hitRate + "}";
    }

    /// Compiles what new texts use: repeated texts would only be looked up.
    private String warm(List<String> texts, int seconds) {
        long start = System.nanoTime();
        int turn = 0;
        while (System.nanoTime() - start < seconds * 1_000_000_000L) {
            turn++;
            for (String text : texts) {
                int cut = Math.floorMod(turn * 1_000_003, text.length());
                tokenizer.encode(text.substring(cut) + text.substring(0, cut));
            }
        }
        return "{\"turns\":" + turn + "}";
    }

    private String throughput(List<String> texts, int threads) throws Exception {
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            long start = System.nanoTime();
            List<Future<Long>> counts = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int first = thread;
                counts.add(workers.submit(() -> {
                    long tokens = 0;
                    for (int i = first; i < texts.size(); i += threads) {
                        tokens += tokenizer.encode(texts.get(i)).length;
                    }
                    return tokens;
                }));
            }
            long tokens = 0;
            for (Future<Long> count : counts) {
                tokens += count.get();
            }
            return "{\"nanos\":" + (System.nanoTime() - start) + ",\"tokens\":" + tokens + "}";
        }
    }

    /// Live heap after a full collection.
    private static long heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
