/// How the body of a request is read, whatever its API: one scan over the bytes, fields by their
/// declared shapes, the `nvext` extension, where token ids can be put.
///
/// Starting points: [BodyParser] (from HTTP to a request), [BodyApi] (what an API adds),
/// [FieldTable] and [Shape] (what its fields may hold).
///
/// Imports `inference`, `inference.json` and `config`.
@NullMarked
package io.kvepp.inference.body;

import org.jspecify.annotations.NullMarked;
