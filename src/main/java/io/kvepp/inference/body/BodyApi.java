package io.kvepp.inference.body;

import io.kvepp.inference.Prompt;

/// One API: which top-level fields it knows and how they make a prompt.
///
/// Implementations are immutable.
public interface BodyApi {
    FieldTable fields();

    /// How much of a body the API's own reader looks at.
    Tolerance tolerance();

    /// The prompt, once every field has the right shape. Fields are checked in the frontend's order.
    Prompt prompt(BodyScan body) throws MalformedBodyException, UnsupportedBodyException;

    /// How the frontend reads the JSON of an API.
    enum Tolerance {
        /// Raw control characters in strings and bytes that are no UTF-8 are taken, and everything
        /// is read, also what the API does not know.
        REPAIRED,
        /// The same, but the extension knows no token ids.
        REPAIRED_WITHOUT_TOKENS,
        /// Strict JSON; values of unknown fields are only skimmed.
        STRICT
    }
}
