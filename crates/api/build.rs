//! The web app is embedded by what lies in `frontend/dist` at compile time: built anew, the binary must be too.

fn main() {
    let dist = "../../frontend/dist";
    // A missing folder would make cargo run this on every build.
    if let Err(error) = std::fs::create_dir_all(dist) {
        println!("cargo::warning=cannot make {dist}: {error}");
    }
    println!("cargo::rerun-if-changed={dist}");
    println!("cargo::rerun-if-changed=build.rs");
}
