package io.kvepp.preprocess.tokenizer;

import java.text.Normalizer.Form;

/// Reads the `normalizer` of a tokenizer file.
final class NormalizerReader {
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
            case "Sequence" -> sequence(field.get("normalizers"));
            default -> throw field.get("type").refused("NFC, NFD, NFKC, NFKD, Sequence or no normalizer");
        };
    }

    private static TextNormalizer sequence(JsonField fields) throws UnsupportedTokenizerException {
        TextNormalizer all = TextNormalizer.NONE;
        for (JsonField field : fields.elements()) {
            all = all.then(read(field));
        }
        return all;
    }
}
