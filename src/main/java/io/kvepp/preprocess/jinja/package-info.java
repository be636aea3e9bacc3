/// A Jinja template engine with the semantics of minijinja 2.24, as chat templates need it.
///
/// Starting points: [JinjaTemplate] (compile once, render often), [JinjaSettings] (whitespace rules
/// and limits), [Undefined] and [JinjaFunction] (the two values that Java has no word for).
///
/// Imports nothing of the project and no library; knows nothing of chat.
@NullMarked
package io.kvepp.preprocess.jinja;

import org.jspecify.annotations.NullMarked;
