package io.kvepp.inference.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;

/// Reads arrays of token ids without an object per id.
///
/// Thread-safe.
public final class TokenIdReader {
    private static final long TOKEN_ID_MAX = 0xFFFF_FFFFL;

    private TokenIdReader() {}

    /// The array at the parser's current token.
    public static int[] read(JsonParser parser, String field) throws IOException, MalformedBodyException {
        parser.nextToken();
        return readRest(parser, field);
    }

    /// The array whose first element (or end) is the parser's current token.
    public static int[] readRest(JsonParser parser, String field) throws IOException, MalformedBodyException {
        int[] ids = new int[64];
        int count = 0;
        while (parser.currentToken() != JsonToken.END_ARRAY) {
            if (count == ids.length) {
                ids = Arrays.copyOf(ids, 2 * count);
            }
            ids[count++] = tokenId(parser, field);
            parser.nextToken();
        }
        return Arrays.copyOf(ids, count);
    }

    private static int tokenId(JsonParser parser, String field) throws IOException, MalformedBodyException {
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            long id = parser.getLongValue();
            boolean minusZero = id == 0 && parser.getTextLength() > 1;
            if (id >= 0 && id <= TOKEN_ID_MAX && !minusZero) {
                return (int) id;
            }
        }
        throw MalformedBodyException.type(
                field, "an element that is no token id", "whole numbers from 0 to " + TOKEN_ID_MAX);
    }
}
