//! The workload file, as `io.kvepp.kvcache.bench.WorkloadFile` writes and describes it.

use std::fs;

use dynamo_kv_router::protocols::{
    ExternalSequenceBlockHash, KvCacheEvent, KvCacheEventData, KvCacheRemoveData, KvCacheStoreData,
    KvCacheStoredBlockData, LocalBlockHash, RouterEvent,
};

const MAGIC: u64 = u64::from_le_bytes(*b"KVEPPWL1");
const STORED: u32 = 1;

/// A whole workload in memory.
pub struct Workload {
    pub workers: usize,
    /// Blocks all workers hold at the end, once for each worker.
    pub owner_blocks: u64,
    requests: usize,
    external: Vec<u64>,
    local: Vec<u64>,
    words: Vec<u32>,
    expected: Vec<u16>,
}

/// One request of the trace: what it looks up, then what its worker's cache reports.
pub struct Request<'a> {
    pub query: &'a [u32],
    events: Vec<Event<'a>>,
}

struct Event<'a> {
    worker: u32,
    kind: u32,
    /// 0 for the start of a prompt, else the parent's row + 1.
    parent: u32,
    rows: &'a [u32],
}

impl Workload {
    pub fn read(path: &str) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|e| format!("{path}: {e}"))?;
        let mut cursor = Cursor { path, bytes: &bytes };
        let header: Vec<u64> = cursor.take(7, u64::from_le_bytes)?;
        if header[0] != MAGIC {
            return Err(format!("{path}: not a workload file"));
        }
        let [workers, requests, rows, words, pairs, owner_blocks] = header[1..] else {
            unreachable!("seven numbers were read")
        };
        Ok(Self {
            workers: workers as usize,
            owner_blocks,
            requests: requests as usize,
            external: cursor.take(rows as usize, u64::from_le_bytes)?,
            local: cursor.take(rows as usize, u64::from_le_bytes)?,
            words: cursor.take(words as usize, u32::from_le_bytes)?,
            expected: cursor.take(pairs as usize, u16::from_le_bytes)?,
        })
    }

    /// The requests in the order of the trace.
    pub fn requests(&self) -> impl Iterator<Item = Request<'_>> {
        let mut words = &self.words[..];
        (0..self.requests).map(move |_| {
            let mut next = |count: usize| {
                let (taken, rest) = words.split_at(count);
                words = rest;
                taken
            };
            let length = next(1)[0] as usize;
            let query = next(length);
            let count = next(1)[0];
            let events = (0..count)
                .map(|_| {
                    let [worker, kind, parent, length] = next(4).try_into().expect("four words");
                    Event { worker, kind, parent, rows: next(length as usize) }
                })
                .collect();
            Request { query, events }
        })
    }

    /// The blocks that each worker holds of request `number`'s query, from the start; empty when the file has none.
    pub fn expected(&self, number: usize) -> &[u16] {
        self.expected.get(number * self.workers..(number + 1) * self.workers).unwrap_or(&[])
    }

    pub fn query(&self, request: &Request) -> Vec<LocalBlockHash> {
        request.query.iter().map(|&row| LocalBlockHash(self.local[row as usize])).collect()
    }

    /// The request's events; `sent` counts the events of each worker so far.
    pub fn events(&self, request: &Request, sent: &mut [u64]) -> Vec<RouterEvent> {
        request
            .events
            .iter()
            .map(|event| {
                let ids = &mut sent[event.worker as usize];
                *ids += 1;
                let event_data = KvCacheEvent { event_id: *ids, data: self.data(event), dp_rank: 0 };
                RouterEvent::new(u64::from(event.worker) + 1, event_data)
            })
            .collect()
    }

    fn data(&self, event: &Event) -> KvCacheEventData {
        let hash = |row: u32| ExternalSequenceBlockHash(self.external[row as usize]);
        if event.kind != STORED {
            let block_hashes = event.rows.iter().map(|&row| hash(row)).collect();
            return KvCacheEventData::Removed(KvCacheRemoveData { block_hashes });
        }
        let block = |&row: &u32| KvCacheStoredBlockData {
            block_hash: hash(row),
            tokens_hash: LocalBlockHash(self.local[row as usize]),
            mm_extra_info: None,
        };
        KvCacheEventData::Stored(KvCacheStoreData {
            parent_hash: event.parent.checked_sub(1).map(hash),
            start_position: None,
            blocks: event.rows.iter().map(block).collect(),
        })
    }
}

impl Request<'_> {
    /// How many blocks the request's events store and remove.
    pub fn event_blocks(&self) -> usize {
        self.events.iter().map(|event| event.rows.len()).sum()
    }

    pub fn stored_blocks(&self) -> usize {
        self.events.iter().filter(|event| event.kind == STORED).map(|event| event.rows.len()).sum()
    }
}

struct Cursor<'a> {
    path: &'a str,
    bytes: &'a [u8],
}

impl Cursor<'_> {
    fn take<const SIZE: usize, T>(&mut self, count: usize, decode: fn([u8; SIZE]) -> T) -> Result<Vec<T>, String> {
        let Some((taken, rest)) = count.checked_mul(SIZE).and_then(|size| self.bytes.split_at_checked(size)) else {
            return Err(format!("{}: the file ends too early", self.path));
        };
        self.bytes = rest;
        Ok(taken.chunks_exact(SIZE).map(|chunk| decode(chunk.try_into().expect("exact chunks"))).collect())
    }
}
