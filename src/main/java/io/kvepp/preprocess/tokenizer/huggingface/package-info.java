/// Text to token ids by Hugging Face's own library, for tokenizers that have no code here.
///
/// Starting point: [HuggingFaceLoader].
///
/// The only package that imports `ai.djl.huggingface`, of which it uses the native library and the
/// class that binds it, nothing else: no engine, no download, no telemetry. Nothing is loaded
/// before a model needs it. A panic of the library ends the process, so this is for operators to
/// choose.
@NullMarked
package io.kvepp.preprocess.tokenizer.huggingface;

import org.jspecify.annotations.NullMarked;
