package io.kvepp.preprocess.jinja;

import org.jspecify.annotations.Nullable;

/// One level of names: the template itself, a loop, a `with` block or a macro call.
///
/// Confined to one render.
final class Frame {
    final @Nullable Frame parent;

    /// Frames around this one and itself, with those around the calls of its macro.
    final int depth;

    private final Scope locals = new Scope();

    /// What the macro of this frame sees of the place that declared it.
    private final @Nullable Scope enclosed;

    /// What macros declared in this frame see of it; every store is repeated into it.
    private @Nullable Scope closure;

    private @Nullable LoopState loop;

    private Frame(@Nullable Frame parent, @Nullable Scope enclosed, int depth) {
        this.parent = parent;
        this.enclosed = enclosed;
        this.depth = depth;
    }

    static Frame outermost() {
        return new Frame(null, null, 1);
    }

    static Frame inside(Frame parent) {
        return new Frame(parent, null, parent.depth + 1);
    }

    /// The frame of a macro call, which sees `enclosed` alone.
    static Frame ofMacro(@Nullable Scope enclosed, int depth) {
        return new Frame(null, enclosed, depth);
    }

    @Nullable
    Object get(int name) {
        Object value = locals.get(name);
        if (value != null) {
            return value;
        }
        if (loop != null && name == Names.LOOP) {
            return loop;
        }
        return enclosed == null ? null : enclosed.get(name);
    }

    void store(int name, Object value) {
        locals.put(name, value);
        if (closure != null) {
            closure.put(name, value);
        }
    }

    void clear() {
        locals.clear();
    }

    void enter(LoopState state) {
        loop = state;
    }

    @Nullable
    LoopState loop() {
        return loop;
    }

    @Nullable
    Scope closure() {
        return closure;
    }

    Scope closureForMacros() {
        if (closure == null) {
            closure = new Scope();
        }
        return closure;
    }
}
