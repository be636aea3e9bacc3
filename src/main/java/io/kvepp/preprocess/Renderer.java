package io.kvepp.preprocess;

/// Whose rules turn chats into text.
///
/// - `MINIJINJA`: the Dynamo frontend's: its template engine, its rewriting of messages, its own
///   formats for some families.
/// - `TRANSFORMERS`: those of engines that render chats themselves, see [TransformersChat].
///
/// Immutable.
public enum Renderer {
    MINIJINJA,
    TRANSFORMERS
}
