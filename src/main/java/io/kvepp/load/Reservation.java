package io.kvepp.load;

/// One request's booking on one rank: a handle whose end ends the load.
///
/// It is a lease: a booking that shows no progress for longer than allowed is given back as if
/// released. Every method is a no-op after the end, and the ends are idempotent; [#release] also
/// completes the prefill.
///
/// Thread-safe.
public interface Reservation {
    /// The booking of a request that burdens nobody.
    Reservation NONE = new Reservation() {
        @Override
        public void bookRest() {}

        @Override
        public void prefillCompleted() {}

        @Override
        public void progressed() {}

        @Override
        public void generated(int blocks, double weight) {}

        @Override
        public void generatedOneMore() {}

        @Override
        public void release() {}
    };

    /// Books what a very long prompt has beyond its first blocks; see [ActiveSequences#begin].
    void bookRest();

    /// The first token came: the prompt is computed.
    void prefillCompleted();

    /// The response moves: the lease starts anew. Costs one write, takes no lock.
    void progressed();

    /// The request has generated `blocks` complete blocks so far. From now on they, and the blocks
    /// at the prompt's end that no other live request uses, weigh `weight` each, 0 to 1: less than
    /// 1 says that the request will end soon.
    ///
    /// Source: Dynamo's output block tracking with its decay.
    void generated(int blocks, double weight);

    /// One more block is complete: it weighs 1, and the others what they did.
    void generatedOneMore();

    /// The request is over.
    void release();
}
