//! Cookies of a `cookie` header (RFC 6265, section 4.2).
//!
//! Envoy joins the several cookie headers of an HTTP/2 request with `; `; of an HTTP/1 request, which
//! must not have several, only the first is seen. Of cookies with one name the first counts, as in most
//! servers: the browser sends the one with the longest path first. Values stay as they are, quotes
//! included.

#[cfg(test)]
mod tests;

/// The value of the first cookie called `name`, in any bytes.
pub fn find<'h>(header: &'h [u8], name: &str) -> Option<&'h [u8]> {
    header
        .split(|byte| *byte == b';')
        .find_map(|pair| pair.trim_ascii_start().strip_prefix(name.as_bytes())?.strip_prefix(b"="))
        .map(<[u8]>::trim_ascii_end)
}
