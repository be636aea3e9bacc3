/// The OpenAI-type APIs: chat completions, completions, responses and embeddings, one file each.
///
/// Starting point: [OpenAiApis].
///
/// Imports `inference`, `inference.json`, `inference.body` and `inference.chat`.
@NullMarked
package io.kvepp.inference.openai;

import org.jspecify.annotations.NullMarked;
