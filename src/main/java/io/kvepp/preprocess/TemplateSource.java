package io.kvepp.preprocess;

import io.kvepp.inference.json.WhiteSpace;
import io.kvepp.preprocess.ModelLoadException.Part;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Prepares the source of a template: `{% generation %}` becomes `{% with %}`, and `x.items()`
/// becomes `x|items`, since a mapping may have a key called items. Text, comments, raw blocks and
/// string literals stay as they are.
///
/// Confined to one call.
final class TemplateSource {
    private static final Pattern GENERATION = Pattern.compile("(end)?generation");
    private static final Pattern END_RAW =
            Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%}", Pattern.UNICODE_CHARACTER_CLASS);
    private static final String ITEMS_CALL = ".items()";

    private final String source;
    private final StringBuilder out;

    private TemplateSource(String source) {
        this.source = source;
        this.out = new StringBuilder(source.length());
    }

    static String prepared(String source) throws ModelLoadException {
        String prepared = new TemplateSource(source).prepare();
        checkKnownShape(prepared);
        return prepared;
    }

    private String prepare() {
        int at = 0;
        while (at < source.length()) {
            int open = source.indexOf('{', at);
            if (open < 0 || open + 1 == source.length()) {
                break;
            }
            out.append(source, at, open);
            int end = switch (source.charAt(open + 1)) {
                case '#' -> comment(open);
                case '{' -> tag(open, "}}");
                case '%' -> tag(open, "%}");
                default -> copy(open, open + 1);
            };
            if (end < 0) {
                at = open; // unclosed: the compiler will say so
                break;
            }
            at = end;
        }
        return out.append(source, at, source.length()).toString();
    }

    private int copy(int from, int to) {
        out.append(source, from, to);
        return to;
    }

    private int comment(int open) {
        int close = source.indexOf("#}", open + 2);
        return close < 0 ? -1 : copy(open, close + 2);
    }

    private int tag(int open, String close) {
        int end = tagEnd(open + 2, close);
        if (end < 0) {
            return -1;
        }
        String inner = source.substring(open + 2, end - 2);
        String code = code(inner);
        if (close.equals("%}") && code.equals("raw")) {
            Matcher endRaw = END_RAW.matcher(source);
            return endRaw.find(end) ? copy(open, endRaw.end()) : -1;
        }
        out.append(source, open, open + 2);
        if (close.equals("%}") && GENERATION.matcher(code).matches()) {
            out.append(inner.replace("generation", "with"));
        } else {
            appendCode(inner);
        }
        out.append(close);
        return end;
    }

    /// Where the tag ends, behind its `close`; -1 when it does not.
    private int tagEnd(int start, String close) {
        int braces = 0;
        for (int at = start; at < source.length(); at++) {
            char c = source.charAt(at);
            if (c == '"' || c == '\'') {
                at = stringEnd(source, at);
            } else if (braces == 0 && source.startsWith(close, at)) {
                return at + close.length();
            } else if (c == '{') {
                braces++;
            } else if (c == '}') {
                braces = Math.max(0, braces - 1);
            }
        }
        return -1;
    }

    private void appendCode(String code) {
        for (int at = 0; at < code.length(); at++) {
            char c = code.charAt(at);
            if (c == '"' || c == '\'') {
                int end = Math.min(code.length() - 1, stringEnd(code, at));
                out.append(code, at, end + 1);
                at = end;
            } else if (code.startsWith(ITEMS_CALL, at)) {
                out.append("|items");
                at += ITEMS_CALL.length() - 1;
            } else {
                out.append(c);
            }
        }
    }

    /// Index of the quote that closes the string opened at `open`, or the length of the text.
    private static int stringEnd(String text, int open) {
        int at = open + 1;
        while (at < text.length() && text.charAt(at) != text.charAt(open)) {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return at;
    }

    private static String code(String inner) {
        int start = inner.startsWith("-") || inner.startsWith("+") ? 1 : 0;
        int end = inner.length() > start && (inner.endsWith("-") || inner.endsWith("+"))
                ? inner.length() - 1
                : inner.length();
        return WhiteSpace.trim(inner.substring(start, end));
    }

    /// The frontend rewrites two families of templates; this class does not know how.
    private static void checkKnownShape(String source) throws ModelLoadException {
        boolean gemma4 = source.contains("<|channel>thought")
                && source.contains("<|tool_call>call:")
                && source.contains("message.get('reasoning')")
                && !source.contains("reasoning_content");
        if (gemma4) {
            throw new ModelLoadException(Part.TEMPLATE, "chat template: Gemma 4 (expected: no rewriting by family)");
        }
        boolean miniMaxM2 = source.contains("<minimax:tool_call>") && source.contains("]~b]ai");
        if (miniMaxM2) {
            throw new ModelLoadException(Part.TEMPLATE, "chat template: MiniMax M2 (expected: no rewriting by family)");
        }
    }
}
