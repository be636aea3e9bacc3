package io.kvepp.preprocess.jinja;

/// A piece of a template.
///
/// `text` is the template text, the identifier, the operator or the decoded string; `value` is the
/// value of a number or string.
///
/// Immutable.
record Token(Type type, String text, Object value, int line) {
    enum Type {
        TEXT,
        VARIABLE_START,
        VARIABLE_END,
        BLOCK_START,
        BLOCK_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    Token(Type type, String text, int line) {
        this(type, text, text, line);
    }

    boolean isName(String name) {
        return type == Type.NAME && text.equals(name);
    }

    boolean isOperator(String operator) {
        return type == Type.OPERATOR && text.equals(operator);
    }

    /// How an error message calls it.
    String describe() {
        return switch (type) {
            case TEXT -> "template text";
            case VARIABLE_START -> "start of variable block";
            case VARIABLE_END -> "end of variable block";
            case BLOCK_START -> "start of block";
            case BLOCK_END -> "end of block";
            case NAME -> "identifier '" + text + "'";
            case STRING -> "string";
            case INTEGER -> "integer";
            case FLOAT -> "float";
            case OPERATOR -> "'" + text + "'";
            case END -> "end of input";
        };
    }
}
