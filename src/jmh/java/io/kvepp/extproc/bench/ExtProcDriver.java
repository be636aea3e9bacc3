package io.kvepp.extproc.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.kvepp.app.LogConfig;
import io.kvepp.app.Logging;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// What loads the pickers of `./e2e/bench extproc`.
///
/// `ExtProcDriver TEXT MODEL SEED` prints `ready PORT`, where PORT is that of a server that answers
/// every request, then reads commands from standard input, one a line, and answers each with one JSON
/// object on one line. It ends with its input.
///
/// - `direct PORT plain|tls BODY_BYTES STREAMS SECONDS`: plays gateway
/// - `http PORT BODY_BYTES CONNECTIONS SECONDS`: plays client of a gateway
/// - `fair PORT plain|tls RATE SECONDS BIG_BYTES BIG_STREAMS`: requests of 1 KB at a rate, without and
///   with large ones beside them
///
/// *Confined* to the main thread.
public final class ExtProcDriver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SMALL_BYTES = 1 << 10;

    private final Chats chats;

    private ExtProcDriver(Chats chats) {
        this.chats = chats;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("arguments: " + arguments.length + " (expected: TEXT MODEL SEED)");
        }
        Logging.configure(new LogConfig("warn", "text"));
        Chats chats = new Chats(Files.readString(Path.of(arguments[0])), arguments[1], Long.parseLong(arguments[2]));
        ExtProcDriver driver = new ExtProcDriver(chats);
        try (StubServer upstream = new StubServer()) {
            System.out.println("ready " + upstream.port());
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String command = commands.readLine(); command != null; command = commands.readLine()) {
                System.out.println(JSON.writeValueAsString(driver.answer(command.split(" ", -1))));
            }
        }
    }

    private Map<String, Object> answer(String[] words) throws IOException, InterruptedException {
        int port = Integer.parseInt(words[1]);
        return switch (words[0]) {
            case "direct" -> {
                try (PickerLoad load = new PickerLoad(port, words[2].equals("tls"), chats)) {
                    yield load.closed(Integer.parseInt(words[3]), Integer.parseInt(words[4]), seconds(words[5]));
                }
            }
            case "http" -> {
                try (HttpLoad load = new HttpLoad(port, chats)) {
                    yield load.closed(Integer.parseInt(words[2]), Integer.parseInt(words[3]), seconds(words[4]));
                }
            }
            case "fair" -> {
                try (PickerLoad small = new PickerLoad(port, words[2].equals("tls"), chats);
                        PickerLoad large = new PickerLoad(port, words[2].equals("tls"), chats)) {
                    yield fair(small, large, words);
                }
            }
            default -> throw new IllegalArgumentException("command: " + words[0] + " (expected: direct, http or fair)");
        };
    }

    private static Map<String, Object> fair(PickerLoad small, PickerLoad large, String[] words)
            throws InterruptedException {
        int rate = Integer.parseInt(words[3]);
        Duration duration = seconds(words[4]);
        Map<String, Object> alone = small.open(SMALL_BYTES, rate, duration);
        large.begin(Integer.parseInt(words[5]), Integer.parseInt(words[6]));
        Map<String, Object> beside = small.open(SMALL_BYTES, rate, duration);
        Map<String, Object> big = large.end();
        return Map.of("alone", alone, "beside", beside, "large", big);
    }

    private static Duration seconds(String text) {
        return Duration.ofMillis(Math.round(Double.parseDouble(text) * 1000));
    }
}
