package io.kvepp.preprocess.tokenizer;

import static io.kvepp.preprocess.tokenizer.CharClasses.NUMBER;
import static io.kvepp.preprocess.tokenizer.CharClasses.SPACE;

import io.kvepp.preprocess.tokenizer.MetaspaceSplitter.Prepend;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Reads the `pre_tokenizer` of a tokenizer file.
///
/// Confined to the loading thread.
final class PreTokenizerReader {
    private static final String TYPES = "Split, Digits, Punctuation, Whitespace, WhitespaceSplit, CharDelimiterSplit, "
            + "FixedLength, BertPreTokenizer, Metaspace, ByteLevel, Sequence or no pre-tokenizer";
    private static final int FIXED_LENGTH_DEFAULT = 5;

    private final boolean keepsPositions;
    private final boolean usesKnown;
    private final boolean readsStart;
    private final List<Splitter> splitters = new ArrayList<>();
    private boolean rewrites;
    private boolean startMatters;

    private PreTokenizerReader(boolean keepsPositions, boolean usesKnown, boolean readsStart) {
        this.keepsPositions = keepsPositions;
        this.usesKnown = usesKnown;
        this.readsStart = readsStart;
    }

    /// `keepsPositions` says so of the normalizer, see [NormalizerReader#keepsPositions];
    /// `usesKnown` takes the splitters of [KnownSplits] where there are any.
    static PreTokenizer read(JsonField field, boolean keepsPositions, boolean usesKnown)
            throws UnsupportedTokenizerException {
        PreTokenizerReader start = new PreTokenizerReader(keepsPositions, usesKnown, true);
        PreTokenizerReader elsewhere = new PreTokenizerReader(keepsPositions, usesKnown, false);
        if (!field.isAbsent()) {
            start.add(field);
            elsewhere.add(field);
        }
        boolean endsInBytes = !start.splitters.isEmpty() && start.splitters.getLast() instanceof ByteAlphabetSplitter;
        return new PreTokenizer(
                start.startMatters, start.chain(endsInBytes), elsewhere.chain(endsInBytes), endsInBytes);
    }

    private Splitter chain(boolean withoutLast) {
        List<Splitter> chained = withoutLast ? splitters.subList(0, splitters.size() - 1) : splitters;
        return chained.size() == 1 ? chained.getFirst() : new SplitterChain(chained);
    }

    private void add(JsonField field) throws UnsupportedTokenizerException {
        switch (field.get("type").string()) {
            case "Sequence" -> sequence(field.get("pretokenizers").elements());
            case "Split" -> splitters.add(split(field));
            case "Digits" -> splitters.add(digits(field.get("individual_digits").bool()));
            case "Punctuation" ->
                splitters.add(new CodePointSplitter(OlderUnicode::isPunctuation, behaviorOrIsolated(field)));
            case "Whitespace" -> splitters.add(new WordSplitter());
            case "WhitespaceSplit" -> splitters.add(whiteSpace());
            case "CharDelimiterSplit" -> splitters.add(delimiter(field.get("delimiter")));
            case "FixedLength" -> splitters.add(fixedLength(field.get("length")));
            case "BertPreTokenizer" -> {
                splitters.add(whiteSpace());
                splitters.add(new CodePointSplitter(OlderUnicode::isPunctuation, SplitBehavior.ISOLATED));
            }
            case "Metaspace" -> metaspace(field);
            case "ByteLevel" -> byteLevel(field);
            default -> throw field.get("type").refused(TYPES);
        }
    }

    private void sequence(List<JsonField> elements) throws UnsupportedTokenizerException {
        for (int i = 0; i < elements.size(); ) {
            if (usesKnown && KnownSplits.isDeepSeek(elements, i)) {
                splitters.add(new DeepSeekSplitter());
                i += DeepSeekSplitter.PATTERNS.size();
            } else {
                add(elements.get(i++));
            }
        }
    }

    private void byteLevel(JsonField field) throws UnsupportedTokenizerException {
        if (field.get("add_prefix_space").bool()) {
            splitters.add(new PrefixSpace());
        }
        if (field.get("use_regex").bool(true)) {
            splitters.add(gpt2(field));
        }
        splitters.add(new ByteAlphabetSplitter());
        rewrites = true;
    }

    private Splitter gpt2(JsonField field) throws UnsupportedTokenizerException {
        return usesKnown
                ? new Gpt2Splitter()
                : new RegexSplitter(
                        OnigurumaPattern.compile(field.path(), Gpt2Splitter.PATTERN), SplitBehavior.ISOLATED, false);
    }

    private void metaspace(JsonField field) throws UnsupportedTokenizerException {
        JsonField replacement = field.get("replacement");
        if (replacement.string().length() != 1) {
            throw replacement.refused("one character below U+10000");
        }
        splitters.add(new MetaspaceSplitter(
                replacement.string().charAt(0),
                prepend(field),
                field.get("split").bool(true)));
        rewrites = true;
    }

    private Prepend prepend(JsonField field) throws UnsupportedTokenizerException {
        JsonField scheme = field.get("prepend_scheme");
        JsonField prefix = field.get("add_prefix_space");
        String name = scheme.isAbsent() ? "always" : scheme.string();
        if (!prefix.bool(true) && !name.equals("never")) {
            throw prefix.refused("true, or prepend_scheme never");
        }
        return switch (name) {
            case "always" -> Prepend.ALWAYS;
            case "never" -> Prepend.NEVER;
            case "first" -> {
                if (rewrites || !keepsPositions) {
                    throw scheme.refused("always or never, behind anything that moves characters");
                }
                startMatters = true;
                yield readsStart ? Prepend.AT_START : Prepend.NEVER;
            }
            default -> throw scheme.refused("always, first or never");
        };
    }

    private static Splitter digits(boolean individual) {
        return new CodePointSplitter(
                codePoint -> (CharClasses.ofCodePoint(codePoint) & NUMBER) != 0,
                individual ? SplitBehavior.ISOLATED : SplitBehavior.CONTIGUOUS);
    }

    private static Splitter whiteSpace() {
        return new CodePointSplitter(
                codePoint -> (CharClasses.ofCodePoint(codePoint) & SPACE) != 0, SplitBehavior.REMOVED);
    }

    private static Splitter delimiter(JsonField field) throws UnsupportedTokenizerException {
        if (field.string().codePoints().count() != 1) {
            throw field.refused("one character");
        }
        int delimiter = field.string().codePointAt(0);
        return new CodePointSplitter(codePoint -> codePoint == delimiter, SplitBehavior.REMOVED);
    }

    private static Splitter fixedLength(JsonField field) throws UnsupportedTokenizerException {
        if (!field.isAbsent() && (!field.value().isInt() || field.value().intValue() < 1)) {
            throw field.refused("a length from 1 on");
        }
        return new FixedLengthSplitter(field.value().asInt(FIXED_LENGTH_DEFAULT));
    }

    private Splitter split(JsonField field) throws UnsupportedTokenizerException {
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
        Splitter known = usesKnown ? KnownSplits.of(regex.string()) : null;
        boolean matchesArePieces = behavior == SplitBehavior.ISOLATED || (behavior == SplitBehavior.REMOVED && invert);
        return known != null && matchesArePieces
                ? known
                : new RegexSplitter(OnigurumaPattern.compile(regex.path(), regex.string()), behavior, invert);
    }

    private static SplitBehavior behaviorOrIsolated(JsonField field) throws UnsupportedTokenizerException {
        JsonField behavior = field.get("behavior");
        return behavior.isAbsent() ? SplitBehavior.ISOLATED : behavior(behavior);
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
