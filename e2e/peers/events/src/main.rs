//! Drives the event decoders and the KV index of Dynamo's router (`dynamo-kv-router`) through the messages that kv-epp's
//! benchmark has made.
//!
//! `events FILE` reads commands from standard input, one a line, and answers each with one JSON object on one line:
//! `run zmq` and `run raw`. It ends with its input.

mod messages;
mod path;

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::time::Instant;

use messages::Messages;
use path::EventPath;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match serve(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("{message}");
            ExitCode::from(2)
        }
    }
}

fn serve(arguments: &[String]) -> Result<(), String> {
    let [file] = arguments else {
        return Err(format!("arguments: {arguments:?} (expected: FILE)"));
    };
    let messages = Messages::read(file)?;
    for line in stdin().lock().lines() {
        let command = line.map_err(|e| format!("standard input: {e}"))?;
        let answer = match command.as_str() {
            "run zmq" => run(&messages, EventPath::plane),
            "run raw" => run(&messages, EventPath::engine),
            _ => return Err(format!("command: {command} (expected: run zmq or run raw)")),
        };
        println!("{answer}");
        stdout().flush().map_err(|e| format!("standard output: {e}"))?;
    }
    Ok(())
}

/// Every message once, as fast as they go.
fn run(messages: &Messages, hand: impl Fn(&mut EventPath, &messages::Message)) -> Value {
    let mut path = EventPath::new(messages.ranks);
    let start = Instant::now();
    for message in &messages.all {
        hand(&mut path, message);
    }
    path.drain();
    let seconds = start.elapsed().as_secs_f64();
    let matched: u64 = messages.queries.iter().map(|query| path.matched(query)).sum();
    json!({"seconds": seconds, "blocks": messages.blocks, "lost": path.lost(), "matched": matched})
}
