//! Measures the real program: a server of its own process, over a database that is thrown away.
//!
//! `cargo run --release -p boai-bench -- attacks` tells how normal check-ins fare while somebody attacks; `-- preview` how long it
//! takes to work out what a policy, or the rule of a badge, would move; `-- million` how ledger, stars and boards of a million
//! volunteers are worked out anew.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod attacks;
mod measure;
mod million;
mod phones;
mod preview;
mod server;
mod town;

#[derive(Parser)]
#[command(name = "boai-bench", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures check-ins in calm and under each attack, in turns; exit code 1 when one makes their p99 more than three
    /// times the calm one, or a check-in fails.
    Attacks(attacks::Options),
    /// Works out what a policy would move, over a million ledger entries: tells time and memory.
    Preview(preview::Options),
    /// Works ledger, stars and boards of a million volunteers out anew, compares them, and finds damage: tells time and memory.
    Million(million::Options),
}

fn main() -> ExitCode {
    // The server under test is this program started again: the same code, built alike, in a process of its own.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return boai::cli::main();
    }
    let runtime = tokio::runtime::Runtime::new().expect("threads to run on");
    let options = match Cli::parse().command {
        Command::Attacks(options) => options,
        Command::Preview(options) => {
            runtime.block_on(preview::run(options));
            return ExitCode::SUCCESS;
        }
        Command::Million(options) => {
            runtime.block_on(million::run(options));
            return ExitCode::SUCCESS;
        }
    };
    let elsewhere = attacks::elsewhere().expect("threads to run on");
    match runtime.block_on(attacks::run(options, elsewhere.handle())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("boai-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
