package io.kvepp.preprocess.jinja;

/// The value `None` inside the engine, so that no evaluated value is `null`.
enum None {
    INSTANCE;

    @Override
    public String toString() {
        return "None";
    }
}
