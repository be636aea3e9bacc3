package io.kvepp.router;

/// What becomes of requests for models that no worker serves.
public enum UnknownModels {
    /// Engines without Dynamo are sent them, as pods are that nobody listed; Dynamo's frontends are not.
    AUTO("auto"),
    REFUSE("refuse"),
    /// They go to any endpoint.
    ROUTE("route");

    private final String word;

    UnknownModels(String word) {
        this.word = word;
    }

    static String[] words() {
        return new String[] {AUTO.word, REFUSE.word, ROUTE.word};
    }

    static UnknownModels of(String word) {
        for (UnknownModels each : values()) {
            if (each.word.equals(word)) {
                return each;
            }
        }
        throw new IllegalArgumentException("no such word: " + word);
    }

    String word() {
        return word;
    }
}
