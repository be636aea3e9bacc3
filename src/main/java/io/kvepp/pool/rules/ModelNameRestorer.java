package io.kvepp.pool.rules;

import io.kvepp.picker.ResponseEdit;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Gives a response the model's name back that its request asked for.
///
/// The value of `model` at the top of a JSON object, and in its `message` or `response` (the events
/// of Anthropic's and OpenAI's newer API), is replaced when it is the name that was asked for instead;
/// all other bytes pass as they come. Server-sent events are objects one after another. What is no
/// JSON passes.
///
/// Confined to one request.
final class ModelNameRestorer implements ResponseEdit {
    private static final byte[] MODEL = {'m', 'o', 'd', 'e', 'l'};
    private static final byte[] MESSAGE = {'m', 'e', 's', 's', 'a', 'g', 'e'};
    private static final byte[] RESPONSE = {'r', 'e', 's', 'p', 'o', 'n', 's', 'e'};
    private static final int KEY_BYTES_MAX = 8;

    /// Depths at which names are looked at: the top, and one below.
    private static final int DEPTHS = 2;

    private final byte[] asked;
    private final byte[] replaced;
    private final byte[] held;
    private int heldBytes;
    private boolean holding;
    private boolean inString;
    private boolean escaped;
    private boolean events;
    private boolean begun;
    private boolean lineEmpty;
    private int depth;
    private final boolean[] object = new boolean[DEPTHS + 1];
    private final boolean[] value = new boolean[DEPTHS + 1]; // a value comes next, not a key
    private final byte[] key = new byte[KEY_BYTES_MAX + 1];
    private int keyBytes;
    private boolean readingKey;
    private boolean nested; // in the message or response of the object at the top

    /// `replaced`: the name in the response; `asked`: the one the client knows
    ModelNameRestorer(String replaced, String asked) {
        this.replaced = ModelNameEdit.quoted(replaced);
        this.asked = ModelNameEdit.quoted(asked);
        held = new byte[this.replaced.length];
    }

    @Override
    public ByteBuffer edit(ByteBuffer part, boolean last) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(heldBytes + part.remaining() + asked.length);
        ByteBuffer in = part.duplicate();
        while (in.hasRemaining()) {
            read(in.get(), out);
        }
        if (last) {
            release(out);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    private void read(byte next, ByteArrayOutputStream out) {
        if (holding) {
            hold(next, out);
        } else {
            if (startsModel(next)) {
                holding = true;
                held[heldBytes++] = next;
            } else {
                out.write(next);
            }
        }
        if (inString) {
            inString(next);
        } else {
            structure(next);
        }
    }

    private boolean startsModel(byte next) {
        return next == '"'
                && !inString
                && (depth == 1 || (depth == DEPTHS && nested))
                && object[depth]
                && value[depth]
                && keyIs(MODEL);
    }

    /// Keeps a value back for as long as it may be the name.
    private void hold(byte next, ByteArrayOutputStream out) {
        held[heldBytes] = next;
        if (next != replaced[heldBytes]) {
            heldBytes++;
            release(out);
        } else if (++heldBytes == replaced.length) {
            holding = false;
            heldBytes = 0;
            out.writeBytes(asked);
        }
    }

    private void release(ByteArrayOutputStream out) {
        out.write(held, 0, heldBytes);
        heldBytes = 0;
        holding = false;
    }

    private void inString(byte next) {
        if (escaped) {
            escaped = false;
        } else if (next == '\\') {
            escaped = true;
        } else if (next == '"') {
            inString = false;
            readingKey = false;
            return;
        }
        if (readingKey && keyBytes <= KEY_BYTES_MAX) {
            key[keyBytes++] = next;
        }
    }

    private void structure(byte next) {
        if (!begun && next > ' ') {
            begun = true;
            events = next != '{' && next != '[';
        }
        switch (next) {
            case '"' -> startString();
            case '{', '[' -> open(next == '{');
            case '}', ']' -> depth = Math.max(0, depth - 1);
            case ':' -> mark(true);
            case ',' -> mark(false);
            case '\n' -> {
                if (events && lineEmpty) {
                    depth = 0; // whatever the event was, it is over
                }
                lineEmpty = true;
                return;
            }
            default -> {}
        }
        lineEmpty &= next == '\r';
    }

    private void startString() {
        inString = depth > 0; // quotes outside of JSON mean nothing
        if (depth > 0 && depth <= DEPTHS && object[depth] && !value[depth]) {
            readingKey = true;
            keyBytes = 0;
        }
    }

    private void open(boolean isObject) {
        if (depth == 1) {
            nested = object[1] && value[1] && (keyIs(MESSAGE) || keyIs(RESPONSE));
        }
        depth++;
        if (depth <= DEPTHS) {
            object[depth] = isObject;
            value[depth] = false;
        }
    }

    private void mark(boolean valueComes) {
        if (depth > 0 && depth <= DEPTHS) {
            value[depth] = valueComes;
        }
    }

    private boolean keyIs(byte[] name) {
        return Arrays.equals(key, 0, keyBytes, name, 0, name.length);
    }
}
