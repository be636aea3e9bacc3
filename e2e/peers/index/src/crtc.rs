//! The index under test.

use dynamo_kv_router::protocols::{LocalBlockHash, OverlapScores, RouterEvent};
use dynamo_kv_router::indexer::KvIndexerInterface;
use dynamo_kv_router::{ConcurrentRadixTreeCompressed, SyncIndexer, ThreadPoolIndexer};
use tokio::runtime::{Builder, Runtime};

const BLOCK_SIZE_TOKENS: u32 = 128;

/// The compressed concurrent radix tree with its event threads. Dropping it waits for them.
pub struct Crtc {
    pool: ThreadPoolIndexer<ConcurrentRadixTreeCompressed>,
    runtime: Runtime,
}

impl Crtc {
    pub fn new(event_threads: usize) -> Self {
        Self {
            pool: ThreadPoolIndexer::new(ConcurrentRadixTreeCompressed::new(), event_threads, BLOCK_SIZE_TOKENS),
            runtime: Builder::new_current_thread().build().expect("a runtime without drivers"),
        }
    }

    /// Hands one event to the event threads.
    pub fn enqueue(&self, event: RouterEvent) {
        self.pool.enqueue_event(event).expect("the event threads run");
    }

    /// Waits until every event handed over so far is applied.
    pub fn drain(&self) {
        self.runtime.block_on(self.pool.flush_and_wait()).expect("the event threads run");
    }

    /// Looks up on this thread, without the copy of the query that the pool's own method makes.
    pub fn find_matches(&self, query: &[LocalBlockHash]) -> OverlapScores {
        self.pool.backend().find_matches(query, false)
    }

    /// Does at once what the pool does every five minutes: unlinks nodes that nobody holds.
    pub fn sweep(&self) {
        self.pool.backend().run_cleanup_task();
    }
}

impl Drop for Crtc {
    fn drop(&mut self) {
        self.pool.shutdown();
    }
}
