//! The enumerations of the ABI. A number that is none of theirs is refused as Envoy refuses it.

use super::status::Status;

/// Declares an enumeration whose numbers come from a module.
macro_rules! kind {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)* }

        impl TryFrom<u32> for $name {
            type Error = Status;

            fn try_from(number: u32) -> Result<Self, Status> {
                match number {
                    $($number => Ok(Self::$variant),)*
                    _ => Err(Status::BadArgument),
                }
            }
        }
    };
}

kind! {
    /// A map of headers, trailers or metadata.
    MapType {
        /// The headers of the request.
        RequestHeaders = 0,
        /// The trailers of the request.
        RequestTrailers = 1,
        /// The headers of the response.
        ResponseHeaders = 2,
        /// The trailers of the response.
        ResponseTrailers = 3,
        /// What a gRPC callout received first.
        GrpcInitialMetadata = 4,
        /// What a gRPC callout received last.
        GrpcTrailingMetadata = 5,
        /// The headers of an HTTP callout's answer.
        CallResponseHeaders = 6,
        /// The trailers of an HTTP callout's answer.
        CallResponseTrailers = 7,
    }
}

kind! {
    /// A buffer of bytes.
    BufferType {
        /// The body of the request.
        RequestBody = 0,
        /// The body of the response.
        ResponseBody = 1,
        /// What came from the client of a TCP connection.
        DownstreamData = 2,
        /// What came from the server of a TCP connection.
        UpstreamData = 3,
        /// The body of an HTTP callout's answer.
        CallResponseBody = 4,
        /// What a gRPC callout received.
        GrpcMessage = 5,
        /// The `configuration` of the VM.
        VmConfiguration = 6,
        /// The `configuration` of the plugin.
        PluginConfiguration = 7,
        /// What a foreign function passes.
        CallData = 8,
    }
}

kind! {
    /// A direction that can be continued or closed.
    StreamType {
        /// The request of an HTTP stream.
        Request = 0,
        /// The response of an HTTP stream.
        Response = 1,
        /// The client's side of a TCP connection.
        Downstream = 2,
        /// The server's side of a TCP connection.
        Upstream = 3,
    }
}

kind! {
    /// What a metric counts.
    MetricKind {
        /// A counter only grows.
        Counter = 0,
        /// A gauge goes up and down.
        Gauge = 1,
        /// A histogram holds how often values were seen.
        Histogram = 2,
    }
}

kind! {
    /// How loud a line of the log is.
    ///
    /// ```
    /// use serinus_host::process::LogLevel;
    ///
    /// assert!(LogLevel::Trace < LogLevel::Critical);
    /// assert_eq!(LogLevel::Warn.as_str(), "warning");
    /// ```
    LogLevel {
        /// The quietest level: every step.
        Trace = 0,
        /// For the filter's author.
        Debug = 1,
        /// For the operator, when all is well.
        Info = 2,
        /// Something is odd.
        Warn = 3,
        /// Something failed.
        Error = 4,
        /// Something ended, such as a VM.
        Critical = 5,
    }
}

impl LogLevel {
    /// As Envoy prints it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}
