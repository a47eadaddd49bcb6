//! A callout through the HTTP client of Tetrate's SDK, under ABI 0.2.0; the root id has to be the factory's name.

use std::time::Duration;

use envoy_sdk::extension::filter::http::{FilterHeadersStatus, Ops, RequestHeadersOps};
use envoy_sdk::extension::{ExtensionFactory, HttpFilter, InstanceId, Module, Result, entrypoint};
use envoy_sdk::host::HttpClient;
use envoy_sdk::host::http::client::{HttpClientRequestHandle, HttpClientResponseOps};

entrypoint! { initialize }

fn initialize() -> Result<Module> {
    Module::new().add_http_filter(|_| Ok(Factory))
}

struct Factory;

impl ExtensionFactory for Factory {
    type Extension = Auth;

    fn name() -> &'static str {
        "guest.auth"
    }

    fn new_extension(&mut self, _: InstanceId) -> Result<Auth> {
        Ok(Auth { call: None })
    }
}

struct Auth {
    call: Option<HttpClientRequestHandle>,
}

impl HttpFilter for Auth {
    fn on_request_headers(
        &mut self,
        _: usize,
        _: bool,
        _: &dyn RequestHeadersOps,
    ) -> Result<FilterHeadersStatus> {
        let headers = [(":method", "GET"), (":path", "/check"), (":authority", "authz")];
        let client = <dyn HttpClient>::default();
        self.call =
            Some(client.send_request("authz", &headers, None, None, Duration::from_secs(1))?);
        Ok(FilterHeadersStatus::StopIteration)
    }

    fn on_http_call_response(
        &mut self,
        call: HttpClientRequestHandle,
        _: usize,
        _: usize,
        _: usize,
        filter: &dyn Ops,
        response: &dyn HttpClientResponseOps,
    ) -> Result<()> {
        let ours = self.call == Some(call);
        let status = response.http_call_response_header(":status")?.map(|s| s.to_string());
        if ours && status.as_deref() == Some("200") {
            filter.set_request_header("x-allowed", "yes")?;
            filter.resume_request()?;
        } else {
            filter.send_response(403, &[("x-denied-by", "envoy-sdk")], Some(b"denied"))?;
        }
        Ok(())
    }
}
