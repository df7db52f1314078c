//! The `polsband` program: everything is in the library.

/// Most of what a charge costs besides the database is small allocations on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    polsband::cli::main()
}
