package io.kvepp.preprocess.jinja;

import java.util.ArrayList;
import java.util.List;

/// Cuts a template into tokens and applies the whitespace rules.
///
/// Confined to one compilation.
final class Lexer {
    private enum Trim {
        DEFAULT,
        KEEP,
        REMOVE;

        static Trim of(char mark) {
            return mark == '-' ? REMOVE : mark == '+' ? KEEP : DEFAULT;
        }
    }

    private final JinjaSettings settings;
    private final boolean python;
    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private int counted;
    private boolean trimNext;

    private Lexer(String source, JinjaSettings settings) {
        this.settings = settings;
        this.python = settings.language() == JinjaLanguage.PYTHON;
        String lines = python ? source.replace("\r\n", "\n").replace('\r', '\n') : source;
        this.source = settings.keepTrailingNewline() ? lines : withoutTrailingNewline(lines);
    }

    static List<Token> tokenize(String source, JinjaSettings settings) throws JinjaSyntaxException {
        Lexer lexer = new Lexer(source, settings);
        while (lexer.at < lexer.source.length()) {
            lexer.root();
        }
        lexer.add(Token.Type.END, "");
        return lexer.tokens;
    }

    private static String withoutTrailingNewline(String source) {
        int end = source.length();
        if (end > 0 && source.charAt(end - 1) == '\n') {
            end--;
        }
        if (end > 0 && source.charAt(end - 1) == '\r') {
            end--;
        }
        return source.substring(0, end);
    }

    /// Template text up to the next tag, and that tag.
    private void root() throws JinjaSyntaxException {
        if (trimNext) {
            trimNext = false;
            skipSpace();
        }
        int start = findTag(at);
        if (start < 0) {
            text(source.substring(at));
            at = source.length();
            return;
        }
        char kind = source.charAt(start + 1);
        Trim trim = Trim.of(charAt(start + 2));
        text(leading(start, kind, trim));
        at = start + (trim == Trim.DEFAULT ? 2 : 3);
        switch (kind) {
            case '{' -> tag(Token.Type.VARIABLE_START, Token.Type.VARIABLE_END, "}}");
            case '#' -> comment();
            default -> {
                int raw = basicTagEnd(at, "raw");
                if (raw < 0) {
                    tag(Token.Type.BLOCK_START, Token.Type.BLOCK_END, "%}");
                } else {
                    raw(raw);
                }
            }
        }
    }

    private int findTag(int from) {
        for (int brace = source.indexOf('{', from); brace >= 0; brace = source.indexOf('{', brace + 1)) {
            char next = charAt(brace + 1);
            if (next == '{' || next == '%' || next == '#') {
                return brace;
            }
        }
        return -1;
    }

    private String leading(int start, char kind, Trim trim) {
        String lead = source.substring(at, start);
        if (trim == Trim.REMOVE) {
            return withoutTrailingSpace(lead);
        }
        boolean strip = trim == Trim.DEFAULT && kind != '{' && settings.lstripBlocks() && isLineStart(start);
        return strip ? withoutLineIndent(lead) : lead;
    }

    private boolean isLineStart(int position) {
        for (int i = position; i > 0; i--) {
            char c = source.charAt(i - 1);
            if (c == '\n' || c == '\r') {
                return true;
            }
            if (!isSpace(c)) {
                return false;
            }
        }
        return true;
    }

    private String withoutLineIndent(String lead) {
        int end = lead.length();
        while (end > 0 && isIndent(lead.charAt(end - 1))) {
            end--;
        }
        return end == 0 || lead.charAt(end - 1) == '\n' ? lead.substring(0, end) : lead;
    }

    private boolean isIndent(char c) {
        return c != '\n' && c != '\r' && isSpace(c);
    }

    private String withoutTrailingSpace(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }

    private String withoutLeadingSpace(String text) {
        int start = 0;
        while (start < text.length() && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    private boolean isSpace(char c) {
        return python ? Characters.isPythonSpace(c) : Characters.isSpace(c);
    }

    private void skipSpace() {
        while (at < source.length() && isSpace(source.charAt(at))) {
            at++;
        }
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            add(Token.Type.TEXT, text);
        }
    }

    private void afterTag(Trim trim) {
        if (trim == Trim.REMOVE) {
            trimNext = true;
        } else if (trim == Trim.DEFAULT && settings.trimBlocks()) {
            if (charAt(at) == '\r') {
                at++;
            }
            if (charAt(at) == '\n') {
                at++;
            }
        }
    }

    private void comment() throws JinjaSyntaxException {
        int end = source.indexOf("#}", at);
        if (end < 0 && python && at == source.length()) {
            return; // jinja2 does not mind one that the template ends in
        }
        if (end < 0) {
            throw error("unexpected end of comment (expected: '#}')");
        }
        Trim trim = end > at ? Trim.of(source.charAt(end - 1)) : Trim.DEFAULT;
        at = end + 2;
        afterTag(trim);
    }

    /// Where the text after `name %}` begins when that is what stands at `from`, otherwise -1.
    private int basicTagEnd(int from, String name) {
        int i = skipAsciiSpace(from);
        if (!source.startsWith(name, i)) {
            return -1;
        }
        i = skipAsciiSpace(i + name.length());
        if (charAt(i) == '-' || charAt(i) == '+') {
            i++;
        }
        return source.startsWith("%}", i) ? i + 2 : -1;
    }

    private int skipAsciiSpace(int from) {
        int i = from;
        while (i < source.length() && isAsciiSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    private int skipPythonSpace(int from) {
        int i = from;
        while (i < source.length() && Characters.isPythonSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    private static boolean isAsciiSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
    }

    /// Everything up to `endraw`, as text.
    private void raw(int contentStart) throws JinjaSyntaxException {
        Trim before = Trim.of(source.charAt(contentStart - 3));
        for (int tag = source.indexOf("{%", contentStart); tag >= 0; tag = source.indexOf("{%", tag + 2)) {
            Trim inner = Trim.of(charAt(tag + 2));
            int end = basicTagEnd(tag + (inner == Trim.DEFAULT ? 2 : 3), "endraw");
            if (end >= 0) {
                at = contentStart;
                // jinja2 keeps the newline after the tag that begins a raw block.
                if (before != Trim.REMOVE && !python) {
                    afterTag(before);
                }
                String content = source.substring(Math.min(at, tag), tag);
                content = before == Trim.REMOVE ? withoutLeadingSpace(content) : content;
                if (inner == Trim.REMOVE) {
                    content = withoutTrailingSpace(content);
                } else if (inner == Trim.DEFAULT && settings.lstripBlocks()) {
                    content = withoutLineIndent(content);
                }
                text(content);
                at = end;
                afterTag(Trim.of(source.charAt(end - 3)));
                return;
            }
        }
        throw error("unexpected end of raw block (expected: endraw)");
    }

    /// The tokens inside a tag, up to its end.
    private void tag(Token.Type start, Token.Type end, String close) throws JinjaSyntaxException {
        add(start, "");
        int open = 0;
        while (true) {
            at = python ? skipPythonSpace(at) : skipAsciiSpace(at);
            if (at >= source.length()) {
                return;
            }
            char c = source.charAt(at);
            if (open == 0) {
                boolean marked = (c == '-' || c == '+') && source.startsWith(close, at + 1);
                if (marked || source.startsWith(close, at)) {
                    add(end, "");
                    at += close.length() + (marked ? 1 : 0);
                    if (marked) {
                        trimNext = c == '-';
                    } else if (end == Token.Type.BLOCK_END) {
                        afterTag(Trim.DEFAULT);
                    }
                    return;
                }
            }
            if (c == '(' || c == '[' || c == '{') {
                open++;
            } else if (c == ')' || c == ']' || c == '}') {
                open--;
            }
            token(c);
        }
    }

    private void token(char c) throws JinjaSyntaxException {
        if (c == '"' || c == '\'') {
            string(c);
        } else if (c >= '0' && c <= '9') {
            at = python
                    ? PyNumberLexer.addTo(tokens, source, at, line())
                    : new NumberLexer(source, at, line()).addTo(tokens);
        } else if (nameEnd() > at) {
            int end = nameEnd();
            add(Token.Type.NAME, source.substring(at, end));
            at = end;
        } else {
            String operator = operator(c);
            add(Token.Type.OPERATOR, operator);
            at += operator.length();
        }
    }

    private int nameEnd() {
        if (!python || !PyText.isIdentifierStart(source.codePointAt(at))) {
            return identifierEnd(source, at);
        }
        int i = at;
        while (i < source.length()
                && Character.isUnicodeIdentifierPart(source.codePointAt(i))
                && !Character.isIdentifierIgnorable(source.codePointAt(i))) {
            i += Character.charCount(source.codePointAt(i));
        }
        return i;
    }

    private String operator(char c) throws JinjaSyntaxException {
        String two = source.substring(at, Math.min(at + 2, source.length()));
        return switch (two) {
            case "//", "**", "==", "!=", ">=", "<=" -> two;
            default -> {
                if ("+-*/%.,:~|=><()[]{}".indexOf(c) < 0) {
                    throw error("unexpected character '" + Character.toString(source.codePointAt(at)) + "'");
                }
                yield String.valueOf(c);
            }
        };
    }

    /// Where the identifier at `from` ends; `from` itself when there is none.
    static int identifierEnd(String source, int from) {
        int i = from;
        while (i < source.length()) {
            char c = source.charAt(i);
            boolean digit = c >= '0' && c <= '9';
            if (c != '_' && (!Characters.isAsciiAlphanumeric(c) || (digit && i == from))) {
                break;
            }
            i++;
        }
        return i;
    }

    private void string(char quote) throws JinjaSyntaxException {
        int i = at + 1;
        boolean escapes = false;
        while (charAt(i) != quote || i >= source.length()) {
            if (i >= source.length()) {
                throw error("unexpected end of string (expected: " + quote + ")");
            }
            if (source.charAt(i) == '\\') {
                escapes = true;
                i++;
            }
            i++;
        }
        String raw = source.substring(at + 1, i);
        add(Token.Type.STRING, escapes ? unescaped(raw) : raw);
        at = i + 1;
    }

    private String unescaped(String raw) throws JinjaSyntaxException {
        return python ? PyEscapes.decode(raw, line()) : Escapes.decode(raw, line());
    }

    private char charAt(int index) {
        return index < source.length() ? source.charAt(index) : 0;
    }

    private int line() {
        while (counted < at) {
            if (source.charAt(counted++) == '\n') {
                line++;
            }
        }
        return line;
    }

    private void add(Token.Type type, String text) {
        tokens.add(new Token(type, text, line()));
    }

    private JinjaSyntaxException error(String message) {
        return new JinjaSyntaxException(line(), message);
    }
}
