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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What loads the pickers of `./e2e/bench extproc`.
///
/// `ExtProcDriver TEXT MODEL SEED` prints `ready PORT`, where PORT is that of a server that answers
/// every request, then reads commands from standard input, one a line, and answers each with one JSON
/// object on one line. It ends with its input.
///
/// - `direct PORT plain|tls BODY_BYTES STREAMS SECONDS`: plays gateway
/// - `http PORT BODY_BYTES CONNECTIONS SECONDS`: plays client of a gateway
/// - `open PORT plain|tls BODY_BYTES RATE SECONDS`: plays gateway at a fixed rate
/// - `begin PORT plain|tls BODY_BYTES STREAMS`, then `end`: plays gateway from the one to the other
///
/// *Confined* to the main thread.
public final class ExtProcDriver {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Chats chats;
    private @Nullable PickerLoad begun;

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
        return switch (words[0]) {
            case "direct" -> {
                try (PickerLoad load = picker(words)) {
                    yield load.closed(Integer.parseInt(words[3]), Integer.parseInt(words[4]), seconds(words[5]));
                }
            }
            case "http" -> {
                try (HttpLoad load = new HttpLoad(Integer.parseInt(words[1]), chats)) {
                    yield load.closed(Integer.parseInt(words[2]), Integer.parseInt(words[3]), seconds(words[4]));
                }
            }
            case "open" -> {
                try (PickerLoad load = picker(words)) {
                    yield load.open(Integer.parseInt(words[3]), Integer.parseInt(words[4]), seconds(words[5]));
                }
            }
            case "begin" -> {
                begun = picker(words);
                begun.begin(Integer.parseInt(words[3]), Integer.parseInt(words[4]));
                yield Map.of();
            }
            case "end" -> {
                try (PickerLoad load = Objects.requireNonNull(begun, "begun")) {
                    yield load.end();
                }
            }
            default ->
                throw new IllegalArgumentException(
                        "command: " + words[0] + " (expected: direct, http, open, begin or end)");
        };
    }

    private PickerLoad picker(String[] words) throws IOException {
        return new PickerLoad(Integer.parseInt(words[1]), words[2].equals("tls"), chats);
    }

    private static Duration seconds(String text) {
        return Duration.ofMillis(Math.round(Double.parseDouble(text) * 1000));
    }
}
