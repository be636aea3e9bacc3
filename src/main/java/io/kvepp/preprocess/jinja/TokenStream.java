package io.kvepp.preprocess.jinja;

import java.util.List;

/// The tokens of a template, read one after the other.
///
/// Confined to one compilation.
final class TokenStream {
    private final List<Token> tokens;
    private int at;

    TokenStream(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    /// Returns the current token and goes to the next; the end stays the current one.
    Token next() {
        Token token = tokens.get(at);
        if (token.type() != Token.Type.END) {
            at++;
        }
        return token;
    }

    int line() {
        return current().line();
    }

    boolean isAt(Token.Type type) {
        return current().type() == type;
    }

    boolean isAtName(String name) {
        return current().isName(name);
    }

    boolean isAtOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean skipName(String name) {
        boolean found = isAtName(name);
        if (found) {
            at++;
        }
        return found;
    }

    boolean skipOperator(String operator) {
        boolean found = isAtOperator(operator);
        if (found) {
            at++;
        }
        return found;
    }

    Token expect(Token.Type type, String expected) throws JinjaSyntaxException {
        if (!isAt(type)) {
            throw unexpected(expected);
        }
        return next();
    }

    void expectOperator(String operator) throws JinjaSyntaxException {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) throws JinjaSyntaxException {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    void expectBlockEnd() throws JinjaSyntaxException {
        expect(Token.Type.BLOCK_END, "end of block");
    }

    JinjaSyntaxException unexpected(String expected) {
        return new JinjaSyntaxException(line(), "unexpected " + current().describe() + " (expected: " + expected + ")");
    }

    JinjaSyntaxException error(String message) {
        return new JinjaSyntaxException(line(), message);
    }
}
