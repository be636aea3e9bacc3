package io.kvepp.router;

import io.kvepp.inference.RoutingHints;
import io.kvepp.picker.PickRequest;
import org.jspecify.annotations.Nullable;

/// Which class and which place in it a request asks for. A header beats the body, field by field;
/// one that is no number counts as absent.
///
/// - `policyClass`: null when it asks for none
/// - `strict`: 0 to 2^32-1, and above it the priority of the request's objective times 2^32
/// - `jump`: any 32-bit number
///
/// Source: Dynamo `lib/llm/src/protocols/common/extensions`.
///
/// Immutable.
record Priority(@Nullable String policyClass, long strict, int jump) {
    private static final String CLASS = "x-dynamo-meta-policy-class";
    private static final String STRICT = "x-dynamo-request-strict-priority";
    private static final String JUMP = "x-dynamo-request-priority";
    private static final long STRICT_MAX = 0xFFFF_FFFFL;

    static Priority of(PickRequest request, RoutingHints hints) {
        long objective = request.priority() * (STRICT_MAX + 1);
        return new Priority(
                request.header(CLASS),
                objective + number(request.header(STRICT), 0, STRICT_MAX, hints.strictPriority()),
                (int) number(request.header(JUMP), Integer.MIN_VALUE, Integer.MAX_VALUE, hints.priority()));
    }

    private static long number(@Nullable String text, long min, long max, long absent) {
        if (text == null) {
            return absent;
        }
        try {
            long value = Long.parseLong(text.strip());
            return value >= min && value <= max ? value : absent;
        } catch (NumberFormatException e) {
            return absent;
        }
    }
}
