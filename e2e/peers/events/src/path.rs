//! From raw bytes to the index, as Dynamo's router and its standalone indexer do it.

use dynamo_kv_router::indexer::KvIndexerInterface;
use dynamo_kv_router::protocols::{LocalBlockHash, RouterEvent, WorkerWithDpRank};
use dynamo_kv_router::zmq_wire::{ZmqEventNormalizer, decode_event_batch};
use dynamo_kv_router::{ConcurrentRadixTreeCompressed, SyncIndexer, ThreadPoolIndexer};
use serde::Deserialize;
use tokio::runtime::{Builder, Runtime};

use crate::messages::Message;

const BLOCK_SIZE_TOKENS: u32 = 16;
const FRAME_HEADER_BYTES: usize = 5;

/// The envelope of the event plane.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "publisher_id")]
    _publisher_id: u64,
    #[serde(rename = "sequence")]
    _sequence: u64,
    #[serde(rename = "published_at")]
    _published_at: u64,
    #[serde(rename = "topic", borrow)]
    _topic: &'a str,
    #[serde(with = "serde_bytes", borrow)]
    payload: &'a [u8],
}

/// The decoders, and the index with one event thread. Dropping it waits for that.
pub struct EventPath {
    pool: ThreadPoolIndexer<ConcurrentRadixTreeCompressed>,
    runtime: Runtime,
    normalizers: Vec<ZmqEventNormalizer>,
    sequences: Vec<u64>,
    lost: u64,
}

impl EventPath {
    pub fn new(ranks: usize) -> Self {
        Self {
            pool: ThreadPoolIndexer::new(ConcurrentRadixTreeCompressed::new(), 1, BLOCK_SIZE_TOKENS),
            runtime: Builder::new_current_thread().build().expect("a runtime without drivers"),
            normalizers: (0..ranks).map(|_| ZmqEventNormalizer::new(BLOCK_SIZE_TOKENS)).collect(),
            sequences: vec![0; ranks],
            lost: 0,
        }
    }

    /// A message of the event plane.
    pub fn plane(&mut self, message: &Message) {
        let decoded = rmp_serde::from_slice::<Envelope>(&message.frame[FRAME_HEADER_BYTES..])
            .and_then(|envelope| rmp_serde::from_slice::<Vec<RouterEvent>>(envelope.payload));
        match decoded {
            Ok(events) => events.into_iter().for_each(|event| self.enqueue(event)),
            Err(_) => self.lost += 1,
        }
    }

    /// A message of an engine.
    pub fn engine(&mut self, message: &Message) {
        let worker = WorkerWithDpRank::new(message.rank as u64 + 1, 0);
        let Ok(batch) = decode_event_batch(&message.engine) else {
            self.lost += 1;
            return;
        };
        for raw in batch.events {
            let id = self.sequences[message.rank];
            self.sequences[message.rank] += 1;
            match self.normalizers[message.rank].normalize(raw, id, worker).and_then(|event| event.into_router_event()) {
                Some(event) => self.enqueue(event),
                None => self.lost += 1,
            }
        }
    }

    /// Waits until every event handed over so far is applied.
    pub fn drain(&self) {
        self.runtime.block_on(self.pool.flush_and_wait()).expect("the event thread runs");
    }

    /// Blocks that the query finds on all ranks.
    pub fn matched(&self, query: &[LocalBlockHash]) -> u64 {
        self.pool.backend().find_matches(query, false).scores.values().map(|&blocks| u64::from(blocks)).sum()
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn enqueue(&self, event: RouterEvent) {
        self.pool.enqueue_event(event).expect("the event thread runs");
    }
}

impl Drop for EventPath {
    fn drop(&mut self) {
        self.pool.shutdown();
    }
}
