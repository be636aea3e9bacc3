package io.kvepp.router.headers;

import org.jspecify.annotations.Nullable;

/// The workers that a request's headers name.
///
/// - `workerId`, `prefillId`: unsigned 64 bit; `rank`, `prefillRank`: unsigned 32 bit; null when
///   absent or unusable
/// - `given`: the first header that names something, null when none does
/// - `unusable`: the first whose value is no number, null when all are
///
/// Immutable.
public record PinHeaders(
        @Nullable Long workerId,
        @Nullable Long rank,
        @Nullable Long prefillId,
        @Nullable Long prefillRank,
        @Nullable String given,
        @Nullable String unusable) {
    public static final PinHeaders NONE = new PinHeaders(null, null, null, null, null, null);
}
