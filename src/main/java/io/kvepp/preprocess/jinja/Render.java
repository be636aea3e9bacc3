package io.kvepp.preprocess.jinja;

import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// One render of a template: its context, names in scope, output and what it may still spend.
///
/// Confined to the rendering thread.
final class Render {
    /// Nesting of statements and expressions across macro calls and recursive loops; keeps the
    /// recursion of the renderer far from the end of a thread's stack.
    private static final int NESTING_MAX = 1200;

    /// Frames that a macro call counts as: two of its own, and what minijinja adds for the call.
    private static final int MACRO_FRAMES = 6;

    final JinjaSettings settings;
    final Budget budget;
    final Dialect dialect;
    private final String[] names;
    private final Map<String, ? extends @Nullable Object> context;
    private Frame top = Frame.outermost();

    /// What was printed, piece by piece: joined once, in an array of the right size.
    private StringJoiner out;

    private int depth;
    private int nesting;

    Render(JinjaSettings settings, String[] names, Map<String, ? extends @Nullable Object> context) {
        this.settings = settings;
        this.budget = new Budget(settings);
        this.dialect = settings.language().dialect();
        this.names = names;
        this.context = context;
        this.out = new StringJoiner("");
    }

    String output() {
        return out.toString();
    }

    void emit(String text) throws JinjaRenderException {
        budget.checkLength((long) out.length() + text.length());
        out.add(text);
    }

    void emitValue(Object value) throws JinjaRenderException {
        emit(value instanceof String text ? text : dialect.printed(budget, value));
    }

    /// The value of a name, or `null` when nothing binds it.
    @Nullable
    Object lookup(int name) {
        for (Frame frame = top; frame != null; frame = frame.parent) {
            Object value = frame.get(name);
            if (value != null) {
                return value;
            }
        }
        String text = names[name];
        Object raw = context.get(text);
        if (raw != null) {
            return Values.of(raw);
        }
        return context.containsKey(text) ? None.INSTANCE : dialect.global(text);
    }

    void store(int name, Object value) {
        top.store(name, value);
    }

    Frame top() {
        return top;
    }

    Frame push() throws JinjaRenderException {
        checkFrameDepth(top.depth);
        top = Frame.inside(top);
        return top;
    }

    /// Goes to another frame; returns the one to go back to.
    Frame enter(Frame frame) {
        Frame left = top;
        top = frame;
        return left;
    }

    /// Leaves the frame that [#push] entered.
    void pop(Frame entered) {
        Frame parent = entered.parent;
        top = parent == null ? entered : parent;
    }

    /// The innermost loop around this point, or `null`.
    @Nullable
    LoopState innermostLoop() {
        for (Frame frame = top; frame != null; frame = frame.parent) {
            LoopState loop = frame.loop();
            if (loop != null) {
                return loop;
            }
        }
        return null;
    }

    /// Runs `body` and returns what it printed instead of printing it.
    Captured captureIn(Body body) throws JinjaRenderException {
        StringJoiner outer = beginCapture();
        Flow flow = body.execute(this);
        return new Captured(endCapture(outer), flow);
    }

    /// Collects what is printed from now on; returns the output to go back to.
    StringJoiner beginCapture() {
        StringJoiner outer = out;
        out = new StringJoiner("");
        return outer;
    }

    String endCapture(StringJoiner outer) throws JinjaRenderException {
        String text = out.toString();
        out = outer;
        budget.build(text.length());
        return text;
    }

    /// What a captured body printed, and how it ended.
    record Captured(String text, Flow flow) {}

    /// Runs a macro body in a frame of its own that sees only `enclosed` and the context.
    String callMacro(MacroValue macro, Object[] values, @Nullable Object caller) throws JinjaRenderException {
        enter(macro.definition().height());
        Frame outer = top;
        top = Frame.ofMacro(macro.enclosed(), outer.depth + MACRO_FRAMES);
        checkFrameDepth(top.depth);
        if (caller != null) {
            top.store(Names.CALLER, caller);
        }
        macro.definition().bindArguments(this, values);
        String text = captureIn(macro.definition().body()).text();
        top = outer;
        leave(macro.definition().height());
        return text;
    }

    private void checkFrameDepth(int frames) throws JinjaRenderException {
        if (frames > dialect.frameDepthMax()) {
            throw new JinjaRenderException("recursion limit exceeded");
        }
    }

    /// Counts one more level of calls, `height` nodes high.
    void enter(int height) throws JinjaRenderException {
        nesting += height;
        if (++depth > settings.recursionDepthMax() || nesting > NESTING_MAX) {
            throw JinjaRenderException.limit(
                    "recursion: too deep (expected: at most " + settings.recursionDepthMax() + " nested calls)");
        }
        budget.steps(1);
    }

    void leave(int height) {
        nesting -= height;
        depth--;
    }

    /// The items of a value that is iterated, paid for.
    List<? extends @Nullable Object> iterate(Object value) throws JinjaRenderException {
        return dialect.iterate(this, value);
    }
}
