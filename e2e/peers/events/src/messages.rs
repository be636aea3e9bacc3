//! The file that both sides read; all numbers are big-endian.

use dynamo_kv_router::protocols::LocalBlockHash;

/// One message in both forms: the last frame of the event plane, and the payload of an engine.
pub struct Message {
    pub rank: usize,
    pub frame: Vec<u8>,
    pub engine: Vec<u8>,
}

/// `blocks` are those stored and removed by all messages.
pub struct Messages {
    pub ranks: usize,
    pub blocks: u64,
    pub all: Vec<Message>,
    pub queries: Vec<Vec<LocalBlockHash>>,
}

impl Messages {
    pub fn read(file: &str) -> Result<Self, String> {
        let bytes = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
        let mut input = Input { bytes: &bytes };
        let ranks = input.int()?;
        let messages = input.int()?;
        let blocks = input.long()?;
        let queries = input.int()?;
        let all = (0..messages).map(|_| input.message()).collect::<Result<_, _>>()?;
        let queries = (0..queries).map(|_| input.query()).collect::<Result<_, _>>()?;
        Ok(Self { ranks, blocks, all, queries })
    }
}

struct Input<'a> {
    bytes: &'a [u8],
}

impl Input<'_> {
    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| format!("{count} bytes (expected: at most {} left)", self.bytes.len()))?;
        self.bytes = rest;
        Ok(taken)
    }

    fn int(&mut self) -> Result<usize, String> {
        Ok(u32::from_be_bytes(self.take(4)?.try_into().expect("four bytes")) as usize)
    }

    fn long(&mut self) -> Result<u64, String> {
        Ok(u64::from_be_bytes(self.take(8)?.try_into().expect("eight bytes")))
    }

    fn slice(&mut self) -> Result<Vec<u8>, String> {
        let length = self.int()?;
        Ok(self.take(length)?.to_vec())
    }

    fn message(&mut self) -> Result<Message, String> {
        Ok(Message { rank: self.int()?, frame: self.slice()?, engine: self.slice()? })
    }

    fn query(&mut self) -> Result<Vec<LocalBlockHash>, String> {
        let length = self.int()?;
        (0..length).map(|_| self.long().map(LocalBlockHash)).collect()
    }
}
