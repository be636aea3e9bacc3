package io.kvepp.picker;

/// A header; `name` in lower case.
///
/// Immutable.
public record HttpHeader(String name, String value) {}
