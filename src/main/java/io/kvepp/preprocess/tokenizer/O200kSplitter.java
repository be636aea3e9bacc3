package io.kvepp.preprocess.tokenizer;

/// The split of o200k (GPT-4o, gpt-oss).
///
/// Immutable, thread-safe.
final class O200kSplitter extends CasedSplitter {
    static final String PATTERN = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @Override
    int wordClasses(char[] text, int i) {
        return CharClasses.at(text, i);
    }

    @Override
    int endOfFirst(char[] text, int at, int end) {
        return at;
    }

    @Override
    boolean endsSymbols(char c) {
        return c == '/' || c == '\r' || c == '\n';
    }
}
