/// The OpenAI-type API: chat completions and completions, one file each.
///
/// Starting point: [OpenAiRequestParser]. A further API is a further `PromptApi`.
///
/// Imports `inference` and `config`.
@NullMarked
package io.kvepp.inference.openai;

import org.jspecify.annotations.NullMarked;
