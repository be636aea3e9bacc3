package io.kvepp.config;

import java.time.Duration;

/// An option has a value that cannot be used. The message follows `name: value (expected: ...)` and
/// is meant for the operator.
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConfigurationException(String message) {
        super(message);
    }

    public static ConfigurationException of(String name, Object value, String expected) {
        Object shown = value instanceof Duration duration ? OptionReader.format(duration) : value;
        return new ConfigurationException(name + ": " + shown + " (expected: " + expected + ")");
    }

    /// Throws unless `valid`; for compact constructors of configuration records.
    public static void check(boolean valid, String name, Object value, String expected) {
        if (!valid) {
            throw of(name, value, expected);
        }
    }
}
