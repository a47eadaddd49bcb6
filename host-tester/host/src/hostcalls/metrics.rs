//! Counters, gauges, histograms. An id is the VM's own: a place in its table, with the kind in the last
//! two bits, as Envoy numbers them.

use super::memory::{self, Call};
use super::{host_calls, limit};
use crate::abi::MetricKind;
use crate::abi::status::{Outcome, Status};
use crate::process::Index;
use crate::state::HostState;
use wasmtime::Linker;

pub(super) fn define(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    host_calls! { linker, "env", "proxy_":
        define_metric(kind: u32, name: u32, len: u32, id_at: u32) = create;
        increment_metric(id: u32, by: i64) = increment;
        record_metric(id: u32, value: u64) = record;
        get_metric(id: u32, at: u32) = get;
    }
    Ok(())
}

fn create(call: Call, kind: u32, name: u32, len: u32, id_at: u32) -> Outcome {
    let (name, host) = memory::with_host(call, name, len)?;
    let kind = MetricKind::try_from(kind)?;
    let name = String::from_utf8_lossy(name);
    let index = host.process.metrics.borrow_mut().define(kind, &name);
    let room = host.process.limits.metrics;
    let Some(ids) = host.metrics.by_kind.get_mut(kind as usize) else {
        return Err(Status::BadArgument.into());
    };
    if index >= room || ids.len() >= room {
        return limit("metrics", room);
    }
    ids.push(index);
    let id = (u32::try_from(ids.len()).unwrap_or(u32::MAX) << 2) | kind as u32;
    Ok(memory::write_u32(call, id_at, id)?)
}

/// The kind in an id, and the metric behind it.
fn find(host: &HostState, id: u32) -> Result<(MetricKind, Result<Index, Status>), Status> {
    let kind = MetricKind::try_from(id & 3)?;
    let ids = host.metrics.by_kind.get(kind as usize);
    let place = (id >> 2).checked_sub(1).map(|place| place as usize);
    let index = ids.and_then(|ids| ids.get(place?)).copied();
    Ok((kind, index.ok_or(Status::NotFound)))
}

fn increment(call: Call, id: u32, by: i64) -> Outcome {
    let host = call.data();
    let (kind, index) = find(host, id)?;
    if kind == MetricKind::Histogram {
        return Err(Status::BadArgument.into());
    }
    let index = index?;
    if kind == MetricKind::Counter && by <= 0 {
        return Err(Status::BadArgument.into());
    }
    host.process.metrics.borrow_mut().increment(index, by);
    Ok(())
}

fn record(call: Call, id: u32, value: u64) -> Outcome {
    let host = call.data();
    let (_, index) = find(host, id).map_err(|_| Status::NotFound)?;
    host.process.metrics.borrow_mut().record(index?, value);
    Ok(())
}

fn get(call: Call, id: u32, at: u32) -> Outcome {
    let host = call.data();
    host.port.give_way(host.worker);
    let (kind, index) = find(host, id)?;
    if kind == MetricKind::Histogram {
        return Err(Status::BadArgument.into());
    }
    let value = host.process.metrics.borrow().read(index?);
    Ok(memory::write_u64(call, at, value)?)
}
