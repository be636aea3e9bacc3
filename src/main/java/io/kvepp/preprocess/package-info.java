/// From a request to token ids, exactly as the serving frontend makes them.
///
/// Starting points: [Preprocessors] (every model the process knows), [Preprocessor] (one model:
/// template, tokenizer), [PreprocessResult].
///
/// Imports `inference`, `modelfiles`, `worker`, `preprocess.jinja`, `preprocess.tokenizer`,
/// `metrics` and `config`.
@NullMarked
package io.kvepp.preprocess;

import org.jspecify.annotations.NullMarked;
