package io.kvepp.preprocess;

/// What a template asks of the messages it is given, found out by rendering it once.
///
/// - `rendersArgumentText`: prints tool-call arguments given as JSON text verbatim
/// - `readsReasoning`: mentions `reasoning_content`
/// - `reasoningAsText`: shows reasoning given as text, but not as segments
/// - `leadingSystemOnly`: refuses a system message that is not the first
/// - `alternatingUsersOnly`: refuses two user messages in a row
///
/// Immutable.
record TemplateTraits(
        boolean rendersArgumentText,
        boolean readsReasoning,
        boolean reasoningAsText,
        boolean leadingSystemOnly,
        boolean alternatingUsersOnly) {}
