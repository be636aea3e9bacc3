/// JSON as the frontend's library (serde_json) reads and writes it; knows nothing of requests.
///
/// Starting points: [JsonValues] (text to plain values), [JsonText] (and back), [JsonBytes] (bytes
/// that parsers treat differently).
@NullMarked
package io.kvepp.inference.json;

import org.jspecify.annotations.NullMarked;
