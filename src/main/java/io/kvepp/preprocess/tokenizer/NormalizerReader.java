package io.kvepp.preprocess.tokenizer;

import java.text.Normalizer.Form;
import java.util.regex.Pattern;

/// Reads the `normalizer` of a tokenizer file.
final class NormalizerReader {
    private static final String TYPES = "NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace, "
            + "ByteLevel, Sequence or no normalizer";

    private NormalizerReader() {}

    static TextNormalizer read(JsonField field) throws UnsupportedTokenizerException {
        if (field.isAbsent()) {
            return TextNormalizer.NONE;
        }
        return switch (field.get("type").string()) {
            case "NFC" -> new UnicodeNormalizer(Form.NFC);
            case "NFD" -> new UnicodeNormalizer(Form.NFD);
            case "NFKC" -> new UnicodeNormalizer(Form.NFKC);
            case "NFKD" -> new UnicodeNormalizer(Form.NFKD);
            case "Lowercase" -> CodePointRewriter.lowercase();
            case "StripAccents" -> CodePointRewriter.without(OlderUnicode::isMark);
            case "Nmt" -> CodePointRewriter.nmt();
            case "Strip" ->
                strip(field.get("strip_left").bool(), field.get("strip_right").bool());
            case "Prepend" -> prepend(field.get("prepend").string());
            case "Replace" -> replace(field);
            case "ByteLevel" -> text -> new String(ByteAlphabetSplitter.written(text));
            case "Sequence" -> sequence(field.get("normalizers"));
            default -> throw field.get("type").refused(TYPES);
        };
    }

    /// Whether every code point of the normalized text stands where the one it was made of stood.
    static boolean keepsPositions(JsonField field) throws UnsupportedTokenizerException {
        if (field.isAbsent()) {
            return true;
        }
        return switch (field.get("type").string()) {
            case "Sequence" -> {
                boolean keeps = true;
                for (JsonField element : field.get("normalizers").elements()) {
                    keeps = keeps && keepsPositions(element);
                }
                yield keeps;
            }
            case "Replace" ->
                isOneCodePoint(field.get("pattern").get("String")) && isOneCodePoint(field.get("content"));
            default -> false;
        };
    }

    private static boolean isOneCodePoint(JsonField field) throws UnsupportedTokenizerException {
        return !field.isAbsent() && field.string().codePoints().count() == 1;
    }

    private static TextNormalizer sequence(JsonField fields) throws UnsupportedTokenizerException {
        TextNormalizer all = TextNormalizer.NONE;
        for (JsonField element : fields.elements()) {
            all = all.then(read(element));
        }
        return all;
    }

    private static TextNormalizer prepend(String prefix) {
        return text -> text.isEmpty() ? text : prefix + text;
    }

    private static TextNormalizer strip(boolean left, boolean right) {
        return text -> {
            int start = 0;
            int end = text.length();
            while (right && end > start && CharClasses.isSpace(text.charAt(end - 1))) {
                end--;
            }
            while (left && start < end && CharClasses.isSpace(text.charAt(start))) {
                start++;
            }
            return text.substring(start, end);
        };
    }

    private static TextNormalizer replace(JsonField field) throws UnsupportedTokenizerException {
        String content = field.get("content").string();
        JsonField literal = field.get("pattern").get("String");
        if (!literal.isAbsent()) {
            String target = literal.string();
            if (target.isEmpty()) {
                throw literal.refused("at least one character");
            }
            return text -> text.replace(target, content);
        }
        JsonField regex = field.get("pattern").get("Regex");
        Pattern pattern = OnigurumaPattern.compile(regex.path(), regex.string());
        boolean looksAhead = regex.string().contains("(?=") || regex.string().contains("(?!");
        if (looksAhead || pattern.matcher("").find()) {
            throw regex.refused("a pattern without look-ahead that does not match empty text");
        }
        return new RegexReplacement(pattern, content);
    }
}
