package io.kvepp.preprocess.jinja;

/// Text marked as safe HTML: what `safe` and `escape` make. It is text, and escapes what is added.
///
/// Immutable.
record PyMarkup(String text) {
    static PyMarkup escape(Budget budget, Object value) throws JinjaRenderException {
        return value instanceof PyMarkup markup ? markup : new PyMarkup(escape(PyRepr.text(budget, value)));
    }

    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }
}
