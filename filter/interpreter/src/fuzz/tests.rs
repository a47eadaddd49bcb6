//! Everything that the fuzz targets began with or have found, run as ordinary tests.

use super::{compile, lift};
use std::fs;
use std::path::Path;

fn over(corpus: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(corpus);
    let inputs: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(inputs.len() >= 10, "{} inputs in {corpus}", inputs.len());
    for input in inputs {
        println!("{}", input.display());
        run(&fs::read(input).unwrap());
    }
}

#[test]
fn no_memory_image_of_the_corpus_does_harm() {
    over("lift", lift);
}

#[test]
fn no_module_of_the_corpus_does_harm() {
    over("compile", compile);
}
