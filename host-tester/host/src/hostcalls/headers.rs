//! Maps of headers, trailers and metadata.

use super::host_calls;
use super::memory::{self, Call};
use crate::abi::pairs;
use crate::abi::status::{Outcome, Status};
use crate::abi::{AbiVersion, MapType};
use crate::http::HeaderMap;
use crate::state::{HostState, HttpView};
use bytes::Bytes;
use std::cell::RefCell;
use std::rc::Rc;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        get_header_map_value(map: u32, key: u32, key_len: u32, at: u32, len_at: u32) = get;
        add_header_map_value(map: u32, key: u32, key_len: u32, value: u32, len: u32) = add;
        replace_header_map_value(map: u32, key: u32, key_len: u32, value: u32, len: u32) = replace;
        remove_header_map_value(map: u32, key: u32, key_len: u32) = remove;
        get_header_map_pairs(map: u32, at: u32, len_at: u32) = get_all;
        set_header_map_pairs(map: u32, at: u32, len: u32) = set_all;
        get_header_map_size(map: u32, at: u32) = size;
    }
    Ok(())
}

fn get(call: Call, map: u32, key: u32, key_len: u32, at: u32, len_at: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let (key, host) = memory::with_host(call, key, key_len)?;
    let old = host.abi == AbiVersion::V0_1_0;
    let logging = host.http().is_some_and(|view| view.logging);
    let hidden = if logging { Status::NotFound } else { Status::BadArgument };
    let value = read(host, map, |headers| find(headers, key)).ok_or(hidden)?;
    let value = if old { value.or(Some(Bytes::new())) } else { value };
    memory::give(call, &value.ok_or(Status::NotFound)?, at, len_at)
}

fn find(headers: &HeaderMap, key: &[u8]) -> Option<Bytes> {
    if key.iter().any(u8::is_ascii_uppercase) {
        return headers.get(&key.to_ascii_lowercase()).cloned();
    }
    headers.get(key).cloned()
}

fn get_all(call: Call, map: u32, at: u32, len_at: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let bytes = read(call.data(), map, |headers| pairs::encode(headers.pairs()));
    memory::give(call, &bytes.unwrap_or_default(), at, len_at)
}

fn size(call: Call, map: u32, at: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    // Envoy asks for the map as if to change it.
    let mut size = 0;
    change(call.data_mut(), map, false, |headers| size = headers.byte_size())?;
    Ok(memory::write_u32(call, at, u32::try_from(size).unwrap_or(u32::MAX))?)
}

fn add(call: Call, map: u32, key: u32, key_len: u32, value: u32, len: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let (key, value) = (memory::copy(call, key, key_len)?, memory::copy(call, value, len)?);
    Ok(change(call.data_mut(), map, true, |headers| headers.add(key, value))?)
}

fn replace(call: Call, map: u32, key: u32, key_len: u32, value: u32, len: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let (key, value) = (memory::copy(call, key, key_len)?, memory::copy(call, value, len)?);
    Ok(change(call.data_mut(), map, true, |headers| headers.set(key, value))?)
}

fn remove(call: Call, map: u32, key: u32, key_len: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let (key, host) = memory::with_host(call, key, key_len)?;
    Ok(change(host, map, true, |headers| {
        headers.remove(key);
    })?)
}

fn set_all(call: Call, map: u32, at: u32, len: u32) -> Outcome {
    let map = MapType::try_from(map)?;
    let new: HeaderMap = pairs::decode(memory::bytes(call, at, len)?).into_iter().collect();
    Ok(change(call.data_mut(), map, true, |headers| *headers = new)?)
}

/// Reads a map, if the filter can see it now.
pub(super) fn read<T>(
    host: &HostState,
    map: MapType,
    look: impl FnOnce(&HeaderMap) -> T,
) -> Option<T> {
    if let Some(view) = host.http()
        && let Some(cell) = visible(view, map, view.logging)
    {
        return cell.borrow().as_ref().map(look);
    }
    let root = host.root()?;
    match map {
        MapType::GrpcInitialMetadata => root.grpc.initial.as_ref(),
        MapType::GrpcTrailingMetadata => root.grpc.trailing.as_ref(),
        MapType::CallResponseHeaders => root.answer.as_ref().map(|answer| &answer.headers),
        MapType::CallResponseTrailers => root.answer.as_ref()?.trailers.as_ref(),
        _ => None,
    }
    .map(look)
}

/// Gives a map out to be changed, if the filter can see it now. A changed request is routed anew, as Envoy
/// does it for every ABI version up to 0.2.1.
fn change(
    host: &mut HostState,
    map: MapType,
    changes: bool,
    work: impl FnOnce(&mut HeaderMap),
) -> Result<(), Status> {
    let view = host.http_mut().ok_or(Status::BadArgument)?;
    add_trailers(view, map);
    let cell = visible(view, map, false).ok_or(Status::BadArgument)?;
    work(cell.borrow_mut().as_mut().ok_or(Status::BadArgument)?);
    if changes && map == MapType::RequestHeaders {
        view.stream.stale_route.set(true);
    }
    Ok(())
}

/// With the last of a body, asking for its trailers makes them, even if only to ask for their size.
fn add_trailers(view: &mut HttpView, map: MapType) {
    let stream = Rc::clone(&view.stream);
    let (seen, half) = match (map, view.at_end) {
        (MapType::RequestTrailers, Some(true)) => (&mut view.request_trailers, &stream.request),
        (MapType::ResponseTrailers, Some(false)) => (&mut view.response_trailers, &stream.response),
        _ => return,
    };
    half.trailers.borrow_mut().get_or_insert_default();
    *seen = true;
}

/// The map of a stream, if its phase allows a look. In the access log every map but the request's
/// trailers can be read.
fn visible(view: &HttpView, map: MapType, logging: bool) -> Option<&RefCell<Option<HeaderMap>>> {
    let stream = &view.stream;
    let (seen, cell) = match map {
        MapType::RequestHeaders => (view.request_headers || logging, &stream.request.headers),
        MapType::ResponseHeaders if !logging => {
            (view.response_headers, stream.response.shown_headers())
        }
        MapType::RequestTrailers => (view.request_trailers && !logging, &stream.request.trailers),
        MapType::ResponseHeaders => (true, &stream.response.headers),
        MapType::ResponseTrailers => (view.response_trailers || logging, &stream.response.trailers),
        _ => return None,
    };
    seen.then_some(cell)
}
