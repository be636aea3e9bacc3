package io.kvepp.preprocess.jinja;

/// Whose meaning a template has where the two differ.
///
/// - `MINIJINJA`: minijinja 2.24 as the Dynamo frontend 1.6.1 sets it up.
/// - `PYTHON`: jinja2 3.1 as Hugging Face transformers sets it up for chat templates: sandboxed,
///   lists and maps immutable, with loop controls and `generation` blocks.
///
/// Immutable.
public enum JinjaLanguage {
    MINIJINJA,
    PYTHON;

    private static final Dialect MINIJINJA_DIALECT = new MinijinjaDialect();
    private static final Dialect PYTHON_DIALECT = new PythonDialect();

    Dialect dialect() {
        return switch (this) {
            case MINIJINJA -> MINIJINJA_DIALECT;
            case PYTHON -> PYTHON_DIALECT;
        };
    }
}
