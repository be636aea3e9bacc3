package io.kvepp.kvevents;

/// A thread that writes the index. What is handed in is done in that order, while nobody else
/// writes.
///
/// Thread-safe.
public interface IndexWriter {
    /// Runs the task after everything handed in before. Waits while the queue is full; once the
    /// writer has ended the task is dropped.
    void onWriter(Runnable task);

    /// Runs the handling of a message of so many bytes likewise; false, and counted, when the queue
    /// is full. Never waits.
    boolean offer(Runnable handling, int bytes);
}
