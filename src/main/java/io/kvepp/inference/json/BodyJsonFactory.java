package io.kvepp.inference.json;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.io.IOContext;

/// Makes a [BodyJsonParser] of whole texts.
///
/// Thread-safe.
final class BodyJsonFactory extends JsonFactory {
    private static final long serialVersionUID = 1L;

    BodyJsonFactory(JsonFactoryBuilder settings) {
        super(settings);
    }

    /// A parser of UTF-8, which the caller has checked.
    @Override
    protected JsonParser _createParser(byte[] text, int offset, int length, IOContext context) {
        context.setEncoding(JsonEncoding.UTF8);
        return new BodyJsonParser(
                context,
                _parserFeatures,
                _byteSymbolCanonicalizer.makeChildOrPlaceholder(_factoryFeatures),
                text,
                offset,
                offset + length);
    }
}
