package io.kvepp.nats;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import io.kvepp.tls.ClientTls;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the NATS server is, and how patient to be with it.
///
/// - `server`: `nats://host:port`, or `tls://host:port`
/// - `connectTimeout`: for one attempt
/// - `reconnect`: pause between two attempts; they never end
/// - `pendingMessagesMax`, `pendingBytesMax`: of one subscriber, read and not handled yet; more are
///   dropped
///
/// Source: Dynamo `lib/runtime/src/transports/nats`.
///
/// Immutable.
public record NatsConfig(
        String server,
        NatsAuth auth,
        ClientTls tls,
        Duration connectTimeout,
        Duration reconnect,
        int pendingMessagesMax,
        long pendingBytesMax) {
    private static final String SERVER = "nats-server";
    private static final Duration PAUSE_MAX = Duration.ofHours(1);

    public NatsConfig {
        check(isServer(server), SERVER, server, "nats://host:port or tls://host:port");
        check(!tls.isCustom() || isTls(server), SERVER, server, "tls://host:port, since a nats-tls option is set");
        check(isPause(connectTimeout), "nats-connect-timeout", connectTimeout, "1ms to 1h");
        check(isPause(reconnect), "nats-reconnect", reconnect, "1ms to 1h");
        check(pendingMessagesMax > 0, "nats-pending-messages-max", pendingMessagesMax, "> 0");
        check(pendingBytesMax > 0, "nats-pending-bytes-max", pendingBytesMax, "> 0");
    }

    public static NatsConfig from(Options options) {
        return new NatsConfig(
                options.option(SERVER, "NATS server of an event plane nats; tls://host:port for TLS")
                        .env("NATS_SERVER")
                        .string("nats://localhost:4222"),
                auth(options),
                tls(options),
                options.option("nats-connect-timeout", "longest time for one attempt to connect to the NATS server")
                        .duration(Duration.ofSeconds(5)),
                options.option("nats-reconnect", "pause between two attempts to connect to the NATS server")
                        .duration(Duration.ofMillis(250)),
                options.option("nats-pending-messages-max", "messages of one topic that may wait to be read")
                        .integer(65_536),
                options.option("nats-pending-bytes-max", "bytes of messages of one topic that may wait to be read")
                        .bytes(128L << 20));
    }

    boolean usesTls() {
        return isTls(server);
    }

    private static NatsAuth auth(Options options) {
        @Nullable
        String user =
                text(options, "nats-username", "user name for the NATS server; default user", "NATS_AUTH_USERNAME");
        @Nullable
        String password = secret(options, "nats-password", "its password; default user", "NATS_AUTH_PASSWORD");
        @Nullable
        String token = secret(options, "nats-token", "a token instead of user and password", "NATS_AUTH_TOKEN");
        @Nullable String seed = secret(options, "nats-nkey", "the seed of a user key instead", "NATS_AUTH_NKEY");
        @Nullable
        String file =
                text(options, "nats-credentials-file", "a credentials file instead", "NATS_AUTH_CREDENTIALS_FILE");
        if (user != null && password != null) {
            return new NatsAuth.UserPassword(user, password);
        }
        if (token != null) {
            return new NatsAuth.Token(token);
        }
        if (seed != null) {
            return new NatsAuth.NKey(seed);
        }
        return file == null ? NatsAuth.DEFAULT : new NatsAuth.CredentialsFile(file);
    }

    private static ClientTls tls(Options options) {
        @Nullable
        String ca = text(
                options,
                "nats-tls-ca",
                "PEM file of who vouches for the NATS server; default: whom the system trusts",
                "NATS_TLS_CA_CERT_PATH");
        @Nullable
        String certificate =
                text(options, "nats-tls-cert", "PEM file of our own certificate for it", "NATS_TLS_CLIENT_CERT_PATH");
        @Nullable String key = text(options, "nats-tls-key", "PEM file of its key", "NATS_TLS_CLIENT_KEY_PATH");
        boolean insecure = options.option("nats-tls-insecure", "trust any NATS server, whatever its certificate says")
                .env("NATS_TLS_INSECURE")
                .flag(false);
        if ((certificate == null) != (key == null)) {
            throw ConfigurationException.of(
                    certificate == null ? "nats-tls-cert" : "nats-tls-key", "", "both nats-tls-cert and nats-tls-key");
        }
        return new ClientTls(ca, certificate, key, insecure);
    }

    private static @Nullable String text(Options options, String name, String meaning, String variable) {
        @Nullable String text = options.option(name, meaning).env(variable).optionalString();
        return text == null || text.isEmpty() ? null : text;
    }

    private static @Nullable String secret(Options options, String name, String meaning, String variable) {
        return options.option(name, meaning).env(variable).optionalSecret();
    }

    private static boolean isServer(String text) {
        try {
            URI uri = new URI(text);
            return List.of("nats", "tls").contains(String.valueOf(uri.getScheme())) && uri.getHost() != null;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isTls(String server) {
        return server.startsWith("tls://");
    }

    private static boolean isPause(Duration value) {
        return value.compareTo(Duration.ofMillis(1)) >= 0 && value.compareTo(PAUSE_MAX) <= 0;
    }
}
