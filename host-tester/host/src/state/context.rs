//! A context: what a module sees of a plugin or of a stream, and when.

use super::plugin::PluginInfo;
use crate::http::HeaderMap;
use crate::stream::Stream;
use std::rc::Rc;

/// One context of a VM.
#[derive(Debug)]
pub struct Context {
    /// Of a stream: the root context of its plugin. Of a root: itself.
    pub root: u32,
    /// The plugin that the context belongs to.
    pub plugin: Rc<PluginInfo>,
    /// The plugin was asked to end, and asked for time.
    pub ending: bool,
    /// What the context is for.
    pub kind: Kind,
}

/// What a context is for.
#[derive(Debug)]
pub enum Kind {
    /// The context is that of a plugin.
    Root(RootView),
    /// The context is that of an HTTP stream.
    Http(HttpView),
    /// The context is that of a TCP connection.
    Tcp(crate::stream::TcpView),
}

/// A plugin's context.
#[derive(Debug, Default)]
pub struct RootView {
    /// `proxy_on_configure` is running: the plugin's configuration can be read.
    pub configuring: bool,
    /// The answer of the callout that is being reported.
    pub answer: Option<CallAnswer>,
    /// The code and the text that `get_status` gives.
    pub status: (u32, Vec<u8>),
    /// What the plugin sees of its gRPC callouts.
    pub grpc: crate::callout::GrpcView,
}

/// The answer of an HTTP callout.
#[derive(Clone, Debug, Default)]
pub struct CallAnswer {
    /// The answer's headers.
    pub headers: HeaderMap,
    /// The answer's body.
    pub body: Vec<u8>,
    /// The answer's trailers, if it has any.
    pub trailers: Option<HeaderMap>,
}

/// Which bytes of a body a filter sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// The filter sees nothing of the body.
    #[default]
    Hidden,
    /// The filter sees the piece that is passing.
    Passing,
    /// The filter sees everything that is held back.
    Held,
}

/// What a filter sees of an HTTP stream. Envoy takes a map away when its phase has continued.
#[derive(Debug)]
pub struct HttpView {
    /// The stream that the filter sees.
    pub stream: Rc<Stream>,
    /// Which filter of the chain this is.
    pub filter: usize,
    /// The request's headers can be read and changed.
    pub request_headers: bool,
    /// What of the request's body can be read and changed.
    pub request_body: Body,
    /// The request's trailers can be read and changed.
    pub request_trailers: bool,
    /// The response's headers can be read and changed.
    pub response_headers: bool,
    /// What of the response's body can be read and changed.
    pub response_body: Body,
    /// The response's trailers can be read and changed.
    pub response_trailers: bool,
    /// The last of a body is being shown, the request's (`true`) or the response's: trailers can be added.
    pub at_end: Option<bool>,
    /// `proxy_on_log` is running: the maps can be read, and not changed.
    pub logging: bool,
}

impl HttpView {
    /// A stream of which nothing has been shown yet.
    pub fn new(stream: Rc<Stream>, filter: usize) -> Self {
        Self {
            stream,
            filter,
            request_headers: false,
            request_body: Body::Hidden,
            request_trailers: false,
            response_headers: false,
            response_body: Body::Hidden,
            response_trailers: false,
            at_end: None,
            logging: false,
        }
    }

    /// What `continue_stream` takes away, whichever direction it names: so does Envoy.
    pub fn hide_request(&mut self) {
        self.request_headers = false;
        self.request_trailers = false;
        if self.request_body == Body::Passing {
            self.request_body = Body::Hidden;
        }
    }
}
