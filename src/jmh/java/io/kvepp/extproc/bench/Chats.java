package io.kvepp.extproc.bench;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/// Conversations that grow: a system prompt that a quarter of them shares, then a question and an
/// answer more with every turn. No two have another sentence in common but by chance of the text.
///
/// *Thread-safe.* A [Conversation] is confined to its stream.
final class Chats {
    static final int TURNS = 8;
    private static final int SYSTEM_PROMPTS = 4;

    /// How much of a body the system prompt is, and how much more a turn is, so that the mean of all
    /// turns is the whole.
    private static final double SYSTEM_SHARE = 0.2;

    private static final double TURN_SHARE = (1 - SYSTEM_SHARE) / (TURNS + 1) * 2;

    private final byte[] text;
    private final String model;
    private final long seed;
    private final AtomicLong begun = new AtomicLong();

    /// `text`: what messages are cut out of
    Chats(String text, String model, long seed) {
        this.text = escaped(text);
        this.model = model;
        this.seed = seed;
    }

    Conversation begin(int bytesMean) {
        return new Conversation(bytesMean, begun.getAndIncrement());
    }

    /// What one client says.
    final class Conversation {
        private final Random random;
        private final int turnBytes;
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private int turns;

        Conversation(int bytesMean, long number) {
            random = new Random(seed * 1_000_003 + number);
            turnBytes = (int) (bytesMean * TURN_SHARE);
            said.writeBytes(("{\"model\":\"" + model
                            + "\",\"stream\":true,\"max_tokens\":16,\"messages\":[{\"role\":\"system\",\"content\":\"")
                    .getBytes(StandardCharsets.UTF_8));
            cut(new Random(number % SYSTEM_PROMPTS), (int) (bytesMean * SYSTEM_SHARE));
            said.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
        }

        boolean isOver() {
            return turns == TURNS;
        }

        /// The body of the next request.
        byte[] next() {
            if (turns++ > 0) {
                message("assistant", turnBytes / 2);
            }
            message("user", turnBytes / 2);
            byte[] body = new byte[said.size() + 2];
            System.arraycopy(said.toByteArray(), 0, body, 0, said.size());
            body[body.length - 2] = ']';
            body[body.length - 1] = '}';
            return body;
        }

        private void message(String role, int bytes) {
            said.writeBytes((",{\"role\":\"" + role + "\",\"content\":\"").getBytes(StandardCharsets.UTF_8));
            cut(random, bytes);
            said.writeBytes("\"}".getBytes(StandardCharsets.UTF_8));
        }

        private void cut(Random place, int bytes) {
            int start = afterBlank(place.nextInt(text.length - bytes));
            int end = afterBlank(Math.min(start + bytes, text.length - 1));
            said.write(text, start, end - start);
        }
    }

    /// A word begins there, so no escape and no character is cut in two.
    private int afterBlank(int position) {
        int blank = position;
        while (text[blank] != ' ') {
            blank--;
        }
        return blank + 1;
    }

    private static byte[] escaped(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + (text.length() >> 3)).append(' ');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> escaped.append("\\n");
                case '"', '\\' -> escaped.append('\\').append(c);
                default -> escaped.append(c < ' ' ? ' ' : c);
            }
        }
        return escaped.toString().getBytes(StandardCharsets.UTF_8);
    }
}
