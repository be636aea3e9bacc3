package io.kvepp.discovery;

import java.util.Locale;

/// An entry that does not count, and why.
///
/// - `source`: the entry's key, or the worker or rank it speaks of
/// - `detail`: for the log; field, value and what was expected where there is one
///
/// Immutable.
public record DiscoveryProblem(String source, Reason reason, String detail) {
    /// Why an entry was skipped; the name in lower case is the tag of the metric.
    public enum Reason {
        /// The store did not give it.
        UNREADABLE,
        /// It is larger than the limit, or there are more entries than the limit.
        TOO_LARGE,
        /// It is not what the format says.
        MALFORMED,
        /// What it needs to be of use is not there (yet, or any more).
        INCOMPLETE,
        /// Two entries contradict each other.
        AMBIGUOUS,
        /// It asks for something this process cannot do.
        UNSUPPORTED;

        String tag() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
