package io.kvepp.eventplane;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the messages of one publisher come from.
///
/// - `publisherId`: unsigned
/// - `endpoint`: one of
///   - `tcp://10.0.0.5:35511` or `tcp://[fd00::5]:35511`: the publisher's own socket
///   - `subject:NAME`: a subject on the server or brokers that the process is configured with
///   - `subject:NAME@tcp://10.0.0.9:5555;tcp://10.0.0.8:5555`: a subject on these brokers
///
/// Immutable.
public record PublisherAddress(long publisherId, String endpoint) {
    private static final String SUBJECT = "subject:";
    private static final char AT = '@';

    /// The subject, null when the publisher is connected to directly.
    public @Nullable String subject() {
        if (!endpoint.startsWith(SUBJECT)) {
            return null;
        }
        int at = endpoint.indexOf(AT);
        return endpoint.substring(SUBJECT.length(), at < 0 ? endpoint.length() : at);
    }

    /// The brokers named with the subject; empty when none are.
    public List<String> brokers() {
        int at = endpoint.startsWith(SUBJECT) ? endpoint.indexOf(AT) : -1;
        return at < 0
                ? List.of()
                : Arrays.stream(endpoint.substring(at + 1).split(";", -1))
                        .filter(broker -> !broker.isEmpty())
                        .toList();
    }
}
