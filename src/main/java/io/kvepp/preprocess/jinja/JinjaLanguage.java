package io.kvepp.preprocess.jinja;

/// Whose meaning a template has where the two differ.
///
/// - `MINIJINJA`: minijinja 2.24 as the Dynamo frontend 1.6.1 sets it up.
/// - `PYTHON`: jinja2 3.1 as Hugging Face transformers sets it up for chat templates: sandboxed,
///   lists and maps immutable, with loop controls and `generation` blocks.
///
/// Immutable.
public enum JinjaLanguage {
    MINIJINJA(new MinijinjaDialect()),
    PYTHON(new PythonDialect());

    private final Dialect dialect;

    JinjaLanguage(Dialect dialect) {
        this.dialect = dialect;
    }

    Dialect dialect() {
        return dialect;
    }
}
