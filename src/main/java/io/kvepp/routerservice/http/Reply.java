package io.kvepp.routerservice.http;

/// What a request is answered with: a small body, or the index, which is written as it is read.
sealed interface Reply permits HttpResponse, Reply.Index {
    /// What every worker holds.
    ///
    /// Immutable.
    record Index() implements Reply {}
}
