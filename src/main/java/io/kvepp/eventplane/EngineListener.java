package io.kvepp.eventplane;

/// Takes what an [EngineSubscriber] receives. Sequences count the messages of one engine process
/// from 0.
///
/// Called on one thread at a time, the subscriber's.
public interface EngineListener {
    /// The connection stands: for the first time, or again after messages may have been lost, or the
    /// engine restarted.
    void onConnected(EngineAddress engine);

    void onMessage(EngineAddress engine, long sequence, byte[] payload);

    /// Something arrived that is no message; `detail` says what was expected.
    void onMalformed(EngineAddress engine, String detail);

    /// A message that the engine repeats, as it was asked in the replay of this number.
    void onReplayed(EngineAddress engine, long replay, long sequence, byte[] payload);

    /// The replay is over: `complete` when the engine said so, else it fell silent.
    void onReplayEnd(EngineAddress engine, long replay, boolean complete);
}
