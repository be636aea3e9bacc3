package io.kvepp.preprocess.jinja;

/// The value of a name, attribute or item that does not exist. It prints as nothing, is false,
/// iterates as empty, and has no attributes.
///
/// Immutable.
public enum Undefined {
    INSTANCE;

    @Override
    public String toString() {
        return "";
    }
}
