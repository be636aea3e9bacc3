package io.kvepp.preprocess.tokenizer;

import java.util.ArrayList;
import java.util.List;

/// Reads the `post_processor` of a tokenizer file, as far as it concerns the ids of one text.
final class PostProcessorReader {
    private PostProcessorReader() {}

    static Frame read(JsonField field) throws UnsupportedTokenizerException {
        if (field.isAbsent()) {
            return Frame.NONE;
        }
        return switch (field.get("type").string()) {
            case "ByteLevel" -> Frame.NONE;
            case "TemplateProcessing" -> template(field);
            case "BertProcessing", "RobertaProcessing" ->
                new Frame(new int[] {namedId(field.get("cls"))}, new int[] {namedId(field.get("sep"))});
            case "Sequence" -> sequence(field.get("processors"));
            default ->
                throw field.get("type")
                        .refused("ByteLevel, TemplateProcessing, BertProcessing, RobertaProcessing or Sequence");
        };
    }

    /// One processor may put tokens around the text: what a second one does depends on the parts
    /// the first one made.
    private static Frame sequence(JsonField processors) throws UnsupportedTokenizerException {
        Frame frame = Frame.NONE;
        for (JsonField processor : processors.elements()) {
            Frame next = read(processor);
            if (!frame.isEmpty() && !next.isEmpty()) {
                throw processors.refused("one processor that adds tokens");
            }
            frame = frame.isEmpty() ? next : frame;
        }
        return frame;
    }

    private static Frame template(JsonField field) throws UnsupportedTokenizerException {
        List<Integer> before = new ArrayList<>();
        List<Integer> after = new ArrayList<>();
        int texts = 0;
        for (JsonField piece : field.get("single").elements()) {
            JsonField special = piece.get("SpecialToken");
            if (special.isAbsent()) {
                texts += piece.get("Sequence").get("id").string().equals("A") ? 1 : 2;
            } else {
                (texts == 0 ? before : after).addAll(specialIds(field, special.get("id")));
            }
        }
        if (texts != 1) {
            throw field.get("single").refused("the text A once");
        }
        return new Frame(array(before), array(after));
    }

    private static List<Integer> specialIds(JsonField field, JsonField name) throws UnsupportedTokenizerException {
        List<Integer> ids = new ArrayList<>();
        for (JsonField id :
                field.get("special_tokens").get(name.string()).get("ids").elements()) {
            ids.add(id(id));
        }
        return ids;
    }

    private static int namedId(JsonField pair) throws UnsupportedTokenizerException {
        List<JsonField> elements = pair.elements();
        if (elements.size() != 2) {
            throw pair.refused("[token, id]");
        }
        return id(elements.get(1));
    }

    private static int id(JsonField field) throws UnsupportedTokenizerException {
        if (!field.value().isInt() || field.value().intValue() < 0) {
            throw field.refused("a token id");
        }
        return field.value().intValue();
    }

    private static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }
}
