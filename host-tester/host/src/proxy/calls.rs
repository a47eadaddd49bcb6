//! One callback of a stream: what the filter can see meanwhile, and what its answer means.

use super::active::{ActiveStream, Direction, Iteration, RequestContext};
use super::simulation::Simulation;
use super::vms::{Handle, VmCell};
use crate::abi::StreamType;
use crate::state::{Body, Context, Deferred, HttpView, Kind};
use crate::vm::Callback;
use std::rc::Rc;

/// What becomes of what a filter was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// What was shown goes to the next filter.
    Goes,
    /// Headers or trailers stay; what follows is still shown.
    StopOne,
    /// Headers stay, and so does what follows.
    StopAll,
    /// The piece is held back, and shown again with what follows.
    StopAndHold,
    /// The piece is held back; what follows is shown without it.
    StopAndWait,
    /// The piece is gone: the filter has taken it.
    StopAndDrop,
}

/// Which kind of thing is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Headers,
    Data,
    Trailers,
}

impl Simulation {
    pub(super) fn show_headers(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        place: usize,
        end: bool,
    ) -> Flow {
        let Some((index, context)) = active.context(direction, place) else { return Flow::Goes };
        let Some(handle) = &context.handle else { return Flow::Goes };
        if direction == Direction::Request {
            self.create(active, index, context, handle);
            context.began.set(true);
        } else if !context.began.get() {
            return Flow::Goes;
        }
        let count = active.half(direction).header_count();
        let callback = match direction {
            Direction::Request => Callback::RequestHeaders { count, end },
            Direction::Response => Callback::ResponseHeaders { count, end },
        };
        with_view(context, handle, |view| *headers_seen(view, direction) = true);
        let flow = self.ask(active, direction, context, handle, callback, Part::Headers);
        if flow == Flow::Goes {
            with_view(context, handle, |view| *headers_seen(view, direction) = false);
        }
        flow
    }

    pub(super) fn show_data(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        place: usize,
        bytes: &mut Vec<u8>,
        end: bool,
    ) -> Flow {
        let Some((_, context)) = active.context(direction, place) else { return Flow::Goes };
        let Some(handle) = context.handle.as_ref().filter(|_| context.began.get()) else {
            return Flow::Goes;
        };
        let half = active.half(direction);
        let held = with_view(context, handle, |view| *body_seen(view, direction) == Body::Held);
        let held = held.unwrap_or(false);
        if held {
            half.hold(std::mem::take(bytes));
        } else {
            *half.passing.borrow_mut() = Some(std::mem::take(bytes));
            with_view(context, handle, |view| *body_seen(view, direction) = Body::Passing);
        }
        let cell = if held { &half.held } else { &half.passing };
        let size = cell.borrow().as_ref().map_or(0, Vec::len);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        let callback = match direction {
            Direction::Request => Callback::RequestBody { size, end },
            Direction::Response => Callback::ResponseBody { size, end },
        };
        with_view(context, handle, |view| {
            view.at_end = end.then_some(direction == Direction::Request)
        });
        let flow = self.ask(active, direction, context, handle, callback, Part::Data);
        with_view(context, handle, |view| view.at_end = None);
        let seen = match flow {
            Flow::StopAndHold => Body::Held,
            Flow::StopAndDrop => Body::Passing,
            _ => Body::Hidden,
        };
        with_view(context, handle, |view| *body_seen(view, direction) = seen);
        // What was held for this filter alone goes with the piece; while it stops the chain, the chain sends it.
        let resumed = held
            && flow == Flow::Goes
            && context.pass(direction).iteration.get() == Iteration::Goes;
        if resumed {
            *bytes = half.held.take().unwrap_or_default();
        } else if !held && flow != Flow::StopAndDrop {
            *bytes = half.passing.take().unwrap_or_default();
        }
        flow
    }

    pub(super) fn show_trailers(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        place: usize,
    ) -> Flow {
        let Some((_, context)) = active.context(direction, place) else { return Flow::Goes };
        let Some(handle) = context.handle.as_ref().filter(|_| context.began.get()) else {
            return Flow::Goes;
        };
        let count = active.half(direction).trailer_count();
        let callback = match direction {
            Direction::Request => Callback::RequestTrailers { count },
            Direction::Response => Callback::ResponseTrailers { count },
        };
        with_view(context, handle, |view| *trailers_seen(view, direction) = true);
        let flow = self.ask(active, direction, context, handle, callback, Part::Trailers);
        if flow == Flow::Goes {
            with_view(context, handle, |view| *trailers_seen(view, direction) = false);
        }
        flow
    }

    /// The stream's context in a filter's VM, created when the request's headers come, or in the log.
    pub(super) fn create(
        &self,
        active: &Rc<ActiveStream>,
        index: usize,
        context: &RequestContext,
        handle: &Rc<Handle>,
    ) {
        if context.id.get() != 0 || handle.vm.dead.get() {
            return;
        }
        let id = {
            let mut vm = handle.vm.vm.borrow_mut();
            let host = vm.host_mut();
            let id = host.new_context_id();
            let kind = Kind::Http(HttpView::new(Rc::clone(&active.stream), index));
            let plugin = Rc::clone(&handle.info);
            host.contexts.insert(id, Context { root: handle.root, plugin, ending: false, kind });
            id
        };
        context.id.set(id);
        // If the VM dies of it, the next callback tells the stream.
        let _ = self.call(&handle.vm, id, Callback::ContextCreate { parent: handle.root });
    }

    /// Calls a filter, and makes of its answer what Envoy makes of it.
    fn ask(
        &self,
        active: &Rc<ActiveStream>,
        direction: Direction,
        context: &RequestContext,
        handle: &Rc<Handle>,
        callback: Callback,
        part: Part,
    ) -> Flow {
        if handle.vm.dead.get() {
            // Told once; its own 503 passes a dead filter by.
            let told = context.failed.get();
            return if told { Flow::Goes } else { self.fail_stream(active, context, part) };
        }
        let depth = active.depth(direction);
        depth.set(depth.get() + 1);
        let called = self.call_only(&handle.vm, context.id.get(), callback);
        let flow = match called {
            Ok((answer, deferred, stopped)) => {
                let allow = handle.info.allow_stop_iteration;
                let flow =
                    answer.map_or(Flow::Goes, |answer| meaning(answer, stopped, allow, part));
                self.settle(&handle.vm, deferred);
                flow
            }
            Err(_) => self.fail_stream(active, context, part),
        };
        depth.set(depth.get() - 1);
        flow
    }

    /// A dead VM ends its stream with 503, under every failure policy; the 503 passes it.
    fn fail_stream(&self, active: &Rc<ActiveStream>, context: &RequestContext, part: Part) -> Flow {
        if context.failed.replace(true) {
            return Flow::Goes;
        }
        self.local_reply(active, super::reply::wasm_failed());
        match part {
            Part::Headers => Flow::StopAll,
            Part::Data => Flow::StopAndDrop,
            Part::Trailers => Flow::StopOne,
        }
    }

    /// Does what a call left to do.
    pub(super) fn settle(&self, cell: &Rc<VmCell>, deferred: Vec<Deferred>) {
        for action in deferred {
            let Some(action) = self.settle_tcp(cell, action) else { continue };
            match action {
                Deferred::Continue { context, stream } => {
                    self.with_stream(cell, context, |active, index| {
                        let direction = match stream {
                            StreamType::Request => Direction::Request,
                            StreamType::Response => Direction::Response,
                            StreamType::Downstream | StreamType::Upstream => return,
                        };
                        self.report_if_unanswered(active, direction);
                        self.go_on(active, direction, active.place(direction, index));
                    });
                }
                Deferred::Close {
                    stream: StreamType::Downstream | StreamType::Upstream, ..
                } => {}
                Deferred::Close { context, .. } => self.with_stream(cell, context, |active, _| {
                    self.report_if_over(active, "close_stream for a stream that is over");
                    self.reset(active, "wasm_close_stream");
                }),
                Deferred::Reply { context, reply } => {
                    self.with_stream(cell, context, |active, _| {
                        self.report_if_over(
                            active,
                            "send_local_response for a stream that is over",
                        );
                        self.local_reply(active, reply);
                    })
                }
                Deferred::Done { context } => self.delete_root(cell, context),
            }
        }
    }

    /// The stream behind a context.
    fn with_stream(
        &self,
        cell: &Rc<VmCell>,
        context: u32,
        work: impl FnOnce(&Rc<ActiveStream>, usize),
    ) {
        let found = {
            let vm = cell.vm.borrow();
            match vm.host().contexts.get(&context).map(|context| &context.kind) {
                Some(Kind::Http(view)) => Some((view.stream.id, view.filter)),
                _ => None,
            }
        };
        let active = found.and_then(|(id, index)| Some((self.streams.get(id)?, index)));
        if let Some((active, index)) = active {
            work(&active, index);
        }
    }
}

/// What a number returned from a callback means.
fn meaning(answer: u32, stopped: bool, allow_stop_one: bool, part: Part) -> Flow {
    match (part, answer) {
        (Part::Headers, 0 | 2) if !stopped => Flow::Goes,
        (Part::Headers, 1) if !stopped && allow_stop_one => Flow::StopOne,
        (Part::Headers, _) => Flow::StopAll,
        (Part::Data, _) if stopped => Flow::StopAndDrop,
        (Part::Data, 0) => Flow::Goes,
        (Part::Data, 1) => Flow::StopAndHold,
        (Part::Data, 2) => Flow::StopAndWait,
        (Part::Data, _) => Flow::StopAndDrop,
        (Part::Trailers, 0) if !stopped => Flow::Goes,
        (Part::Trailers, _) => Flow::StopOne,
    }
}

/// What a filter sees of a stream.
pub(super) fn with_view<T>(
    context: &RequestContext,
    handle: &Handle,
    work: impl FnOnce(&mut HttpView) -> T,
) -> Option<T> {
    if handle.vm.dead.get() {
        return None;
    }
    let mut vm = handle.vm.vm.borrow_mut();
    match &mut vm.host_mut().contexts.get_mut(&context.id.get())?.kind {
        Kind::Http(view) => Some(work(view)),
        Kind::Root(_) | Kind::Tcp(_) => None,
    }
}

fn headers_seen(view: &mut HttpView, direction: Direction) -> &mut bool {
    match direction {
        Direction::Request => &mut view.request_headers,
        Direction::Response => &mut view.response_headers,
    }
}

fn body_seen(view: &mut HttpView, direction: Direction) -> &mut Body {
    match direction {
        Direction::Request => &mut view.request_body,
        Direction::Response => &mut view.response_body,
    }
}

fn trailers_seen(view: &mut HttpView, direction: Direction) -> &mut bool {
    match direction {
        Direction::Request => &mut view.request_trailers,
        Direction::Response => &mut view.response_trailers,
    }
}
