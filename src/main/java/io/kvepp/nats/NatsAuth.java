package io.kvepp.nats;

/// How this process proves to a NATS server who it is. A server that asks for nothing ignores it.
///
/// Source: Dynamo `lib/runtime/src/transports/nats`, the order of the variables and the default.
///
/// Immutable. Its text shows no secret.
public sealed interface NatsAuth {
    /// What Dynamo says when nothing is set.
    NatsAuth DEFAULT = new UserPassword("user", "user");

    record UserPassword(String user, String password) implements NatsAuth {
        @Override
        public String toString() {
            return "UserPassword(" + user + ", ...)";
        }
    }

    record Token(String token) implements NatsAuth {
        @Override
        public String toString() {
            return "Token(...)";
        }
    }

    /// The seed of a user key, which starts with `SU`.
    record NKey(String seed) implements NatsAuth {
        @Override
        public String toString() {
            return "NKey(...)";
        }
    }

    record CredentialsFile(String path) implements NatsAuth {}
}
