package io.kvepp.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import java.util.Map;
import org.slf4j.LoggerFactory;

/// Sets up logback from the options; there is no configuration file.
public final class Logging {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %replace(%msg %kvp){'[\\r\\n]+',' '}%n%ex";

    /// The client of Kubernetes tells every failed attempt with its stack, several times; what fails
    /// is said once by whoever watches.
    private static final Map<String, Level> KUBERNETES_CLIENT = Map.of(
            "io.fabric8.kubernetes.client",
            Level.ERROR,
            "io.fabric8.kubernetes.client.dsl.internal.AbstractWatchManager",
            Level.OFF);

    private Logging() {}

    /// Called once, before anything logs.
    public static void configure(LogConfig config) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context, config.format()));
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(Level.WARN);
        KUBERNETES_CLIENT.forEach((name, level) -> context.getLogger(name).setLevel(level));
        context.getLogger("io.kvepp").setLevel(Level.toLevel(config.level()));
    }

    private static EncoderBase<ILoggingEvent> encoder(LoggerContext context, String format) {
        EncoderBase<ILoggingEvent> encoder = format.equals("json") ? json() : text();
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }

    private static EncoderBase<ILoggingEvent> text() {
        PatternLayoutEncoder text = new PatternLayoutEncoder();
        text.setPattern(PATTERN);
        return text;
    }

    /// The message as a person reads it, and what was said beside it; nothing else.
    private static EncoderBase<ILoggingEvent> json() {
        JsonEncoder json = new JsonEncoder();
        json.setWithFormattedMessage(true);
        json.setWithMessage(false);
        json.setWithArguments(false);
        json.setWithContext(false);
        json.setWithSequenceNumber(false);
        json.setWithNanoseconds(false);
        json.setWithMDC(false);
        return json;
    }
}
