package io.kvepp.preprocess.tokenizer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Gives added tokens their ids and builds the two splitters that find them.
///
/// Order matters: ids follow the order of addition, declared ids are ignored; of two entries with
/// one content the later decides the flags, the first decides in which text it is looked for.
///
/// Source: Hugging Face tokenizers 0.21.4, `added_vocabulary.rs`.
///
/// Confined to the loading thread.
final class AddedVocabulary {
    static final int SWALLOWS = -1;

    private final Map<String, Integer> modelVocabulary;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final List<AddedToken> specials = new ArrayList<>();
    private final Set<String> specialContents = new HashSet<>();
    private final List<AddedToken> others = new ArrayList<>();

    AddedVocabulary(Map<String, Integer> modelVocabulary) {
        this.modelVocabulary = modelVocabulary;
    }

    void add(Collection<AddedToken> tokens) {
        for (AddedToken token : tokens) {
            if (token.special() && !token.content().isEmpty() && specialContents.add(token.content())) {
                specials.add(token);
            }
        }
        for (AddedToken token : tokens) {
            if (!token.content().isEmpty() && !known(token)) {
                int id = idOf(token.content());
                ids.put(token.content(), id);
                byId.put(id, token);
                if (!specialContents.contains(token.content())) {
                    others.add(token);
                }
            }
        }
    }

    /// Characters of the longest one; [#SWALLOWS] if one takes white space beside it along.
    int longest() {
        int longest = 0;
        for (AddedToken token : byId.values()) {
            if (token.lstrip() || token.rstrip()) {
                return SWALLOWS;
            }
            longest = Math.max(longest, token.content().length());
        }
        return longest;
    }

    int largestId() {
        return largest(ids.values());
    }

    /// Finds the tokens that are looked for in the raw text.
    AddedTokenSplitter rawSplitter() {
        TokenTrie trie = new TokenTrie();
        eachPattern(false, trie, null);
        return new AddedTokenSplitter(trie, byId);
    }

    /// Finds the tokens that are looked for in the text `normalizer` produced; [#check] has passed.
    AddedTokenSplitter normalizedSplitter(TextNormalizer normalizer) {
        TokenTrie trie = new TokenTrie();
        eachPattern(true, trie, normalizer);
        return new AddedTokenSplitter(trie, byId);
    }

    /// Refuses tokens of which the normalizer leaves nothing: they would be found everywhere.
    void check(TextNormalizer normalizer) throws UnsupportedTokenizerException {
        for (String content : normalizedContents()) {
            if (normalizer.normalize(content).isEmpty()) {
                throw UnsupportedTokenizerException.of(
                        "tokenizer.json.added_tokens", content, "a token the normalizer leaves something of");
            }
        }
    }

    /// The contents of the tokens that are looked for in the raw text.
    List<String> rawContents() {
        return contents(false);
    }

    /// The contents of the tokens that are looked for in normalized text, themselves not
    /// normalized.
    List<String> normalizedContents() {
        return contents(true);
    }

    int idOf(String content) {
        Integer id = ids.get(content);
        if (id == null) {
            id = modelVocabulary.get(content);
        }
        return id != null ? id : Math.max(largestId() + 1, modelVocabulary.size());
    }

    private void eachPattern(boolean normalized, TokenTrie trie, @Nullable TextNormalizer normalizer) {
        for (String content : contents(normalized)) {
            trie.add(normalizer == null ? content : normalizer.normalize(content), idOf(content));
        }
    }

    private List<String> contents(boolean normalized) {
        return Stream.concat(specials.stream(), others.stream())
                .filter(token -> token.normalized() == normalized)
                .map(AddedToken::content)
                .toList();
    }

    private boolean known(AddedToken token) {
        Integer id = ids.get(token.content());
        return id != null && token.equals(byId.get(id));
    }

    private static int largest(Collection<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).max().orElse(-1);
    }
}
