package io.kvepp.preprocess.jinja;

/// How a statement ended.
enum Flow {
    NEXT,
    BREAK,
    CONTINUE
}
