package io.kvepp.msgpack;

/// A message that is not what the protocol says. The text names what was found and expected, never
/// content.
public final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    public MalformedMessageException(String message) {
        super(message);
    }
}
