package io.kvepp.preprocess.jinja;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A compiled template: compiled once, rendered any number of times.
///
/// Values of a context: `null` (None), [Undefined], `Boolean`, `Long`, `Integer`, `BigInteger`,
/// `Double`, `String`, `List`, `Map` with string keys (iterated in its own order) and
/// [JinjaFunction]. A context is only read, and must not change during a render.
///
/// Thread-safe.
public final class JinjaTemplate {
    /// Longest template, in characters.
    static final int SOURCE_CHARS_MAX = 4 << 20;

    private final Body body;
    private final String[] names;
    private final JinjaSettings settings;

    private JinjaTemplate(Body body, String[] names, JinjaSettings settings) {
        this.body = body;
        this.names = names;
        this.settings = settings;
    }

    /// Compiles `source`; a statement this engine does not support is a syntax error that names it.
    public static JinjaTemplate compile(String source, JinjaSettings settings) throws JinjaSyntaxException {
        if (source.length() > SOURCE_CHARS_MAX) {
            throw new JinjaSyntaxException(
                    1, "template: " + source.length() + " characters (expected: at most " + SOURCE_CHARS_MAX + ")");
        }
        Names names = new Names();
        Body body = settings.language()
                .dialect()
                .parser(Lexer.tokenize(source, settings), names)
                .template();
        return new JinjaTemplate(body, names.all(), settings);
    }

    /// The text of the template with the names of `context`.
    public String render(Map<String, ? extends @Nullable Object> context) throws JinjaRenderException {
        Render render = new Render(settings, names, context);
        Flow _ = body.execute(render);
        return render.output();
    }
}
