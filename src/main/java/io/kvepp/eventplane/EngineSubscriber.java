package io.kvepp.eventplane;

import java.time.Duration;
import java.util.Set;

/// Receives the KV events that engines tell themselves, from a changing set of engines, and asks
/// them to repeat what was missed.
///
/// - Nothing happens before [#start].
/// - Connections are made and kept: an engine that is not there (yet) is tried again until it leaves
///   the set.
///
/// Thread-safe.
public interface EngineSubscriber extends AutoCloseable {
    /// Called once.
    void start(EngineListener listener);

    /// Replaces the set of engines; connections that stay are not touched.
    void subscribe(Set<EngineAddress> engines);

    /// True while the connection to the engine stands.
    boolean connected(EngineAddress engine);

    /// Asks the engine, which has a replay address, for all its messages from `fromSequence` on,
    /// after a pause. Ends every replay of the same engine that is under way.
    ///
    /// @param replay given back with every answer
    void replay(EngineAddress engine, long replay, long fromSequence, Duration pause);

    /// Drops all connections; the listener is not called after it returns.
    @Override
    void close();
}
