package io.kvepp.preprocess.jinja;

/// What a value is; the order of the constants is the order of values of different kinds.
enum Kind {
    UNDEFINED("undefined"),
    NONE("none"),
    BOOLEAN("bool"),
    NUMBER("number"),
    STRING("string"),
    SEQUENCE("sequence"),
    MAP("map"),
    ITERABLE("iterator"),
    PLAIN("plain object");

    private final String word;

    Kind(String word) {
        this.word = word;
    }

    boolean isListLike() {
        return this == SEQUENCE || this == ITERABLE;
    }

    @Override
    public String toString() {
        return word;
    }
}
