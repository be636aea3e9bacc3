package io.kvepp.worker.card;

/// Whose rules turn chats into text.
///
/// - `MINIJINJA`: the Dynamo frontend's: its template engine, its rewriting of messages, its own
///   formats for some families.
/// - `TRANSFORMERS`: those of engines that render chats themselves, with the library of that name.
///
/// Immutable.
public enum Renderer {
    MINIJINJA,
    TRANSFORMERS
}
