use super::*;
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

/// Without it the browser would refuse the script.
#[test]
fn the_policy_admits_the_script_and_only_it() {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(SCRIPT));
    assert_eq!(SCRIPT_HASH, hash, "page.js has changed: its hash in page.rs has to follow");
}

#[test]
fn an_empty_report_is_a_page() {
    let page = render(&Report::default());
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(!page.contains("<section") && !page.contains("<svg"));
}
