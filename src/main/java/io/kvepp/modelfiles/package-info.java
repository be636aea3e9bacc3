/// Model files: read from where a model card says they are, and checked.
///
/// Starting points: [ModelFileStore] (bytes of a file reference), [ModelFilesConfig].
///
/// Imports `worker`, `metrics` and `config`.
@NullMarked
package io.kvepp.modelfiles;

import org.jspecify.annotations.NullMarked;
