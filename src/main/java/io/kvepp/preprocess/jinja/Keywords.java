package io.kvepp.preprocess.jinja;

/// The keyword arguments of one call, handed over as its last argument.
///
/// Confined to one call.
final class Keywords extends Dict {
    private static final long serialVersionUID = 1L;

    Keywords() {}
}
