/// Options: what an operator can set, read once at start.
///
/// Starting points: [Options] (the typed reader every `XConfig.from` uses), [OptionEntry] (what
/// `--help` and `--print-config` show).
///
/// Imports nothing of the project.
@NullMarked
package io.kvepp.config;

import org.jspecify.annotations.NullMarked;
