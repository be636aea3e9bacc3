package io.kvepp.inference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.async.ByteBufferFeeder;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A response of one JSON document, read without keeping it.
///
/// Confined to one thread at a time.
final class JsonBodyScanner implements ResponseScanner {
    private static final int DEPTH_MAX = 64;
    private static final int STRING_CHARS_MAX = 1 << 20;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(STRING_CHARS_MAX)
                    .maxNestingDepth(DEPTH_MAX)
                    .build())
            .build();

    private final ResponseFields fields = new ResponseFields();
    private @Nullable JsonParser parser;
    private boolean ended;

    JsonBodyScanner() {
        try {
            parser = JSON.createNonBlockingByteBufferParser();
        } catch (IOException e) {
            parser = null;
        }
    }

    @Override
    public void scan(ByteBuffer slice, boolean endOfStream) {
        ended |= endOfStream;
        if (parser != null) {
            try {
                feed(parser, slice);
            } catch (IOException e) {
                parser = null; // no JSON, or larger than is read
            }
        }
        slice.position(slice.limit());
    }

    @Override
    public boolean firstTokenSeen() {
        return ended;
    }

    @Override
    public int tokens() {
        return ended ? 1 : 0;
    }

    @Override
    public TokenUsage usage() {
        return fields.usage();
    }

    private void feed(JsonParser open, ByteBuffer slice) throws IOException {
        if (!slice.hasRemaining() || !(open.getNonBlockingInputFeeder() instanceof ByteBufferFeeder feeder)) {
            return;
        }
        feeder.feedInput(slice);
        JsonToken token = open.nextToken();
        while (token != null && token != JsonToken.NOT_AVAILABLE) {
            fields.accept(token, open);
            token = open.nextToken();
        }
    }
}
