fn main() -> std::process::ExitCode {
    boai::cli::main()
}
