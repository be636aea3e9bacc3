package io.kvepp.preprocess.tokenizer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// Reads the `pre_tokenizer` of a tokenizer file: splits of all kinds, and `ByteLevel` at the end.
///
/// Confined to the loading thread.
final class PreTokenizerReader {
    private static final int NO_DIGITS_MAX = Integer.MAX_VALUE;

    /// Patterns with a splitter of their own. Each matches at every position of every text.
    private static final Map<String, Splitter> KNOWN = Map.of(
            Gpt2Splitter.PATTERN,
            new Gpt2Splitter(),
            O200kSplitter.PATTERN,
            new O200kSplitter(),
            Cl100kSplitter.pattern("\\p{N}"),
            new Cl100kSplitter(1),
            Cl100kSplitter.pattern("\\p{N}{1,3}"),
            new Cl100kSplitter(3),
            Cl100kSplitter.pattern("\\p{N}+"),
            new Cl100kSplitter(NO_DIGITS_MAX));

    private final List<Splitter> splitters = new ArrayList<>();
    private boolean byteLevel;

    private PreTokenizerReader() {}

    static Splitter read(JsonField field) throws UnsupportedTokenizerException {
        PreTokenizerReader reader = new PreTokenizerReader();
        if (!field.isAbsent()) {
            reader.add(field);
        }
        if (!reader.byteLevel) {
            throw field.refused("ByteLevel, alone or as the last of a Sequence");
        }
        return reader.splitters.size() == 1 ? reader.splitters.getFirst() : new SplitterChain(reader.splitters);
    }

    private void add(JsonField field) throws UnsupportedTokenizerException {
        if (byteLevel) {
            throw field.refused("nothing behind ByteLevel");
        }
        switch (field.get("type").string()) {
            case "Sequence" -> {
                for (JsonField element : field.get("pretokenizers").elements()) {
                    add(element);
                }
            }
            case "Split" -> splitters.add(split(field));
            case "Digits" -> splitters.add(digits(field));
            case "ByteLevel" -> byteLevel(field);
            default -> throw field.get("type").refused("Split, Digits, ByteLevel or Sequence");
        }
    }

    private void byteLevel(JsonField field) throws UnsupportedTokenizerException {
        if (field.get("add_prefix_space").bool()) {
            splitters.add(new PrefixSpace());
        }
        if (field.get("use_regex").bool(true)) {
            splitters.add(new Gpt2Splitter());
        }
        byteLevel = true;
    }

    private static Splitter digits(JsonField field) throws UnsupportedTokenizerException {
        boolean individual = field.get("individual_digits").bool();
        SplitBehavior behavior = individual ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS;
        return new RegexSplitter(OnigurumaPattern.compile(field.path(), "\\p{N}"), behavior, false);
    }

    private static Splitter split(JsonField field) throws UnsupportedTokenizerException {
        SplitBehavior behavior = behavior(field.get("behavior"));
        boolean invert = field.get("invert").bool();
        JsonField literal = field.get("pattern").get("String");
        if (!literal.isAbsent()) {
            if (literal.string().isEmpty()) {
                throw literal.refused("at least one character");
            }
            return new RegexSplitter(Pattern.compile(literal.string(), Pattern.LITERAL), behavior, invert);
        }
        JsonField regex = field.get("pattern").get("Regex");
        Splitter known = KNOWN.get(regex.string());
        boolean matchesArePieces = behavior == SplitBehavior.ISOLATED || (behavior == SplitBehavior.REMOVED && invert);
        return known != null && matchesArePieces
                ? known
                : new RegexSplitter(OnigurumaPattern.compile(regex.path(), regex.string()), behavior, invert);
    }

    private static SplitBehavior behavior(JsonField field) throws UnsupportedTokenizerException {
        return switch (field.string()) {
            case "Isolated" -> SplitBehavior.ISOLATED;
            case "Removed" -> SplitBehavior.REMOVED;
            case "MergedWithPrevious" -> SplitBehavior.MERGED_WITH_PREVIOUS;
            case "MergedWithNext" -> SplitBehavior.MERGED_WITH_NEXT;
            case "Contiguous" -> SplitBehavior.CONTIGUOUS;
            default -> throw field.refused("Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous");
        };
    }
}
