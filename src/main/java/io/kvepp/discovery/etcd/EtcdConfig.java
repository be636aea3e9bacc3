package io.kvepp.discovery.etcd;

import static io.kvepp.config.ConfigurationException.check;

import io.kvepp.config.ConfigurationException;
import io.kvepp.config.Options;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where etcd is and how it is reached.
///
/// - `endpoints`: `http://host:port` or `https://host:port`, at least one, all of one kind
/// - `username`, `password`: both or neither
/// - `ca`: certificates the servers' must be signed by; null: those the JVM trusts
/// - `clientCert`, `clientKey`: PEM files, both or neither
/// - `timeout`: for one question
/// - `leaseTtl`: how long what this process announces outlives it, in whole seconds
///
/// Immutable. Its text has no password.
public record EtcdConfig(
        List<URI> endpoints,
        @Nullable String username,
        @Nullable String password,
        @Nullable Path ca,
        @Nullable Path clientCert,
        @Nullable Path clientKey,
        Duration timeout,
        Duration leaseTtl) {
    private static final String ENDPOINT = "etcd-endpoints";
    private static final String ENDPOINT_EXPECTED = "http://host:port or https://host:port";
    private static final Duration LEASE_TTL_DEFAULT = Duration.ofSeconds(10);
    private static final Duration LEASE_TTL_MAX = Duration.ofHours(1);
    private static final Set<String> SCHEMES = Set.of("http", "https");

    public EtcdConfig {
        endpoints = List.copyOf(endpoints);
        check(!endpoints.isEmpty(), ENDPOINT, "none", "at least one " + ENDPOINT_EXPECTED);
        endpoints.forEach(EtcdConfig::checkEndpoint);
        check(
                endpoints.stream().map(URI::getScheme).distinct().count() == 1,
                ENDPOINT,
                endpoints,
                "all with http or all with https");
        check(
                (username == null) == (password == null),
                "etcd-username",
                shown(username),
                "set when etcd-password is, and only then");
        check(
                (clientCert == null) == (clientKey == null),
                "etcd-client-cert",
                shown(clientCert),
                "set when etcd-client-key is, and only then");
        check(timeout.isPositive(), "etcd-timeout", timeout, "> 0");
        check(
                leaseTtl.toSeconds() > 0 && leaseTtl.compareTo(LEASE_TTL_MAX) <= 0,
                "etcd-lease-ttl",
                leaseTtl,
                "1s to 1h");
    }

    public static EtcdConfig from(Options options) {
        List<String> endpoints = options.option(
                        ENDPOINT, "servers of etcd; with a CA or a client certificate, TLS is used")
                .env("ETCD_ENDPOINTS")
                .strings("http://localhost:2379");
        String username = options.option("etcd-username", "who reads etcd; empty: nobody in particular")
                .env("ETCD_AUTH_USERNAME")
                .string("");
        @Nullable
        String password = options.option("etcd-password", "the password of etcd-username")
                .env("ETCD_AUTH_PASSWORD")
                .optionalSecret();
        @Nullable
        Path ca = path(options, "etcd-ca", "PEM file with what signs the certificates of etcd", "ETCD_AUTH_CA");
        @Nullable
        Path cert =
                path(options, "etcd-client-cert", "PEM file of the certificate shown to etcd", "ETCD_AUTH_CLIENT_CERT");
        @Nullable Path key = path(options, "etcd-client-key", "PEM file of its private key", "ETCD_AUTH_CLIENT_KEY");
        boolean tls = ca != null || cert != null;
        return new EtcdConfig(
                endpoints.stream().map(endpoint -> endpoint(endpoint, tls)).toList(),
                username.isEmpty() ? null : username,
                password,
                ca,
                cert,
                key,
                options.option("etcd-timeout", "for one question to etcd").duration(Duration.ofSeconds(5)),
                options.option("etcd-lease-ttl", "how long what kv-epp announces in etcd outlives it")
                        .env("ETCD_LEASE_TTL", seconds -> seconds + "s")
                        .duration(LEASE_TTL_DEFAULT));
    }

    /// True when connections are encrypted.
    boolean tls() {
        return endpoints.getFirst().getScheme().equals("https");
    }

    @Override
    public String toString() {
        return "EtcdConfig[endpoints=" + endpoints + ", username=" + username + "]";
    }

    private static @Nullable Path path(Options options, String name, String meaning, String variable) {
        @Nullable String text = options.option(name, meaning).env(variable).optionalString();
        return text == null || text.isEmpty() ? null : Path.of(text);
    }

    /// Dynamo takes endpoints without a scheme, and `http://` ones where TLS is configured.
    private static URI endpoint(String text, boolean tls) {
        int scheme = text.indexOf("://");
        String rest = scheme < 0 ? text : text.substring(scheme + 3);
        String given = scheme < 0 ? "http" : text.substring(0, scheme);
        try {
            return new URI((tls && given.equals("http") ? "https" : given) + "://" + rest);
        } catch (URISyntaxException e) {
            throw ConfigurationException.of(ENDPOINT, text, ENDPOINT_EXPECTED);
        }
    }

    private static Object shown(@Nullable Object value) {
        return value == null ? "unset" : value;
    }

    private static void checkEndpoint(URI endpoint) {
        check(
                SCHEMES.contains(String.valueOf(endpoint.getScheme()))
                        && endpoint.getHost() != null
                        && endpoint.getPort() > 0,
                ENDPOINT,
                endpoint,
                ENDPOINT_EXPECTED);
    }
}
