//! The canonical ABI of the component model for the one interface `serinus:policy/promotion@1.0.0`, by hand.
//!
//! Generated bindings need an embedding with components, which no interpreter of this size is. What there is to do is
//! little: values go into the guest's memory by [`Lower`], where every string and list is allocated by the guest's own
//! `cabi_realloc`, because the guest frees them one by one; answers are read back by [`Lift`].
//!
//! Nothing that a guest returns is believed. Every pointer is checked for its alignment and its bounds, every length
//! against what is left of the total before a byte is copied, every text for UTF-8, every discriminant for its range.
//!
//! Sizes and offsets are those of the contract; the tests hold them against `wit-parser`, on the contract itself.

mod about;

pub use about::lift_about;

use serinus_core::policy::{
    Arm, Decision, EventCount, Evidence, Failure, GateResult, GateSeverity, LatencyHistogram,
    MAX_DECISION, Param, ParamValue, Snapshot, StageView, Window,
};
use serinus_core::record::Verdict;

/// The memory of a guest, with its allocator.
pub trait GuestMemory {
    /// Has `size` bytes allocated by the guest; their address, whatever the guest says it is.
    fn allocate(&mut self, align: u32, size: u32) -> Result<u32, Failure>;

    /// The memory, whole.
    fn memory(&mut self) -> &mut [u8];
}

/// Puts the snapshot into the guest's memory; its address, the one argument of `evaluate`.
pub fn lower_snapshot(snapshot: &Snapshot, guest: &mut dyn GuestMemory) -> Result<u32, Failure> {
    let mut record = Record::default();
    record.put(snapshot, guest)?;
    place(&record.0, Snapshot::ALIGN, guest)
}

/// Puts parameters into the guest's memory; address and length, the two arguments of `validate`.
pub fn lower_params(params: &[Param], guest: &mut dyn GuestMemory) -> Result<(u32, u32), Failure> {
    place_list(params, guest)
}

/// A value that a guest is given.
trait Lower {
    const ALIGN: u32;

    /// Appends the fields; `record` stands at a multiple of `ALIGN`.
    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure>;
}

/// Records as they will stand in the guest's memory. The start is aligned for every field.
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn align(&mut self, align: u32) {
        self.0.resize(self.0.len().next_multiple_of(align as usize), 0);
    }

    fn put<T: Lower>(&mut self, value: &T, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        self.align(T::ALIGN);
        value.lower(self, guest)?;
        // The size of a record is a multiple of its alignment.
        self.align(T::ALIGN);
        Ok(())
    }

    fn u8(&mut self, n: u8) {
        self.0.push(n);
    }

    fn u32(&mut self, n: u32) {
        self.align(4);
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    fn u64(&mut self, n: u64) {
        self.align(8);
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8], guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        self.u32(place(bytes, 1, guest)?);
        self.u32(length(bytes.len())?);
        Ok(())
    }

    fn list<T: Lower>(&mut self, items: &[T], guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        let (address, len) = place_list(items, guest)?;
        self.u32(address);
        self.u32(len);
        Ok(())
    }
}

fn place_list<T: Lower>(items: &[T], guest: &mut dyn GuestMemory) -> Result<(u32, u32), Failure> {
    let mut elements = Record::default();
    for item in items {
        elements.put(item, guest)?;
    }
    Ok((place(&elements.0, T::ALIGN, guest)?, length(items.len())?))
}

/// Copies bytes to where the guest wants them.
fn place(bytes: &[u8], align: u32, guest: &mut dyn GuestMemory) -> Result<u32, Failure> {
    if bytes.is_empty() {
        // Nothing to allocate, and nothing that the guest would free; but a null pointer is none in Rust.
        return Ok(align);
    }
    let address = guest.allocate(align, length(bytes.len())?)?;
    let start = address as usize;
    let end = start.saturating_add(bytes.len());
    let room = guest.memory().get_mut(start..end).filter(|_| address.is_multiple_of(align));
    room.ok_or(Failure::Malformed)?.copy_from_slice(bytes);
    Ok(address)
}

fn length(len: usize) -> Result<u32, Failure> {
    u32::try_from(len).map_err(|_| Failure::TooLarge)
}

impl Lower for u64 {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, _: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.u64(*self);
        Ok(())
    }
}

impl Lower for f64 {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, _: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.u64(self.to_bits());
        Ok(())
    }
}

impl Lower for Snapshot {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.bytes(self.rollout.as_bytes(), guest)?;
        record.u64(self.generation);
        record.u64(self.unix_seconds);
        record.put(&self.stage, guest)?;
        record.list(&self.windows, guest)?;
        record.list(&self.gates, guest)?;
        record.list(&self.params, guest)?;
        record.bytes(&self.memory, guest)
    }
}

impl Lower for StageView {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, _: &mut dyn GuestMemory) -> Result<(), Failure> {
        [self.index, self.count, self.weight].into_iter().for_each(|n| record.u32(n));
        let longs = [self.age_seconds, self.min_seconds, self.min_requests];
        longs.into_iter().for_each(|n| record.u64(n));
        Ok(())
    }
}

impl Lower for Window {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.u32(self.seconds);
        record.put(&self.baseline, guest)?;
        record.put(&self.canary, guest)
    }
}

impl Lower for Arm {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        let counts = [self.requests, self.failures, self.client_gone, self.units];
        counts.into_iter().for_each(|n| record.u64(n));
        record.put(&self.latency, guest)?;
        record.list(&self.events, guest)
    }
}

impl Lower for LatencyHistogram {
    const ALIGN: u32 = 4;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.list(&self.upper_ms, guest)?;
        record.list(&self.counts, guest)
    }
}

impl Lower for EventCount {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.bytes(self.name.as_bytes(), guest)?;
        record.u64(self.count);
        Ok(())
    }
}

impl Lower for GateResult {
    const ALIGN: u32 = 4;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.bytes(self.name.as_bytes(), guest)?;
        record.u8(match self.verdict {
            Verdict::Promote => 0,
            Verdict::Hold => 1,
            Verdict::Rollback => 2,
        });
        record.u8(match self.severity {
            GateSeverity::Critical => 0,
            GateSeverity::Warn => 1,
            GateSeverity::DryRun => 2,
        });
        record.bytes(self.detail.as_bytes(), guest)
    }
}

impl Lower for Param {
    const ALIGN: u32 = 8;

    fn lower(&self, record: &mut Record, guest: &mut dyn GuestMemory) -> Result<(), Failure> {
        record.bytes(self.name.as_bytes(), guest)?;
        let start = record.0.len();
        match &self.value {
            ParamValue::Number(number) => {
                record.u8(0);
                record.u64(number.to_bits());
            }
            ParamValue::Text(text) => {
                record.u8(1);
                record.align(8);
                record.bytes(text.as_bytes(), guest)?;
            }
            ParamValue::Flag(flag) => {
                record.u8(2);
                record.align(8);
                record.u8(u8::from(*flag));
            }
        }
        // Every case is as large as the largest.
        record.0.resize(start + 16, 0);
        Ok(())
    }
}

const DECISION: Layout = Layout { size: 28, align: 4, cost: 0 };
const EVIDENCE: Layout = Layout { size: 32, align: 8, cost: 16 };
const VALIDATED: Layout = Layout { size: 12, align: 4, cost: 0 };
const STRING: Layout = Layout { size: 8, align: 4, cost: 8 };
const BYTE: Layout = Layout { size: 1, align: 1, cost: 1 };

/// How a type stands in memory, and what one element of a list of it takes from the total, as [`Decision::size`]
/// counts.
#[derive(Clone, Copy)]
struct Layout {
    size: usize,
    align: usize,
    cost: usize,
}

/// The `decision` at `address`.
///
/// # Errors
/// [`Failure::Malformed`], or [`Failure::TooLarge`].
pub fn lift_decision(memory: &[u8], address: u32) -> Result<Decision, Failure> {
    let mut lift = Lift { memory, left: MAX_DECISION };
    let at = lift.start(address, DECISION)?;
    let verdict = match lift.u8(at)? {
        0 => Verdict::Promote,
        1 => Verdict::Hold,
        2 => Verdict::Rollback,
        _ => return Err(Failure::Malformed),
    };
    let reason = lift.string(at + 4)?;
    let evidence = lift.list(at + 12, EVIDENCE)?;
    let evidence = evidence.map(|at| lift.evidence(at)).collect::<Result<_, _>>()?;
    let memory = lift.bytes(at + 20)?.to_vec();
    let decision = Decision { verdict, reason, evidence, memory };
    decision.sound().map(|()| decision)
}

/// The `result<_, list<string>>` at `address`: the mistakes, none if it is `ok`.
///
/// # Errors
/// [`Failure::Malformed`], or [`Failure::TooLarge`].
pub fn lift_mistakes(memory: &[u8], address: u32) -> Result<Option<Vec<String>>, Failure> {
    let mut lift = Lift { memory, left: MAX_DECISION };
    let at = lift.start(address, VALIDATED)?;
    match lift.u8(at)? {
        0 => Ok(None),
        1 => {
            let mistakes = lift.list(at + 4, STRING)?;
            mistakes.map(|at| lift.string(at)).collect::<Result<_, _>>().map(Some)
        }
        _ => Err(Failure::Malformed),
    }
}

/// Reads a guest's memory, and no more of it than may still come.
struct Lift<'m> {
    memory: &'m [u8],
    left: usize,
}

impl<'m> Lift<'m> {
    /// Where a record at `address` begins.
    fn start(&self, address: u32, layout: Layout) -> Result<usize, Failure> {
        self.span(address, 1, layout).map(|span| span.start)
    }

    /// Where `len` elements at `address` are.
    fn span(
        &self,
        address: u32,
        len: usize,
        layout: Layout,
    ) -> Result<std::ops::Range<usize>, Failure> {
        let start = address as usize;
        let end = len.checked_mul(layout.size).and_then(|size| start.checked_add(size));
        let inside = end.filter(|end| *end <= self.memory.len());
        let end = inside.filter(|_| start.is_multiple_of(layout.align));
        Ok(start..end.ok_or(Failure::Malformed)?)
    }

    fn array<const N: usize>(&self, at: usize) -> Result<[u8; N], Failure> {
        let bytes = self.memory.get(at..).and_then(|rest| rest.first_chunk());
        bytes.copied().ok_or(Failure::Malformed)
    }

    fn u8(&self, at: usize) -> Result<u8, Failure> {
        self.array(at).map(|[byte]| byte)
    }

    fn u32(&self, at: usize) -> Result<u32, Failure> {
        self.array(at).map(u32::from_le_bytes)
    }

    fn f64(&self, at: usize) -> Result<f64, Failure> {
        self.array(at).map(f64::from_le_bytes)
    }

    /// Takes the elements of a list from what may still come; then they are read.
    fn charge(&mut self, len: usize, layout: Layout) -> Result<(), Failure> {
        let cost = len.checked_mul(layout.cost);
        let left = cost.and_then(|cost| self.left.checked_sub(cost));
        self.left = left.ok_or(Failure::TooLarge)?;
        Ok(())
    }

    fn elements(&mut self, at: usize, layout: Layout) -> Result<std::ops::Range<usize>, Failure> {
        let (address, len) = (self.u32(at)?, self.u32(at + 4)? as usize);
        self.charge(len, layout)?;
        self.span(address, len, layout)
    }

    fn list(
        &mut self,
        at: usize,
        layout: Layout,
    ) -> Result<std::iter::StepBy<std::ops::Range<usize>>, Failure> {
        Ok(self.elements(at, layout)?.step_by(layout.size))
    }

    fn bytes(&mut self, at: usize) -> Result<&'m [u8], Failure> {
        let span = self.elements(at, BYTE)?;
        self.memory.get(span).ok_or(Failure::Malformed)
    }

    fn string(&mut self, at: usize) -> Result<String, Failure> {
        let text = std::str::from_utf8(self.bytes(at)?).map_err(|_| Failure::Malformed)?;
        Ok(text.to_owned())
    }

    fn evidence(&mut self, at: usize) -> Result<Evidence, Failure> {
        Ok(Evidence {
            name: self.string(at)?,
            value: self.f64(at + 8)?,
            threshold: match self.u8(at + 16)? {
                0 => None,
                1 => Some(self.f64(at + 24)?),
                _ => return Err(Failure::Malformed),
            },
        })
    }
}

#[cfg(test)]
mod tests;
