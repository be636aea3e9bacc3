package io.kvepp.router.simulation;

/// Hears what happens in a [ModelledEngine]. Times are in seconds.
interface EngineListener {
    /// A prompt is computed from now on; `cachedBlocks` of it were there, `evicted` had to go.
    void started(double now, ModelledEngine.Job job, int cachedBlocks, long[] evicted);

    /// A prompt is computed: its first token is there, and its blocks are cached.
    void computed(double now, ModelledEngine.Job job);

    /// A request is over.
    void ended(double now, ModelledEngine.Job job);
}
