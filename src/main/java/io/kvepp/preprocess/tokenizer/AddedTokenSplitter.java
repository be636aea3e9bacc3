package io.kvepp.preprocess.tokenizer;

import java.util.Map;

/// Cuts text at added tokens.
///
/// Source: Hugging Face tokenizers 0.21.4, `added_vocabulary.rs`, `find_matches`.
///
/// Thread-safe.
final class AddedTokenSplitter {
    /// Receives the parts in order.
    interface Sink {
        void text(int start, int end);

        void token(int id);
    }

    private final TokenTrie trie;
    private final Map<Integer, AddedToken> byId;

    AddedTokenSplitter(TokenTrie trie, Map<Integer, AddedToken> byId) {
        this.trie = trie;
        this.byId = Map.copyOf(byId);
    }

    boolean isEmpty() {
        return trie.isEmpty();
    }

    void split(String text, Sink sink) {
        int done = 0;
        int search = trie.isEmpty() ? text.length() : trie.candidate(text, 0);
        while (search < text.length()) {
            long match = trie.longestAt(text, search);
            if (match < 0) {
                search = trie.candidate(text, search + 1);
            } else {
                done = token(text, search, match, done, sink);
                search = trie.candidate(text, end(match));
            }
        }
        if (done != text.length()) {
            sink.text(done, text.length());
        }
    }

    /// Emits the token and the text before it; returns where the text behind it starts.
    private int token(String text, int at, long match, int done, Sink sink) {
        int id = (int) match;
        int start = at;
        int end = end(match);
        AddedToken token = byId.get(id);
        if (token == null || (token.singleWord() && touchesWord(text, start, end))) {
            return done;
        }
        if (token.lstrip()) {
            start = Math.max(startOfSpaceBefore(text, start), done);
        }
        if (token.rstrip()) {
            end = endOfSpaceBehind(text, end);
        }
        if (start >= end) {
            return done; // white space that the token before has swallowed
        }
        if (done < start) {
            sink.text(done, start);
        }
        sink.token(id);
        return end;
    }

    private static int end(long match) {
        return (int) (match >>> 32);
    }

    private static boolean touchesWord(String text, int start, int end) {
        return (start > 0 && CharClasses.isWord(text.codePointBefore(start)))
                || (end < text.length() && CharClasses.isWord(text.codePointAt(end)));
    }

    private static int startOfSpaceBefore(String text, int start) {
        int i = start;
        while (i > 0 && CharClasses.isSpace(text.charAt(i - 1))) {
            i--;
        }
        return i;
    }

    private static int endOfSpaceBehind(String text, int end) {
        int i = end;
        while (i < text.length() && CharClasses.isSpace(text.charAt(i))) {
            i++;
        }
        return i;
    }
}
