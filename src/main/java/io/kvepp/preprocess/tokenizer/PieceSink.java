package io.kvepp.preprocess.tokenizer;

/// Receives pieces in order. The text may differ from the one being split (a prefix space).
interface PieceSink {
    void piece(char[] text, int start, int end);
}
