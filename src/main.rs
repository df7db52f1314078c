//! The `polsband` program: everything is in the library.

fn main() -> std::process::ExitCode {
    polsband::cli::main()
}
