package io.kvepp.inference;

import java.nio.ByteBuffer;
import java.util.Locale;

/// Reads a response as it passes: when its first token has come, how many tokens have, and what it
/// says of its token counts.
///
/// - in a server-sent event stream, each event with generated text counts as one token, as engines
///   send them
/// - any other response has its first token at its end
///
/// What cannot be read says nothing and hurts nothing. Nothing is kept but the event, or the string
/// of a JSON body, that is under way.
///
/// Confined to one thread at a time.
public sealed interface ResponseScanner permits EventStreamScanner, JsonBodyScanner {
    /// An event longer than this is not read and counts as one with text.
    int EVENT_BYTES_MAX = 64 << 10;

    /// For a response of this content type. With `everyToken` all events are read, else only until
    /// the first token and where usage may be.
    static ResponseScanner of(String contentType, boolean everyToken) {
        return contentType.toLowerCase(Locale.ROOT).startsWith("text/event-stream")
                ? new EventStreamScanner(everyToken)
                : new JsonBodyScanner();
    }

    /// The next slice of the body; consumes it.
    void scan(ByteBuffer slice, boolean endOfStream);

    boolean firstTokenSeen();

    /// Events with generated text so far; 1 at most unless every token is read.
    int tokens();

    TokenUsage usage();
}
