package io.kvepp.requestplane;

import java.time.Duration;

/// What all answers of a server share.
///
/// Immutable; the parts are thread-safe.
record AnswerParts(StallWatch watch, PlaneTls tls, Duration connectTimeout, Duration writeTimeout) {}
