//! Drives Dynamo's KV index (`dynamo-kv-router`: the compressed concurrent radix tree behind its thread pool) through a
//! workload file of kv-epp's benchmark driver.
//!
//! `index WORKLOAD EVENT_THREADS` reads commands from standard input, one a line, and answers each with one JSON
//! object on one line: `check`, `run`, `memory`. It ends with its input.

mod crtc;
mod memory;
mod phases;
mod samples;
mod workload;

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;

use workload::Workload;

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
    let [file, threads] = arguments else {
        return Err(format!("arguments: {arguments:?} (expected: WORKLOAD EVENT_THREADS)"));
    };
    let threads = threads
        .parse()
        .ok()
        .filter(|&n: &usize| n > 0)
        .ok_or_else(|| format!("event-threads: {threads} (expected: a whole number > 0)"))?;
    let workload = Workload::read(file)?;
    for line in stdin().lock().lines() {
        let command = line.map_err(|e| format!("standard input: {e}"))?;
        let answer = match command.as_str() {
            "check" => phases::check(&workload, threads),
            "run" => phases::run(&workload, threads),
            "memory" => memory::measure(&workload, threads),
            _ => return Err(format!("command: {command} (expected: check, run or memory)")),
        };
        println!("{answer}");
        stdout().flush().map_err(|e| format!("standard output: {e}"))?;
    }
    Ok(())
}
