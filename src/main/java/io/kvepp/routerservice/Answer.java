package io.kvepp.routerservice;

import java.util.Map;
import java.util.function.Function;

/// What came of a question: the value, or why there is none.
///
/// Immutable if the value is.
public sealed interface Answer<T> {
    /// It was done.
    record Given<T>(T value) implements Answer<T> {}

    /// It was not done, and changed nothing.
    ///
    /// - `details`: the numbers behind it, by name
    /// - `retryAfterSeconds`: when it may be worth another try; 0 when unknown
    record Refused<T>(Reason reason, String message, Map<String, Long> details, int retryAfterSeconds)
            implements Answer<T> {
        public Refused {
            details = Map.copyOf(details);
        }

        public Refused(Reason reason, String message) {
            this(reason, message, Map.of(), 0);
        }

        /// The same refusal of something else.
        <U> Refused<U> of() {
            return new Refused<>(reason, message, details, retryAfterSeconds);
        }
    }

    /// Why something was not done.
    enum Reason {
        /// The caller's fault.
        INVALID,
        /// No worker can take it now.
        NO_WORKERS,
        /// There is no such booking, pending selection or worker.
        NOT_FOUND,
        /// The id is in use.
        DUPLICATE,
        /// Every worker that could take it is overloaded, or the queue is full.
        OVERLOADED,
        /// A limit of this process is reached.
        LIMIT,
        /// A fault of this process.
        INTERNAL
    }

    /// The answer about something made of the value.
    default <U> Answer<U> map(Function<T, U> made) {
        return switch (this) {
            case Given<T>(var value) -> new Given<>(made.apply(value));
            case Refused<T> refused -> refused.of();
        };
    }
}
