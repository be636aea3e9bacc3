//! The tokenizers of Dynamo 1.6.1's frontend behind one line protocol, for `e2e/bench preprocess`.
//!
//! `preprocess TOKENIZER_JSON` loads them, prints `ready` and answers each command line with one line:
//!
//! - `time BACKEND FILE`: one JSON object with the nanoseconds of each text, the number of ids and a hash of all ids
//! - `throughput BACKEND FILE THREADS`: one JSON object with the wall time of all texts, dealt to THREADS threads
//!
//! BACKEND is `hf`, `baseten` or `fastokens`, or one of them followed by `+cache`. FILE holds texts: each its length in
//! bytes (32 bit, little-endian), then UTF-8.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Instant;

use dynamo_tokenizers::traits::Tokenizer;
use dynamo_tokenizers::{BasetenTokenizer, CachedTokenizer, Encoding, Error, FastTokenizer, HuggingFaceTokenizer, Result};

const CACHE_BYTES: usize = 64 << 20;
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

type Backend = Arc<dyn Tokenizer>;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::msg("usage: preprocess TOKENIZER_JSON"))?;
    let backends = load(&path)?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        writeln!(out, "{}", answer(&backends, &line?)?)?;
        out.flush()?;
    }
    Ok(())
}

fn load(path: &str) -> Result<Vec<(String, Backend)>> {
    let specials = special_tokens(path)?;
    let plain: [(&str, Backend); 3] = [
        ("hf", Arc::new(HuggingFaceTokenizer::from_file(path)?)),
        ("baseten", Arc::new(BasetenTokenizer::from_file(path)?)),
        ("fastokens", Arc::new(FastTokenizer::from_file(path)?)),
    ];
    let mut backends = Vec::new();
    for (name, backend) in plain {
        let cached = CachedTokenizer::new(backend.clone(), specials.clone(), CACHE_BYTES)?.with_extend(true);
        backends.push((name.to_string(), backend));
        backends.push((format!("{name}+cache"), Arc::new(cached) as Backend));
    }
    Ok(backends)
}

/// The contents of the added tokens with `special: true`.
fn special_tokens(path: &str) -> Result<Vec<String>> {
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let tokens = file["added_tokens"].as_array().ok_or_else(|| Error::msg("added_tokens: expected an array"))?;
    Ok(tokens
        .iter()
        .filter(|token| token["special"] == true)
        .filter_map(|token| token["content"].as_str().map(str::to_string))
        .collect())
}

fn answer(backends: &[(String, Backend)], line: &str) -> Result<String> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["time", name, file] => time(backend(backends, name)?, &texts(file)?),
        ["throughput", name, file, threads] => throughput(backend(backends, name)?, &texts(file)?, threads.parse()?),
        _ => Err(Error::msg(format!("command: {line} (expected: time or throughput)"))),
    }
}

fn backend<'a>(backends: &'a [(String, Backend)], name: &str) -> Result<&'a Backend> {
    let found = backends.iter().find(|(known, _)| known == name);
    found.map(|(_, backend)| backend).ok_or_else(|| Error::msg(format!("backend: {name} (expected: a known one)")))
}

fn texts(file: &str) -> Result<Vec<String>> {
    let bytes = std::fs::read(file)?;
    let mut rest = &bytes[..];
    let mut texts = Vec::new();
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let (text, behind) = tail.split_at(u32::from_le_bytes(*head) as usize);
        texts.push(std::str::from_utf8(text)?.to_string());
        rest = behind;
    }
    Ok(texts)
}

fn time(backend: &Backend, texts: &[String]) -> Result<String> {
    let mut nanos = Vec::with_capacity(texts.len());
    let mut tokens = 0;
    let mut hash = FNV_OFFSET;
    for text in texts {
        let start = Instant::now();
        let encoding: Encoding = black_box(backend.encode(black_box(text))?);
        nanos.push(start.elapsed().as_nanos().to_string());
        for id in encoding.token_ids() {
            hash = (hash ^ u64::from(*id)).wrapping_mul(FNV_PRIME);
        }
        tokens += encoding.token_ids().len();
    }
    Ok(format!("{{\"nanos\":[{}],\"tokens\":{tokens},\"hash\":\"{hash:016x}\"}}", nanos.join(",")))
}

fn throughput(backend: &Backend, texts: &[String], threads: usize) -> Result<String> {
    let start = Instant::now();
    let tokens = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| {
                scope.spawn(move || -> Result<usize> {
                    let mut tokens = 0;
                    for text in texts.iter().skip(first).step_by(threads) {
                        tokens += black_box(backend.encode(black_box(text))?).token_ids().len();
                    }
                    Ok(tokens)
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker thread panicked")).sum::<Result<usize>>()
    })?;
    Ok(format!("{{\"nanos\":{},\"tokens\":{tokens}}}", start.elapsed().as_nanos()))
}
